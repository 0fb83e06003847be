"""glnet:classify makes what the command line makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import ROOT, command_line  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402


def classify(log: Log | None = None, /, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run("glnet:classify", parameters, feedback=log)
    return made


@pytest.fixture(scope="module")
def maps(qgis: Any, engine_python: str, scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The maps of the command line."""
    folder = tmp_path_factory.mktemp("cli")
    outs = ["--out", str(folder / "map.tif"), "--out", str(folder / "map.gpkg")]
    command_line(engine_python, "classify", str(scene), *outs, "--confidence", str(folder / "sure.tif"))
    return folder


def test_all_outputs_are_those_of_the_command_line(
    engine: str, scene: Path, maps: Path, tmp_path: Path
) -> None:
    log = Log()
    made = classify(
        log,
        INPUT=str(scene),
        RASTER=str(tmp_path / "map.tif"),
        POLYGONS=str(tmp_path / "map.gpkg"),
        CONFIDENCE=str(tmp_path / "sure.tif"),
    )
    assert Path(made["RASTER"]).read_bytes() == (maps / "map.tif").read_bytes()
    assert Path(made["CONFIDENCE"]).read_bytes() == (maps / "sure.tif").read_bytes()
    assert _features(made["POLYGONS"]) == _features(maps / "map.gpkg")
    given, mapped = core.QgsRasterLayer(str(scene)), core.QgsRasterLayer(made["RASTER"])
    assert (mapped.crs(), mapped.extent(), mapped.width()) == (given.crs(), given.extent(), given.width())
    assert log.shares == sorted(log.shares)
    assert log.shares[-1] == 100
    assert any("water" in line and line.endswith((" ha", " m²")) for line in log.said)


@pytest.mark.parametrize("name", ["RGBA.byte.tif", "pix4d_alpha_nodata.tif"])
def test_real_files_too(engine: str, tmp_path: Path, name: str) -> None:
    """With transparency and nodata as drones and programs write them."""
    file = ROOT.parent / "shared" / "data" / "edgecases" / name
    if not file.is_file():
        pytest.skip("needs ../shared/data")
    made = classify(INPUT=str(file), RASTER=str(tmp_path / "map.tif"))
    command_line(engine, "classify", str(file), "--out", str(tmp_path / "cli.tif"))
    assert Path(made["RASTER"]).read_bytes() == (tmp_path / "cli.tif").read_bytes()


def _features(path: str | Path) -> list[tuple[int, str, float, str]]:
    layer = core.QgsVectorLayer(str(path))
    return sorted(
        (each["class_id"], each["class_name"], each["area_m2"], each.geometry().asWkt())
        for each in layer.getFeatures()
    )


def test_temporary_outputs_work(engine: str, scene: Path) -> None:
    made = classify(INPUT=str(scene), RASTER="TEMPORARY_OUTPUT", POLYGONS="TEMPORARY_OUTPUT")
    assert core.QgsRasterLayer(made["RASTER"]).isValid()
    assert made["POLYGONS"].endswith(".gpkg")
    assert core.QgsVectorLayer(made["POLYGONS"]).isValid()


def test_names_and_colours_lie_in_the_files(engine: str, scene: Path, tmp_path: Path) -> None:
    for suffix in ("gpkg", "fgb"):
        made = classify(
            INPUT=str(scene),
            RASTER=str(tmp_path / "map.tif"),
            POLYGONS=str(tmp_path / f"polygons.{suffix}"),
            CONFIDENCE=str(tmp_path / "sure.tif"),
        )
        polygons = core.QgsVectorLayer(made["POLYGONS"])
        names = [category.label() for category in polygons.renderer().categories()]
        assert names[0] == "water"
        raster = core.QgsRasterLayer(made["RASTER"])
        assert [each.label for each in raster.renderer().classes()] == names
        first = raster.renderer().classes()[0].color.name()
        assert polygons.renderer().categories()[0].symbol().color().name() == first
        confidence = core.QgsRasterLayer(made["CONFIDENCE"])
        assert confidence.renderer().type() == "singlebandpseudocolor"
    assert not list(tmp_path.glob("*-wal"))


