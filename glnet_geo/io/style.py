"""How QGIS draws a class raster: ``map.qml`` beside ``map.tif``, which it applies on opening.

Without it QGIS lists all 256 entries that the colour table of a TIFF must have, and not only the classes.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.legend import Legend
from glnet_geo.io.staging import unwritten


def write_raster_style(raster: Path, legend: Legend) -> None:
    """Write a style with the name and colour of every class of the first band.

    Raises:
        OutputError: the file cannot be written.
    """
    root = ET.Element("qgis", version="3.22")
    renderer = ET.SubElement(
        ET.SubElement(root, "pipe"), "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1"
    )
    palette = ET.SubElement(renderer, "colorPalette")
    for c in legend:
        ET.SubElement(palette, "paletteEntry", value=str(c.id), label=c.name, color=c.color, alpha="255")
    path = raster.with_suffix(".qml")
    try:
        ET.ElementTree(root).write(path, encoding="utf-8")
    except OSError as error:
        raise unwritten(path, error.strerror) from error
