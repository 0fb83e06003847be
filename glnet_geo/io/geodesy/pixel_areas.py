"""How large the pixels of a raster are on the ground."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.transform import transformed
from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.ground import ground_sample_distance, has_ground
from glnet_geo.io.geodesy.placed import Placed

_LEVEL_METRES = 1000.0
"""Over a kilometre the ground hardly changes, and few large boxes are measured sooner than many thin ones."""

_MOST_ROWS = 256
"""Rows of the tallest cell."""

_ALIKE = 2e-4
"""Share by which the areas of pixels of one group may differ along a row."""

_MOST_GROUPS = 128
"""Groups of columns, at most."""

_PARTS = 8
"""Parts into which a cell is cut that is not on the ground as a whole."""

_NEXT_TO_NOTHING = 1e-9
"""Square metres of a pixel that has no area, where it must have one to be compared."""

_LOOKS = 9
"""Rows in which the pixels of a raster are compared, and half the columns."""


class PixelAreas:
    """How large the pixels of a raster are on the ground: square metres, the mean over cells of rows and columns.

    Args:
        raster: with all its pixels.

    Attributes:
        columns: (groups + 1,) int64, where the groups of columns begin and end: one group where the pixels of a row are
            alike.
        known: whether any pixel has a place on the ground.
    """

    def __init__(self, raster: Placed) -> None:
        self.columns, self.known = np.array([0, raster.width]), False
        if raster.transform is None or raster.crs is None or not has_ground(raster.crs):
            return
        self._cells = _Cells(raster, raster.transform, raster.crs)
        rows = np.unique(np.linspace(0, raster.height - 1, _LOOKS).astype(np.int64))
        rows = np.unique(rows // self._cells.group * self._cells.group)
        size = self._cells.whole(rows, _cut(raster.width, 2 * _LOOKS))
        if np.isfinite(size).all():
            self.columns, self.known = _alike(size, raster.width), True
        else:
            self.columns = _cut(raster.width, _MOST_GROUPS)
            self.known = bool(self._cells.means(rows, self.columns).any())

    def __call__(self, rows: slice) -> NDArray[np.float64]:
        """The mean area of a pixel in each of some rows and each group of columns: (rows, groups).

        A row gets the same whatever rows it is asked for with. Zero beyond where the CRS has a place on the ground,
        NaN where no pixel has one.
        """
        if not self.known:
            return np.full((rows.stop - rows.start, len(self.columns) - 1), np.nan)
        group = self._cells.group
        lines = np.arange(rows.start // group, -(-rows.stop // group)) * group
        mean = self._cells.means(lines, self.columns)
        return np.repeat(mean, group, axis=0)[rows.start - lines[0] : rows.stop - lines[0]]

    def positive(self, rows: slice) -> NDArray[np.float64]:
        """The same, with next to nothing instead of nothing: what is compared by its area must have one."""
        return np.maximum(self(rows), _NEXT_TO_NOTHING)


def _cut(width: int, groups: int) -> NDArray[np.int64]:
    """Columns in groups of about one width: (groups + 1,), fewer where there are fewer columns."""
    return np.linspace(0, width, min(width, groups) + 1).astype(np.int64)


def _alike(size: NDArray[np.float64], width: int) -> NDArray[np.int64]:
    """Where to cut columns so that pixels between are nearly of one size, given that of some: (rows, groups)."""
    changes = np.abs(np.diff(size, axis=1)).sum(axis=1) / np.maximum(size.min(axis=1), _NEXT_TO_NOTHING)
    return _cut(width, int(np.clip(np.ceil(changes.max() / _ALIKE), 1, _MOST_GROUPS)))


class _Cells:
    """Cells of a raster with a place, a group of rows tall, as boxes whose area on the ground is measured."""

    def __init__(self, raster: Placed, transform: Affine, crs: CRS) -> None:
        self._transform, self._crs = transform, crs
        size = ground_sample_distance(raster)
        self.group = int(np.clip(_LEVEL_METRES / size[0], 1, _MOST_ROWS)) if size else 1

    def whole(self, rows: NDArray[np.int64], columns: NDArray[Any]) -> NDArray[np.float64]:
        """The mean area of a pixel in cells that begin in some rows: (rows, groups); NaN where one is not all on the ground.

        Args:
            rows: (rows,) where cells begin.
            columns: (groups + 1,) where groups of columns begin and end, or (rows, groups + 1).
        """
        columns = np.broadcast_to(columns, (len(rows), columns.shape[-1]))
        left, right = columns[:, :-1], columns[:, 1:]
        top = np.broadcast_to(rows[:, None], left.shape)
        col = np.stack([left, right, right, left], axis=-1)
        row = np.stack([top, top, top + self.group, top + self.group], axis=-1)
        boxes = shapely.polygons(transformed(np.stack([col, row], axis=-1), self._transform))
        measured = areas(boxes.ravel(), self._crs).reshape(left.shape)
        mean: NDArray[np.float64] = measured / (np.diff(columns, axis=1) * self.group)
        return mean

    def means(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same, over the parts of a cell that are on the ground; zero where none is."""
        mean = self.whole(rows, columns)
        row, group = np.nonzero(np.isnan(mean))
        if row.size:
            cuts = np.linspace(columns[group], columns[group + 1], _PARTS + 1, axis=1)
            parts = self.whole(rows[row], cuts)
            there = np.isfinite(parts)
            mean[row, group] = np.nan_to_num(parts).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        return mean
