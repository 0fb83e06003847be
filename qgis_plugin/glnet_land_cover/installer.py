"""Makes the private environment of the engine, and removes it; QGIS's own Python is only used to start."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from qgis.core import QgsProcessingFeedback, QgsSettings

from . import private_environment
from .child import ChildError, clean_environment, run
from .engine import Engine, EngineError, Interpreter, Stopped, ask, changes, forget
from .job import shell_line
from .replacement import remove, replacing
from .translation import tr

PACKAGE = "glnet_geo"
_EXTRAS = "[report,parquet,stac]"
WITH_EXTRAS = PACKAGE + _EXTRAS
"""The package with all that the algorithms of this plugin offer."""
_OLDEST_PYTHON = (3, 10)
# pip goes on when QGIS has died, and would write into the engine that is put back: this one ends with its standard input.
_PIP = (
    "import os, runpy, threading\n"
    "threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()\n"
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)
_PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2])"

# Bytes to download, and on the disk. On Linux torch brings its GPU libraries along.
_WITH_GPU_LIBRARIES = (3.0e9, 6.5e9)
_WITHOUT = (0.4e9, 1.6e9)
_UNPACKED = 2.5
"""How much larger wheels are when they are installed."""

# Shares of the progress bar.
_MADE, _COLLECTED, _INSTALLED = 5.0, 70.0, 90.0
_NOT_FOUND = re.compile(r"No matching distribution found for ([\w.-]+)")
_PACKAGES = 60
"""About how many packages the engine needs, itself included."""


@dataclass(frozen=True)
class Size:
    """Bytes to download, and bytes on the disk."""

    download: float
    disk: float


def expected_size(wheelhouse: str) -> Size:
    """About how much an installation takes; from a folder of wheels nothing is downloaded."""
    if wheelhouse:
        wheels = sum(
            os.path.getsize(wheel) for wheel in glob.glob(os.path.join(glob.escape(wheelhouse), "*.whl"))
        )
        return Size(0, wheels * _UNPACKED)
    return Size(*(_WITH_GPU_LIBRARIES if sys.platform.startswith("linux") else _WITHOUT))


class Installer:
    """Makes and removes the private environment.

    Args:
        package: name or file of the engine's package.
        wheelhouse: folder of wheels to install from without a network; empty for the package index.
        index: address of another package index; empty for the one that pip knows.
        base: Python to build upon; empty to find one.
        feedback: to show progress, and to learn that the person wants it to stop.
    """

    def __init__(
        self, *, package: str, wheelhouse: str, index: str, base: str, feedback: QgsProcessingFeedback
    ) -> None:
        self._package = package
        self._wheelhouse = wheelhouse
        self._index = index
        self._base = base
        self._feedback = feedback
        self._collected = 0
        self._last = ""

    def install(self, *, anew: bool) -> Engine:
        """Make the environment or update it, and test it; until it is whole, the one that was there is kept.

        Args:
            anew: begin without what is there.

        Raises:
            Stopped: the person stopped it; the engine is as it was.
            EngineError: it cannot be made, and is as it was; the message says what to do.
        """
        folder = private_environment.folder()
        base = self._base_python()
        self._announce(folder, anew=anew)
        try:
            with replacing(anew=anew):
                engine = self._build(base, folder)
        except OSError as error:
            raise EngineError(
                tr(
                    "{} cannot be written ({}): free some space, end the jobs that use it, or give yourself the right to "
                    "write there."
                ).format(folder, error.strerror or error)
            ) from error
        finally:
            changes.happened.emit()
        self._feedback.setProgress(100)
        return engine

    def _build(self, base: str, folder: str) -> Engine:
        """Make the environment where there is none, install the newest engine in it, and test it."""
        interpreter = private_environment.interpreter()
        if not os.path.isdir(folder):
            self._run([base, "-I", "-m", "venv", folder])
        self._feedback.setProgress(_MADE)
        arguments = ["install", *self._pip_arguments()]
        shown = [interpreter, "-I", "-m", "pip", *arguments]
        self._run([interpreter, "-I", "-c", _PIP, *arguments], shown=shown)
        self._feedback.setProgress(_INSTALLED)
        forget()
        self._feedback.pushInfo(tr("Testing the engine"))
        engine = ask(Interpreter(interpreter), self_test=True, stopping=self._feedback.isCanceled)
        with open(private_environment.mark(), "w", encoding="utf-8") as mark:
            json.dump({"version": engine.version, "python": engine.python, "base": base}, mark)
        return engine

    def remove(self) -> None:
        """Delete the environment.

        Raises:
            EngineError: a program still uses it.
        """
        folder = private_environment.folder()
        if not os.path.isdir(folder):
            self._feedback.pushInfo(tr("There is no engine in {}.").format(folder))
            return
        with suppress(OSError):
            remove()
        forget()
        if os.path.isdir(folder):
            raise EngineError(
                tr("{} could not be removed: end the jobs that use it, and try again.").format(folder)
            )
        self._feedback.pushInfo(tr("The engine was removed from {}.").format(folder))

    def _announce(self, folder: str, *, anew: bool) -> None:
        """Say what will happen where, and refuse a disk that is too full for it."""
        size = expected_size(self._wheelhouse)
        if self._wheelhouse and not size.disk:
            raise EngineError(
                tr(
                    "{} holds no wheels: fill it with those of pip wheel {} -w wheels, on a computer of the same kind."
                ).format(self._wheelhouse, shell_line([WITH_EXTRAS]))
            )
        self._feedback.pushInfo(
            tr("Installing into {}: about {:.1f} GB to download, {:.1f} GB on the disk.").format(
                folder, size.download / 1e9, size.disk / 1e9
            )
        )
        there = folder
        while not os.path.isdir(there):
            there = os.path.dirname(there)
        free = shutil.disk_usage(there).free
        if free < size.disk and (anew or not private_environment.is_complete()):
            raise EngineError(
                tr("The disk of {} has {:.1f} GB free and {:.1f} GB are needed: free some space.").format(
                    folder, free / 1e9, size.disk / 1e9
                )
            )

    def _base_python(self) -> str:
        """A Python that can make environments.

        Raises:
            EngineError: none was found, or the one that was named cannot.
        """
        if self._base:
            found = shutil.which(self._base)
            if found is None or not _suits(found):
                raise EngineError(
                    tr(
                        "{} is no Python 3.10 or newer that can make environments: name another, or none."
                    ).format(self._base)
                )
            return found
        for candidate in _candidates():
            if _suits(candidate):
                return candidate
        raise EngineError(
            tr(
                "No Python 3.10 or newer that can make environments was found: install one (on Debian and Ubuntu the "
                "package python3-venv, on Windows from the Store), or name it as “Python to build upon”."
            )
        )

    def _pip_arguments(self) -> list[str]:
        arguments = ["--upgrade", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
        if self._wheelhouse:
            arguments += ["--no-index", "--find-links", self._wheelhouse]
        elif self._index:
            arguments += ["--index-url", self._index]
        return [*arguments, with_extras(self._package)]

    def _run(self, command: Sequence[str], shown: Sequence[str] = ()) -> None:
        """Run a step; what it writes goes to the log, after the command or the one that is shown in its place.

        Raises:
            EngineError: it failed or was stopped.
        """
        self._feedback.pushCommandInfo(shell_line(shown or command))
        environment = clean_environment()
        address = _proxy()
        if address and not environment.contains("HTTPS_PROXY") and not environment.contains("https_proxy"):
            environment.insert("HTTPS_PROXY", address)
            environment.insert("HTTP_PROXY", address)
        try:
            ending = run(
                command,
                line=self._said,
                output_line=self._said,
                stopping=self._feedback.isCanceled,
                environment=environment,
            )
        except ChildError as error:
            raise EngineError(tr("{} cannot be started ({}).").format(command[0], error)) from error
        if ending.stopped:
            raise Stopped(tr("Stopped: nothing was installed."))
        if ending.crashed or ending.code:
            missing = _NOT_FOUND.search(self._last)
            if missing:
                raise EngineError(self._lacking(missing[1]))
            raise EngineError(
                tr(
                    "The engine could not be installed ({}): check the network and the proxy in the options of QGIS, or "
                    "install from a folder of wheels."
                ).format(self._last)
            )

    def _lacking(self, package: str) -> str:
        """What to do where there is no package for this computer and its Python."""
        if self._wheelhouse:
            return tr(
                "{} has no wheel of {} for this computer and its Python: fill it with those of pip wheel {} -w wheels, on "
                "a computer of the same kind."
            ).format(self._wheelhouse, package, shell_line([with_extras(self._package)]))
        return tr(
            "The package index has no {} for this computer and its Python: name the file of the engine (a wheel) as "
            "“Package of the engine”, or another Python to build upon."
        ).format(package)

    def _said(self, line: str) -> None:
        if re.match(r"\s*(Collecting|Processing) ", line):
            self._collected += 1
            share = min(1.0, self._collected / _PACKAGES)
            self._feedback.setProgress(_MADE + (_COLLECTED - _MADE) * share)
        elif line.startswith("Installing collected"):
            self._feedback.setProgress(_COLLECTED)
        if line.startswith("ERROR: ") or not self._last.startswith("ERROR: "):
            self._last = line
        self._feedback.pushConsoleInfo(line)


def with_extras(package: str) -> str:
    """A package as pip takes it, with all that the algorithms of this plugin offer.

    Args:
        package: its name, which a version may follow, a file or folder, or an address.
    """
    # A bare name is never a folder, whatever lies in the current one.
    if os.path.isfile(package) or (os.path.dirname(package) and os.path.isdir(package)):
        return os.path.abspath(package) + _EXTRAS
    if re.match(r"[\w+.-]+://", package):
        return f"{WITH_EXTRAS} @ {package}"
    named = re.fullmatch(r"([\w.-]+)(\s*(?:[<>=!~].*)?)", package.strip())
    return f"{named[1]}{_EXTRAS}{named[2]}" if named else package


def _candidates() -> list[str]:
    """Pythons that may be there, the one that QGIS runs first."""
    names = ("python.exe", "python3.exe") if sys.platform == "win32" else ("bin/python3",)
    found = [os.path.join(prefix, name) for prefix in (sys.base_prefix, sys.prefix) for name in names]
    versions = [f"python3.{minor}" for minor in range(13, _OLDEST_PYTHON[1] - 1, -1)]
    found += [path for path in map(shutil.which, ["python3", *versions, "python"]) if path]
    return [path for path in dict.fromkeys(found) if os.path.isfile(path)]


def _suits(python: str) -> bool:
    """Whether a Python is new enough and brings what makes environments."""
    try:
        ending = run([python, "-I", "-c", _PROBE], seconds=20)
    except ChildError:
        return False
    numbers = ending.output.split()
    if ending.crashed or ending.code or len(numbers) != len(_OLDEST_PYTHON):
        return False
    version: tuple[int, ...] = tuple(int(number) for number in numbers)
    return version >= _OLDEST_PYTHON


def _proxy() -> str:
    """The address of the proxy in the options of QGIS; empty where there is none, or one that asks for a password."""
    settings = QgsSettings()
    if not settings.value("proxy/proxyEnabled", False, bool) or settings.value("proxy/proxyUser", ""):
        return ""
    host, port = settings.value("proxy/proxyHost", ""), settings.value("proxy/proxyPort", "")
    return f"http://{host}:{port}" if host and settings.value("proxy/proxyType", "") == "HttpProxy" else ""
