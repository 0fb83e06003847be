"""A raster as far as its place goes."""

from __future__ import annotations

from typing import Protocol

from affine import Affine
from rasterio.crs import CRS


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
