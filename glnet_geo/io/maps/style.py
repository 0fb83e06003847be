"""How QGIS and others draw a map: every class in its colour, with its name in the legend."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.io.files.staging import unwritten
from glnet_geo.io.files.style_places import STYLE

_SLD = "http://www.opengis.net/sld"
_OGC = "http://www.opengis.net/ogc"
_OUTLINE_MM = "0.1"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_style(output: Path, legend: Legend) -> None:
    """Write ``map.qml`` beside ``map.tif`` or ``map.fgb``, which QGIS applies on opening.

    Without it QGIS lists all 256 entries that the colour table of a TIFF must have, and draws polygons in one colour.

    Raises:
        OutputError: the file cannot be written.
    """
    path = output.with_suffix(STYLE)
    try:
        path.write_text(qml(legend), encoding="utf-8")
    except OSError as error:
        raise unwritten(path, error.strerror) from error


def qml(legend: Legend) -> str:
    """A style of QGIS, for a raster and for polygons: both may look for it under one name, and each reads its part."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    raster = ET.SubElement(
        ET.SubElement(root, "pipe"), "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1"
    )
    palette = ET.SubElement(raster, "colorPalette")
    polygons = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr="class_id", symbollevels="0", enableorderby="0"
    )
    categories, symbols = ET.SubElement(polygons, "categories"), ET.SubElement(polygons, "symbols")
    for number, c in enumerate(legend):
        ET.SubElement(
            palette, "paletteEntry", value=str(c.id), label=xml_text(c.name), color=c.color, alpha="255"
        )
        ET.SubElement(
            categories,
            "category",
            symbol=str(number),
            value=str(c.id),
            type="long",
            label=xml_text(c.name),
            render="true",
        )
        symbols.append(_symbol(str(number), c))
    return ET.tostring(root, encoding="unicode")


def sld(legend: Legend, layer: str) -> str:
    """The style of polygons in the terms of OGC's Styled Layer Descriptor 1.0, for other programs."""
    ET.register_namespace("sld", _SLD)
    ET.register_namespace("ogc", _OGC)

    def add(
        parent: ET.Element, tag: str, text: str | None = None, space: str = _SLD, **attributes: str
    ) -> ET.Element:
        element = ET.SubElement(parent, f"{{{space}}}{tag}", attributes)
        element.text = text
        return element

    root = ET.Element(f"{{{_SLD}}}StyledLayerDescriptor", version="1.0.0")
    named = add(root, "NamedLayer")
    add(named, "Name", layer)
    style = add(add(named, "UserStyle"), "FeatureTypeStyle")
    for c in legend:
        rule = add(style, "Rule")
        add(rule, "Name", xml_text(c.name))
        add(rule, "Title", xml_text(c.name))
        test = add(add(rule, "Filter", space=_OGC), "PropertyIsEqualTo", space=_OGC)
        add(test, "PropertyName", "class_id", _OGC)
        add(test, "Literal", str(c.id), _OGC)
        fill = add(add(rule, "PolygonSymbolizer"), "Fill")
        add(fill, "CssParameter", c.color, name="fill")
    return ET.tostring(root, encoding="unicode")


def xml_text(name: str) -> str:
    """The name of a class, with a sign in place of characters that no XML may hold."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", name)


def _symbol(name: str, c: LandClass) -> ET.Element:
    """A fill in the colour of a class, its outline too: else the ground shines through between neighbours."""
    symbol = ET.Element("symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = ET.SubElement(
        symbol, "layer", {"class": "SimpleFill", "pass": "0", "locked": "0", "enabled": "1"}
    )
    color = ",".join(map(str, (*c.rgb, 255)))
    properties = {
        "color": color,
        "style": "solid",
        "outline_color": color,
        "outline_style": "solid",
        "outline_width": _OUTLINE_MM,
        "outline_width_unit": "MM",
        "joinstyle": "bevel",
    }
    # Newer versions read options, older ones properties.
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
    for key, value in properties.items():
        ET.SubElement(layer, "prop", k=key, v=value)
    return symbol
