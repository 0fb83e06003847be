"""A process that this plugin starts, watches, stops and never leaves behind."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from qgis.PyQt.QtCore import QProcess, QProcessEnvironment, QThread

# QGIS sets these for its own libraries. In another Python they load the wrong ones.
_LEAKING = ("PYTHON", "PROJ_", "QT_", "DYLD_")
_LEAKING_NAMES = {
    "GDAL_DATA",
    "GDAL_DRIVER_PATH",
    "GEOTIFF_CSV",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
}

_POLL_MS = 100
_START_MS = 20_000
_FAREWELL_SECONDS = 1.5
"""How long a process may take to clean up when it is asked to stop; the person waits for two seconds at most."""


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    Attributes:
        code: its exit code, or the signal that ended it where it crashed.
        crashed: whether it ended in another way than by exiting.
        stopped: whether it was stopped because the person asked for it.
        killed: whether it had to be stopped the hard way.
        output: its standard output.
    """

    code: int
    crashed: bool
    stopped: bool
    killed: bool
    output: str


class ChildError(Exception):
    """A process could not be started."""


def clean_environment() -> QProcessEnvironment:
    """The environment of QGIS without what would break another Python."""
    environment = QProcessEnvironment.systemEnvironment()
    for name in environment.keys():  # noqa: SIM118 - not a mapping
        if name.upper().startswith(_LEAKING) or name.upper() in _LEAKING_NAMES:
            environment.remove(name)
    return environment


def run(
    command: Sequence[str],
    *,
    line: Callable[[str], None] = lambda _line: None,
    output_line: Callable[[str], None] | None = None,
    stopping: Callable[[], bool] = lambda: False,
    seconds: float | None = None,
    environment: QProcessEnvironment | None = None,
) -> Ending:
    """Run a process to its end, in the calling thread.

    Its standard input stays open as long as it is wanted: its end asks the process to stop, and comes by itself when
    QGIS dies.

    Args:
        command: program and arguments.
        line: called with every line of its standard error.
        output_line: called with every line of its standard output as it comes; None to return it in the end.
        stopping: asked ten times a second whether the person wants it to stop.
        seconds: how long it may take; None for as long as it takes.
        environment: of the process; None for a clean one.

    Raises:
        ChildError: it cannot be started.
    """
    process = QProcess()
    process.setProcessEnvironment(environment or clean_environment())
    process.setReadChannel(
        QProcess.ProcessChannel.StandardError
        if output_line is None
        else QProcess.ProcessChannel.StandardOutput
    )
    process.start(command[0], list(command[1:]))
    if not process.waitForStarted(_START_MS):
        raise ChildError(process.errorString())
    lines = _Lines(line)
    output = _Lines(output_line) if output_line is not None else None
    stopped = killed = False
    limit = None if seconds is None else time.monotonic() + seconds
    try:
        while process.state() != QProcess.ProcessState.NotRunning:
            if stopping() or (limit is not None and time.monotonic() > limit):
                stopped = True
                killed = _stop(process, lines)
                break
            if not process.waitForReadyRead(_POLL_MS):
                # It returns at once where the process has closed its standard error.
                QThread.msleep(5)
            lines.feed(bytes(process.readAllStandardError()))
            if output is not None:
                output.feed(bytes(process.readAllStandardOutput()))
    finally:
        if process.state() != QProcess.ProcessState.NotRunning:
            process.kill()
            process.waitForFinished(_START_MS)
    lines.feed(bytes(process.readAllStandardError()), last=True)
    if output is not None:
        output.feed(bytes(process.readAllStandardOutput()), last=True)
    return Ending(
        code=process.exitCode(),
        crashed=process.exitStatus() == QProcess.ExitStatus.CrashExit,
        stopped=stopped,
        killed=killed,
        output=bytes(process.readAllStandardOutput()).decode("utf-8", "replace"),
    )


class _Lines:
    """Turns bytes as they come into whole lines."""

    def __init__(self, line: Callable[[str], None]) -> None:
        self._line = line
        self._rest = b""

    def feed(self, found: bytes, *, last: bool = False) -> None:
        *whole, self._rest = (self._rest + found).split(b"\n")
        if last and self._rest:
            whole.append(self._rest)
        for text in whole:
            stripped = text.decode("utf-8", "replace").rstrip()
            if stripped:
                self._line(stripped)


def _stop(process: QProcess, lines: _Lines) -> bool:
    """Ask a process to stop, and end it where it does not; returns whether it had to be ended."""
    process.closeWriteChannel()
    until = time.monotonic() + _FAREWELL_SECONDS
    while process.state() != QProcess.ProcessState.NotRunning and time.monotonic() < until:
        process.waitForFinished(_POLL_MS)
        lines.feed(bytes(process.readAllStandardError()))
    if process.state() == QProcess.ProcessState.NotRunning:
        return False
    process.kill()
    process.waitForFinished(_START_MS)
    return True
