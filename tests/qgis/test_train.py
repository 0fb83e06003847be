"""glnet:train learns what the command line learns, from polygons as QGIS shows them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import command_line  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402
from tests.qgis.made import make_lesson, weights  # noqa: E402


def train(log: Log | None = None, /, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run("glnet:train", parameters, feedback=log)
    return made


@pytest.fixture(scope="module")
def lesson(qgis: Any, engine_python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("les “son”")
    make_lesson(engine_python, folder)
    return folder


@pytest.fixture
def quick(lesson: Path) -> dict[str, Any]:
    return {
        "INPUT": [str(lesson / "city.tif")],
        "LABELS": str(lesson / "drawn.gpkg"),
        "FIELD": "class",
        "MODEL": str(lesson / "tiny.safetensors"),
        "EPOCHS": 1,
        "DEVICE": "cpu",
        "PRECISION": "fp32",
    }


def test_the_model_is_that_of_the_command_line(
    engine: str, lesson: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    arguments = ["--labels", lesson / "drawn.gpkg", "--field", "class", "--init", lesson / "tiny.safetensors"]
    options = [
        "--epochs",
        "1",
        "--device",
        "cpu",
        "--precision",
        "fp32",
        "--out",
        tmp_path / "cli.safetensors",
    ]
    told = command_line(
        engine, "train", str(lesson / "city.tif"), *map(str, [*arguments, *options]), "--json"
    )
    log = Log()
    made = train(log, **quick, OUTPUT=str(tmp_path / "mine.safetensors"))
    assert weights(made["OUTPUT"]) == weights(tmp_path / "cli.safetensors")
    assert made["MEAN_IOU"] == json.loads(told.stdout)["scores"]["mean_iou"]
    assert any(line.startswith("  land ") for line in log.said)
    assert log.shares == sorted(log.shares)
    assert Path(made["LOG"]).is_file()
    # The command that the log shows can be run again: what it names lies beside the model.
    labels = next((tmp_path / "mine.training").glob("polygons-*.gpkg"))
    assert str(labels) in log.commands[-1]


def test_options_become_those_of_the_command_line(
    fake_engine: Any, lesson: Path, quick: dict[str, Any], tmp_path: Path
) -> None:
    fake = fake_engine(_ANSWER)
    out = str(tmp_path / "m.safetensors")
    more = {
        "BANDS": "3,2,1",
        "NODATA": -1,
        "VALUE_RANGE": "0,3000",
        "MAX_GPU_MEMORY": "2GB",
        "CREDIT": "me & you",
    }
    kept = {name: value for name, value in quick.items() if name not in ("EPOCHS", "PRECISION")}
    train(**kept, **more, VALIDATE="a, b*", BALANCE=1, SEED=7, OUTPUT=out, CURVES=str(tmp_path / "c.png"))
    told = _passed(fake)
    labels = told[told.index("--labels") + 1]
    assert Path(labels).parent == tmp_path / "m.training"
    options = [
        "--init",
        str(lesson / "tiny.safetensors"),
        "--minutes=8",
        "--validate",
        "a",
        "--validate",
        "b*",
    ]
    options += ["--bands=3,2,1", "--nodata=-1", "--value-range=0,3000", "--balance=1", "--seed=7"]
    options += ["--max-gpu-memory=2GB", "--credit=me & you", "--device", "cpu"]
    options += [
        "--curves",
        str(tmp_path / "c.png"),
        "--out",
        out,
        "--overwrite",
        "--progress",
        "json",
        "--json",
    ]
    begin = ["train", str(lesson / "city.tif"), "--labels", labels, "--field", "class"]
    assert told == [*begin, *options]


_ANSWER = (
    'print(json.dumps({"scores": None, "before": None, "learnt": False, "validation": "-", "log": "-"}))'
)


def _passed(fake: Path) -> list[str]:
    return list(json.loads(Path(f"{fake}.arguments").read_text()))


def _labels(fake: Path) -> Any:
    told = _passed(fake)
    return core.QgsVectorLayer(told[told.index("--labels") + 1], "labels", "ogr")


def test_a_layer_is_learnt_as_it_is_shown(
    fake_engine: Any, quick: dict[str, Any], lesson: Path, tmp_path: Path
) -> None:
    """With its filter, its edits and its colours, whatever the name of its field."""
    fake = fake_engine(_ANSWER)
    layer = core.QgsVectorLayer("PolygonZ?crs=EPSG:32640&field=fid:string", "drawn", "memory")
    drawn = core.QgsVectorLayer(str(lesson / "drawn.gpkg"), "drawn", "ogr")
    for each in drawn.getFeatures():
        feature = core.QgsFeature(layer.fields())
        feature.setGeometry(each.geometry())
        feature.setAttribute(0, each["class"])
        layer.dataProvider().addFeature(feature)
    categories = [
        core.QgsRendererCategory(name, core.QgsFillSymbol.createSimple({"color": color}), name)
        for name, color in (("land", "#112233"), ("water", "#445566"))
    ]
    layer.setRenderer(core.QgsCategorizedSymbolRenderer("fid", categories))
    layer.setSubsetString("fid = 'land'")
    train(**{**quick, "LABELS": layer, "FIELD": "fid"}, OUTPUT=str(tmp_path / "m.safetensors"))
    labels = _labels(fake)
    assert {each["class"] for each in labels.getFeatures()} == {"land"}
    assert labels.featureCount() == 8
    assert labels.wkbType() == core.QgsWkbTypes.Type.MultiPolygon
    colors = {each.value(): each.symbol().color().name() for each in labels.renderer().categories()}
    assert colors["land"] == "#112233"


def test_the_style_of_a_file_gives_the_colours_too(
    fake_engine: Any, quick: dict[str, Any], lesson: Path, tmp_path: Path
) -> None:
    fake = fake_engine(_ANSWER)
    shutil.copy(lesson / "drawn.gpkg", tmp_path / "drawn.gpkg")
    layer = core.QgsVectorLayer(str(tmp_path / "drawn.gpkg"), "drawn", "ogr")
    symbol = core.QgsFillSymbol.createSimple({"color": "#abcdef"})
    categories = [core.QgsRendererCategory("water", symbol, "water")]
    layer.setRenderer(core.QgsCategorizedSymbolRenderer("class", categories))
    layer.saveStyleToDatabase("style", "", True, "")
    train(**{**quick, "LABELS": str(tmp_path / "drawn.gpkg")}, OUTPUT=str(tmp_path / "m.safetensors"))
    labels = _labels(fake)
    assert [each.symbol().color().name() for each in labels.renderer().categories()] == ["#abcdef"]


def test_selected_polygons_alone(
    fake_engine: Any, quick: dict[str, Any], lesson: Path, tmp_path: Path
) -> None:
    fake = fake_engine(_ANSWER)
    layer = core.QgsVectorLayer(str(lesson / "drawn.gpkg"), "drawn", "ogr")
    core.QgsProject.instance().addMapLayer(layer)
    layer.selectByExpression("\"class\" = 'water'")
    some = core.QgsProcessingFeatureSourceDefinition(layer.id(), True)
    try:
        train(**{**quick, "LABELS": some}, OUTPUT=str(tmp_path / "m.safetensors"))
    finally:
        core.QgsProject.instance().removeMapLayer(layer)
    labels = _labels(fake)
    assert {each["class"] for each in labels.getFeatures()} == {"water"}


_HALF = """
import pathlib
folder = pathlib.Path(arguments[arguments.index('--out') + 1]).with_suffix('.training')
(folder / 'plan.json').write_text('{}')
(folder / f'.glnet-geo-{os.getpid()}-abc').write_text('half a checkpoint')
print(json.dumps({'type': 'progress', 'what': 'stage 1 of 2, x', 'share': 0.5}), file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("resume", [False, True])
def test_a_training_that_is_stopped(
    fake_engine: Any, quick: dict[str, Any], tmp_path: Path, *, resume: bool
) -> None:
    """It leaves nothing but what was somebody else's, or what it goes on from where that is wanted."""
    fake_engine(_HALF)
    folder = tmp_path / "m.training"
    folder.mkdir()
    (folder / "mine.txt").write_text("a person's own")
    (folder / "best.safetensors").write_text("of another training")
    log = Log(cancel_at=20)
    with pytest.raises(
        core.QgsProcessingException, match="goes on from it" if resume else "nothing was written"
    ):
        train(log, **quick, RESUME=resume, OUTPUT=str(tmp_path / "m.safetensors"))
    left = {path.name.split("-")[0] for path in folder.iterdir()}
    # What was being written is removed by the training that goes on.
    kept = {"best.safetensors", "plan.json", "polygons", ".glnet"} if resume else set()
    assert left == {"mine.txt", *kept}
    # Half of the first of two stages.
    assert max(log.shares) == pytest.approx(25, abs=3)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"FIELD": "kind"}, "has no field “kind”"),
        ({"OUTPUT": "/tmp/model.pth"}, "ends with .safetensors"),  # noqa: S108 - it is refused
        ({"INPUT": []}, "choose raster layers or files"),
        ({"OUTPUT": "TEMPORARY_OUTPUT", "RESUME": True}, "“Keep what is finished.*name files"),
    ],
)
def test_wrong_parameters_are_refused(
    engine: str, quick: dict[str, Any], tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    with pytest.raises(core.QgsProcessingException, match=reason):
        train(**{**quick, "OUTPUT": str(tmp_path / "m.safetensors"), **wrong})
    assert list(tmp_path.iterdir()) == []


def test_polygons_of_a_former_training_are_not_emptied_with_its_folder(
    fake_engine: Any, quick: dict[str, Any], lesson: Path, tmp_path: Path
) -> None:
    """Somebody may draw on in them."""
    fake_engine(_ANSWER)
    (tmp_path / "m.training").mkdir()
    former = tmp_path / "m.training" / "polygons-0123456789ab.gpkg"
    shutil.copy(lesson / "drawn.gpkg", former)
    with pytest.raises(
        core.QgsProcessingException, match=r"polygons-0123456789ab\.gpkg lies in .*name another"
    ):
        train(**{**quick, "LABELS": str(former)}, OUTPUT=str(tmp_path / "m.safetensors"))
    assert former.read_bytes() == (lesson / "drawn.gpkg").read_bytes()


def test_a_polygon_that_crosses_itself_is_learnt(
    fake_engine: Any, quick: dict[str, Any], tmp_path: Path
) -> None:
    """The engine mends it; that QGIS refuses it while it is read would end QGIS."""
    fake = fake_engine(_ANSWER)
    layer = core.QgsVectorLayer("Polygon?crs=EPSG:32640&field=class:string", "drawn", "memory")
    feature = core.QgsFeature(layer.fields())
    feature.setGeometry(core.QgsGeometry.fromWkt("POLYGON((0 0, 9 9, 9 0, 0 9, 0 0))"))
    feature.setAttribute("class", "water")
    layer.dataProvider().addFeature(feature)
    train(**{**quick, "LABELS": layer}, OUTPUT=str(tmp_path / "m.safetensors"))
    assert _labels(fake).featureCount() == 1
