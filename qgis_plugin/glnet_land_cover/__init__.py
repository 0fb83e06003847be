"""GLNet land cover in the QGIS toolbox."""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name that QGIS calls
    """The plugin; ``iface`` is None where QGIS has no window."""
    from .plugin import Plugin

    return Plugin(iface)
