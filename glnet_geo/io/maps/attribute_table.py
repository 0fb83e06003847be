"""Names and colours of classes beside a raster, where GDAL and QGIS look for them: ``map.tif.aux.xml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from glnet_geo.core.legend import Legend
from glnet_geo.io.files.staging import unwritten
from glnet_geo.io.maps.style import xml_text

# Name, GDAL's type (0 integer, 2 text), GDAL's usage of every column.
_COLUMNS = (
    ("Value", 0, 5),
    ("Class", 2, 2),
    ("Red", 0, 6),
    ("Green", 0, 7),
    ("Blue", 0, 8),
    ("Alpha", 0, 9),
)


def write_attribute_table(raster: Path, legend: Legend) -> None:
    """Write category names (by value) and a thematic attribute table for the first band of a raster.

    Raises:
        OutputError: the file cannot be written.
    """
    root = ET.Element("PAMDataset")
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    names = {c.id: xml_text(c.name) for c in legend}
    categories = ET.SubElement(band, "CategoryNames")
    for value in range(max(names) + 1):
        ET.SubElement(categories, "Category").text = names.get(value, "")
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(_COLUMNS):
        column = ET.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in (("Name", name), ("Type", str(kind)), ("Usage", str(usage))):
            ET.SubElement(column, tag).text = text
    for index, c in enumerate(legend):
        row = ET.SubElement(table, "Row", index=str(index))
        values: Sequence[object] = (c.id, names[c.id], *c.rgb, 255)
        for entry in values:
            ET.SubElement(row, "F").text = str(entry)
    path = raster.with_name(f"{raster.name}.aux.xml")
    try:
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=False)
    except OSError as error:
        raise unwritten(path, error.strerror) from error
