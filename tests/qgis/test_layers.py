"""Results as a person finds them in the layer tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.logs import Log  # noqa: E402


@pytest.fixture
def project(qgis: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty project, and QGIS without a window."""
    import processing.gui.Postprocessing

    monkeypatch.setattr(processing.gui.Postprocessing, "iface", None, raising=False)
    project = core.QgsProject.instance()
    project.clear()
    yield project
    project.clear()


def load(name: str, **parameters: Any) -> None:
    import processing

    processing.runAndLoadResults(f"glnet:{name}", parameters)


def _tree(project: Any) -> dict[str, list[tuple[str, bool]]]:
    """The layers of every group from the top, and whether they are drawn."""
    return {
        group.name(): [(node.name(), node.itemVisibilityChecked()) for node in group.findLayers()]
        for group in project.layerTreeRoot().findGroups()
    }


def test_maps_lie_in_a_group_in_the_order_that_shows_them(
    engine: str, scene: Path, project: Any, tmp_path: Path
) -> None:
    given = core.QgsRasterLayer(str(scene), "Luftbild")
    project.addMapLayer(given)
    outputs = {"RASTER": "m.tif", "POLYGONS": "m.gpkg", "CONFIDENCE": "sure.tif"}
    load("classify", INPUT=given, **{name: str(tmp_path / file) for name, file in outputs.items()})
    assert _tree(project) == {
        "GLNet: Luftbild": [("Land cover polygons", True), ("Land cover", True), ("Confidence", False)]
    }
    polygons, raster, confidence = (
        project.mapLayersByName(name)[0] for name in ("Land cover polygons", "Land cover", "Confidence")
    )
    assert polygons.renderer().categories()[0].label() == "water"
    assert raster.renderer().classes()[0].label == "water"
    assert confidence.renderer().type() == "singlebandpseudocolor"
    # Another run joins the group, and does not begin one of the same name.
    load("classify", INPUT=given, RASTER=str(tmp_path / "again.tif"))
    assert [name for name, _ in _tree(project)["GLNet: Luftbild"]].count("Land cover") == 2
    assert len(_tree(project)) == 1


def test_a_group_that_the_person_has_chosen_stays(
    engine: str, scene: Path, project: Any, tmp_path: Path
) -> None:
    from processing.core.ProcessingConfig import ProcessingConfig

    name = "RESULTS_GROUP_NAME"
    if not hasattr(ProcessingConfig, name):
        pytest.skip("this QGIS has no group for all results")
    ProcessingConfig.setSettingValue(ProcessingConfig.RESULTS_GROUP_NAME, "mine")
    try:
        load("classify", INPUT=str(scene), RASTER=str(tmp_path / "m.tif"))
    finally:
        ProcessingConfig.setSettingValue(ProcessingConfig.RESULTS_GROUP_NAME, "")
    assert _tree(project) == {"mine": [("Land cover", True)]}


def test_points_to_label_bring_their_form(engine: str, scene: Path, project: Any, tmp_path: Path) -> None:
    load("classify", INPUT=str(scene), RASTER=str(tmp_path / "m.tif"))
    load("sample", INPUT=str(tmp_path / "m.tif"), PER_CLASS=2, OUTPUT=str(tmp_path / "p.gpkg"))
    points = project.mapLayersByName("Points to check Land cover")[0]
    assert points.editorWidgetSetup(points.fields().lookupField("class")).type() == "ValueMap"


_ANSWER = (
    """print(json.dumps({"tiles": [], "strata": [], "classes": [], "done": 0, "skipped": 0, "failed": 0}))"""
)
_RESULTS = [
    ("classify", "RASTER", "m.tif", "Land cover"),
    ("classify", "POLYGONS", "m.gpkg", "Land cover polygons"),
    ("classify", "CONFIDENCE", "sure.tif", "Confidence"),
    ("batch", "MOSAIC", "m.tif", "Land cover"),
    ("batch", "MOSAIC_POLYGONS", "m.gpkg", "Land cover polygons"),
    ("vectorize", "OUTPUT", "m.gpkg", "Polygons of das 'Bild' Ω 1"),
    ("sample", "OUTPUT", "p.gpkg", "Points to check das 'Bild' Ω 1"),
]


@pytest.mark.parametrize("given", ["", "Flood of May"])
@pytest.mark.parametrize(("algorithm", "output", "file", "usual"), _RESULTS)
def test_a_result_keeps_the_name_that_a_person_or_a_model_gave(
    fake_engine: Any,
    scene: Path,
    tmp_path: Path,
    algorithm: str,
    output: str,
    file: str,
    usual: str,
    given: str,
) -> None:
    fake_engine(_ANSWER)
    wanted = core.QgsProcessingOutputLayerDefinition(str(tmp_path / file), core.QgsProject.instance())
    if given:
        wanted.destinationName = given
    parameters = {"INPUT": [str(scene)] if algorithm == "batch" else str(scene), output: wanted}
    if algorithm == "batch":
        parameters["OUTPUT"] = str(tmp_path / "maps")
    if output == "CONFIDENCE":
        parameters["RASTER"] = str(tmp_path / "m.tif")
    context = core.QgsProcessingContext()
    instance = core.QgsApplication.processingRegistry().createAlgorithmById(f"glnet:{algorithm}")
    log = Log()
    _, done = instance.run(parameters, context, log)
    assert (done, log.errors) == (True, [])
    assert [details.name for details in context.layersToLoadOnCompletion().values()] == [given or usual]
