"""The colours in which QGIS draws the classes of a layer: a style of categories, in the GeoPackage or beside the file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.colors import hex_color
from glnet_geo.io.files.style_places import STYLE, parsed

_COLOR = re.compile(r"^\s*(\d{1,3}),(\d{1,3}),(\d{1,3})\b")


def style_colors(path: Path, layer: str, field: str) -> dict[str, str]:
    """Colour ``#rrggbb`` of every value that the layer's style has a category for.

    Args:
        path: of a vector file; its style lies in its table ``layer_styles``, or beside it as ``.qml``.
        layer: whose style.
        field: the attribute by which the style must tell categories.

    Returns:
        Nothing where there is no style, or one of another kind.
    """
    for text in (*_stored(path, layer), *_beside(path)):
        colors = _categories(text, field)
        if colors:
            return colors
    return {}


def _stored(path: Path, layer: str) -> list[str]:
    """The styles of a layer in a GeoPackage, the default one first."""
    if path.suffix.lower() != ".gpkg":
        return []
    query = "SELECT styleQML FROM layer_styles WHERE f_table_name = ? ORDER BY useAsDefault DESC, id DESC"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as package:
            return [str(text) for (text,) in package.execute(query, (layer,)) if text]
    except sqlite3.Error:
        # A GeoPackage without styles lacks the table.
        return []


def _beside(path: Path) -> list[str]:
    style = path.with_suffix(STYLE)
    return [style.read_text(encoding="utf-8", errors="replace")] if style.is_file() else []


def _categories(text: str, field: str) -> dict[str, str]:
    root = parsed(text)
    renderer = None if root is None else root.find(".//renderer-v2[@type='categorizedSymbol']")
    if renderer is None or renderer.get("attr", "").strip('"') != field:
        return {}
    colors = {
        symbol.get("name"): _color(symbol)
        for symbol in renderer.findall("./symbols/symbol")
        if _color(symbol) is not None
    }
    found = {}
    for category in renderer.findall("./categories/category"):
        color = colors.get(category.get("symbol"))
        if color is not None and category.get("value"):
            found[str(category.get("value"))] = color
    return found


def _color(symbol: ET.Element) -> str | None:
    """The fill of a symbol's first layer, as older and newer versions write it."""
    for query, attribute in (
        ("./layer/Option/Option[@name='color']", "value"),
        ("./layer/prop[@k='color']", "v"),
    ):
        entry = symbol.find(query)
        matched = _COLOR.match(entry.get(attribute, "")) if entry is not None else None
        if matched:
            red, green, blue = (min(255, int(part)) for part in matched.groups())
            return hex_color(red, green, blue)
    return None
