"""glnet:sample."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
    QgsProject,
    QgsVectorLayer,
)

from ..job import IN_JSON
from ..layers import Placing, show_as
from ..sources import SourceError, raster_path
from ..translation import tr
from ..vector_sources import stored_in
from .base import EngineAlgorithm, named_file, shown_errors
from .options import INPUT, ends_with, raster_input, text_arguments

OUTPUT = "OUTPUT"
_PER_CLASS = 50
_LABEL = "class"
"""The field that a person fills."""


class Sample(EngineAlgorithm):
    """Draw random points of each class of a map, for a person to label."""

    NAME = "sample"
    COMMAND = "sample"
    PICTURE = "evaluate.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []
        self._map = ""

    def displayName(self) -> str:
        """For people."""
        return tr("Draw points to check a map")

    def group(self) -> str:
        """For people."""
        return tr("Quality")

    def groupId(self) -> str:
        """Never changes."""
        return "quality"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("accuracy,assessment,random points,stratified sample,ground truth").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr(
            "Draws random points of each class of a map, for you to label and “Evaluate a map” to judge by."
        )

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Show the image and not the map. Toggle editing, click a point with the identify tool, and choose the true "
                "class of the pixel in the middle of the cross from the list in the field <b>class</b>. Leave out what you "
                "cannot tell."
            ),
            tr(
                "Label in the order of the points: the first hundred are as random as all, and only the margins are wider."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        number = QgsProcessingParameterNumber
        self.addParameter(QgsProcessingParameterRasterLayer(INPUT, tr("Map: a raster of classes")))
        self.addParameter(
            number("PER_CLASS", tr("Points of each class"), number.Integer, _PER_CLASS, minValue=1)
        )
        self.addParameter(
            QgsProcessingParameterVectorDestination(OUTPUT, tr("Points"), QgsProcessing.TypeVectorPoint)
        )
        self.add_advanced(number("SEED", tr("Seed of all randomness"), number.Integer, 0, minValue=0))
        self.add_engine_parameter()

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files, files that cannot hold the form, and files that a person has worked on."""
        super().check(parameters, context)
        raster_path(raster_input(self, parameters, context))
        if not ends_with(parameters.get(OUTPUT), ".gpkg"):
            raise SourceError(
                tr("The points need a GeoPackage, which holds their form: end its name with .gpkg.")
            )
        _keep_labels(named_file(parameters.get(OUTPUT)))

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layer, which belongs to the main thread."""
        with shown_errors():
            # A model asks for no check before it runs an algorithm.
            _keep_labels(named_file(parameters.get(OUTPUT)))
            layer = raster_input(self, parameters, context)
            self._map = layer.name()
            self._arguments = [raster_path(layer)]
            self._arguments += text_arguments(self, parameters, context, ["PER_CLASS", "SEED"])
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine."""
        path = self.parameterAsOutputLayer(parameters, OUTPUT, context)
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            arguments = ["sample", *self._arguments, "--out", path, "--overwrite", *IN_JSON]
            summary = self.run_job(engine, arguments, [path], feedback, told=["strata"])
        for each in summary["strata"]:
            feedback.pushInfo(tr("{}: {} points").format(each["name"], each["points"]))
        name = tr("Points to check {}").format(self._map)
        placing = Placing(f"GLNet: {self._map}", 0, visible=True)
        show_as(self, OUTPUT, path, context, name=name, placing=placing)
        return {OUTPUT: path}


def _keep_labels(path: str) -> None:
    """Refuse a file of points that a person has begun to label, saved or not.

    Raises:
        SourceError: it is one.
    """
    if not path or not os.path.isfile(path):
        return
    stored = QgsVectorLayer(path, "points", "ogr")
    if any(_is_labelled(layer) for layer in (stored, *_shown_of(path))):
        raise SourceError(
            tr(
                "“{}” holds points that are labelled, which new points would replace: go on with “Evaluate a map”, or name "
                "another file for new points."
            ).format(os.path.basename(path))
        )


def _shown_of(path: str) -> list[QgsVectorLayer]:
    """The layers of the project that show a file."""
    return [
        layer
        for layer in QgsProject.instance().mapLayers().values()
        if isinstance(layer, QgsVectorLayer) and os.path.realpath(stored_in(layer)) == os.path.realpath(path)
    ]


def _is_labelled(layer: QgsVectorLayer) -> bool:
    """Whether a point of a layer has a class."""
    place = layer.fields().lookupField(_LABEL)
    return place >= 0 and any(
        feature.attribute(place) not in (None, NULL, "") for feature in layer.getFeatures()
    )
