"""True areas of polygons on the ground: on the ellipsoid, whatever the CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.polygons.edges import cut_edges
from glnet_geo.io.geodesy.ground import Ground
from glnet_geo.io.geodesy.parts import measured

_TOLERANCE = 1e-6
"""Share of a polygon's area that may be lost where edges bend."""

_FARTHEST = 100
"""Radii of the earth. Longer edges lie in no CRS on the ground, and would be cut into more pieces than memory holds."""


def areas(polygons: NDArray[np.object_], crs: CRS) -> NDArray[np.float64]:
    """Square metres on the ground of polygons in a CRS.

    Edges are what is straight in the CRS. Polygons may cross the antimeridian or hold a pole.

    Args:
        polygons: (n,) shapely Polygons or MultiPolygons.
        crs: in which their coordinates are.

    Returns:
        (n,) NaN where the CRS has no place on the ground, or the polygon reaches beyond where it has one.
    """
    return measured(polygons, crs, _areas)


def _areas(polygons: NDArray[np.object_], ground: Ground) -> NDArray[np.float64]:
    _, corners, (ragged_rings, shells) = shapely.to_ragged_array(polygons, include_z=False)
    corners, rings = cut_edges(corners, ragged_rings.astype(np.int64), _pieces(corners, ground))
    plane = _equal_area(corners, rings, ground)
    # Counted from the first corner of their ring, corners keep all their digits, and the step to the next ring is none.
    x, y = (plane - np.repeat(plane[rings[:-1]], np.diff(rings), axis=0)).T
    crossed = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    enclosed = np.abs(np.add.reduceat(crossed, rings[:-1])) / 2
    # The first ring of a polygon is its outer one, the others are holes.
    signed = -enclosed
    signed[shells[:-1]] *= -1
    net: NDArray[np.float64] = np.add.reduceat(signed, shells[:-1])
    return net


def _pieces(corners: NDArray[np.float64], ground: Ground) -> NDArray[np.int64]:
    """Into how many pieces to cut the edge from each of (n, 2) corners to the next: (n - 1,)."""
    step = np.abs(np.diff(corners, axis=0))
    metres = np.hypot(step[:, 0], step[:, 1]) * ground.unit
    metres[metres > _FARTHEST * ground.radius] = 0
    # What is straight in one projection bends in another, about as much as the earth: beside an edge of length L
    # lies L^3 / 12 radius, of a polygon of at least L times the shortest edge of all.
    shortest = metres.min(where=metres > 0, initial=np.inf)
    longest = np.sqrt(_TOLERANCE * 12 * ground.radius * shortest)
    if ground.transformer is None:
        # Meridians and parallels stay straight, whatever their length.
        metres[(step == 0).any(axis=1)] = 0
    # Edges of one length are cut alike, whatever their last digit: what opposite ones lose is then the same.
    pieces: NDArray[np.int64] = np.maximum(1, np.ceil(metres / longest - 1e-6)).astype(np.int64)
    return pieces


def _equal_area(
    corners: NDArray[np.float64], rings: NDArray[np.int64], ground: Ground
) -> NDArray[np.float64]:
    """Corners of rings in metres of a projection that keeps areas, of each ring one that suits it: (n, 2).

    Longitude and latitude go to the cylindrical one, in which a scene may be as wide as the world; all else to
    the one around the nearer pole, in which nothing is cut at the antimeridian.

    Source: Snyder, Map Projections: A Working Manual (1987), equations 3-12, 10-15, 24-23.
    """
    lon, lat = (np.radians(angle) for angle in ground.degrees(corners))
    if ground.transformer is None:
        return np.column_stack([lon, _authalic(lat, ground) / 2]) * ground.radius
    to_pole = np.where(np.repeat(lat[rings[:-1]], np.diff(rings)) < 0, -1.0, 1.0)
    beyond = _authalic(np.array(np.pi / 2), ground) - _authalic(lat * to_pole, ground)
    distance = ground.radius * np.sqrt(np.maximum(beyond, 0))
    return np.column_stack([distance * np.sin(lon), distance * np.cos(lon)])


def _authalic(lat: NDArray[np.float64], ground: Ground) -> NDArray[np.float64]:
    """Twice the area from the equator to a latitude, per radian of longitude and square of the radius."""
    sine, squared = np.sin(lat), ground.eccentricity_squared
    if squared == 0:
        return 2 * sine
    eccentricity = np.sqrt(squared)
    curved: NDArray[np.float64] = np.arctanh(eccentricity * sine) / eccentricity
    return (1 - squared) * (sine / (1 - squared * sine**2) + curved)
