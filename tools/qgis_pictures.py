"""Pictures of the plugin at work in the QGIS desktop, for docs/qgis.md and the plugin's help.

Run by tools/qgis_pictures.sh, inside QGIS: the desktop must be up for what people see to be seen.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import processing
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QPoint, QRect, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QDockWidget, QLineEdit, QProgressBar
from qgis.utils import iface

OUT = Path(os.environ["GLNET_PICTURES"])
SCENE = os.environ["GLNET_SCENE"]
MAPS = Path(os.environ["GLNET_MAPS"])
_LONGEST_MS = 240_000
_WIDEST = 900
_HALFWAY = 40


def shoot(name: str, widget: object = None, height: int = 2000) -> None:
    """Save the main window, or another one, or its upper part."""
    for _ in range(5):
        QgsApplication.processEvents()
    if widget is None:
        widget = iface.mainWindow()
    picture = QGuiApplication.primaryScreen().grabWindow(0)
    place = QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())  # type: ignore[attr-defined]
    place.setHeight(min(height, place.height()))
    small = picture.copy(place).scaledToWidth(
        min(_WIDEST, place.width()), Qt.TransformationMode.SmoothTransformation
    )
    small.save(str(OUT / f"qgis-{name}.png"))


class Story:
    """The steps, each some seconds after the last."""

    def __init__(self) -> None:
        self.dialog: Any = None
        self.dock: Any = None

    def begin(self) -> None:
        window = iface.mainWindow()
        window.showNormal()
        window.setGeometry(0, 0, 1240, 760)
        for dock in window.findChildren(QDockWidget):
            dock.setVisible(dock.objectName() in ("Layers", "ProcessingToolbox"))
        layer = QgsRasterLayer(SCENE, "scene")
        QgsProject.instance().addMapLayer(layer)
        iface.mapCanvas().setExtent(layer.extent())
        self.dock = window.findChild(QDockWidget, "ProcessingToolbox")
        self.dock.findChildren(QLineEdit)[0].setText("glnet")
        QTimer.singleShot(7000, self.guard(self.toolbox))

    def toolbox(self) -> None:
        shoot("toolbox", self.dock, 350)
        outs = {"RASTER": str(MAPS / "landcover.tif"), "POLYGONS": str(MAPS / "landcover.gpkg"),
                "CONFIDENCE": str(MAPS / "confidence.tif")}  # fmt: skip
        self.dialog = processing.createAlgorithmDialog("glnet:classify", {"INPUT": SCENE, **outs})
        self.dialog.show()
        self.dialog.setGeometry(200, 40, 960, 720)
        QTimer.singleShot(4000, self.guard(self.dialog_open))

    def dialog_open(self) -> None:
        shoot("dialog", self.dialog)
        self.dialog.algorithmFinished.connect(lambda *_: QTimer.singleShot(3000, self.guard(self.done)))
        self.dialog.runButton().click()
        self.watch()

    def watch(self) -> None:
        if any(
            bar.maximum() > 0 and bar.value() >= _HALFWAY for bar in self.dialog.findChildren(QProgressBar)
        ):
            shoot("running", self.dialog)
            return
        QTimer.singleShot(200, self.guard(self.watch))

    def done(self) -> None:
        self.dialog.close()
        polygons = QgsVectorLayer("Polygon?crs=EPSG:32640&field=class:string", "my polygons", "memory")
        QgsProject.instance().addMapLayer(polygons)
        self.dialog = processing.createAlgorithmDialog(
            "glnet:train", {"INPUT": [SCENE], "LABELS": polygons.id(), "FIELD": "class"}
        )
        self.dialog.show()
        self.dialog.setGeometry(200, 40, 960, 620)
        QTimer.singleShot(3000, self.guard(self.training))

    def training(self) -> None:
        shoot("train", self.dialog)
        self.dialog.close()
        for layer in QgsProject.instance().mapLayersByName("my polygons"):
            QgsProject.instance().removeMapLayer(layer)
        for node in QgsProject.instance().layerTreeRoot().findLayers():
            if node.name() == "Land cover":
                node.setExpanded(True)
            if node.name() == "Land cover polygons":
                node.setItemVisibilityChecked(False)
                node.setExpanded(False)
        QTimer.singleShot(6000, self.guard(self.map))

    def map(self) -> None:
        shoot("map")
        print("TREE", QgsProject.instance().layerTreeRoot().dump())
        leave()

    def guard(self, step: object) -> object:
        """A step whose failure ends the story and not only the step."""

        def guarded() -> None:
            try:
                step()  # type: ignore[operator]
            except Exception:
                traceback.print_exc()
                leave()

        return guarded


def leave() -> None:
    """End QGIS without a question."""
    os._exit(0)


story = Story()
QTimer.singleShot(_LONGEST_MS, leave)
QTimer.singleShot(3000, story.guard(story.begin))
iface.messageBar().clearWidgets()
