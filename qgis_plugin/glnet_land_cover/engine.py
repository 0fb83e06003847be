"""The engine: glnet_geo in a Python of its own, which this one asks what it is and what it can do."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from typing import Any, Callable

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QProcess

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
        about: all that it said.
    """

    interpreter: str
    version: str
    python: str
    commands: tuple[str, ...]
    models: tuple[InstalledModel, ...]
    about: dict[str, Any] = field(compare=False)


# The last answer of each interpreter, for dialogs, which cannot wait.
_answers: dict[str, Engine] = {}


def command_line(interpreter: str, arguments: list[str]) -> list[str]:
    """The command that gives the engine a job; it ends with this process.

    The interpreter is isolated from variables and folders of the person, and speaks UTF-8.
    """
    return [interpreter, "-I", "-X", "utf8", "-m", "glnet_geo", "--until-stdin-ends", *arguments]


def find_interpreter(given: str = "") -> str:
    """The engine's Python: as given, else as the setting, the variable, or the private environment say.

    Raises:
        EngineError: there is none, or what was named does not exist.
    """
    for named, where in (
        (given, tr("the parameter")),
        (str(QgsSettings().value(_SETTING_KEY, "") or ""), tr("the Processing settings")),
        (os.environ.get(VARIABLE, ""), tr("the environment variable {}").format(VARIABLE)),
    ):
        if named.strip():
            found = shutil.which(named.strip())
            if found is None:
                raise EngineError(
                    tr("There is no Python at {}, which {} names: correct it, or leave it empty.").format(
                        named, where
                    )
                )
            return os.path.abspath(found)
    if private_environment.is_complete():
        return private_environment.interpreter()
    raise EngineError(
        tr(
            "The engine that computes the maps is not there yet: run “Set up or check the engine” in the toolbox once."
        )
    )


def ask(interpreter: str, *, self_test: bool = False, stopping: Callable[[], bool] = lambda: False) -> Engine:
    """What the engine says of itself.

    Args:
        interpreter: its Python.
        self_test: whether it shall also find its devices and map a small scene.
        stopping: asked whether the person wants it to stop.

    Raises:
        EngineError: it does not answer, or speaks another protocol.
    """
    said: list[str] = []
    more = ["--devices", "--self-test"] if self_test else []
    try:
        ending = run(
            command_line(interpreter, ["engine", "--json", *more]),
            line=said.append,
            stopping=stopping,
            seconds=_SELF_TEST_SECONDS if self_test else _HANDSHAKE_SECONDS,
        )
    except ChildError as error:
        raise EngineError(_not_starting(interpreter, str(error))) from error
    if ending.stopped:
        raise EngineError(
            tr(
                "The engine did not answer in time, or was stopped: try again, or repair it with “Set up or check the engine”."
            )
        )
    answer = None if ending.crashed or ending.code else _parsed(ending.output)
    if answer is None:
        raise EngineError(_no_answer(interpreter, said))
    engine = _engine(interpreter, answer)
    _answers[interpreter] = engine
    return engine


def known() -> Engine | None:
    """The engine as it last answered, without waiting for it; None where it has not been asked."""
    try:
        return _answers.get(find_interpreter())
    except EngineError:
        return None


def forget() -> None:
    """Forget all answers: the engine has changed."""
    _answers.clear()


def look_in_background(then: Callable[[], None]) -> None:
    """Ask the engine without waiting, and call back in the main thread when it has answered; silent where it does not."""
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
            try:
                _answers[interpreter] = _engine(interpreter, answer)
            except EngineError:
                # Whoever uses the engine is told; nobody has asked yet.
                return
            then()

    process.finished.connect(answered)
    first, *arguments = command_line(interpreter, ["engine", "--json"])
    process.start(first, arguments)


def _parsed(output: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(output)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and "protocol" in answer else None


def _engine(interpreter: str, answer: dict[str, Any]) -> Engine:
    if answer["protocol"] != PROTOCOL:
        older = answer["protocol"] < PROTOCOL
        raise EngineError(
            tr(
                "The engine {} is older than this plugin: update it with “Set up or check the engine”."
            ).format(answer.get("version", ""))
            if older
            else tr(
                "The engine {} is newer than this plugin: update the plugin in the plugin manager."
            ).format(answer.get("version", ""))
        )
    return Engine(
        interpreter=interpreter,
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
        about=answer,
    )


def _not_starting(interpreter: str, reason: str) -> str:
    return tr("{} cannot be started ({}): name another Python, or repair the engine.").format(
        interpreter, reason
    )


def _no_answer(interpreter: str, said: list[str]) -> str:
    """Why an engine gave no handshake, from what it wrote instead."""
    last = said[-1] if said else ""
    if "No module named glnet_geo" in last:
        return tr(
            "The Python {} has no glnet_geo: run “Set up or check the engine”, or name a Python that has it."
        ).format(interpreter)
    if "No such command" in last or "No such option" in last:
        return tr(
            "The engine of {} is older than this plugin: update it with “Set up or check the engine”."
        ).format(interpreter)
    return tr("The engine of {} does not answer ({}): repair it with “Set up or check the engine”.").format(
        interpreter, last or tr("it said nothing")
    )
