"""The dialogs of QGIS take every algorithm: one job, many, or a step of a model."""

from __future__ import annotations

from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

ALGORITHMS = ("batch", "check", "classify", "engine", "evaluate", "import", "sample", "train", "vectorize")


def _algorithm(name: str) -> Any:
    return core.QgsApplication.processingRegistry().createAlgorithmById(f"glnet:{name}")


@pytest.mark.parametrize("name", ALGORITHMS)
def test_one_job(engine: str, name: str) -> None:
    """The dialog opens, with its defaults in it."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = AlgorithmDialog(_algorithm(name))
    wrappers = dialog.mainWidget().wrappers
    assert {each.name() for each in dialog.algorithm().parameterDefinitions()} == set(wrappers)
    if "MODEL" in wrappers:
        assert wrappers["MODEL"].value() == "urban"
    dialog.deleteLater()


def test_the_list_of_models(engine: str) -> None:
    """It shows classes and pixel sizes, and takes a file as well."""
    from glnet_land_cover.model_choice import ModelChoice
    from qgis.PyQt.QtWidgets import QComboBox

    algorithm = _algorithm("classify")
    wrapper = ModelChoice(algorithm.parameterDefinition("MODEL"), None)
    widget = wrapper.createWidget()
    shown = widget.findChild(QComboBox)
    assert "urban: water, bare land, road, building, vegetation, 0.4-2 m" in [
        shown.itemText(place) for place in range(shown.count())
    ]
    for value in ("urban", "/mo del.safetensors"):
        wrapper.setValue(value)
        assert wrapper.value() == value


def test_many_jobs(engine: str) -> None:
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    dialog = BatchAlgorithmDialog(_algorithm("classify"))
    panel = dialog.mainWidget()
    panel.addRow()
    assert panel.tblParameters.rowCount() >= 2
    models = [
        rows[1].parameterValue() if hasattr(rows[1], "parameterValue") else rows[1].value()
        for rows in panel.wrappers
    ]
    assert set(models) == {"urban"}
    dialog.deleteLater()


@pytest.mark.parametrize("name", ["classify", "train"])
def test_a_step_of_a_model(engine: str, name: str) -> None:
    """The model to use may come from a step before, such as a training."""
    from processing.modeler.ModelerParametersDialog import ModelerParametersDialog

    model = core.QgsProcessingModelAlgorithm("m", "g")
    step = core.QgsProcessingModelChildAlgorithm("glnet:train")
    step.setChildId("train")
    model.addChildAlgorithm(step)
    dialog = ModelerParametersDialog(_algorithm(name), model)
    made = dialog.createAlgorithm()
    assert made is None or made.algorithmId() == f"glnet:{name}"
    dialog.deleteLater()
