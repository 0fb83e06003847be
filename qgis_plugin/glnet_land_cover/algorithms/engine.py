"""glnet:engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
)

from .. import private_environment
from ..engine import Engine, EngineMissingError, Interpreter, ask, find_interpreter, first_named
from ..installer import PACKAGE, WITH_EXTRAS, Installer, expected_size
from ..job import shell_line
from ..translation import tr
from .base import ENGINE, EngineAlgorithm, code, shown_errors

_CHECK, _SET_UP, _REPAIR, _REMOVE = range(4)


class SetUpEngine(EngineAlgorithm):
    """Install, check, repair or remove the engine that computes the maps."""

    NAME = "engine"
    COMMAND = "engine"

    def displayName(self) -> str:
        """For people."""
        return tr("Set up or check the engine")

    def group(self) -> str:
        """For people."""
        return tr("Engine")

    def groupId(self) -> str:
        """Never changes."""
        return "engine"

    def tags(self) -> list[str]:
        """Words to find it by."""
        return tr("install,GPU,offline,repair,torch").split(",")

    def shortDescription(self) -> str:
        """One sentence."""
        return tr("Installs, checks, repairs or removes the engine that computes the maps.")

    def help(self) -> Sequence[str]:
        """Paragraphs, with the place and the size of what would be installed."""
        size = expected_size("")
        return (
            tr(
                "The maps are computed by the engine, in a Python of its own. The Python of QGIS is never touched."
            ),
            tr(
                "<b>Set up</b> downloads about {:.1f} GB and takes about {:.1f} GB on the disk, in {}. It may be run again, "
                "to update."
            ).format(size.download / 1e9, size.disk / 1e9, code(private_environment.folder())),
            tr("Without a network: copy a folder of wheels (made with {}) here and name it.").format(
                code(shell_line(["pip", "download", WITH_EXTRAS, "-d", "wheels"]))
            ),
            tr(
                "<b>Check</b> maps a small made-up scene and tells versions and devices. <b>Repair</b> makes the engine "
                "anew. <b>Remove</b> deletes it."
            ),
            tr(
                "Whoever has an engine already names its Python in the Processing settings, or in the variable {}."
            ).format(code("GLNET_GEO_PYTHON")),
        )

    def canExecute(self) -> tuple[bool, str]:
        """Always: it is what helps where the engine is missing."""
        return True, ""

    def initAlgorithm(self, _configuration: dict[str, Any] | None = None) -> None:
        """Define the parameters."""
        self.addParameter(
            QgsProcessingParameterEnum(
                "ACTION",
                tr("What to do"),
                [
                    tr("Check the engine"),
                    tr("Set up or update the engine"),
                    tr("Repair the engine: make it anew"),
                    tr("Remove the engine"),
                ],
                defaultValue=_CHECK,
            )
        )
        self.addParameter(
            QgsProcessingParameterFile(
                "WHEELHOUSE",
                tr("Folder of wheels, to install without a network"),
                QgsProcessingParameterFile.Folder,
                optional=True,
            )
        )
        self.add_advanced(
            QgsProcessingParameterString("PACKAGE", tr("Package of the engine: its name, or a file"), PACKAGE)
        )
        self.add_advanced(
            QgsProcessingParameterString("INDEX", tr("Address of another package index"), optional=True)
        )
        self.add_advanced(
            QgsProcessingParameterString(
                "PYTHON", tr("Python 3.10 or newer to build upon (empty: found)"), optional=True
            )
        )
        self.add_engine_parameter()
        self.addOutput(QgsProcessingOutputString("VERSION", tr("Version of the engine")))
        self.addOutput(QgsProcessingOutputString("INTERPRETER", tr("Python of the engine")))
        self.addOutput(QgsProcessingOutputString("DEVICE", tr("Device that maps are computed on")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Do what was asked, and test the outcome."""
        action = self.parameterAsEnum(parameters, "ACTION", context)
        installer = Installer(
            package=self.parameterAsString(parameters, "PACKAGE", context) or PACKAGE,
            wheelhouse=self.parameterAsFile(parameters, "WHEELHOUSE", context),
            index=self.parameterAsString(parameters, "INDEX", context),
            base=self.parameterAsString(parameters, "PYTHON", context),
            feedback=feedback,
        )
        with shown_errors():
            if action == _REMOVE:
                installer.remove()
                return {"VERSION": "", "INTERPRETER": "", "DEVICE": ""}
            if action == _CHECK:
                named = self.parameterAsString(parameters, ENGINE, context)
                engine = ask(_interpreter(named), self_test=True, stopping=feedback.isCanceled)
            else:
                _warn_of_another(feedback)
                engine = installer.install(anew=action == _REPAIR)
        _tell(engine, feedback)
        return {
            "VERSION": engine.version,
            "INTERPRETER": engine.interpreter,
            "DEVICE": engine.about["self_test"]["device"],
        }


def _interpreter(named: str) -> Interpreter:
    try:
        return find_interpreter(named)
    except EngineMissingError as error:
        size = expected_size("")
        raise EngineMissingError(
            tr("{} It downloads about {:.1f} GB to {}.").format(
                error, size.download / 1e9, private_environment.folder()
            )
        ) from error


def _warn_of_another(feedback: QgsProcessingFeedback) -> None:
    """Say where the engine that is set up will not be used, as another Python is named."""
    first = first_named()
    if first is not None and first[0] != private_environment.interpreter():
        feedback.pushWarning(
            tr(
                "Jobs will not use the engine that is set up here but {}, which {} names: name none there to use this one."
            ).format(*first)
        )


def _tell(engine: Engine, feedback: QgsProcessingFeedback) -> None:
    about = engine.about
    feedback.pushInfo(
        tr("Engine: glnet_geo {}, Python {}, {}").format(engine.version, engine.python, engine.interpreter)
    )
    for library, version in about.get("libraries", {}).items():
        feedback.pushInfo(f"  {library} {version}")
    for device in about.get("devices") or []:
        memory = "" if device["memory"] is None else f", {device['memory'] / 1e9:.1f} GB"
        feedback.pushInfo(tr("Device: {} ({}{})").format(device["kind"], device["name"], memory))
    for model in engine.models:
        feedback.pushInfo(tr("Model: {} ({})").format(model.name, ", ".join(model.classes)))
    test = about["self_test"]
    feedback.pushInfo(tr("Self-test passed in {:.1f} s on {}").format(test["seconds"], test["device"]))
