"""How maps look in QGIS: their styles lie beside them or inside, their layers have names, order and a group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsFillSymbol,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsRasterShader,
    QgsRendererCategory,
    QgsSettings,
    QgsSingleBandPseudoColorRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

# Dark where the map guesses, bright where it is sure; readable without colour vision.
_CONFIDENCE_RAMP = (
    (20, "#440154", "20 %"),
    (40, "#3b528b", "40 %"),
    (60, "#21918c", "60 %"),
    (80, "#5ec962", "80 %"),
    (100, "#fde725", "100 %"),
)
_GROUP = "RESULTS_GROUP_NAME"


def style_confidence(path: str) -> None:
    """Lay a style of a ramp beside a raster of percents; QGIS applies it wherever the raster is opened."""
    options = QgsRasterLayer.LayerOptions()
    # A default style would need statistics, and write them beside the file.
    options.loadDefaultStyle = False
    layer = QgsRasterLayer(path, "confidence", "gdal", options)
    if not layer.isValid():
        return
    ramp = QgsColorRampShader(_CONFIDENCE_RAMP[0][0], 100)
    ramp.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(value, QColor(color), label)
            for value, color, label in _CONFIDENCE_RAMP
        ]
    )
    shader = QgsRasterShader(_CONFIDENCE_RAMP[0][0], 100)
    shader.setRasterShaderFunction(ramp)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(_CONFIDENCE_RAMP[0][0])
    renderer.setClassificationMax(100)
    layer.setRenderer(renderer)
    layer.saveNamedStyle(os.path.splitext(path)[0] + ".qml")


def style_polygons(path: str, classes: Sequence[dict[str, Any]]) -> None:
    """Give polygons the names and colours of their classes: inside a GeoPackage, else beside the file.

    Args:
        path: of a layer with ``class_id``; a style that it brings along stays.
        classes: each with ``id``, ``name`` and ``color``.
    """
    layer = QgsVectorLayer(path, "land cover", "ogr")
    if not classes or not layer.isValid() or isinstance(layer.renderer(), QgsCategorizedSymbolRenderer):
        return
    categories = [
        QgsRendererCategory(
            each["id"],
            QgsFillSymbol.createSimple({"color": each["color"], "outline_style": "no"}),
            each["name"],
        )
        for each in classes
    ]
    layer.setRenderer(QgsCategorizedSymbolRenderer("class_id", categories))
    if path.lower().endswith(".gpkg"):
        layer.saveStyleToDatabase("land cover", "", True, "")
    else:
        layer.saveNamedStyle(os.path.splitext(path)[0] + ".qml")


class Placing(QgsProcessingLayerPostProcessorInterface):
    """Puts a result into a group of the layer tree, in an order that shows it.

    Args:
        group: name of the group.
        order: place in it, from the top.
        visible: whether it is drawn at once.
    """

    # QGIS holds no reference of its own; a post-processor that Python collects is never called.
    _alive: ClassVar[list[Placing]] = []
    _KEPT = 50

    def __init__(self, group: str, order: int, *, visible: bool) -> None:
        super().__init__()
        self._group = group
        self._order = order
        self._visible = visible
        self._alive.append(self)
        del self._alive[: -self._KEPT]

    def postProcessLayer(
        self,
        layer: QgsMapLayer,
        _context: QgsProcessingContext,
        _feedback: QgsProcessingFeedback,
    ) -> None:
        """Style the layer as its file says and move it; a group that the person has chosen for all results stays."""
        # Processing opens results without the style that lies in them or beside them.
        layer.loadDefaultStyle()
        root = QgsProject.instance().layerTreeRoot()
        node = root.findLayer(layer.id())
        if node is None:
            return
        if not QgsSettings().value(f"Processing/Configuration/{_GROUP}", ""):
            node = self._moved(root, node)
        node.setItemVisibilityChecked(self._visible)
        node.setExpanded(self._visible)

    def _moved(self, root: Any, node: QgsLayerTreeLayer) -> QgsLayerTreeLayer:
        group = root.findGroup(self._group) or root.insertGroup(0, self._group)
        moved = node.clone()
        moved.setCustomProperty("glnet/order", self._order)
        place = sum(
            1 for child in group.children() if int(child.customProperty("glnet/order", -1)) <= self._order
        )
        group.insertChildNode(place, moved)
        node.parent().removeChildNode(node)
        return moved
