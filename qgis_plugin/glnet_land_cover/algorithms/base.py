"""What every algorithm shares: names, help, the engine, and errors that QGIS shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from ..engine import Engine, EngineError, ask, find_interpreter, known
from ..job import Job
from ..option_names import as_in_dialog
from ..sources import SourceError
from ..translation import tr

_PLUGIN = Path(__file__).resolve().parents[1]
ENGINE = "ENGINE"


class EngineAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that is one command of the engine.

    Attributes:
        NAME: the part of its id after ``glnet:``; never changes.
        COMMAND: of ``glnet-geo`` that it needs.
        PICTURE: file in ``help/`` that its help shows; empty for none.
    """

    NAME: ClassVar[str] = ""
    COMMAND: ClassVar[str] = ""
    PICTURE: ClassVar[str] = ""

    def name(self) -> str:
        """As in its id."""
        return self.NAME

    def createInstance(self) -> EngineAlgorithm:
        """A new one."""
        return type(self)()

    def icon(self) -> QIcon:
        """Of the plugin."""
        return QIcon(str(_PLUGIN / "icon.svg"))

    def helpUrl(self) -> str:
        """A page that comes with the plugin: it opens without a network too."""
        return str(QUrl.fromLocalFile(str(_PLUGIN / "help" / "index.html")).toString())

    def shortHelpString(self) -> str:
        """What it does, for the panel beside the parameters."""
        picture = ""
        if self.PICTURE:
            address = QUrl.fromLocalFile(str(_PLUGIN / "help" / self.PICTURE)).toString()
            picture = f'<p><img src="{address}"></p>'
        return picture + "".join(f"<p>{paragraph}</p>" for paragraph in self.help())

    def help(self) -> Sequence[str]:
        """Paragraphs of its help, in HTML."""
        return ()

    def canExecute(self) -> tuple[bool, str]:
        """Whether the engine is there and, as far as it has been asked, can do this."""
        try:
            find_interpreter()
        except EngineError as error:
            return False, str(error)
        engine = known()
        if engine is not None and self.COMMAND not in engine.commands:
            return False, _lacking(engine)
        return True, ""

    def checkParameterValues(
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """What QGIS checks, and then what this algorithm knows better."""
        checked: tuple[bool, str] = super().checkParameterValues(parameters, context)
        if not checked[0]:
            return checked
        try:
            self.check(parameters, context)
        except (EngineError, SourceError) as error:
            return False, str(error)
        return True, ""

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Raise a `SourceError` where the parameters cannot work; to be extended."""
        for output in self.destinationParameterDefinitions():
            value = parameters.get(output.name())
            if value is not None and hasattr(output, "isSupportedOutputValue"):
                able, reason = output.isSupportedOutputValue(value, context)
                if not able:
                    raise SourceError(reason)
            # Newer versions of QGIS let them through as files, by what stands behind the last point.
            if named_file(value).startswith("ogr:"):
                raise SourceError(
                    tr("“{}” is a table of a database: name a file of its own for “{}”.").format(
                        named_file(value), output.description()
                    )
                )
        for parameter in self.parameterDefinitions():
            value = parameters.get(parameter.name())
            # QGIS would take it for zero.
            if isinstance(parameter, QgsProcessingParameterNumber) and not _is_number(value):
                raise SourceError(
                    tr("“{}” is no number: correct “{}”, with a point before decimals.").format(
                        value, parameter.description()
                    )
                )

    def add_advanced(self, parameter: QgsProcessingParameterDefinition) -> None:
        """Add a parameter that the dialog folds away."""
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def add_engine_parameter(self) -> None:
        """Add the parameter that names the engine's Python."""
        self.add_advanced(
            QgsProcessingParameterString(
                ENGINE, tr("Python of the engine (empty for the one that is set up)"), optional=True
            )
        )

    def ask_engine(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Engine:
        """The engine, asked now: it may have changed since the dialog opened.

        Raises:
            EngineError: it is missing, too old, or cannot do this.
        """
        interpreter = find_interpreter(self.parameterAsString(parameters, ENGINE, context))
        engine = ask(interpreter, stopping=feedback.isCanceled)
        feedback.pushInfo(
            tr("Engine: glnet_geo {}, Python {}, {}").format(
                engine.version, engine.python, engine.interpreter
            )
        )
        if self.COMMAND not in engine.commands:
            raise EngineError(_lacking(engine))
        return engine

    def run_job(
        self,
        engine: Engine,
        arguments: list[str],
        outputs: Sequence[str],
        feedback: QgsProcessingFeedback,
        *,
        told: Sequence[str] = (),
        resumable: bool = False,
        incomplete: int | None = None,
    ) -> dict[str, Any]:
        """Give the engine this algorithm's job; see `Job`.

        Args:
            engine: to run it.
            arguments: of ``glnet-geo``.
            outputs: files and folders that it will make.
            feedback: to show progress.
            told: keys that the answer must have.
            resumable: whether what is finished is kept where it is stopped.
            incomplete: exit code of a job that has made some of its outputs and says so.

        Raises:
            EngineError: it failed, or is too old to tell all of this.
        """
        answer = Job(
            engine,
            arguments,
            outputs,
            feedback,
            resumable=resumable,
            incomplete=incomplete,
            worded=lambda sentence: as_in_dialog(sentence, self),
        ).run()
        if not answer.keys() >= set(told):
            raise EngineError(_lacking(engine))
        return answer


def named_file(output: Any) -> str:
    """The file that an output names; empty where it names none, so that QGIS makes a temporary one."""
    if isinstance(output, QgsProcessingOutputLayerDefinition):
        output = output.sink.staticValue()
    return "" if output in (None, QgsProcessing.TEMPORARY_OUTPUT) else str(output)


def _is_number(value: Any) -> bool:
    """Whether a value is a number where it is a text, as a server's command has it."""
    if not isinstance(value, str) or not value.strip():
        return True
    try:
        float(value)
    except ValueError:
        return False
    return "_" not in value


@contextmanager
def shown_errors() -> Iterator[None]:
    """Turns our errors into the one that QGIS shows as a message and not as a traceback."""
    try:
        yield
    except (EngineError, SourceError) as error:
        raise QgsProcessingException(str(error)) from error


def code(text: str) -> str:
    """A word of a file or a command, in HTML."""
    return f"<code>{escape(text)}</code>"


def _lacking(engine: Engine) -> str:
    return tr("The engine {} cannot do this yet: {}.").format(engine.version, engine.remedy)
