"""How polygons of a vector file come to lie on a scene's pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from glnet_geo.core.transform import transformed
from glnet_geo.core.window import Window
from glnet_geo.errors import GlnetGeoError

_EARTH_RADIUS_M = 6_378_137.0

_LONGEST_EDGE_M = 500.0
"""An edge that is straight in one CRS is bent in another: at this length by less than a centimetre."""

Points = NDArray[np.float64]
"""(points, 2), x and y."""

Bounds = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How the coordinates of a vector file become pixels of a scene.

    Attributes:
        to_scene: from the file's CRS to the scene's.
        from_scene: back.
        transform: pixel (col, row) to the scene's CRS.
        longest_edge: in units of the file's CRS; infinite where edges stay straight.
        name: of the file, for errors.
        error: kind to raise.
    """

    to_scene: Callable[[Points], Points]
    from_scene: Callable[[Points], Points]
    transform: Affine
    longest_edge: float
    name: str
    error: type[GlnetGeoError]

    @classmethod
    def of(
        cls,
        name: str,
        own: pyproj.CRS | None,
        crs: CRS | None,
        transform: Affine,
        *,
        error: type[GlnetGeoError],
    ) -> Placing:
        """The way from a file's own CRS to a scene's; straight where one of them is not known.

        Args:
            name: of the file, for errors.
            own: CRS of the file.
            crs: of the scene.
            transform: pixel (col, row) to the scene's CRS.
            error: kind to raise.

        Raises:
            GlnetGeoError: of that kind, where there is none.
        """
        if own is None or crs is None:
            return cls(_same, _same, transform, np.inf, name, error)
        try:
            other = pyproj.CRS.from_wkt(crs.to_wkt())
            if own.equals(other, ignore_axis_order=True):
                return cls(_same, _same, transform, np.inf, name, error)
            there = pyproj.Transformer.from_crs(own, other, always_xy=True)
            back = pyproj.Transformer.from_crs(other, own, always_xy=True)
        except ProjError as failure:
            raise error(
                f"{name} cannot be brought to the scene's CRS ({failure}): save it in that CRS"
            ) from failure
        unit = own.axis_info[0].unit_conversion_factor if own.axis_info else 1.0
        # The factor of degrees leads to radians.
        metres = unit * _EARTH_RADIUS_M if own.is_geographic else unit
        return cls(_points_by(there), _points_by(back), transform, _LONGEST_EDGE_M / metres, name, error)

    def extent(self, scene: Window) -> Bounds:
        """Bounds of the scene in the file's CRS.

        Raises:
            GlnetGeoError: they cannot be told.
        """
        cols, rows = np.meshgrid(np.linspace(0, scene.width, 33), np.linspace(0, scene.height, 33))
        points = self.from_scene(transformed(np.column_stack([cols.ravel(), rows.ravel()]), self.transform))
        self._check(points)
        left, low = points.min(axis=0)
        right, high = points.max(axis=0)
        return float(left), float(low), float(right), float(high)

    def on_grid(self, polygons: NDArray[np.object_], extent: Bounds) -> NDArray[np.object_]:
        """Polygons in the scene's pixels, without those that lie far from its extent.

        Raises:
            GlnetGeoError: some cannot be placed.
        """
        left, low, right, high = extent
        # What lies far away costs time, and may have no place in the scene's CRS. The extent is that of a grid of
        # points: the scene reaches a little further.
        margin = 0.1 * max(right - left, high - low)
        around = shapely.box(left - margin, low - margin, right + margin, high + margin)
        near = polygons_in(shapely.intersection(polygons[shapely.intersects(polygons, around)], around))
        if np.isfinite(self.longest_edge):
            near = shapely.segmentize(near, self.longest_edge)
        to_pixels = ~self.transform
        placed: NDArray[np.object_] = shapely.transform(
            near, lambda xy: transformed(self.to_scene(xy), to_pixels)
        )
        self._check(shapely.get_coordinates(placed))
        return placed

    def _check(self, points: Points) -> None:
        if not np.isfinite(points).all():
            raise self.error(
                f"{self.name} cannot be brought to the scene's CRS, which does not reach there: save it in that CRS"
            )


def screen_rows(polygons: NDArray[np.object_]) -> Affine:
    """From pixels (col, row) of a picture without any georeference to the coordinates of what was drawn over it.

    Programs draw a picture's rows downward from 0, into negative numbers, and so are our polygons; who writes
    numbers of rows by hand counts upward.
    """
    below = shapely.total_bounds(polygons)[3] <= 0
    return Affine.scale(1, -1) if below else Affine.identity()


def polygons_in(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """All polygons in geometries of any kind."""
    # A collection may hold multipolygons: once for each level.
    parts = shapely.get_parts(shapely.get_parts(geometries))
    kept: NDArray[np.object_] = parts[
        (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    ]
    return kept


def valid_polygons_in(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """All polygons in geometries of any kind, made valid."""
    polygons = polygons_in(geometries)
    broken = ~shapely.is_valid(polygons)
    return np.concatenate([polygons[~broken], polygons_in(shapely.make_valid(polygons[broken]))])


def _same(points: Points) -> Points:
    return points


def _points_by(transformer: pyproj.Transformer) -> Callable[[Points], Points]:
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
