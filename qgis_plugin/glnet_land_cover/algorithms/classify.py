"""glnet:classify."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterVectorDestination,
)

from ..job import IN_JSON
from ..layers import Placing, show_as, style_confidence, style_polygons
from ..sources import SourceError
from ..translation import tr
from .base import EngineAlgorithm, code, shown_errors
from .options import (
    add_computing,
    add_scene,
    check_resumable,
    check_scene,
    is_given,
    raster_input,
    scene_arguments,
)
from .polygon_options import add_polygon_options, polygon_arguments

RASTER, POLYGONS, CONFIDENCE = "RASTER", "POLYGONS", "CONFIDENCE"
_SQUARE_METRES_PER_HECTARE = 1e4
_LEAST_IN_HECTARES = 1e3


class Classify(EngineAlgorithm):
    """Map the land cover of an image."""

    NAME = "classify"
    COMMAND = "classify"
    PICTURE = "classify.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []
        self._scene = ""

    def displayName(self) -> str:
        """For people."""
        return tr("Classify land cover")

    def group(self) -> str:
        """For people."""
        return tr("Maps")

    def groupId(self) -> str:
        """Never changes."""
        return "maps"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("land cover,land use,segmentation,deep learning,water,roads,buildings,vegetation,AI").split(
            ","
        )

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Maps what covers the ground in an aerial or satellite image.")

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            tr(
                "Maps what covers the ground in an aerial or satellite image, on the image's own grid and in its CRS."
            ),
            tr(
                "<b>Land cover</b> is a raster with the names and colours of the classes inside. <b>Polygons</b> are the "
                "same map with the area of each feature. <b>Confidence</b> tells how sure the map is of every pixel."
            ),
            tr(
                "Pixels without data stay without data. Outputs appear when they are whole; a job that is stopped leaves "
                "nothing behind."
            ),
            tr(
                "Run “Check scene” first if you are not sure that an image suits the model, or how long it will take."
            ),
            tr(
                "The log shows the same job as a command, for a server. There, {} names the Python of the engine."
            ).format(code("GLNET_GEO_PYTHON")),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        add_scene(self)
        self.addParameter(QgsProcessingParameterRasterDestination(RASTER, tr("Land cover"), optional=True))
        self.addParameter(
            QgsProcessingParameterVectorDestination(
                POLYGONS,
                tr("Polygons"),
                QgsProcessing.TypeVectorPolygon,
                optional=True,
                createByDefault=False,
            )
        )
        self.addParameter(
            QgsProcessingParameterRasterDestination(
                CONFIDENCE, tr("Confidence"), optional=True, createByDefault=False
            )
        )
        add_computing(self)
        add_polygon_options(self)
        self.add_advanced(
            QgsProcessingParameterBoolean(
                "RESUME",
                tr("Keep what is finished of a job that is stopped, and go on from it in the next run"),
                False,
            )
        )
        self.add_engine_parameter()

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files, jobs without a map, and to go on from what is temporary."""
        super().check(parameters, context)
        check_scene(self, parameters, context)
        if not is_given(parameters, RASTER) and not is_given(parameters, POLYGONS):
            raise SourceError(tr("There is nothing to make: ask for the land cover, the polygons, or both."))
        made = [name for name in (RASTER, POLYGONS, CONFIDENCE) if is_given(parameters, name)]
        check_resumable(self, parameters, context, made)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layers, which belong to the main thread."""
        with shown_errors():
            self._scene = raster_input(self, parameters, context).name()
            self._arguments = scene_arguments(self, parameters, context)
            self._arguments += polygon_arguments(
                self, parameters, context, feedback, polygons=is_given(parameters, POLYGONS)
            )
            if not self.parameterAsBool(parameters, "RESUME", context):
                self._arguments.append("--no-resume")
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine, then lay the styles beside what it made."""
        made = {
            name: path
            for name in (POLYGONS, RASTER, CONFIDENCE)
            if is_given(parameters, name) and (path := self.parameterAsOutputLayer(parameters, name, context))
        }
        arguments = ["classify", *self._arguments]
        for name, path in made.items():
            arguments += ["--confidence" if name == CONFIDENCE else "--out", path]
        arguments += ["--overwrite", *IN_JSON]
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            resumable = self.parameterAsBool(parameters, "RESUME", context)
            summary = self.run_job(engine, arguments, list(made.values()), feedback, resumable=resumable)
        classes = summary.get("classes", [])
        _tell(summary, feedback)
        if POLYGONS in made:
            style_polygons(made[POLYGONS], classes)
        if CONFIDENCE in made:
            style_confidence(made[CONFIDENCE])
        self._place(made, context)
        return dict(made)

    def _place(self, made: dict[str, str], context: QgsProcessingContext) -> None:
        """Say under which name and where the results shall be loaded, where they are."""
        names = {POLYGONS: tr("Land cover polygons"), RASTER: tr("Land cover"), CONFIDENCE: tr("Confidence")}
        group = f"GLNet: {self._scene or os.path.basename(self._arguments[0])}"
        for order, (name, path) in enumerate(made.items()):
            # A confidence that is drawn at once would hide nothing, or the map.
            placing = Placing(group, order, visible=name != CONFIDENCE)
            show_as(self, name, path, context, name=names[name], placing=placing)


def _tell(summary: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
    """Write into the log what covers how much."""
    if "device" in summary:
        feedback.pushInfo(
            tr("{:.1f} megapixels in {:.1f} s on {}").format(
                summary["megapixels"], summary["seconds"], summary["device"]
            )
        )
    for each in summary.get("classes", []):
        area = each.get("area_m2")
        feedback.pushInfo(f"  {each['name']:<16} {each['share']:7.1%}  {_area(area):>14}")


def _area(square_metres: float | None) -> str:
    """An area as a person reads it, empty where it is unknown: a few square metres are told as such."""
    if square_metres is None:
        return ""
    if square_metres < _LEAST_IN_HECTARES:
        return f"{square_metres:,.0f} m²"
    return f"{square_metres / _SQUARE_METRES_PER_HECTARE:,.2f} ha"
