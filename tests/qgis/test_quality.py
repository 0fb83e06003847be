"""glnet:sample and glnet:evaluate tell what the command line tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import ROOT, command_line  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402

LABEL = ROOT / "sample_data" / "label.tif"


def run(name: str, log: Log | None = None, /, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run(f"glnet:{name}", parameters, feedback=log)
    return made


@pytest.fixture(scope="module")
def maps(qgis: Any, engine_python: str, scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The map of a scene, how sure it is, and points to check it."""
    folder = tmp_path_factory.mktemp("ma ps")
    outs = ["--out", str(folder / "map.tif"), "--confidence", str(folder / "sure.tif")]
    command_line(engine_python, "classify", str(scene), *outs)
    command_line(
        engine_python,
        "sample",
        str(folder / "map.tif"),
        "--per-class",
        "9",
        "--out",
        str(folder / "points.gpkg"),
    )
    return folder


def test_the_points_are_those_of_the_command_line(engine: str, maps: Path, tmp_path: Path) -> None:
    made = run("sample", INPUT=str(maps / "map.tif"), PER_CLASS=9, OUTPUT=str(tmp_path / "points.gpkg"))
    assert _points(made["OUTPUT"]) == _points(maps / "points.gpkg")
    layer = core.QgsVectorLayer(made["OUTPUT"])
    form = layer.editorWidgetSetup(layer.fields().lookupField("class"))
    assert form.type() == "ValueMap"


def test_drawing_points_moves_the_bar(engine: str, maps: Path, tmp_path: Path) -> None:
    log = Log()
    run("sample", log, INPUT=str(maps / "map.tif"), PER_CLASS=9, OUTPUT=str(tmp_path / "points.gpkg"))
    assert log.shares == sorted(log.shares)
    # It counts the pixels of each class, then draws: each is half of the work.
    assert any(0 < share <= 50 for share in log.shares)
    assert any(50 < share < 100 for share in log.shares)


def _points(path: str | Path) -> list[tuple[int, str, str]]:
    layer = core.QgsVectorLayer(str(path))
    return sorted(
        (each["point_id"], each["map_class_name"], each.geometry().asWkt()) for each in layer.getFeatures()
    )


def test_points_need_a_geopackage(engine: str, maps: Path, tmp_path: Path) -> None:
    with pytest.raises(core.QgsProcessingException, match=r"end its name with \.gpkg"):
        run("sample", INPUT=str(maps / "map.tif"), OUTPUT=str(tmp_path / "points.fgb"))
    assert core.QgsVectorLayer(
        run("sample", INPUT=str(maps / "map.tif"), OUTPUT="TEMPORARY_OUTPUT")["OUTPUT"]
    ).isValid()


def _label(layer: Any, name: str | None) -> None:
    """Choose the class of the first point, as a person does in the form."""
    layer.startEditing()
    first = next(layer.getFeatures())
    assert layer.changeAttributeValue(first.id(), layer.fields().lookupField("class"), name)


