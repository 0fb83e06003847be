"""From pixels to the ground: true distances and areas on the ellipsoid, whatever the CRS."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from rasterio import crs as raster_crs

_LONGEST_EDGE_M = 1000.0
"""Straight edges of a projection bend on the ground: longer ones are cut before they are measured."""

_WGS84 = Geod(ellps="WGS84")


def ground_sample_distance(
    transform: Affine | None, crs: raster_crs.CRS | None, height: int, width: int
) -> tuple[float, float] | None:
    """Metres on the ground from one row to the next and from one column to the next, at the scene's centre.

    None where the scene has no place on the ground.
    """
    if transform is None or crs is None:
        return None
    row, col = height / 2, width / 2
    points = [transform @ (col, row - 0.5), transform @ (col, row + 0.5)]
    points += [transform @ (col - 0.5, row), transform @ (col + 0.5, row)]
    to_degrees = Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform([x for x, _ in points], [y for _, y in points])
    if not np.isfinite([*lon, *lat]).all():
        return None
    along_rows = _WGS84.inv(lon[0], lat[0], lon[1], lat[1])[2]
    along_cols = _WGS84.inv(lon[2], lat[2], lon[3], lat[3])[2]
    return float(along_rows), float(along_cols)


def areas(polygons: NDArray[np.object_], crs: raster_crs.CRS) -> NDArray[np.float64]:
    """Square metres on the ground of polygons in a CRS: (n,).

    They are measured in an equal-area projection, in which their edges are cut so short that they stay straight.
    """
    if not len(polygons):
        return np.zeros(0)
    transformer, unit = _equal_area(crs.to_wkt())
    cut = shapely.segmentize(polygons, _LONGEST_EDGE_M / unit)
    coordinates = shapely.get_coordinates(cut)
    x, y = transformer.transform(coordinates[:, 0], coordinates[:, 1])
    measured = shapely.area(shapely.set_coordinates(cut, np.column_stack([x, y])))
    areas: NDArray[np.float64] = np.asarray(measured, dtype=np.float64)
    return areas


def pixel_areas(transform: Affine, crs: raster_crs.CRS, width: int, rows: slice) -> float:
    """Square metres on the ground of one pixel, the mean over whole rows of a raster."""
    corners = [(0, rows.start), (width, rows.start), (width, rows.stop), (0, rows.stop)]
    strip = shapely.Polygon([transform @ corner for corner in corners])
    return float(areas(np.array([strip]), crs)[0] / (width * (rows.stop - rows.start)))


@lru_cache(maxsize=8)
def _equal_area(wkt: str) -> tuple[Transformer, float]:
    """From a CRS to the cylindrical equal-area projection, and the metres of the CRS's unit."""
    crs = CRS.from_wkt(wkt)
    unit = crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0
    # The factor of degrees leads to radians.
    metres = unit * _WGS84.a if crs.is_geographic else unit
    return Transformer.from_crs(crs, "+proj=cea +ellps=WGS84", always_xy=True), metres