@pytest.mark.parametrize("suffix", ["fgb", "geojson"])
def test_polygons_and_a_confidence_of_one_stem_share_a_style_file(
    engine: str, scene: Path, tmp_path: Path, suffix: str
) -> None:
    """QGIS looks for the styles of both under one name."""
    made = classify(
        INPUT=str(scene), POLYGONS=str(tmp_path / f"it.{suffix}"), CONFIDENCE=str(tmp_path / "it.tif")
    )
    polygons = core.QgsVectorLayer(made["POLYGONS"])
    assert polygons.renderer().categories()[0].label() == "water"
    confidence = core.QgsRasterLayer(made["CONFIDENCE"])
    assert confidence.renderer().type() == "singlebandpseudocolor"
    assert confidence.renderer().classificationMax() == 100


def test_an_extent_in_another_crs(engine: str, engine_python: str, scene: Path, tmp_path: Path) -> None:
    layer = core.QgsRasterLayer(str(scene))
    extent = layer.extent()
    half = core.QgsRectangle(extent.xMinimum(), extent.yMinimum(), extent.center().x(), extent.center().y())
    transform = core.QgsCoordinateTransform(
        layer.crs(), core.QgsCoordinateReferenceSystem("EPSG:4326"), core.QgsProject.instance()
    )
    box = transform.transformBoundingBox(half)
    text = f"{box.xMinimum()},{box.xMaximum()},{box.yMinimum()},{box.yMaximum()} [EPSG:4326]"
    made = classify(INPUT=str(scene), AOI=text, RASTER=str(tmp_path / "map.tif"))
    assert _valid(made["RASTER"]) == pytest.approx(0.25, abs=0.02)


def _valid(path: str) -> float:
    """Share of the pixels that are classified."""
    from osgeo import gdal

    pixels = gdal.Open(path).ReadAsArray()
    return float((pixels != 255).mean())


def test_polygons_with_a_filter(engine: str, engine_python: str, scene: Path, tmp_path: Path) -> None:
    """In a CRS of their own, in memory, and limited by a subset: the engine sees those that QGIS shows."""
    extent = core.QgsRasterLayer(str(scene)).extent()
    crs = core.QgsRasterLayer(str(scene)).crs().authid()
    layer = core.QgsVectorLayer(f"Polygon?crs={crs}&field=name:string", "areas", "memory")
    left = core.QgsRectangle(extent.xMinimum(), extent.yMinimum(), extent.center().x(), extent.yMaximum())
    for name, rectangle in (("left", left), ("all", extent)):
        feature = core.QgsFeature(layer.fields())
        feature.setGeometry(core.QgsGeometry.fromRect(rectangle))
        feature["name"] = name
        layer.dataProvider().addFeature(feature)
    file = str(tmp_path / "areas.gpkg")
    core.QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, file, core.QgsCoordinateTransformContext(), core.QgsVectorFileWriter.SaveVectorOptions()
    )
    stored = core.QgsVectorLayer(file, "areas")
    stored.setSubsetString("name = 'left'")
    made = classify(INPUT=str(scene), AOI_LAYER=stored, RASTER=str(tmp_path / "map.tif"))
    assert _valid(made["RASTER"]) == pytest.approx(0.5, abs=0.01)


