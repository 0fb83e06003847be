"""qgis_process in a fresh home: list, help, run, error, JSON, and a model of the designer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import PLUGINS, SAMPLE  # noqa: E402
from tests.qgis.processes import children, ends, wait_for  # noqa: E402
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
    """Classify, then QGIS's own zonal statistics of the map, as one model."""
    model = tmp_path / "classify and measure.model3"
    assert _model().toFile(str(model))
    zones, table = _zones(scene, tmp_path), tmp_path / "measured.gpkg"
    # Older versions of QGIS put the step before the name of an output.
    outputs = f"measure:measured={table}", f"measured={table}"
    done = server("run", str(model), "--", f"scene={scene}", f"zones={zones}", *outputs)
    assert table.is_file(), done.stderr + done.stdout
    measured = core.QgsVectorLayer(str(table))
    counts = {each["name"]: each["class_count"] for each in measured.getFeatures()}
    assert counts == {"left": 310 * 600, "right": 310 * 600}
    assert {each["class_majority"] for each in measured.getFeatures()} <= set(range(6))


def _zones(scene: Path, folder: Path) -> Path:
    """The left and the right half of a scene."""
    layer = core.QgsRasterLayer(str(scene))
    zones = core.QgsVectorLayer(f"Polygon?crs={layer.crs().authid()}&field=name:string", "zones", "memory")
    whole, middle = layer.extent(), layer.extent().center().x()
    for name, left, right in (("left", whole.xMinimum(), middle), ("right", middle, whole.xMaximum())):
        feature = core.QgsFeature(zones.fields())
        feature.setGeometry(
            core.QgsGeometry.fromRect(core.QgsRectangle(left, whole.yMinimum(), right, whole.yMaximum()))
        )
        feature["name"] = name
        zones.dataProvider().addFeature(feature)
    path = folder / "zones.gpkg"
    core.QgsVectorFileWriter.writeAsVectorFormatV3(
        zones, str(path), core.QgsCoordinateTransformContext(), core.QgsVectorFileWriter.SaveVectorOptions()
    )
    return path


def _model() -> Any:
    model = core.QgsProcessingModelAlgorithm("classify and measure", "tests")
    for name, parameter in (
        ("scene", core.QgsProcessingParameterRasterLayer("scene", "Scene")),
        ("zones", core.QgsProcessingParameterFeatureSource("zones", "Zones")),
    ):
        model.addModelParameter(parameter, core.QgsProcessingModelParameter(name))
    source = core.QgsProcessingModelChildParameterSource
    classify = core.QgsProcessingModelChildAlgorithm("glnet:classify")
    classify.setChildId("classify")
    classify.addParameterSources("INPUT", [source.fromModelParameter("scene")])
    classify.addParameterSources("MODEL", [source.fromStaticValue("urban")])
    model.addChildAlgorithm(classify)
    measure = core.QgsProcessingModelChildAlgorithm("native:zonalstatisticsfb")
    measure.setChildId("measure")
    count, majority = 0, 9
    for name, value in (
        ("INPUT", source.fromModelParameter("zones")),
        ("INPUT_RASTER", source.fromChildOutput("classify", "RASTER")),
        ("RASTER_BAND", source.fromStaticValue(1)),
        ("COLUMN_PREFIX", source.fromStaticValue("class_")),
        ("STATISTICS", source.fromStaticValue([count, majority])),
    ):
        measure.addParameterSources(name, [value])
    output = core.QgsProcessingModelOutput("measured", "measured")
    output.setChildId("measure")
    output.setChildOutputName("OUTPUT")
    measure.setModelOutputs({"measured": output})
    model.addChildAlgorithm(measure)
    return model


def test_the_engine_dies_with_qgis_process(server: Server, tmp_path: Path) -> None:
    """Killed, it has no time to say so: nobody stays behind, and nothing."""
    out = tmp_path / "out"
    out.mkdir()
    process = server.start("run", "glnet:classify", "--", f"INPUT={SAMPLE}", f"RASTER={out / 'map.tif'}")
    worker = wait_for(lambda: next((pid for pid in children(process.pid) if list(out.iterdir())), None))
    process.kill()
    process.wait()
    assert ends(worker)
    assert list(out.iterdir()) == []
