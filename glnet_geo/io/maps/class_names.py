"""Names and colours of classes, wherever a raster keeps them: attribute table, category names, colour table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile
from rasterio.vrt import WarpedVRT

from glnet_geo.core.colors import hex_color
from glnet_geo.core.numerals import whole_number
from glnet_geo.io.maps.esri_table import esri_table

# What GDAL calls the usages of columns in attribute tables, and texts among their types: their numbers in files.
_GENERIC, _NAME, _VALUE, _RED, _GREEN, _BLUE = "0", "2", "5", "6", "7", "8"
_TEXT = "2"

_NAMED_BY_USE = {"value": _VALUE, "red": _RED, "green": _GREEN, "blue": _BLUE}
_NAMES_OF_NAMES = ("name", "label", "class")


def class_names(dataset: DatasetReader, band: int) -> tuple[dict[int, str], dict[int, str]]:
    """Names, and colours as ``#rrggbb``, by value; empty where the raster says nothing.

    The attribute table counts first, and Esri's only where GDAL finds none; category names and the colour table add to it.
    """
    said = _said_of(dataset, band)
    names, colors = _category_names(said), color_table(dataset, band)
    for row in list(_attribute_table(said)) or _table_of_esri(dataset):
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


def color_table(dataset: DatasetReader, band: int) -> dict[int, str]:
    """Colours ``#rrggbb`` by value, of the colour table of a band; empty where it has none."""
    try:
        entries = dataset.colormap(band)
    except ValueError:
        return {}
    return {value: hex_color(*rgba[:3]) for value, rgba in entries.items() if rgba[3]}


def _said_of(dataset: DatasetReader, band: int) -> ET.Element:
    """What GDAL knows of a band, wherever it has found it: in the file, beside it, in an archive."""
    # rasterio does not hand it out, but a virtual raster of the dataset spells it.
    with MemoryFile(ext=".vrt") as memory:
        try:
            rasterio.shutil.copy(_plain(dataset), memory.name, driver="VRT")
        except (RasterioError, SystemError):
            return ET.Element("VRTRasterBand")
        root = ET.fromstring(memory.read())  # noqa: S314 - GDAL has just written it
    found = root.find(f"VRTRasterBand[@band='{band}']")
    return ET.Element("VRTRasterBand") if found is None else found


def _plain(dataset: DatasetReader) -> DatasetReader:
    """A raster as it is, behind a view that is warped."""
    return dataset.src_dataset if isinstance(dataset, WarpedVRT) else dataset


def _category_names(said: ET.Element) -> dict[int, str]:
    names = said.findall("CategoryNames/Category")
    return {value: name.text.strip() for value, name in enumerate(names) if name.text and name.text.strip()}


def _attribute_table(said: ET.Element) -> Iterator[Mapping[str, str]]:
    """Rows of the table, each as texts by the usage of their columns."""
    table = said.find("GDALRasterAttributeTable")
    if table is None:
        return
    usages = _usages([_Column.of(field) for field in table.findall("FieldDefn")])
    for row in table.findall("Row"):
        yield dict(zip(usages, (field.text or "" for field in row.findall("F")), strict=False))


def _table_of_esri(dataset: DatasetReader) -> Iterator[Mapping[str, str]]:
    """Rows of the table beside a raster, as `_attribute_table`."""
    plain = _plain(dataset)
    # Of several bands it would not say which one it means.
    table = esri_table(plain.name) if plain.count == 1 else {}
    usages = _usages(
        [_Column(name.casefold(), _GENERIC, column.dtype.kind == "O") for name, column in table.items()]
    )
    for row in zip(*table.values(), strict=True):
        yield {usage: str(entry) for usage, entry in zip(usages, row, strict=True) if entry is not None}


@dataclass(frozen=True, slots=True)
class _Column:
    """One of an attribute table: its name in lower case, and whether it holds texts."""

    name: str
    usage: str
    text: bool

    @classmethod
    def of(cls, field: ET.Element) -> _Column:
        name = field.findtext("Name", "").strip().casefold()
        return cls(name, field.findtext("Usage", _GENERIC), field.findtext("Type", "") == _TEXT)


def _usages(columns: Sequence[_Column]) -> list[str]:
    """The usage of every column; many programs declare none, so that names have to tell."""
    usages = [
        _NAMED_BY_USE.get(column.name, _GENERIC) if column.usage == _GENERIC else column.usage
        for column in columns
    ]
    if _NAME not in usages:
        texts = [place for place, column in enumerate(columns) if column.text and usages[place] == _GENERIC]
        called = [place for word in _NAMES_OF_NAMES for place in texts if word in columns[place].name]
        for place in called[:1] or texts * (len(texts) == 1):
            usages[place] = _NAME
    return usages