def test_options_become_those_of_the_command_line(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """All at once; the sources and outputs are tested beside."""
    fake = fake_engine()
    out, polygons = str(tmp_path / "map.tif"), str(tmp_path / "map.gpkg")
    parameters: dict[str, Any] = {
        "INPUT": str(scene),
        "RASTER": out,
        "POLYGONS": polygons,
        "MODEL": "mine.safetensors",
        "BANDS": [3, 2, 1],
        "NODATA": -1,
        "VALUE_RANGE": "0,3000",
        "DEVICE": "cpu",
        "PRECISION": "fp32",
        "MAX_MEMORY": "4GB",
        "MAX_GPU_MEMORY": "2GB",
        "EXACT": True,
        "RESUME": True,
        "MIN_AREA": 25.5,
        "SIMPLIFY": 0,
        "SMOOTH": True,
        "DISSOLVE": True,
        "CONNECTIVITY": 1,
        "MAX_VERTICES": 1000,
        "CRS": "EPSG:3857",
    }
    classify(**parameters)
    options = (
        "--bands 3,2,1 --nodata=-1 --value-range=0,3000 --max-memory=4GB --max-gpu-memory=2GB --device cpu"
    )
    options += " --precision fp32 --exact --min-area 25.5 --simplify 0 --max-vertices 1000 --connectivity 8"
    options += " --smooth --dissolve --crs EPSG:3857"
    assert json.loads(Path(f"{fake}.arguments").read_text()) == [
        "classify",
        str(scene),
        "--model",
        "mine.safetensors",
        *options.split(),
        "--out",
        polygons,
        "--out",
        out,
        "--overwrite",
        "--progress",
        "json",
        "--json",
    ]


_OWN_CRS = "+proj=lcc +lat_0=47 +lon_0=13 +lat_1=46 +lat_2=48 +datum=WGS84 +units=m +type=crs"


@pytest.mark.parametrize(
    "definition", [_OWN_CRS, _OWN_CRS.replace("datum=WGS84", "ellps=bessel +towgs84=1,2,3")]
)
def test_polygons_in_a_crs_that_only_this_qgis_has(
    engine: str, scene: Path, tmp_path: Path, definition: str
) -> None:
    # A profile that no window has used has none yet.
    assert core.QgsApplication.createDatabase()
    registry = core.QgsApplication.coordinateReferenceSystemRegistry()
    number = registry.addUserCrs(core.QgsCoordinateReferenceSystem.fromProj(definition), "of my own")
    crs = core.QgsCoordinateReferenceSystem(f"USER:{number}")
    assert crs.isValid()
    made = classify(INPUT=str(scene), POLYGONS=str(tmp_path / "m.gpkg"), CRS=crs)
    polygons = core.QgsVectorLayer(made["POLYGONS"])
    there = core.QgsCoordinateTransform(
        core.QgsRasterLayer(str(scene)).crs(), crs, core.QgsProject.instance()
    ).transformBoundingBox(core.QgsRasterLayer(str(scene)).extent())
    assert polygons.crs().isValid()
    assert polygons.extent().xMinimum() == pytest.approx(there.xMinimum(), abs=5)


def test_options_of_polygons_are_left_out_where_none_are_made(
    fake_engine: Any, scene: Path, tmp_path: Path
) -> None:
    """The engine refuses what would change nothing."""
    fake = fake_engine()
    out = str(tmp_path / "map.tif")
    idle: dict[str, Any] = {"SIMPLIFY": 3, "SMOOTH": True, "DISSOLVE": True, "CRS": "EPSG:3857"}
    classify(INPUT=str(scene), RASTER=out, MIN_AREA=25.5, **idle)
    passed = json.loads(Path(f"{fake}.arguments").read_text())
    assert passed[passed.index("--min-area") :][:2] == ["--min-area", "25.5"]
    assert not {"--simplify", "--smooth", "--dissolve", "--crs", "--max-vertices"} & set(passed)


def test_nothing_is_passed_that_nobody_asked_for(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    fake = fake_engine()
    out = str(tmp_path / "map.tif")
    classify(INPUT=str(scene), RASTER=out)
    passed = json.loads(Path(f"{fake}.arguments").read_text())
    assert passed == ["classify", str(scene), "--model", "urban", "--no-resume", "--out", out, *passed[-4:]]


def test_the_log_tells_the_same_job_for_a_terminal(
    engine: str, scene: Path, maps: Path, tmp_path: Path
) -> None:
    """A shell runs it as it stands, blanks, quotes and all."""
    import subprocess

    log = Log()
    classify(log, INPUT=str(scene), RASTER=str(tmp_path / "map.tif"))
    (tmp_path / "map.tif").unlink()
    subprocess.run(["sh", "-c", log.commands[-1]], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    assert (tmp_path / "map.tif").read_bytes() == (maps / "map.tif").read_bytes()


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"RASTER": "map.jpg"}, "jpg"),
        ({"RASTER": "map.tif", "POLYGONS": "map.shp"}, "shp"),
        ({}, "nothing to make"),
    ],
)
def test_wrong_outputs_are_refused_before_the_start(
    engine: str, scene: Path, parameters: dict[str, str], reason: str, tmp_path: Path
) -> None:
    whole: dict[str, Any] = {name: str(tmp_path / file) for name, file in parameters.items()}
    with pytest.raises(core.QgsProcessingException, match=reason):
        classify(INPUT=str(scene), **whole)


