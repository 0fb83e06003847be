"""VRT files, whose pixels are those of other files; those that only lay rasters side by side are taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import numpy as np
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from glnet_geo.io.scenes.source import open_raster

_PLAIN = {"SourceFilename", "SourceBand", "SourceProperties", "SrcRect", "DstRect", "NODATA", "UseMaskBand"}

_SAME_PLACE = 0.1
"""Pixels by which a file may lie elsewhere than a mosaic shows it: rounding in files."""

_Corner: TypeAlias = "tuple[float, float]"
"""Column and row of a mosaic at which a file begins."""


def tiles_of_vrt(path: Path) -> Iterator[str]:
    """The files of a mosaic as gdalbuildvrt makes it; any other VRT is a tile itself.

    A VRT that scales, warps, cuts, moves or chooses pixels, or that declares another nodata value or CRS than its files,
    shows what no file in it does.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - GDAL reads it too
        files = _files(root, path.parent)
        plain = bool(files) and _shows_them_as_they_are(path, files)
    except (ET.ParseError, RasterioError, OSError, ValueError):
        # Whoever opens it says what is wrong.
        plain = False
    yield from (files if plain else [str(path)])


def _files(root: Element, folder: Path) -> dict[str, _Corner]:
    """The files of a plain mosaic in their order; none where it is not plain.

    Raises:
        ValueError: a number in it is none.
    """
    found: dict[str, _Corner] = {}
    bands = root.findall("VRTRasterBand")
    if root.get("subClass") or any(band.get("subClass") for band in bands):
        return {}
    for number, band in enumerate(bands, 1):
        for source in [part for part in band if part.tag.endswith("Source")]:
            name, place = source.find("SourceFilename"), source.find("DstRect")
            if not _is_plain(source, number) or name is None or not name.text or place is None:
                return {}
            # A path would make one of the two slashes of an address.
            file = str(folder / name.text) if name.get("relativeToVRT") == "1" else name.text
            corner = float(place.get("xOff", 0)), float(place.get("yOff", 0))
            if found.setdefault(file, corner) != corner:
                return {}
    return found


def _is_plain(source: Element, band: int) -> bool:
    """Whether a source is the same band of a whole file, with its values and at its size."""
    sizes, places = source.find("SrcRect"), source.find("DstRect")
    properties = source.find("SourceProperties")
    if sizes is None or places is None or properties is None or {part.tag for part in source} - _PLAIN:
        return False
    whole = float(properties.get("RasterXSize", 0)), float(properties.get("RasterYSize", 0))
    return (
        source.findtext("SourceBand") == str(band)
        and _size(sizes) == _size(places) == whole
        and (sizes.get("xOff"), sizes.get("yOff")) in {("0", "0"), ("0.0", "0.0")}
    )


def _size(part: Element) -> tuple[float, float]:
    return float(part.get("xSize", -1)), float(part.get("ySize", -1))


def _shows_them_as_they_are(path: Path, files: Mapping[str, _Corner]) -> bool:
    """Whether a mosaic says of the values and the place of pixels what the first of its files says that can be opened.

    One that is missing is told as a tile that failed.
    """
    with open_raster(path) as mosaic:
        for file, corner in files.items():
            with suppress(RasterioError), open_raster(file) as tile:
                return _declared(tile) == _declared(mosaic) and _lies_at(tile, mosaic, corner)
    return False


def _declared(raster: DatasetReader) -> tuple[str, ...]:
    """The CRS, the control points and the nodata values of a raster."""
    points, crs_of_points = raster.gcps
    # As text, NaN is the same as NaN, and a CRS the same as one that another release of PROJ knows.
    systems = ("" if crs is None else crs.to_proj4() for crs in (raster.crs, crs_of_points))
    places = (str((point.row, point.col, point.x, point.y)) for point in points)
    return *systems, *places, *map(str, raster.nodatavals)


def _lies_at(tile: DatasetReader, mosaic: DatasetReader, corner: _Corner) -> bool:
    """Whether a tile says itself that it lies where a mosaic shows it."""
    if not mosaic.transform.determinant:
        return False
    place, size = ~mosaic.transform @ tile.transform, (tile.width, tile.height)
    ends = np.array([place @ (0, 0), place @ size])
    return bool(np.abs(ends - corner - [(0, 0), size]).max() < _SAME_PLACE)
