"""A raster as far as its place goes."""

from __future__ import annotations

from typing import Protocol

import pyproj
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.errors import GlnetGeoError


class Placed(Protocol):
    """What has pixels that lie somewhere."""

    @property
    def name(self) -> str:
        """The name of its file."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def transform(self) -> Affine | None:
        """Pixel (col, row) to map coordinates; None without georeference."""

    @property
    def crs(self) -> CRS | None:
        """None where there is none."""


def to_map(raster: Placed) -> Affine:
    """From pixels (col, row) of a raster to map coordinates; without a place, rows grow downward as on the screen."""
    return raster.transform or Affine.scale(1, -1)


def check_crs_on_both(
    name: str, crs: CRS | pyproj.CRS | None, raster: Placed, *, error: type[GlnetGeoError]
) -> None:
    """Refuse to lay a file over a raster where only one of the two has a CRS.

    Args:
        name: of the file.
        crs: of the file; None where it has none.
        raster: what it is laid over.
        error: kind to raise.

    Raises:
        GlnetGeoError: of that kind.
    """
    if (crs is None) == (raster.crs is None):
        return
    without, other = (name, raster.name) if crs is None else (raster.name, name)
    raise error(
        f"{without} has no CRS and {other} has one, so they cannot be laid over each other: give {without} its CRS first "
        "(gdal_edit.py or ogr2ogr, with -a_srs)"
    )