def test_a_table_of_a_geopackage_is_refused(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """The engine would be told to make a file of that name."""
    fake_engine()
    table = f"ogr:dbname='{tmp_path / 'all.gpkg'}' table=\"map\" (geom)"
    for output in (table, core.QgsProcessingOutputLayerDefinition(table)):
        with pytest.raises(
            core.QgsProcessingException,
            match="is a table of a database: name a file of its own for “Polygons”",
        ):
            classify(INPUT=str(scene), POLYGONS=output)


def test_the_engines_sentence_reaches_the_person(engine: str, scene: Path, tmp_path: Path) -> None:
    with pytest.raises(core.QgsProcessingException, match=r"no model is called nowhere: installed are urban"):
        classify(INPUT=str(scene), MODEL="nowhere", RASTER=str(tmp_path / "map.tif"))
    assert list(tmp_path.iterdir()) == []


def test_both_kinds_of_area_are_one_too_many(engine: str, scene: Path, tmp_path: Path) -> None:
    areas = core.QgsVectorLayer("Polygon?crs=EPSG:32640", "areas", "memory")
    with pytest.raises(core.QgsProcessingException, match="choose one of them"):
        classify(INPUT=str(scene), AOI="0,1,0,1", AOI_LAYER=areas, RASTER=str(tmp_path / "map.tif"))


@pytest.mark.parametrize("name", ["RASTER", "POLYGONS", "CONFIDENCE"])
def test_the_next_run_could_not_go_on_from_temporary_outputs(
    fake_engine: Any, scene: Path, tmp_path: Path, name: str
) -> None:
    fake_engine()
    named = {"INPUT": str(scene), "RASTER": str(tmp_path / "map.tif"), "RESUME": True}
    for temporary in (
        "TEMPORARY_OUTPUT",
        core.QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT"),
        # As models name them.
        core.QgsProcessingUtils.generateTempFilename("map.gpkg" if name == "POLYGONS" else "map.tif"),
    ):
        with pytest.raises(core.QgsProcessingException, match=r"“Keep what is finished.*name files"):
            classify(**{**named, name: temporary})
    classify(**named)


@pytest.mark.parametrize("bands", ["3,2,1", "3;2;1", "3, 2, 1", ["3", "2", "1"], [3, 2, 1]])
def test_bands_may_be_written(fake_engine: Any, scene: Path, tmp_path: Path, bands: Any) -> None:
    """As a server's command has them; QGIS makes zeros of what it cannot read."""
    fake = fake_engine()
    classify(INPUT=str(scene), BANDS=bands, RASTER=str(tmp_path / "map.tif"))
    passed = json.loads(Path(f"{fake}.arguments").read_text())
    assert passed[passed.index("--bands") + 1] == "3,2,1"


def test_bands_may_be_named(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    fake = fake_engine()
    classify(INPUT=str(scene), BANDS="red,green,blue", RASTER=str(tmp_path / "map.tif"))
    passed = json.loads(Path(f"{fake}.arguments").read_text())
    assert passed[passed.index("--bands") + 1] == "red,green,blue"


@pytest.mark.parametrize("name", ["NODATA", "MIN_AREA"])
def test_what_is_no_number_is_refused(fake_engine: Any, scene: Path, tmp_path: Path, name: str) -> None:
    """QGIS takes it for zero."""
    fake_engine()
    with pytest.raises(core.QgsProcessingException, match="“0,5” is no number"):
        classify(INPUT=str(scene), RASTER=str(tmp_path / "map.tif"), **{name: "0,5"})
    classify(INPUT=str(scene), RASTER=str(tmp_path / "map.tif"), **{name: "0.5"})
