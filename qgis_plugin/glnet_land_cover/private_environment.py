"""Where the private environment of the engine lies: under the profile, outside the plugin, apart from QGIS's own Python."""

from __future__ import annotations

import os
import sys

from qgis.core import QgsApplication

_MARK = "engine-is-complete.json"


def folder() -> str:
    """Its folder, whether it is there or not."""
    return os.path.join(os.path.abspath(QgsApplication.qgisSettingsDirPath()), "glnet_land_cover", "engine")


def interpreter() -> str:
    """Its Python, whether it is there or not."""
    parts = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return os.path.join(folder(), *parts)


def mark() -> str:
    """The file that is written last: without it the environment is not whole."""
    return os.path.join(folder(), _MARK)


def is_complete() -> bool:
    """Whether it was made to its end."""
    return os.path.isfile(mark()) and os.path.isfile(interpreter())
