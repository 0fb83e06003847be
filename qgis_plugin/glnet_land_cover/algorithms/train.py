"""glnet:train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsRasterLayer,
)

from ..engine import EngineError
from ..job import IN_JSON
from ..labels import FIELD, TrainingFolder, labels_file
from ..sources import SourceError, raster_path
from ..translation import tr
from ..vector_sources import layer_of
from .base import EngineAlgorithm, named_file, shown_errors
from .options import (
    INPUT,
    bands_parameter,
    check_resumable,
    choice_arguments,
    choice_parameter,
    device_parameter,
    ends_with,
    is_given,
    model_parameter,
    text_arguments,
    text_of,
    words,
)

OUTPUT, CURVES = "OUTPUT", "CURVES"
_PRECISIONS = ["auto", "fp32", "bf16"]
_MINUTES = 8
_TOLD = ("before", "learnt", "scores", "validation", "log")
_TEXTS = ("BANDS", "NODATA", "VALUE_RANGE", "BALANCE", "SEED", "MAX_GPU_MEMORY", "CREDIT")


class Train(EngineAlgorithm):
    """Make a model of polygons that a person drew."""

    NAME = "train"
    COMMAND = "train"
    PICTURE = "train.png"

    def __init__(self) -> None:
        super().__init__()
        self._scenes: list[str] = []
        self._labels = ""

    def displayName(self) -> str:
        """For people."""
        return tr("Train from polygons")

    def group(self) -> str:
        """For people."""
        return tr("Models")

    def groupId(self) -> str:
        """Never changes."""
        return "models"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("train,fine-tune,learn,samples,own classes,model,deep learning,AI").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Makes a model of your own from a few polygons that you draw on your images.")

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Draw about ten polygons of each class, in different corners of the images, each well inside what it shows, "
                "and about as much of each class as there is. What you leave blank teaches nothing. A field names the class; "
                "if the layer is styled by that field, the model takes your colours."
            ),
            tr(
                "Classes that are named as those of the model to begin with (water, bare land, road, building, vegetation) "
                "begin with what it knows; others begin from nothing."
            ),
            tr(
                "A fifth of the polygons is not learnt: the log tells how well the model does on them. Choose the model file "
                "as <b>Model</b> in “Classify land cover”."
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        self.addParameter(QgsProcessingParameterMultipleLayers(INPUT, tr("Images"), QgsProcessing.TypeRaster))
        self.addParameter(
            QgsProcessingParameterFeatureSource(
                "LABELS", tr("Polygons, each of one class"), [QgsProcessing.TypeVectorPolygon]
            )
        )
        self.addParameter(
            QgsProcessingParameterField(
                "FIELD", tr("Field that names the class"), parentLayerParameterName="LABELS"
            )
        )
        self.addParameter(model_parameter(tr("Model to begin with")))
        self.addParameter(
            QgsProcessingParameterNumber(
                "MINUTES",
                tr("Minutes to learn; more is better"),
                QgsProcessingParameterNumber.Double,
                _MINUTES,
                minValue=0.1,
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(OUTPUT, tr("Model file"), tr("Models (*.safetensors)"))
        )
        self._add_advanced()

    def _add_advanced(self) -> None:
        number, text = QgsProcessingParameterNumber, QgsProcessingParameterString
        for parameter in (
            text(
                "VALIDATE",
                tr(
                    "Names of images to judge the model on, or none to learn everything (empty: a fifth of the polygons)"
                ),
                optional=True,
            ),
            number(
                "BALANCE",
                tr("Balance: 0 sees classes as often as they are drawn, 1 all alike"),
                number.Double,
                0.5,
                minValue=0,
                maxValue=1,
            ),
            number(
                "EPOCHS",
                tr("Epochs of every stage, instead of minutes"),
                number.Integer,
                optional=True,
                minValue=1,
            ),
            bands_parameter(),
            number(
                "NODATA",
                tr("Value without data, instead of one that the image declares"),
                number.Double,
                optional=True,
            ),
            text(
                "VALUE_RANGE",
                tr("Values that become darkest and brightest, such as 0,3000 (empty: found)"),
                optional=True,
            ),
            device_parameter(),
            choice_parameter("PRECISION", tr("Precision"), _PRECISIONS),
            text("MAX_GPU_MEMORY", tr("Use at most this much GPU memory, such as 2GB"), optional=True),
            number("SEED", tr("Seed of all randomness"), number.Integer, 0, minValue=0),
            text("CREDIT", tr("Whom the model names for the data"), optional=True),
            QgsProcessingParameterFileDestination(
                CURVES, tr("Curves of the training"), "PNG (*.png)", optional=True, createByDefault=False
            ),
            QgsProcessingParameterBoolean(
                "RESUME",
                tr("Keep what is finished of a job that is stopped, and go on from it in the next run"),
                False,
            ),
        ):
            self.add_advanced(parameter)
        self.add_engine_parameter()
        self.addOutput(QgsProcessingOutputNumber("MEAN_IOU", tr("Mean IoU on polygons that were not learnt")))
        self.addOutput(QgsProcessingOutputNumber("MEAN_IOU_BEFORE", tr("The same before the training")))
        self.addOutput(QgsProcessingOutputString("LOG", tr("Log of the training")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse layers that are no files, models of another suffix, and to go on from what is temporary."""
        super().check(parameters, context)
        self._paths(parameters, context)
        self._polygons(parameters, context)
        if not ends_with(parameters.get(OUTPUT), ".safetensors"):
            raise SourceError(tr("A model file ends with .safetensors: name the output so."))
        check_resumable(self, parameters, context, [OUTPUT])

    def _paths(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        layers = self.parameterAsLayerList(parameters, INPUT, context)
        if not layers or not all(isinstance(layer, QgsRasterLayer) and layer.isValid() for layer in layers):
            raise SourceError(tr("An image cannot be opened: choose raster layers or files."))
        return [raster_path(layer) for layer in layers]

    def _polygons(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[QgsProcessingFeatureSource, str]:
        """The polygons, and the field that names their classes.

        Raises:
            SourceError: they cannot be learnt.
        """
        source = self.parameterAsSource(parameters, "LABELS", context)
        if source is None:
            raise SourceError(tr("The layer of polygons cannot be opened: choose another."))
        field: str = self.parameterAsString(parameters, "FIELD", context)
        if source.fields().lookupField(field) < 0:
            raise SourceError(
                tr("“{}” has no field “{}”: choose the one that names the class.").format(
                    source.sourceName(), field
                )
            )
        out = named_file(parameters.get(OUTPUT))
        if out:
            TrainingFolder(out).check_apart(layer_of(parameters["LABELS"], context))
        return source, field

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> bool:
        """Read the layers, which belong to the main thread."""
        with shown_errors():
            self._scenes = self._paths(parameters, context)
            source, field = self._polygons(parameters, context)
            self._labels = labels_file(source, layer_of(parameters["LABELS"], context), field)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine; unless it is to be resumed, it begins afresh and leaves nothing when it is stopped."""
        out = self.parameterAsFileOutput(parameters, OUTPUT, context)
        curves = (
            self.parameterAsFileOutput(parameters, CURVES, context) if is_given(parameters, CURVES) else ""
        )
        resumable = self.parameterAsBool(parameters, "RESUME", context)
        folder = TrainingFolder(out)
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            if not resumable:
                folder.clear()
            try:
                arguments = self._arguments(parameters, context, folder.take(self._labels), out, curves)
                outputs = [out, curves] if curves else [out]
                summary = self.run_job(engine, arguments, outputs, feedback, told=_TOLD, resumable=resumable)
            except (EngineError, SourceError):
                if not resumable:
                    folder.clear()
                raise
        _tell(summary, feedback)
        scores = summary["scores"] or {}
        made = {OUTPUT: out, "MEAN_IOU": scores.get("mean_iou"), "MEAN_IOU_BEFORE": summary["before"]}
        return {**made, "LOG": summary["log"], **({CURVES: curves} if curves else {})}

    def _arguments(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        labels: str,
        out: str,
        curves: str,
    ) -> list[str]:
        model = self.parameterAsString(parameters, "MODEL", context)
        arguments = ["train", *self._scenes, "--labels", labels, "--field", FIELD, "--init", model]
        unit = "EPOCHS" if is_given(parameters, "EPOCHS") else "MINUTES"
        arguments.append(f"--{unit.lower()}={text_of(self, parameters, context, unit)}")
        for name in words(self.parameterAsString(parameters, "VALIDATE", context)):
            arguments += ["--validate", name]
        arguments += text_arguments(self, parameters, context, _TEXTS)
        arguments += choice_arguments(self, parameters, context)
        if curves:
            arguments += ["--curves", curves]
        return [*arguments, "--out", out, "--overwrite", *IN_JSON]


def _tell(summary: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
    """Write into the log how good the model is."""
    feedback.pushInfo(summary["validation"])
    scores = summary["scores"]
    if scores is None:
        return
    for each in scores["classes"]:
        iou = "-" if each["iou"] is None else f"{each['iou']:.3f}"
        feedback.pushInfo(f"  {each['name']:<16} IoU {iou}")
    feedback.pushInfo(tr("Mean IoU {:.3f}, accuracy {:.3f}").format(scores["mean_iou"], scores["accuracy"]))
    if summary["before"] is not None:
        feedback.pushInfo(tr("Mean IoU before the training: {:.3f}").format(summary["before"]))
    if not summary["learnt"]:
        feedback.pushWarning(
            tr("The training brought nothing on these polygons: the model is the one it began with.")
        )
