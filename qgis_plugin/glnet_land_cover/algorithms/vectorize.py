"""glnet:vectorize."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBand,
    QgsProcessingParameterFile,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ..job import IN_JSON
from ..layers import Placing, show_as, style_polygons
from ..sources import raster_path
from ..translation import tr
from .base import EngineAlgorithm, shown_errors
from .options import INPUT, confidence_arguments, is_given, raster_input
from .polygon_options import add_polygon_options, polygon_arguments

OUTPUT = "OUTPUT"


class Vectorize(EngineAlgorithm):
    """Make polygons of a raster of classes."""

    NAME = "vectorize"
    COMMAND = "vectorize"
    PICTURE = "vectorize.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []
        self._raster = ""

    def displayName(self) -> str:
        """For people."""
        return tr("Vectorize classes")

    def group(self) -> str:
        """For people."""
        return tr("Maps")

    def groupId(self) -> str:
        """Never changes."""
        return "maps"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("polygonize,land cover,raster to vector,simplify,sieve").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Makes polygons of any raster of classes, without seams or gaps, in bounded memory.")

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Every feature has the number and name of its class, and its true area on the ground. Borders that two "
                "polygons share stay shared when they are simplified; small areas are merged into a neighbour, not lost."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer(INPUT, tr("Raster of classes")))
        self.addParameter(
            QgsProcessingParameterVectorDestination(OUTPUT, tr("Polygons"), QgsProcessing.TypeVectorPolygon)
        )
        self.add_advanced(
            QgsProcessingParameterBand("BAND", tr("Band"), 1, parentLayerParameterName=INPUT, optional=True)
        )
        self.add_advanced(
            QgsProcessingParameterFile(
                "LEGEND",
                tr("File of class names and colours (empty: those in the raster)"),
                extension="json",
                optional=True,
            )
        )
        self.add_advanced(
            QgsProcessingParameterRasterLayer(
                "CONFIDENCE", tr("Confidence of the classes, for every polygon to tell"), optional=True
            )
        )
        add_polygon_options(self)
        self.add_engine_parameter()

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files."""
        super().check(parameters, context)
        raster_path(raster_input(self, parameters, context))
        confidence_arguments(self, parameters, context)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layer, which belongs to the main thread."""
        with shown_errors():
            layer = raster_input(self, parameters, context)
            self._raster = layer.name()
            self._arguments = [raster_path(layer)]
            band = self.parameterAsInt(parameters, "BAND", context) if is_given(parameters, "BAND") else 1
            if band > 1:
                self._arguments += ["--band", str(band)]
            if is_given(parameters, "LEGEND"):
                self._arguments += ["--legend", self.parameterAsFile(parameters, "LEGEND", context)]
            self._arguments += confidence_arguments(self, parameters, context)
            self._arguments += polygon_arguments(self, parameters, context, feedback)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine, then style the polygons."""
        path = self.parameterAsOutputLayer(parameters, OUTPUT, context)
        arguments = ["vectorize", *self._arguments, "--out", path, "--overwrite", *IN_JSON]
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            summary = self.run_job(engine, arguments, [path], feedback)
        style_polygons(path, summary.get("classes", []))
        name = tr("Polygons of {}").format(self._raster)
        placing = Placing(f"GLNet: {self._raster}", 0, visible=True)
        show_as(self, OUTPUT, path, context, name=name, placing=placing)
        return {OUTPUT: path}
