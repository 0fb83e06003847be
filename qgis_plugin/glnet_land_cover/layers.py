"""How maps look in QGIS: their styles lie beside them or inside, their layers have names, order and a group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsFillSymbol,
    QgsLayerTreeLayer,
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsRasterShader,
    QgsReadWriteContext,
    QgsRendererCategory,
    QgsSettings,
    QgsSingleBandPseudoColorRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtXml import QDomDocument

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
    """Lay a style of a ramp beside a raster of percents; QGIS applies it wherever the raster is opened.

    The style of polygons of the same name but for the suffix stays: QGIS looks for both in one file, and each reads its
    part.
    """
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
    _save_beside_polygons(layer, os.path.splitext(path)[0] + ".qml")


def _save_beside_polygons(layer: QgsRasterLayer, path: str) -> None:
    """Write the style of a raster into a file that may hold one of polygons, which stays."""
    style, there = QDomDocument(), QDomDocument()
    with suppress(OSError, UnicodeDecodeError), open(path, encoding="utf-8") as file:
        there.setContent(file.read())
    # All but the symbols would be taken over by the polygons too.
    layer.exportNamedStyle(style, QgsReadWriteContext(), QgsMapLayer.StyleCategory.Symbology)
    polygons = there.documentElement().firstChildElement("renderer-v2")
    if not polygons.isNull():
        style.documentElement().appendChild(style.importNode(polygons, True))
    # A result is whole without its style: a folder that takes no more files is no reason to lose the job.
    with suppress(OSError), open(path, "w", encoding="utf-8") as file:
        file.write(style.toString(2))


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


def show_as(
    algorithm: QgsProcessingAlgorithm,
    output: str,
    path: str,
    context: QgsProcessingContext,
    *,
    name: str,
    placing: Placing,
) -> None:
    """Say how a result shall be loaded, where it is; a name that a person or a model gave stays.

    Args:
        algorithm: whose result it is.
        output: name of the parameter.
        path: of the file.
        context: of the job.
        name: of the layer, instead of what the parameter is called.
        placing: where it goes.
    """
    if not context.willLoadLayerOnCompletion(path):
        return
    details = context.layerToLoadOnCompletionDetails(path)
    if details.name in ("", algorithm.parameterDefinition(output).description()):
        details.name = name
    details.setPostProcessor(placing)
