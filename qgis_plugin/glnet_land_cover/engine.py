"""The engine: glnet_geo in a Python of its own, which this one asks what it is and what it can do."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Callable

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QObject, QProcess, pyqtSignal

from . import private_environment
from .child import ChildError, clean_environment, run
from .translation import tr

PROTOCOL = 1
"""Of the command line that this plugin drives."""

VARIABLE = "GLNET_GEO_PYTHON"
SETTING = "GLNET_GEO_PYTHON"
_SETTING_KEY = f"Processing/Configuration/{SETTING}"

_HANDSHAKE_SECONDS = 60.0
_SELF_TEST_SECONDS = 600.0


class EngineError(Exception):
    """The engine cannot be used; the message says why, and what to do."""


class Stopped(EngineError):
    """The person stopped it."""


class EngineMissingError(EngineError):
    """None is named, and none is set up."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that the engine may be in.

    Attributes:
        path: to start it by.
        named_by: what names it, in words; empty for the one that “Set up or check the engine” makes.
    """

    path: str
    named_by: str = ""

    @property
    def remedy(self) -> str:
        """What to do where its engine is missing, too old or broken: the end of a sentence."""
        if self.named_by:
            return tr(
                "install glnet_geo anew in the Python that {} names, or name none there and run “Set up or check the engine”"
            ).format(self.named_by)
        return tr("update or repair it with “Set up or check the engine”")


@dataclass(frozen=True)
class InstalledModel:
    """A model that the engine knows by name.

    Attributes:
        name: value of the parameter MODEL.
        classes: what it tells apart.
        bands: that it takes, in order.
        gsd: metres per pixel, least and greatest, at which it is valid; None where that is not known.
    """

    name: str
    classes: tuple[str, ...]
    bands: tuple[str, ...]
    gsd: tuple[float, float] | None


@dataclass(frozen=True)
class Engine:
    """An engine that answered, in the protocol of this plugin.

    Attributes:
        interpreter: path of its Python.
        version: of glnet_geo.
        python: version of its Python.
        commands: what it can do.
        models: that it knows by name.
        remedy: what to do where it is too old or broken: the end of a sentence.
        about: all that it said.
    """

    interpreter: str
    version: str
    python: str
    commands: tuple[str, ...]
    models: tuple[InstalledModel, ...]
    remedy: str
    about: dict[str, Any] = field(compare=False)


class _Changes(QObject):
    happened = pyqtSignal()


changes = _Changes()
"""Says, in whatever thread, that what the engine can do may have changed."""

# The last answer of each interpreter, for dialogs, which cannot wait.
_answers: dict[Interpreter, Engine] = {}


def command_line(interpreter: str, arguments: list[str]) -> list[str]:
    """The command that gives the engine a job; it ends with this process.

    The interpreter is isolated from variables and folders of the person, and speaks UTF-8.
    """
    return [interpreter, "-I", "-X", "utf8", "-m", "glnet_geo", "--until-stdin-ends", *arguments]


def first_named(given: str = "") -> tuple[str, str] | None:
    """The Python that is named and comes first, and what names it, in words; None where none is named."""
    for named, where in (
        (given, tr("the parameter")),
        (
            str(QgsSettings().value(_SETTING_KEY, "") or ""),
            tr("the Processing setting “Python of the engine”"),
        ),
        (os.environ.get(VARIABLE, ""), tr("the environment variable {}").format(VARIABLE)),
    ):
        if named.strip():
            return named.strip(), where
    return None


def find_interpreter(given: str = "") -> Interpreter:
    """The engine's Python: as given, else as the setting, the variable, or the private environment say.

    Raises:
        EngineMissingError: none is named, and there is no private environment.
        EngineError: what was named does not exist.
    """
    first = first_named(given)
    if first is not None:
        named, where = first
        found = shutil.which(named)
        if found is None:
            raise EngineError(
                tr("There is no Python at {}, which {} names: correct it, or leave it empty.").format(
                    named, where
                )
            )
        return Interpreter(os.path.abspath(found), where)
    if private_environment.is_complete():
        return Interpreter(private_environment.interpreter())
    raise EngineMissingError(
        tr(
            "The engine that computes the maps is not there yet: run “Set up or check the engine” in the toolbox once."
        )
    )


def ask(
    interpreter: Interpreter, *, self_test: bool = False, stopping: Callable[[], bool] = lambda: False
) -> Engine:
    """What the engine says of itself.

    Args:
        interpreter: its Python.
        self_test: whether it shall also find its devices and map a small scene.
        stopping: asked whether the person wants it to stop.

    Raises:
        Stopped: the person stopped it.
        EngineError: it does not answer, or speaks another protocol.
    """
    said: list[str] = []
    more = ["--devices", "--self-test"] if self_test else []
    try:
        ending = run(
            command_line(interpreter.path, ["engine", "--json", *more]),
            line=said.append,
            stopping=stopping,
            seconds=_SELF_TEST_SECONDS if self_test else _HANDSHAKE_SECONDS,
        )
    except ChildError as error:
        raise EngineError(
            tr("{} cannot be started ({}): {}.").format(interpreter.path, error, interpreter.remedy)
        ) from error
    if ending.stopped:
        if stopping():
            raise Stopped(tr("Stopped: nothing was written."))
        raise EngineError(
            tr("The engine did not answer in time: try again, or {}.").format(interpreter.remedy)
        )
    answer = None if ending.crashed or ending.code else _parsed(ending.output)
    if answer is None:
        raise EngineError(_no_answer(interpreter, said))
    engine = _engine(interpreter, answer)
    _remember(interpreter, engine)
    return engine


def _remember(interpreter: Interpreter, engine: Engine) -> None:
    before = _answers.get(interpreter)
    _answers[interpreter] = engine
    if engine != before:
        changes.happened.emit()


def known() -> Engine | None:
    """The engine as it last answered, without waiting for it; None where it has not been asked."""
    try:
        return _answers.get(find_interpreter())
    except EngineError:
        return None


def forget() -> None:
    """Forget all answers: the engine has changed."""
    _answers.clear()
    changes.happened.emit()


def look_in_background() -> None:
    """Ask the engine without waiting for it; silent where it does not answer."""
    try:
        interpreter = find_interpreter()
    except EngineError:
        return
    process = QProcess()
    process.setProcessEnvironment(clean_environment())

    def answered(*_ending: Any) -> None:
        answer = _parsed(bytes(process.readAllStandardOutput()).decode("utf-8", "replace"))
        process.deleteLater()
        if answer is not None:
            # Whoever uses an engine that does not suit is told; nobody has asked yet.
            with suppress(EngineError):
                _remember(interpreter, _engine(interpreter, answer))

    process.finished.connect(answered)
    first, *arguments = command_line(interpreter.path, ["engine", "--json"])
    process.start(first, arguments)


def _parsed(output: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(output)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and "protocol" in answer else None


def _engine(interpreter: Interpreter, answer: dict[str, Any]) -> Engine:
    if answer["protocol"] < PROTOCOL:
        raise EngineError(_too_old(interpreter))
    if answer["protocol"] > PROTOCOL:
        raise EngineError(
            tr("The engine {} is newer than this plugin: update the plugin in the plugin manager.").format(
                answer.get("version", "")
            )
        )
    return Engine(
        interpreter=interpreter.path,
        version=answer["version"],
        python=answer["python"],
        commands=tuple(name for name, there in answer["commands"].items() if there),
        models=tuple(
            InstalledModel(
                name=model["name"],
                classes=tuple(model["classes"]),
                bands=tuple(model["bands"]),
                gsd=None if model["gsd"] is None else (model["gsd"][0], model["gsd"][1]),
            )
            for model in answer["models"]
        ),
        remedy=interpreter.remedy,
        about=answer,
    )


def _too_old(interpreter: Interpreter) -> str:
    return tr("The engine of {} is older than this plugin: {}.").format(interpreter.path, interpreter.remedy)


def _no_answer(interpreter: Interpreter, said: list[str]) -> str:
    """Why an engine gave no handshake, from what it wrote instead."""
    last = said[-1] if said else ""
    if "No module named glnet_geo" in last:
        return tr("The Python {} has no glnet_geo: {}.").format(interpreter.path, interpreter.remedy)
    if "No such command" in last or "No such option" in last:
        return _too_old(interpreter)
    return tr("The engine of {} does not answer ({}): {}.").format(
        interpreter.path, last or tr("it said nothing"), interpreter.remedy
    )
