"""QGIS without a desktop, as on a server: qgis_process in a fresh home."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_LEAKING = ("PYTHON", "DISPLAY", "QGIS", "XDG_", "VIRTUAL_ENV")


class Server:
    """A fresh home, and qgis_process in it.

    Args:
        home: an empty folder.
        plugins: the folder that holds the plugin's folder.
        engine: the engine's Python; None for none.
    """

    def __init__(self, home: Path, plugins: Path, engine: str | None) -> None:
        program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
        if program is None:
            pytest.skip("qgis_process is not installed")
        runtime = home / "run"
        runtime.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEAKING)}
        kept.pop("GLNET_GEO_PYTHON", None)
        self.environment = {
            **kept,
            # Of an environment that is active here, QGIS would take the Python.
            "PATH": f"{Path(program).parent}:/usr/bin:/bin",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "QT_QPA_PLATFORM": "offscreen",
            "LC_ALL": "C.UTF-8",
            "QGIS_PLUGINPATH": str(plugins),
            **({"GLNET_GEO_PYTHON": engine} if engine else {}),
        }
        self._program = program
        for plugin in ("processing", "glnet_land_cover"):
            self("plugins", "enable", plugin)

    def __call__(
        self, *arguments: str, standard_input: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            input=standard_input or "",
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run without waiting."""
        return subprocess.Popen(
            [self._program, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
