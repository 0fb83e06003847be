"""qgis_process in a fresh home: list, help, run, error, JSON, and a model of the designer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import PLUGINS  # noqa: E402
from tests.qgis.server import Server  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, engine_python: str) -> Server:
    return Server(tmp_path_factory.mktemp("home"), PLUGINS, engine_python)


def test_it_lists_the_algorithms(server: Server) -> None:
    listed = server("list").stdout
    for name in (
        "batch",
        "check",
        "classify",
        "engine",
        "evaluate",
        "import",
        "sample",
        "train",
        "vectorize",
    ):
        assert f"glnet:{name}\t" in listed


def test_help_names_the_stable_parameters(server: Server) -> None:
    told = server("help", "glnet:classify").stdout
    for name in ("INPUT", "MODEL", "AOI", "BANDS", "RASTER", "POLYGONS", "CONFIDENCE", "ENGINE"):
        assert f"\n{name}:" in told


def test_a_run(server: Server, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.tif"
    done = server("run", "glnet:classify", "--", f"INPUT={scene}", f"RASTER={out}")
    assert done.returncode == 0
    assert out.is_file()
    assert f"RASTER:\t{out}" in done.stdout


def test_an_error_is_a_sentence_and_no_traceback(server: Server, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.tif"
    done = server("run", "glnet:classify", "--", f"INPUT={scene}", f"RASTER={out}", "MODEL=nowhere")
    assert "no model is called nowhere" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    assert not out.exists()


def test_json_out(server: Server, scene: Path) -> None:
    done = server("--json", "run", "glnet:check", "--", f"INPUT={scene}")
    assert json.loads(done.stdout)["results"]["MEGAPIXELS"] == pytest.approx(0.372)


def test_json_in(server: Server, scene: Path) -> None:
    if core.Qgis.QGIS_VERSION_INT < 34000:
        pytest.skip("JSON on standard input works from QGIS 3.40 on")
    done = server("run", "glnet:check", "-", standard_input=json.dumps({"inputs": {"INPUT": str(scene)}}))
    assert json.loads(done.stdout)["results"]["MEGAPIXELS"] == pytest.approx(0.372)


def test_a_model_of_the_designer(server: Server, qgis: Any, scene: Path, tmp_path: Path) -> None:
    """Classify, then QGIS's own count of the classes, as one model."""
    model = tmp_path / "classify and count.model3"
    _model().toFile(str(model))
    table = tmp_path / "counts.gpkg"
    done = server("run", str(model), "--", f"scene={scene}", f"count:counts={table}")
    assert table.is_file(), done.stderr + done.stdout
    counted = {each["value"]: each["count"] for each in core.QgsVectorLayer(str(table)).getFeatures()}
    assert sum(counted.values()) == 620 * 600
    assert set(counted) <= set(range(6))


def _model() -> Any:
    model = core.QgsProcessingModelAlgorithm("classify and count", "tests")
    model.addModelParameter(
        core.QgsProcessingParameterRasterLayer("scene", "Scene"),
        core.QgsProcessingModelParameter("scene"),
    )
    source = core.QgsProcessingModelChildParameterSource
    classify = core.QgsProcessingModelChildAlgorithm("glnet:classify")
    classify.setChildId("classify")
    classify.addParameterSources("INPUT", [source.fromModelParameter("scene")])
    classify.addParameterSources("MODEL", [source.fromStaticValue("urban")])
    model.addChildAlgorithm(classify)
    count = core.QgsProcessingModelChildAlgorithm("native:rasterlayeruniquevaluesreport")
    count.setChildId("count")
    count.addParameterSources("INPUT", [source.fromChildOutput("classify", "RASTER")])
    count.addParameterSources("BAND", [source.fromStaticValue(1)])
    output = core.QgsProcessingModelOutput("counts", "counts")
    output.setChildId("count")
    output.setChildOutputName("OUTPUT_TABLE")
    count.setModelOutputs({"counts": output})
    model.addChildAlgorithm(count)
    return model
