"""A raster as far as its place goes, and how large its pixels are on the ground."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.io.ground import areas, ground_sample_distance

_LEVEL_METRES, _MOST_ROWS = 1000.0, 256


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


def pixel_areas(raster: Placed, rows: slice) -> NDArray[np.float64]:
    """Square metres on the ground of a pixel in each of some rows, the mean over the row: (rows,); NaN where unknown.

    A row gets the same whatever rows it is asked for with.
    """
    size = ground_sample_distance(raster.transform, raster.crs, raster.height, raster.width)
    if raster.transform is None or raster.crs is None or size is None:
        return np.full(rows.stop - rows.start, np.nan)
    # Over a kilometre the ground hardly changes, and few large boxes are measured sooner than many thin ones.
    group = int(np.clip(_LEVEL_METRES / size[0], 1, _MOST_ROWS))
    first, last = rows.start // group, -(-rows.stop // group)
    lines = np.arange(first, last + 1) * group
    corners = np.zeros((last - first, 4, 2))
    corners[:, 1:3, 0] = raster.width
    corners[:, :2, 1], corners[:, 2:, 1] = lines[:-1, None], lines[1:, None]
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    col, row = corners[..., 0], corners[..., 1]
    boxes = shapely.polygons(np.stack([a * col + b * row + c, d * col + e * row + f], axis=-1))
    mean = areas(boxes, raster.crs) / (raster.width * group)
    return np.repeat(mean, group)[rows.start - lines[0] : rows.stop - lines[0]]
