"""glnet:import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..translation import tr
from .base import EngineAlgorithm, code, shown_errors
from .options import is_given

OUTPUT = "OUTPUT"
_SHARING = ["auto", "none", "global_to_local", "bidirectional"]
_STAGES = (("GLOBAL", "--global"), ("GLOBAL2LOCAL", "--global2local"), ("LOCAL2GLOBAL", "--local2global"))
_SIZES = (
    ("PATCH_SIZE", "--patch-size", 508),
    ("GLOBAL_SIZE", "--global-size", 508),
    ("FRAME_SIZE", "--frame-size", 2448),
)


class ImportWeights(EngineAlgorithm):
    """Make a model file of published GLNet checkpoints."""

    NAME = "import"
    COMMAND = "models"

    def displayName(self) -> str:
        """For people."""
        return tr("Import published weights")

    def group(self) -> str:
        """For people."""
        return tr("Models")

    def groupId(self) -> str:
        """Never changes."""
        return "models"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("GLNet,checkpoint,weights,pth,DeepGlobe,model").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Makes a model file of published GLNet checkpoints (.pth), for the parameter “Model”.")

    def help(self) -> Sequence[str]:
        """Paragraphs."""
        return (
            self.shortDescription(),
            tr(
                "Classes are {}, or a file such as {}: the first entry is the first channel of the network, its id the "
                "value in the map."
            ).format(
                code("deepglobe"), code('{"classes": [{"id": 0, "name": "water", "color": "#1f78b4"}]}')
            ),
        )

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        for name, label in (
            ("GLOBAL", tr("Checkpoint of stage 1, global")),
            ("GLOBAL2LOCAL", tr("Checkpoint of stage 2, global to local")),
            ("LOCAL2GLOBAL", tr("Checkpoint of stage 3, local to global")),
        ):
            self.addParameter(
                QgsProcessingParameterFile(
                    name,
                    label,
                    optional=name != "GLOBAL",
                    fileFilter=tr("Checkpoints (*.pth *.pt);;All files (*)"),
                )
            )
        self.addParameter(
            QgsProcessingParameterString(
                "CLASSES", tr("Classes: deepglobe, or the path of a class file"), "deepglobe"
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(OUTPUT, tr("Model file"), tr("Models (*.safetensors)"))
        )
        self.add_advanced(
            QgsProcessingParameterEnum(
                "SHARING", tr("Features shared"), _SHARING, defaultValue="auto", usesStaticStrings=True
            )
        )
        labels = {"PATCH_SIZE": tr("Patch"), "GLOBAL_SIZE": tr("Global view"), "FRAME_SIZE": tr("Frame")}
        for name, _, default in _SIZES:
            label = tr("{} (pixels)").format(labels[name])
            self.add_advanced(
                QgsProcessingParameterNumber(
                    name, label, QgsProcessingParameterNumber.Integer, default, minValue=64
                )
            )
        self.add_advanced(
            QgsProcessingParameterBoolean(
                "ALIGN_CORNERS", tr("Trained before the published code dropped align_corners"), False
            )
        )
        self.add_engine_parameter()

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the engine."""
        out = self.parameterAsFileOutput(parameters, OUTPUT, context)
        arguments = ["models", "import"]
        for name, option in _STAGES:
            if is_given(parameters, name):
                arguments += [option, self.parameterAsFile(parameters, name, context)]
        arguments += ["--classes", self.parameterAsString(parameters, "CLASSES", context)]
        sharing = self.parameterAsEnumString(parameters, "SHARING", context)
        if sharing and sharing != "auto":
            arguments += ["--sharing", sharing]
        for name, option, default in _SIZES:
            size = self.parameterAsInt(parameters, name, context)
            if size != default:
                arguments += [option, str(size)]
        if self.parameterAsBool(parameters, "ALIGN_CORNERS", context):
            arguments.append("--align-corners")
        arguments += ["--out", out, "--overwrite"]
        with shown_errors():
            engine = self.ask_engine(parameters, context, feedback)
            self.run_job(engine, arguments, [out], feedback)
        return {OUTPUT: out}
