"""True lengths of outlines on the ground: on the ellipsoid, whatever the CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.io.geodesy.ground import Ground
from glnet_geo.io.geodesy.parts import measured

_LATTICE_METRES, _STEP_METRES = 50_000.0, 10.0
"""From line to line of the lattice on which lengths are interpolated, and how far to go to measure there."""

_LONG = 0.1
"""Edges longer than this share of the way between two lines are measured one by one."""

_SLOWLY = 0.02
"""Up to this share, what a square of the lattice differs by from corner to corner is interpolated."""

_FARTHEST = 1e6
"""Lines of the lattice from its origin, beyond which there is no ground."""

_CORNERS = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])


def perimeters(polygons: NDArray[np.object_], crs: CRS) -> NDArray[np.float64]:
    """Metres on the ground of all outlines of polygons in a CRS, inner ones too.

    Args:
        polygons: (n,) shapely Polygons or MultiPolygons.
        crs: in which their coordinates are.

    Returns:
        (n,) NaN where the CRS has no place on the ground, or the polygon reaches beyond where it has one.
    """
    return measured(polygons, crs, _perimeters)


def _perimeters(polygons: NDArray[np.object_], ground: Ground) -> NDArray[np.float64]:
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    metres = _lengths(corners[edge], corners[edge + 1], ground)
    return np.bincount(polygon[ring[edge]], metres, len(polygons)).astype(np.float64)


def _lengths(start: NDArray[np.float64], end: NDArray[np.float64], ground: Ground) -> NDArray[np.float64]:
    """Metres from points to points, both (n, 2); each the same whatever it is measured with.

    Metres per unit of the CRS change slowly: they are measured where lines of a fixed lattice cross, and interpolated.
    Edges are measured one by one where they change faster, are not known at every crossing, or the edge is long.
    """
    if ground.transformer is None:
        return _along_degrees(start, end, ground)
    lattice = _LATTICE_METRES / ground.unit
    step, place = end - start, (start + end) / 2 / lattice
    metres = np.full(len(start), np.nan)
    is_short = (np.abs(step) < _LONG * lattice) & (np.abs(place) < _FARTHEST)
    # Mostly all of them are, and need not be picked.
    short = slice(None) if is_short.all() else np.flatnonzero(is_short.all(axis=1))
    metres[short] = _interpolated(step[short], place[short], lattice, ground)
    (left,) = np.nonzero(np.isnan(metres))
    if left.size:
        metres[left] = ground.geod.inv(*ground.degrees(start[left]), *ground.degrees(end[left]))[2]
    return metres


def _interpolated(
    step: NDArray[np.float64], place: NDArray[np.float64], lattice: float, ground: Ground
) -> NDArray[np.float64]:
    """Metres of steps (n, 2) from what is measured where lines of the lattice cross; NaN where that does not do.

    Args:
        step: along x and y, in the unit of the CRS.
        place: (n, 2) where, counted in lines of the lattice.
        lattice: from line to line.
        ground: that of the CRS.
    """
    if not len(step):
        return np.zeros(0)
    node = np.floor(place)
    cells, cell = _distinct(node)
    reach = np.full(2, _STEP_METRES / ground.unit)
    metric = np.stack([ground.metric((cells + corner) * lattice, reach) for corner in _CORNERS])
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.ptp(metric[..., ::2], axis=0) / metric[..., ::2].min(axis=0)
    metric[:, ~(spread < _SLOWLY).all(axis=1)] = np.nan
    right, up = (place - node).T[:, :, None]
    along = (metric[0, cell] * (1 - right) + metric[1, cell] * right) * (1 - up)
    along += (metric[2, cell] * (1 - right) + metric[3, cell] * right) * up
    (dx, dy), (xx, xy, yy) = step.T, along.T
    metres: NDArray[np.float64] = np.sqrt(xx * dx**2 + 2 * xy * dx * dy + yy * dy**2)
    return metres


def _distinct(node: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Each cell of the lattice once, (cells, 2), and the number of that of each of (n, 2): (n,), or (1,) for all."""
    low = node.min(axis=0)
    size = node.max(axis=0) - low + 1
    if (size == 1).all():
        return low[None], np.zeros(1, np.int64)
    key = (node[:, 0] - low[0]) * size[1] + node[:, 1] - low[1]
    keys, cell = np.unique(key, return_inverse=True)
    return np.column_stack(np.divmod(keys, size[1])) + low, cell


def _along_degrees(
    start: NDArray[np.float64], end: NDArray[np.float64], ground: Ground
) -> NDArray[np.float64]:
    """Metres of what is straight between longitudes and latitudes, (n, 2): (n,).

    Source: Snyder, Map Projections: A Working Manual (1987), equations 4-19 and 4-21; Simpson's rule between.
    """
    latitude = np.radians([ground.latitudes(start[:, 1]), ground.latitudes(end[:, 1])])
    east = np.radians((end[:, 0] - start[:, 0]) * ground.degree)
    north = latitude[1] - latitude[0]
    metres = np.zeros(len(start))
    for at, weight in ((0.0, 1 / 6), (0.5, 4 / 6), (1.0, 1 / 6)):
        between = latitude[0] + at * north
        bent = 1 - ground.eccentricity_squared * np.sin(between) ** 2
        meridian = ground.radius * (1 - ground.eccentricity_squared) / bent**1.5 * north
        parallel = ground.radius * np.cos(between) / np.sqrt(bent) * east
        metres += weight * np.hypot(meridian, parallel)
    return metres
