"""The list of installed models in the dialog, with a button for a model file."""

from __future__ import annotations

from typing import Any

from processing.gui.wrappers import WidgetWrapper
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QWidget

from .engine import EngineError, InstalledModel, ask, find_interpreter, known
from .translation import tr


class ModelChoice(WidgetWrapper):
    """Chooses a model by its name, its classes and its ground sample distance, or a file."""

    def createWidget(self, **_more: Any) -> QWidget:
        """A list that can be written into, and a button."""
        whole = QWidget()
        layout = QHBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        self._list = QComboBox()
        self._list.setEditable(True)
        self._list.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._list.setMinimumContentsLength(20)
        for model in _models():
            self._list.addItem(_text(model), model.name)
        button = QToolButton()
        button.setText("…")
        button.setToolTip(tr("Choose a model file"))
        button.clicked.connect(self._choose)
        layout.addWidget(self._list, 1)
        layout.addWidget(button)
        return whole

    def value(self) -> str:
        """The name of an installed model, or what was written."""
        written = self._list.currentText().strip()
        place = self._list.findText(written)
        return str(self._list.itemData(place)) if place >= 0 else written

    def setValue(self, value: str | None) -> None:
        """Choose a model."""
        place = self._list.findData(value)
        if place >= 0:
            self._list.setCurrentIndex(place)
        else:
            self._list.setEditText(value or "")

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._list, tr("Choose a model file"), "", tr("Models (*.safetensors)")
        )
        if path:
            self._list.setEditText(path)


def _models() -> tuple:  # type: ignore[type-arg]
    """What the engine has; nothing where there is no engine: the name can be written all the same."""
    engine = known()
    if engine is None:
        try:
            engine = ask(find_interpreter())
        except EngineError:
            return ()
    return engine.models


def _text(model: InstalledModel) -> str:
    distance = "" if model.gsd is None else f", {model.gsd[0]:g}-{model.gsd[1]:g} m"
    return f"{model.name}: {', '.join(model.classes)}{distance}"
