"""GLNet land cover in the QGIS toolbox."""

from __future__ import annotations

from typing import Any


def classFactory(_iface: Any) -> Any:
    """The plugin; it needs nothing of the window."""
    from .plugin import Plugin

    return Plugin()
