"""VRT files, whose pixels are those of other files; those that only lay rasters side by side are taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import rasterio
from rasterio.errors import RasterioError

from glnet_geo.io.files.identity import identity
from glnet_geo.io.scenes.source import opening
from glnet_geo.io.work_folder.array_store import mark_of

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
    yield from (files if plain else [str(path)])


def raster_identity(path: str | Path) -> tuple[object, ...]:
    """What tells a raster from a later one of the same name: its `identity`, and of a VRT also those of the files it shows."""
    own, shown = tuple(identity(path)), _shown_by(str(path))
    return (*own, mark_of([identity(file) for file in shown]).hex()) if shown else own


def _shown_by(path: str) -> list[str]:
    """The files that a VRT shows, and that VRTs among them show; none of any other raster."""
    found: dict[str, None] = {}
    ahead = [path]
    while ahead:
        new = [file for file in _files_in(ahead.pop()) if file not in found]
        found |= dict.fromkeys(new)
        ahead += new
    return list(found)


def _files_in(path: str) -> list[str]:
    """The files that a VRT names, but those that belong to itself: QGIS may put some beside it at any time."""
    if not path.lower().endswith(".vrt") or not Path(path).is_file():
        return []
    try:
        with opening():
            raster = rasterio.open(path)
        with raster:
            return [file for file in raster.files if not file.startswith(path)]
    except RasterioError:
        # Whoever reads it says what is wrong.
        return []


def _files(root: Element, folder: Path) -> list[str]:
    """The files of a plain mosaic in their order; none where it is not plain."""
    found: dict[str, None] = {}
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
            # A path would make one of the two slashes of an address.
            found[str(folder / name.text) if name.get("relativeToVRT") == "1" else name.text] = None
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


def _declared_by_any(files: Sequence[str]) -> tuple[str, ...] | None:
    """By the first file that can be opened; None where none can: one that is missing is told as a tile that failed."""
    for file in files:
        with suppress(RasterioError):
            return _declared(file)
    return None


def _declared(path: str | Path) -> tuple[str, ...]:
    """What a raster says of the values and the place of its pixels, and a mosaic of it may say otherwise."""
    with opening():
        raster = rasterio.open(path)
    with raster:
        # As text, NaN is the same as NaN, and a CRS the same as one that another release of PROJ knows.
        return "" if raster.crs is None else raster.crs.to_proj4(), *map(str, raster.nodatavals)
