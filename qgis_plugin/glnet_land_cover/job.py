"""One job of the engine: its JSON lines become progress, its end becomes a result or one sentence with the remedy."""

from __future__ import annotations

import glob
import json
import os
import re
import shlex
import shutil
import sys
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from qgis.core import QgsProcessingFeedback

from .child import ChildError, Ending, clean_environment, run
from .engine import Engine, EngineError, Stopped, command_line
from .translation import tr

_OUT_OF_MEMORY = (
    "MemoryError",
    "OutOfMemoryError",
    "out of memory",
    "not enough memory",
    "can't allocate memory",
)
_KILLED = 9
IN_JSON = ("--progress", "json", "--json")
"""What has the engine tell its progress and its result so that a program understands them."""
_MAKER = "GLNET_GEO_MAKER"
"""Variable that names the job in what the engine is making; its process number may be another than that of its Python."""
# Where a part of a job lies on the way from 0 to 100; parts that are not named fill it but for its end.
_SPANS = {"counting": (0.0, 50.0), "looking at the tiles": (0.0, 2.0), "writing": (95.0, 100.0)}
_SPAN = (0.0, 95.0)
_STAGE = re.compile(r"stage (\d+) of (\d+)(.*)")
"""A part that tells which of how many it is: a stage of a training, and its name."""
_TEXT_EVERY = 0.1


class Job:
    """A command for the engine.

    Args:
        engine: to run it.
        arguments: of ``glnet-geo``.
        outputs: files and folders that it will make; nothing half made is left beside them, or in the folders, if it is
            stopped.
        feedback: to show progress, and to learn that the person wants it to stop.
        resumable: whether what is finished is kept where it is stopped.
        incomplete: exit code of a job that has made some of its outputs and says so; None where there is none.
        worded: turns what the engine says into the words of the dialog.
    """

    def __init__(
        self,
        engine: Engine,
        arguments: Sequence[str],
        outputs: Sequence[str],
        feedback: QgsProcessingFeedback,
        *,
        resumable: bool = False,
        incomplete: int | None = None,
        worded: Callable[[str], str] = str,
    ) -> None:
        self._engine = engine
        self._arguments = list(arguments)
        self._outputs = list(outputs)
        self._feedback = feedback
        self._resumable = resumable
        self._incomplete = incomplete
        self._worded = worded
        self._progress = _Progress(feedback)
        self._mark = uuid.uuid4().hex[:12]
        self._error = ""
        self._last = ""

    def run(self) -> dict[str, Any]:
        """Run it to its end; returns the JSON object that it printed, empty where it printed none.

        Raises:
            Stopped: the person stopped it; nothing was written.
            EngineError: it failed; nothing was written.
        """
        self._feedback.pushInfo(tr("The same job in a terminal, or on a server:"))
        self._feedback.pushCommandInfo(
            shell_line([self._engine.interpreter, "-m", "glnet_geo", *self._arguments])
        )
        environment = clean_environment()
        environment.insert(_MAKER, self._mark)
        try:
            ending = run(
                command_line(self._engine.interpreter, self._arguments),
                line=self._line,
                stopping=self._feedback.isCanceled,
                environment=environment,
            )
        except ChildError as error:
            raise EngineError(
                tr("The engine cannot be started ({}): {}.").format(error, self._engine.remedy)
            ) from error
        if ending.killed or ending.crashed:
            self._clean_up()
        if ending.stopped:
            raise Stopped(
                tr("Stopped: what is finished is kept, and the same job goes on from it.")
                if self._resumable
                else tr("Stopped: nothing was written.")
            )
        answer = _object(ending.output)
        if answer and not ending.crashed and ending.code == self._incomplete:
            self._feedback.reportError(self._reason(ending))
        elif ending.crashed or ending.code:
            raise EngineError(self._reason(ending))
        return answer

    def _line(self, text: str) -> None:
        event = _object(text) if text.startswith("{") else {}
        if event.get("type") == "progress":
            self._progress.show(event)
        elif event.get("type") == "info":
            self._feedback.pushInfo(str(event["message"]))
        elif text.startswith("Warning: "):
            self._feedback.pushWarning(self._worded(text[len("Warning: ") :]))
        elif text.startswith("Error: "):
            self._error = self._worded(text[len("Error: ") :])
        else:
            self._last = text
            self._feedback.pushDebugInfo(text)

    def _reason(self, ending: Ending) -> str:
        said = self._error or self._last
        if (ending.crashed and ending.code == _KILLED) or any(word in said for word in _OUT_OF_MEMORY):
            return tr(
                "The engine ran out of memory: close other programs, map a part with the area of interest, or choose a "
                "model with a smaller frame."
            )
        if ending.crashed:
            return tr(
                "The engine died (signal {}): run “Set up or check the engine”, which tests it; if it fails, {}."
            ).format(ending.code, self._engine.remedy)
        if "No such option" in said or "No such command" in said:
            return tr("The engine {} is too old for this ({}): {}.").format(
                self._engine.version, said, self._engine.remedy
            )
        return said or tr("The engine stopped without a reason (exit code {}): run it again.").format(
            ending.code
        )

    def _clean_up(self) -> None:
        """Remove what a job that could not clean up was making; its folders and files carry the mark of the job."""
        outputs = [os.path.abspath(path) for path in self._outputs]
        beside = {glob.escape(os.path.dirname(path)) for path in outputs}
        within = {os.path.join(glob.escape(path), "**") for path in outputs if os.path.isdir(path)}
        for place in beside | within:
            for left in glob.glob(os.path.join(place, f".glnet-geo-{self._mark}-*"), recursive=True):
                if os.path.isdir(left):
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.remove(left)


