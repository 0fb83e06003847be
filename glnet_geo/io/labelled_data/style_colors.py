"""The colours in which QGIS draws the classes of a layer: a style of categories, in the GeoPackage or beside the file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.colors import hex_color
from glnet_geo.errors import doubt
from glnet_geo.io.files.style_places import STYLE, parsed

_COLOR = re.compile(r"^\s*(\d{1,3}),(\d{1,3}),(\d{1,3})\b")


def style_colors(path: Path, layer: str, field: str) -> dict[str, str]:
    """Colour ``#rrggbb`` of every value that the layer's style has a category for.

    Args:
        path: of a vector file; its style lies in its table ``layer_styles``, or beside it as ``.qml``.
        layer: whose style.
        field: the attribute by which the style must tell categories.

    Returns:
        By value, without outer blanks. Nothing where there is no style, or one of another kind; nor where one cannot be read, with a warning.
    """
    for name, text in (*_stored(path, layer), *_beside(path)):
        style = parsed(text)
        if style is None:
            _doubt(f"{name} is no style of QGIS, or not a whole one")
            continue
        colors = _categories(style, field)
        if colors:
            return colors
    return {}


def _stored(path: Path, layer: str) -> list[tuple[str, str]]:
    """The styles of a layer in a GeoPackage with what to call them, the default one first."""
    if path.suffix.lower() != ".gpkg":
        return []
    query = "SELECT styleQML FROM layer_styles WHERE f_table_name = ? ORDER BY useAsDefault DESC, id DESC"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as package:
            found = [str(text) for (text,) in package.execute(query, (layer,)) if text]
    except sqlite3.Error:
        # A GeoPackage without styles lacks the table.
        return []
    return [(f"the style of {layer} in {path}", text) for text in found]


def _beside(path: Path) -> list[tuple[str, str]]:
    """The style beside a file, with what to call it."""
    style = path.with_suffix(STYLE)
    try:
        return [(str(style), style.read_text(encoding="utf-8", errors="replace"))] if style.is_file() else []
    except OSError as error:
        _doubt(f"{style} cannot be read ({error.strerror})")
        return []


def _doubt(what: str) -> None:
    doubt(f"{what}: save it again in QGIS to have its colours, the classes get others")


def _categories(style: ET.Element, field: str) -> dict[str, str]:
    renderer = style.find(".//renderer-v2[@type='categorizedSymbol']")
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
        # Categories that were merged list their values.
        for entry in (category, *category.findall("./val")):
            value = (entry.get("value") or "").strip()
            if color is not None and value:
                found[value] = color
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
