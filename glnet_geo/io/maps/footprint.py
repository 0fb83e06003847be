"""Where maps lie as GeoJSON tells it: in longitude and latitude, in parts that end at the antimeridian."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from rasterio.crs import CRS
from shapely import affinity

from glnet_geo.core.transform import transformed

_POINTS = 8
"""Points along each side of a map: a straight side is bent in degrees."""

_LEAST_POINTS = 3
_TURN, _POLE = 360.0, 90.0
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Footprint:
    """The ground of a map.

    Attributes:
        shape: one polygon, or several that end at the antimeridian.
        bounds: west, south, east, north; the west is larger than the east where the map crosses the antimeridian.
    """

    shape: shapely.Polygon | shapely.MultiPolygon
    bounds: tuple[float, float, float, float]


def footprint(transform: Affine, crs: CRS, height: int, width: int) -> Footprint | None:
    """The footprint of a map; None where it has no place on Earth. One that holds a pole is told by the cap around it."""
    there = np.arange(_POINTS) / _POINTS
    back, start, end = 1 - there, np.zeros(_POINTS), np.ones(_POINTS)
    cols = np.concatenate([there, end, back, start]) * width
    rows = np.concatenate([start, there, end, back]) * height
    outline = _degrees(crs.to_wkt(), transformed(np.column_stack([cols, rows]), transform))
    outline = outline[np.isfinite(outline).all(axis=1)]
    if len(outline) < _LEAST_POINTS:
        return None
    lon, lat = np.unwrap([*outline[:, 0], outline[0, 0]], period=_TURN), outline[:, 1].clip(-_POLE, _POLE)
    if abs(lon[-1] - lon[0]) > _TURN / 2:
        south, north = (lat.min(), _POLE) if lat.mean() > 0 else (-_POLE, lat.max())
        return _parts(shapely.box(-_TURN / 2, south, _TURN / 2, north))
    middle = (lon.min() + lon.max()) / 2
    return _parts(shapely.Polygon(np.column_stack([lon[:-1] - _TURN * np.round(middle / _TURN), lat])))


def together(bounds: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """The narrowest bounds that hold those of several footprints."""
    west, south, east, north = np.array(bounds).T
    east = np.where(east < west, east + _TURN, east)
    turned = np.where(west < 0, _TURN, 0)
    choices = [((west + by).min(), (east + by).max()) for by in (np.zeros_like(west), turned)]
    first, last = min(choices, key=lambda choice: choice[1] - choice[0])
    return _named(float(first), float(south.min()), float(last), float(north.max()))


def _parts(whole: shapely.Polygon) -> Footprint:
    """A polygon whose longitudes may go on beyond 180 degrees."""
    bounds = whole.bounds
    world = shapely.box(-_TURN / 2, -_POLE, _TURN / 2, _POLE)
    shape: shapely.Polygon | shapely.MultiPolygon = whole
    if max(-bounds[0], bounds[2]) > _TURN / 2 + _ROUNDING:
        turned = (affinity.translate(whole, by) for by in (-_TURN, 0, _TURN))
        # What only touches the antimeridian is a line there.
        shape = shapely.union_all([part for one in turned if (part := one.intersection(world)).area])
    return Footprint(shapely.orient_polygons(shape), _named(*bounds))


def _named(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """Bounds with longitudes from -180 to 180, of what may go on beyond them."""
    half = _TURN / 2
    if east - west >= _TURN - _ROUNDING:
        return -half, south, half, north
    west, east = (
        end + _TURN * (end < -half - _ROUNDING) - _TURN * (end > half + _ROUNDING) for end in (west, east)
    )
    return max(west, -half), south, min(east, half), north


@lru_cache(maxsize=8)
def _transformer(wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(wkt, "EPSG:4326", always_xy=True)


def _degrees(wkt: str, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) longitude and latitude of map coordinates; infinite where there is none."""
    try:
        return np.column_stack(_transformer(wkt).transform(*places.T))
    except (CRSError, ProjError):
        return np.full(places.shape, np.inf)
