"""VRT files that only lay rasters side by side, taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import rasterio
from rasterio.errors import RasterioError

from glnet_geo.io.scenes.source import opening

_PLAIN = {"SourceFilename", "SourceBand", "SourceProperties", "SrcRect", "DstRect", "NODATA", "UseMaskBand"}


def tiles_of_vrt(path: Path) -> Iterator[str]:
    """The files of a mosaic as gdalbuildvrt makes it; any other VRT is a tile itself.

    A VRT that scales, warps, cuts or chooses pixels, or that declares another nodata value or CRS than its files, shows
    what no file in it does.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - GDAL reads it too
        files = _files(root, path.parent)
        plain = bool(files) and _declared(path) == _declared_by_any(files)
    except (ET.ParseError, RasterioError, OSError):
        # Whoever opens it says what is wrong.
        plain = False
    yield from ([str(file) for file in files] if plain else [str(path)])


def _files(root: Element, folder: Path) -> list[Path]:
    """The files of a plain mosaic in their order; none where it is not plain."""
    found: dict[Path, None] = {}
    bands = root.findall("VRTRasterBand")
    if root.get("subClass") or any(band.get("subClass") for band in bands):
        return []
    for number, band in enumerate(bands, 1):
        for source in [part for part in band if part.tag.endswith("Source")]:
            if not _is_plain(source, number):
                return []
            name = source.find("SourceFilename")
            if name is None or not name.text:
                return []
            found[folder / name.text if name.get("relativeToVRT") == "1" else Path(name.text)] = None
    return list(found)


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


def _declared_by_any(files: Sequence[Path]) -> tuple[str, ...] | None:
    """By the first file that can be opened; None where none can: one that is missing is told as a tile that failed."""
    for file in files:
        with suppress(RasterioError):
            return _declared(file)
    return None


def _declared(path: Path) -> tuple[str, ...]:
    """What a raster says of the values and the place of its pixels, and a mosaic of it may say otherwise."""
    with opening():
        raster = rasterio.open(path)
    with raster:
        # As text, NaN is the same as NaN, and a CRS the same as one that another release of PROJ knows.
        return "" if raster.crs is None else raster.crs.to_proj4(), *map(str, raster.nodatavals)
