"""Names and colours of classes, wherever a raster keeps them: attribute table, category names, colour table."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile

from glnet_geo.core.colors import hex_color
from glnet_geo.core.numerals import whole_number

# What GDAL calls the usages of columns in attribute tables: their numbers in files.
_NAME, _VALUE, _RED, _GREEN, _BLUE = "2", "5", "6", "7", "8"


def class_names(dataset: DatasetReader, band: int) -> tuple[dict[int, str], dict[int, str]]:
    """Names, and colours as ``#rrggbb``, by value; empty where the raster says nothing.

    The attribute table counts first; category names and the colour table add to it.
    """
    names, colors = _category_names(dataset, band), color_table(dataset, band)
    for row in _attribute_table(dataset, band):
        value = whole_number(row.get(_VALUE, ""))
        if value is None:
            continue
        if row.get(_NAME, "").strip():
            names[value] = row[_NAME].strip()
        rgb = [
            part for usage in (_RED, _GREEN, _BLUE) if (part := whole_number(row.get(usage, ""))) is not None
        ]
        if len(rgb) == 3 and all(0 <= part <= 255 for part in rgb):
            colors[value] = hex_color(*rgb)
    return names, colors


def _category_names(dataset: DatasetReader, band: int) -> dict[int, str]:
    # rasterio does not hand them out, but a virtual raster of the dataset spells them.
    with MemoryFile(ext=".vrt") as memory:
        try:
            rasterio.shutil.copy(dataset, memory.name, driver="VRT")
        except (RasterioError, SystemError):
            return {}
        root = ET.fromstring(memory.read())  # noqa: S314 - GDAL has just written it
    names = root.findall(f"VRTRasterBand[@band='{band}']/CategoryNames/Category")
    return {value: name.text.strip() for value, name in enumerate(names) if name.text and name.text.strip()}


def color_table(dataset: DatasetReader, band: int) -> dict[int, str]:
    """Colours ``#rrggbb`` by value, of the colour table of a band; empty where it has none."""
    try:
        entries = dataset.colormap(band)
    except ValueError:
        return {}
    return {value: hex_color(*rgba[:3]) for value, rgba in entries.items() if rgba[3]}


def _attribute_table(dataset: DatasetReader, band: int) -> list[dict[str, str]]:
    """Rows of the table beside a raster (``map.tif.aux.xml``), each as texts by the usage of their columns."""
    path = Path(f"{dataset.name}.aux.xml")
    if not path.is_file():
        return []
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - entities are not expanded from outside
    except (ET.ParseError, OSError):
        return []
    table = root.find(f"PAMRasterBand[@band='{band}']/GDALRasterAttributeTable")
    if table is None:
        return []
    usages = [column.findtext("Usage", "") for column in table.findall("FieldDefn")]
    return [
        dict(zip(usages, (field.text or "" for field in row.findall("F")), strict=False))
        for row in table.findall("Row")
    ]
