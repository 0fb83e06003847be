"""glnet:check, glnet:vectorize, glnet:import, glnet:engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import SAMPLE, command_line  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402
from tests.qgis.made import make_checkpoint, weights  # noqa: E402


def run(name: str, log: Log | None = None, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run(f"glnet:{name}", parameters, feedback=log)
    return made


def test_check_tells_what_the_command_line_tells(engine: str, scene: Path) -> None:
    log = Log()
    found = run("check", log, INPUT=str(scene))
    told = json.loads(command_line(engine, "check", str(scene), "--json").stdout)
    assert (found["MEGAPIXELS"], found["DEVICE"]) == (told["megapixels"], told["device"])
    assert "CRS: EPSG:32640" in log.said
    assert any(line.startswith("Bands: 1 = red") for line in log.said)


@pytest.mark.parametrize("name", ["check", "evaluate"])
def test_an_engine_that_tells_less_than_is_shown_is_to_be_updated(
    fake_engine: Any, scene: Path, name: str
) -> None:
    fake_engine("print(json.dumps({'scores': None, 'seconds': 1.0}))")
    reference: dict[str, Any] = {"REFERENCE": str(scene)} if name == "evaluate" else {}
    with pytest.raises(
        core.QgsProcessingException, match=r"engine 9\.9 cannot do this yet: .*glnet_geo anew"
    ):
        run(name, INPUT=str(scene), **reference)


def test_vectorize_makes_what_the_command_line_makes(
    engine: str, commands: list[str], scene: Path, tmp_path: Path
) -> None:
    if "vectorize" not in commands:
        pytest.skip("this engine has no vectorize")
    raster = tmp_path / "map.tif"
    command_line(engine, "classify", str(scene), "--out", str(raster))
    command_line(engine, "vectorize", str(raster), "--out", str(tmp_path / "cli.gpkg"), "--min-area", "20")
    made = run("vectorize", INPUT=str(raster), OUTPUT=str(tmp_path / "map.gpkg"), MIN_AREA=20)
    assert _features(made["OUTPUT"]) == _features(str(tmp_path / "cli.gpkg"))


def test_vectorize_tells_how_sure_every_polygon_is(engine: str, scene: Path, tmp_path: Path) -> None:
    raster, sure = tmp_path / "map.tif", tmp_path / "sure.tif"
    command_line(engine, "classify", str(scene), "--out", str(raster), "--confidence", str(sure))
    made = run("vectorize", INPUT=str(raster), CONFIDENCE=str(sure), OUTPUT=str(tmp_path / "map.gpkg"))
    layer = core.QgsVectorLayer(made["OUTPUT"])
    assert all(20 <= each["confidence"] <= 100 for each in layer.getFeatures())


def _features(path: str) -> list[tuple[int, str]]:
    return sorted(
        (each["class_id"], each.geometry().asWkt()) for each in core.QgsVectorLayer(path).getFeatures()
    )


def test_vectorize_passes_its_options(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    fake = fake_engine()
    legend = tmp_path / "legend.json"
    legend.write_text("{}")
    out = str(tmp_path / "map.fgb")
    run(
        "vectorize",
        INPUT=str(scene),
        OUTPUT=out,
        BAND=2,
        LEGEND=str(legend),
        CONFIDENCE=str(SAMPLE),
        SIMPLIFY=1.5,
        MAX_VERTICES=0,
    )
    expected = [
        "vectorize",
        str(scene),
        "--band",
        "2",
        "--legend",
        str(legend),
        "--confidence",
        str(SAMPLE),
        "--simplify",
        "1.5",
        "--max-vertices",
        "0",
        "--out",
        out,
    ]
    assert _passed(fake) == [*expected, "--overwrite", "--progress", "json", "--json"]


def _passed(fake: Path) -> list[str]:
    return list(json.loads(Path(f"{fake}.arguments").read_text()))


def test_import_passes_its_options(fake_engine: Any, tmp_path: Path) -> None:
    fake = fake_engine("print('a table for people')")
    for name in ("g.pth", "l.pth"):
        (tmp_path / name).write_bytes(b"")
    out = str(tmp_path / "model.safetensors")
    run(
        "import",
        GLOBAL=str(tmp_path / "g.pth"),
        LOCAL2GLOBAL=str(tmp_path / "l.pth"),
        SHARING="bidirectional",
        FRAME_SIZE=1000,
        ALIGN_CORNERS=True,
        OUTPUT=out,
    )
    stages = ["--global", str(tmp_path / "g.pth"), "--local2global", str(tmp_path / "l.pth")]
    more = ["--classes", "deepglobe", "--sharing", "bidirectional", "--frame-size", "1000", "--align-corners"]
    assert _passed(fake) == ["models", "import", *stages, *more, "--out", out, "--overwrite"]


def test_an_imported_model_is_that_of_the_command_line(engine: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "g.pth"
    make_checkpoint(engine, checkpoint)
    command_line(
        engine,
        "models",
        "import",
        "--global",
        str(checkpoint),
        "--classes",
        "deepglobe",
        "--out",
        str(tmp_path / "m.safetensors"),
    )
    made = run("import", GLOBAL=str(checkpoint), OUTPUT=str(tmp_path / "mine.safetensors"))
    assert weights(made["OUTPUT"]) == weights(tmp_path / "m.safetensors")


def test_import_refuses_what_is_no_checkpoint(engine: str, tmp_path: Path) -> None:
    (tmp_path / "g.pth").write_text("no checkpoint")
    with pytest.raises(core.QgsProcessingException, match=r"g\.pth"):
        run("import", GLOBAL=str(tmp_path / "g.pth"), OUTPUT=str(tmp_path / "m.safetensors"))
    assert not (tmp_path / "m.safetensors").exists()


def test_the_check_of_the_engine(engine: str) -> None:
    log = Log()
    found = run("engine", log, ACTION=0)
    assert found["INTERPRETER"] == engine
    assert any("Self-test passed" in line for line in log.said)
    assert any(line.startswith("Device: cpu") for line in log.said)


def test_every_algorithm_can_be_understood(qgis: Any) -> None:
    from qgis.PyQt.QtCore import QUrl

    provider = core.QgsApplication.processingRegistry().providerById("glnet")
    for algorithm in provider.algorithms():
        assert algorithm.shortHelpString()
        for picture in re.findall(r'<img src="([^"]+)"', algorithm.shortHelpString()):
            assert Path(QUrl(picture).toLocalFile()).is_file()
        assert algorithm.shortDescription()
        assert algorithm.group()
        assert algorithm.tags()
        assert algorithm.create().id() == algorithm.id()
        for parameter in algorithm.parameterDefinitions():
            assert parameter.description() != parameter.name()