def test_labels_are_never_drawn_over(engine: str, maps: Path, tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    job = {"INPUT": str(maps / "map.tif"), "PER_CLASS": 9, "OUTPUT": str(path)}
    run("sample", **job)
    # As long as nobody has labelled one, the same job may be run again.
    run("sample", **job)
    layer = core.QgsVectorLayer(str(path), "points", "ogr")
    _label(layer, "road")
    assert layer.commitChanges()
    labelled = path.read_bytes()
    with pytest.raises(core.QgsProcessingException, match=r"“points\.gpkg” holds .* labelled.*name another"):
        run("sample", **job)
    assert path.read_bytes() == labelled
    run("sample", **{**job, "OUTPUT": str(tmp_path / "new.gpkg")})


def test_labels_that_are_not_saved_yet_are_not_drawn_over(engine: str, maps: Path, tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    job = {"INPUT": str(maps / "map.tif"), "PER_CLASS": 9, "OUTPUT": str(path)}
    run("sample", **job)
    layer = core.QgsVectorLayer(str(path), "points", "ogr")
    core.QgsProject.instance().addMapLayer(layer)
    try:
        _label(layer, "road")
        with pytest.raises(core.QgsProcessingException, match="are labelled"):
            run("sample", **job)
        layer.rollBack()
        run("sample", **job)
    finally:
        core.QgsProject.instance().removeMapLayer(layer)


def test_against_a_raster(engine: str, maps: Path, tmp_path: Path) -> None:
    log = Log()
    made = run(
        "evaluate",
        log,
        INPUT=str(maps / "map.tif"),
        REFERENCE=str(LABEL),
        CONFIDENCE=str(maps / "sure.tif"),
        IGNORE="5",
        NUMBERS=str(tmp_path / "n.json"),
        REPORT=str(tmp_path / "r.html"),
        PICTURE=str(tmp_path / "p.png"),
    )
    options = ["--confidence", str(maps / "sure.tif"), "--ignore", "5", "--json"]
    told = command_line(engine, "evaluate", str(maps / "map.tif"), "--reference", str(LABEL), *options).stdout
    assert json.loads((tmp_path / "n.json").read_text("utf-8")) == json.loads(told)
    assert made["ACCURACY"] == json.loads(told)["scores"]["accuracy"]
    assert (tmp_path / "p.png").stat().st_size > 1000
    report = Path(made["REPORT"]).read_text("utf-8")
    assert f"Right: {made['ACCURACY']:.1%} of" in report
    assert "<td>water</td>" in report
    assert any(line.startswith("water ") for line in log.said)
    assert log.shares[-1] > 50


def test_a_class_file_tells_what_the_values_of_a_reference_mean(
    engine: str, maps: Path, tmp_path: Path
) -> None:
    """Here it leaves out what the other raster calls bare land, and calls the rest as the map does."""
    names = {0: "water", 2: "road", 3: "building", 4: "vegetation"}
    classes = [{"id": value, "name": name, "color": f"#00000{value}"} for value, name in names.items()]
    legend = tmp_path / "classes.json"
    legend.write_text(json.dumps({"classes": classes, "ignored": [1]}))
    files = {"INPUT": str(maps / "map.tif"), "REFERENCE": str(LABEL)}
    made = run("evaluate", **files, REFERENCE_LEGEND=str(legend))
    told = command_line(
        engine,
        "evaluate",
        files["INPUT"],
        "--reference",
        files["REFERENCE"],
        "--reference-legend",
        str(legend),
        "--json",
    )
    assert made["ACCURACY"] == json.loads(told.stdout)["scores"]["accuracy"]
    assert made["ACCURACY"] != run("evaluate", **files)["ACCURACY"]


def test_a_class_file_means_nothing_for_points(engine: str, maps: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text("{}")
    with pytest.raises(core.QgsProcessingException, match="leave it out"):
        run(
            "evaluate",
            INPUT=str(maps / "map.tif"),
            REFERENCE=str(maps / "points.gpkg"),
            REFERENCE_LEGEND=str(tmp_path / "classes.json"),
        )


def test_against_points_with_a_filter(engine: str, maps: Path, tmp_path: Path) -> None:
    """As random points, they tell of the whole map, with margins."""
    points = core.QgsVectorLayer(str(maps / "points.gpkg"), "points", "ogr")
    assert points.startEditing()
    wrong = 0
    for each in points.getFeatures():
        truth = "road" if each["point_id"] % 7 == 0 else each["map_class_name"]
        wrong += truth != each["map_class_name"]
        points.changeAttributeValue(each.id(), points.fields().lookupField("class"), truth)
    # As it is shown, and not as it is stored: nothing was saved yet.
    log = Log()
    made = run("evaluate", log, INPUT=str(maps / "map.tif"), REFERENCE=points, FIELD="class")
    assert wrong
    assert 0.5 < made["ACCURACY"] < 1
    assert any("±" in line and "of the map" in line for line in log.said)
    assert any("true area (ha)" in line for line in log.said)
    assert points.commitChanges()
    told = json.loads(
        command_line(
            engine, "evaluate", str(maps / "map.tif"), "--reference", str(maps / "points.gpkg"), "--json"
        ).stdout
    )
    assert made["ACCURACY"] == told["scores"]["accuracy"]
    points.setSubsetString('"class" = "map_class_name"')
    made = run("evaluate", INPUT=str(maps / "map.tif"), REFERENCE=points, FIELD="class")
    assert made["ACCURACY"] == pytest.approx(1)


def test_a_file_is_handed_over_as_it_is(fake_engine: Any, maps: Path) -> None:
    fake = fake_engine("sys.exit('Error: enough')")
    for reference, more in ((LABEL, []), (maps / "points.gpkg", ["--field", "map_class_name"])):
        with pytest.raises(core.QgsProcessingException, match="enough"):
            run(
                "evaluate",
                INPUT=str(maps / "map.tif"),
                REFERENCE=str(reference),
                FIELD="map_class_name",
                LEAVE_OUT='a, "b, c" , "5"" deep"',
            )
        told = json.loads(Path(f"{fake}.arguments").read_text())
        begin = ["evaluate", str(maps / "map.tif"), "--reference", str(reference), *more]
        assert told == [
            *begin,
            "--leave-out",
            "a",
            "--leave-out",
            "b, c",
            "--leave-out",
            '5" deep',
            "--overwrite",
            "--progress",
            "json",
            "--json",
        ]


def test_a_reference_that_is_none(engine: str, maps: Path) -> None:
    with pytest.raises(core.QgsProcessingException, match=r"nowhere\.gpkg|REFERENCE"):
        run("evaluate", INPUT=str(maps / "map.tif"), REFERENCE="/nowhere.gpkg")


def _squares(maps: Path, fields: str, values: list[list[Any]]) -> Any:
    """A layer in memory of squares on the map, each with its values."""
    layer = core.QgsVectorLayer(f"Polygon?crs=EPSG:32640{fields}", "squares", "memory")
    box = core.QgsRasterLayer(str(maps / "map.tif")).extent()
    side = box.width() / (2 * len(values))
    for place, each in enumerate(values):
        feature = core.QgsFeature(layer.fields())
        left = box.xMinimum() + 2 * place * side
        feature.setGeometry(
            core.QgsGeometry.fromRect(
                core.QgsRectangle(left, box.yMinimum(), left + side, box.yMinimum() + side)
            )
        )
        feature.setAttributes(each)
        assert layer.dataProvider().addFeature(feature)
    return layer


def _truths(fake: Path, field: str) -> list[str]:
    """The classes in the file that an engine was given."""
    told = json.loads(Path(f"{fake}.arguments").read_text())
    handed = core.QgsVectorLayer(told[told.index("--reference") + 1])
    return sorted(each[field] for each in handed.getFeatures())


def test_fields_that_only_qgis_knows_are_handed_over(fake_engine: Any, maps: Path, tmp_path: Path) -> None:
    """A class may come from a joined table, or from an expression: its file lacks it."""
    fake = fake_engine("sys.exit('Error: enough')")
    core.QgsVectorFileWriter.writeAsVectorFormatV3(
        _squares(maps, "&field=kind:string", [["water"], ["road"]]),
        str(tmp_path / "squares.gpkg"),
        core.QgsCoordinateTransformContext(),
        core.QgsVectorFileWriter.SaveVectorOptions(),
    )
    layer = core.QgsVectorLayer(str(tmp_path / "squares.gpkg"), "squares", "ogr")
    layer.addExpressionField("upper(kind)", core.QgsField("loud", layer.fields().field("kind").type()))
    with pytest.raises(core.QgsProcessingException, match="enough"):
        run("evaluate", INPUT=str(maps / "map.tif"), REFERENCE=layer, FIELD="loud")
    assert _truths(fake, "loud") == ["ROAD", "WATER"]


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ("&field=class:string&field=fid:integer", [["water", 1], ["road", 1]]),
        ("&field=class:string&field=fid:string", [["water", "a"], ["road", "b"]]),
        ("&field=class:string&field=geom:string", [["water", "a"], ["road", "b"]]),
    ],
)
def test_no_name_of_a_field_hinders_a_copy(
    fake_engine: Any, maps: Path, fields: str, values: list[list[Any]]
) -> None:
    """Where layers were merged, their numbers of features are no longer unique."""
    fake = fake_engine("sys.exit('Error: enough')")
    with pytest.raises(core.QgsProcessingException, match="enough"):
        run("evaluate", INPUT=str(maps / "map.tif"), REFERENCE=_squares(maps, fields, values))
    assert _truths(fake, "class") == ["road", "water"]


def test_polygons_that_are_not_saved_yet_count(fake_engine: Any, maps: Path, tmp_path: Path) -> None:
    """A new feature of a GeoPackage has a word for its number until it is saved."""
    fake = fake_engine("sys.exit('Error: enough')")
    squares = _squares(maps, "&field=class:string", [["water"], ["road"]])
    core.QgsVectorFileWriter.writeAsVectorFormatV3(
        squares,
        str(tmp_path / "squares.gpkg"),
        core.QgsCoordinateTransformContext(),
        core.QgsVectorFileWriter.SaveVectorOptions(),
    )
    layer = core.QgsVectorLayer(str(tmp_path / "squares.gpkg"), "squares", "ogr")
    assert layer.startEditing()
    new = core.QgsFeature(layer.fields())
    new.setGeometry(next(squares.getFeatures()).geometry())
    new.setAttributes(["Autogenerate", "building"])
    assert layer.addFeature(new)
    with pytest.raises(core.QgsProcessingException, match="enough"):
        run("evaluate", INPUT=str(maps / "map.tif"), REFERENCE=layer)
    assert _truths(fake, "class") == ["building", "road", "water"]
    layer.rollBack()


def test_a_report_in_a_folder_that_is_missing_is_refused_at_once(
    fake_engine: Any, maps: Path, tmp_path: Path
) -> None:
    fake = fake_engine("sys.exit('Error: enough')")
    with pytest.raises(core.QgsProcessingException, match=r"r\.html cannot be written \(No such file"):
        run(
            "evaluate",
            INPUT=str(maps / "map.tif"),
            REFERENCE=str(LABEL),
            REPORT=str(tmp_path / "new" / "r.html"),
        )
    assert not Path(f"{fake}.arguments").exists()