class _Progress:
    """The parts of a job on one bar that never goes back."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self._feedback = feedback
        self._part = ""
        self._told = 0.0
        self._shown = 0.0

    def show(self, event: dict[str, Any]) -> None:
        part, share = str(event["what"]), float(event["share"])
        if part != self._part:
            self._part, self._told = part, 0.0
            self._feedback.setProgressText(_part_name(part))
        low, high = _span(part)
        self._shown = max(self._shown, low + (high - low) * share)
        self._feedback.setProgress(self._shown)
        left = event.get("seconds_left")
        if left is not None and left >= 1 and share >= self._told + _TEXT_EVERY:
            self._told = share
            self._feedback.setProgressText(
                tr("{part}: {percent} %, about {seconds} s left").format(
                    part=_part_name(part), percent=round(100 * share), seconds=round(left)
                )
            )


def _span(part: str) -> tuple[float, float]:
    """From where to where a part moves the bar."""
    stage = _STAGE.fullmatch(part)
    if stage is None:
        return _SPANS.get(part, _SPAN)
    low, high = _SPAN
    place, count = int(stage[1]), max(1, int(stage[2]))
    return low + (high - low) * (place - 1) / count, low + (high - low) * place / count


def _part_name(part: str) -> str:
    names = {
        "classifying": tr("classifying"),
        "comparing": tr("comparing"),
        "counting": tr("counting"),
        "drawing": tr("drawing"),
        "looking at the tiles": tr("looking at the images"),
        "writing": tr("writing"),
    }
    stage = _STAGE.fullmatch(part)
    if stage is not None:
        return tr("stage {} of {}").format(stage[1], stage[2]) + stage[3]
    return names.get(part, part)


def shell_line(command: Sequence[str]) -> str:
    """A command as the shell of this system takes it."""
    if sys.platform == "win32":
        return " ".join(_windows_quoted(part) for part in command)
    return " ".join(shlex.quote(part) for part in command)


def _windows_quoted(part: str) -> str:
    # Paths hold no quotes on Windows; a backslash before the closing one would escape it.
    if part and not any(character in part for character in " \t&|<>^()%!;,\"'"):
        return part
    return '"' + part + ("\\" if part.endswith("\\") else "") + '"'


def _object(text: str) -> dict[str, Any]:
    """A JSON object; empty where the text is none."""
    lines: list[str] = text.strip().splitlines()
    try:
        found: Any | None = json.loads(lines[-1]) if lines else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
