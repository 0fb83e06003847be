"""glnet:evaluate."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..job import IN_JSON
from ..report import lines, page
from ..sources import SourceError, raster_path
from ..translation import tr
from ..vector_sources import vector_file
from .base import EngineAlgorithm, named_file, shown_errors
from .options import INPUT, called, confidence_arguments, is_given, raster_input, words

REPORT, DRAWING, NUMBERS = "REPORT", "PICTURE", "NUMBERS"
_LEGEND = "REFERENCE_LEGEND"
_DEFAULT_FIELD = "class"
_TOLD = ("map", "scores", "estimate", "calibration", "notes")


class Evaluate(EngineAlgorithm):
    """Tell how good a map is."""

    NAME = "evaluate"
    COMMAND = "evaluate"
    PICTURE = "evaluate.png"

    def __init__(self) -> None:
        super().__init__()
        self._arguments: list[str] = []

    def displayName(self) -> str:
        """For people."""
        return tr("Evaluate a map")

    def group(self) -> str:
        """For people."""
        return tr("Quality")

    def groupId(self) -> str:
        """Never changes."""
        return "quality"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("accuracy,assessment,confusion matrix,validation,ground truth,IoU,area").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr(
            "Tells how often a map is right, class by class, and how much of each class there truly is."
        )

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "What is true comes from <b>points</b> that “Draw points to check a map” drew and you labelled, and then "
                "holds for the whole map within margins; or from polygons, or from another raster of classes."
            ),
            tr(
                "Precision: how much of what the map calls by a name is that. Recall: how much of it the map finds. The true "
                "area corrects what the map's pixels add up to."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        self.addParameter(QgsProcessingParameterRasterLayer(INPUT, tr("Map: a raster of classes")))
        kinds = [QgsProcessing.TypeVectorPoint, QgsProcessing.TypeVectorPolygon, QgsProcessing.TypeRaster]
        self.addParameter(
            QgsProcessingParameterMapLayer(
                "REFERENCE", tr("What is true: points, polygons, or a raster of classes"), types=kinds
            )
        )
        self.addParameter(
            QgsProcessingParameterField(
                "FIELD",
                tr("Field of points or polygons that holds the class"),
                _DEFAULT_FIELD,
                parentLayerParameterName="REFERENCE",
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterRasterLayer(
                "CONFIDENCE", tr("Confidence of the map: is it right?"), optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(REPORT, tr("Report"), "HTML (*.html)", optional=True)
        )
        self._add_advanced()

    def _add_advanced(self) -> None:
        self.add_advanced(
            QgsProcessingParameterFile(
                _LEGEND,
                tr("Class file of a raster of what is true (empty: what it says itself)"),
                extension="json",
                optional=True,
            )
        )
        for name, label in (
            (
                "IGNORE",
                tr("Reference classes to leave out, with commas between (names with commas in quotes)"),
            ),
            (
                "LEAVE_OUT",
                tr(
                    "Classes that do not count in means, with commas between (names with commas in quotes; empty: "
                    "unknown)"
                ),
            ),
        ):
            self.add_advanced(QgsProcessingParameterString(name, label, optional=True))
        for name, label, kind in (
            (DRAWING, tr("Picture of the confusion"), "PNG (*.png)"),
            (NUMBERS, tr("All numbers"), "JSON (*.json)"),
        ):
            self.add_advanced(
                QgsProcessingParameterFileDestination(name, label, kind, optional=True, createByDefault=False)
            )
        self.add_engine_parameter()
        self.addOutput(QgsProcessingOutputNumber("ACCURACY", tr("Share that is right")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_IOU", tr("Mean IoU")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_F1", tr("Mean F1")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files."""
        super().check(parameters, context)
        raster_path(raster_input(self, parameters, context))
        reference = self._reference(parameters, context)
        confidence_arguments(self, parameters, context)
        if isinstance(reference, QgsRasterLayer):
            raster_path(reference)
        elif is_given(parameters, _LEGEND):
            raise SourceError(
                tr("A class file tells what a raster means, and “{}” is none: leave it out.").format(
                    reference.name()
                )
            )
        report = os.path.abspath(named_file(parameters.get(REPORT)))
        if not os.path.isdir(os.path.dirname(report)):
            raise _unwritten(report, errno.ENOENT)

    def _reference(self, parameters: dict[str, Any], context: QgsProcessingContext) -> QgsMapLayer:
        layer = self.parameterAsLayer(parameters, "REFERENCE", context)
        if layer is None or not layer.isValid():
            raise SourceError(
                tr("“{}” cannot be opened: choose points, polygons, or a raster.").format(
                    called(parameters.get("REFERENCE", ""))
                )
            )
        return layer

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layers, which belong to the main thread."""
        with shown_errors():
            self._arguments = [raster_path(raster_input(self, parameters, context)), "--reference"]
            reference = self._reference(parameters, context)
            if isinstance(reference, QgsVectorLayer):
                field = self.parameterAsString(parameters, "FIELD", context)
                self._arguments += [vector_file(reference), "--field", field or _DEFAULT_FIELD]
            else:
                self._arguments.append(raster_path(reference))
            if is_given(parameters, _LEGEND):
                self._arguments += ["--reference-legend", self.parameterAsFile(parameters, _LEGEND, context)]
            self._arguments += confidence_arguments(self, parameters, context)
            for name, option in (("IGNORE", "--ignore"), ("LEAVE_OUT", "--leave-out")):
                for each in words(self.parameterAsString(parameters, name, context)):
                    self._arguments += [option, each]
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine, then write its answer for people."""
        made = {
            name: self.parameterAsFileOutput(parameters, name, context)
            for name in (REPORT, DRAWING, NUMBERS)
            if is_given(parameters, name)
        }
        arguments = ["evaluate", *self._arguments]
        for name, option in ((DRAWING, "--picture"), (NUMBERS, "--out-json")):
            if name in made:
                arguments += [option, made[name]]
        arguments += ["--overwrite", *IN_JSON]
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            outputs = [path for name, path in made.items() if name != REPORT]
            found = self.run_job(engine, arguments, outputs, feedback, told=_TOLD)
            for line in lines(found):
                feedback.pushInfo(line)
            if REPORT in made:
                _write(made[REPORT], page(found))
        scores = found["scores"]
        numbers = {
            "ACCURACY": scores["accuracy"],
            "MEAN_IOU": scores["mean_iou"],
            "MEAN_F1": scores["mean_f1"],
        }
        return {**made, **numbers}


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise _unwritten(path, error.errno or errno.EIO) from error


def _unwritten(path: str, number: int) -> SourceError:
    return SourceError(tr("{} cannot be written ({}): name another file.").format(path, os.strerror(number)))
