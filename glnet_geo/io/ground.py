"""From map coordinates to the ground: true distances and areas on the ellipsoid, whatever the CRS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio import crs as raster_crs

_TOLERANCE = 1e-6
"""Share of a polygon's area that may be lost where edges bend."""

_LATTICE_METRES, _STEP_METRES = 50_000.0, 10.0
"""From line to line of the lattice on which lengths are interpolated, and how far to go to measure there."""

_LONG = 0.1
"""Edges longer than this share of the way between two lines are measured one by one."""

_SLOWLY = 0.02
"""Up to this share, what a square of the lattice differs by from corner to corner is interpolated."""

_FARTHEST = 1e6
"""Lines of the lattice from its origin, beyond which there is no ground."""

_CORNERS = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])

_SIZES = 65
"""Places per axis at which pixels are measured."""


def ground_sample_distance(
    transform: Affine | None, crs: raster_crs.CRS | None, height: int, width: int
) -> tuple[float, float] | None:
    """Metres on the ground from one row to the next and from one column to the next, at the scene's centre.

    None where the scene has no place on the ground.
    """
    ground = None if transform is None or crs is None else _ground(crs.to_wkt())
    if transform is None or ground is None:
        return None
    row, col = height / 2, width / 2
    steps = [(col, row - 0.5), (col, row + 0.5), (col - 0.5, row), (col + 0.5, row)]
    lon, lat = ground.degrees(np.array([transform @ step for step in steps]))
    if not np.isfinite([lon, lat]).all():
        return None
    geod = Geod(a=ground.radius, es=ground.eccentricity_squared)
    _, _, metres = geod.inv(lon[::2], lat[::2], lon[1::2], lat[1::2])
    return float(metres[0]), float(metres[1])


def largest_pixel(
    transform: Affine | None, crs: raster_crs.CRS | None, height: int, width: int
) -> tuple[float, float] | None:
    """Metres along columns and along rows by which nowhere in a scene a step is measured too short.

    As if pixels were rectangles, a step over rows and columns is as long as the hypotenuse of both; on the ground it is
    nowhere longer. Where pixels are rectangles of one size, these are their sides.

    Args:
        transform: pixel (col, row) to map coordinates.
        crs: of these.
        height: rows of the scene.
        width: its columns.

    Returns:
        None where no part of the scene has a place on the ground.
    """
    ground = None if transform is None or crs is None else _ground(crs.to_wkt())
    if transform is None or ground is None:
        return None
    a, b, c, d, e, f = tuple(transform)[:6]
    col, row = (
        axis.ravel() for axis in np.meshgrid(np.linspace(0, width, _SIZES), np.linspace(0, height, _SIZES))
    )
    places = np.column_stack([a * col + b * row + c, d * col + e * row + f])
    xx, xy, yy = ground.metric(places, np.array([abs(a) + abs(b), abs(d) + abs(e)]) / 2).T
    along_row = xx * a * a + 2 * xy * a * d + yy * d * d
    along_column = xx * b * b + 2 * xy * b * e + yy * e * e
    skew = np.abs(xx * a * b + xy * (a * e + b * d) + yy * d * e)
    # Of skew pixels one diagonal is longer than the hypotenuse, by no more than this.
    longer = 1 + skew / np.maximum(np.sqrt(along_row * along_column), 1e-300)
    squares = np.stack([along_column, along_row]) * longer
    squares = squares[:, np.isfinite(squares).all(axis=0)]
    if not squares.size:
        return None
    tall, wide = np.sqrt(squares.max(axis=1))
    return float(tall), float(wide)


def has_ground(crs: raster_crs.CRS) -> bool:
    """Whether a CRS lies anywhere on the ground."""
    return _ground(crs.to_wkt()) is not None


def areas(polygons: NDArray[np.object_], crs: raster_crs.CRS) -> NDArray[np.float64]:
    """Square metres on the ground of polygons in a CRS.

    Edges are what is straight in the CRS. Polygons may cross the antimeridian or hold a pole.

    Args:
        polygons: (n,) shapely Polygons or MultiPolygons.
        crs: in which their coordinates are.

    Returns:
        (n,) NaN where the CRS has no place on the ground, or the polygon reaches beyond where it has one.
    """
    ground = _ground(crs.to_wkt())
    if ground is None or not len(polygons):
        return np.full(len(polygons), np.nan)
    parts, whole = shapely.get_parts(polygons, return_index=True)
    return np.bincount(whole, _areas(parts, ground), len(polygons)).astype(np.float64)


def perimeters(polygons: NDArray[np.object_], crs: raster_crs.CRS) -> NDArray[np.float64]:
    """Metres on the ground of all outlines of polygons in a CRS, inner ones too.

    Args:
        polygons: (n,) shapely Polygons or MultiPolygons.
        crs: in which their coordinates are.

    Returns:
        (n,) NaN where the CRS has no place on the ground, or the polygon reaches beyond where it has one.
    """
    ground = _ground(crs.to_wkt())
    if ground is None or not len(polygons):
        return np.full(len(polygons), np.nan)
    parts, whole = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    metres = _lengths(corners[edge], corners[edge + 1], ground)
    return np.bincount(whole[part[ring[edge]]], metres, len(polygons)).astype(np.float64)


def _areas(polygons: NDArray[np.object_], ground: _Ground) -> NDArray[np.float64]:
    _, corners, (ragged_rings, shells) = shapely.to_ragged_array(polygons, include_z=False)
    corners, rings = _cut(corners, ragged_rings.astype(np.int64), ground.pieces(corners))
    plane = ground.equal_area(corners, rings)
    # Counted from the first corner of their ring, corners keep all their digits, and the step to the next ring is none.
    x, y = (plane - np.repeat(plane[rings[:-1]], np.diff(rings), axis=0)).T
    crossed = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    enclosed = np.abs(np.add.reduceat(crossed, rings[:-1])) / 2
    # The first ring of a polygon is its outer one, the others are holes.
    signed = -enclosed
    signed[shells[:-1]] *= -1
    measured: NDArray[np.float64] = np.add.reduceat(signed, shells[:-1])
    return measured


def _lengths(start: NDArray[np.float64], end: NDArray[np.float64], ground: _Ground) -> NDArray[np.float64]:
    """Metres from points to points, both (n, 2); each the same whatever it is measured with.

    Metres per unit of the CRS change slowly: they are measured where lines of a fixed lattice cross, and interpolated.
    Edges are measured one by one where they change faster, are not known at every crossing, or the edge is long.
    """
    if ground.transformer is None:
        return ground.along_degrees(start, end)
    lattice = _LATTICE_METRES / ground.unit
    step, place = end - start, (start + end) / 2 / lattice
    metres = np.full(len(start), np.nan)
    is_short = (np.abs(step) < _LONG * lattice) & (np.abs(place) < _FARTHEST)
    # Mostly all of them are, and need not be picked.
    short = slice(None) if is_short.all() else np.flatnonzero(is_short.all(axis=1))
    metres[short] = _interpolated(step[short], place[short], lattice, ground)
    (left,) = np.nonzero(np.isnan(metres))
    if left.size:
        geod = Geod(a=ground.radius, es=ground.eccentricity_squared)
        metres[left] = geod.inv(*ground.degrees(start[left]), *ground.degrees(end[left]))[2]
    return metres


def _interpolated(
    step: NDArray[np.float64], place: NDArray[np.float64], lattice: float, ground: _Ground
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """Where a CRS lies on its own ellipsoid: no change of datum comes in between.

    Attributes:
        transformer: from the CRS to longitude and latitude; None where it is longitude and latitude.
        degree: degrees of the unit of longitude and latitude.
        unit: metres of the unit of the CRS, roughly where that is an angle.
        radius: semi-major axis in metres.
        eccentricity_squared: of the ellipsoid.
    """

    transformer: Transformer | None
    degree: float
    unit: float
    radius: float
    eccentricity_squared: float

    def degrees(self, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of (n, 2) map coordinates, each (n,); NaN where there is none."""
        x, y = xy[:, 0], xy[:, 1]
        if self.transformer is not None:
            x, y = self.transformer.transform(x, y)
            x[~np.isfinite(x)] = y[~np.isfinite(y)] = np.nan
        # Pixels at a pole may reach half a pixel beyond it.
        return x * self.degree, np.clip(y * self.degree, -90, 90)

    def metric(self, xy: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
        """The first fundamental form at (n, 2) map coordinates: square metres per unit xx, xy and yy, (n, 3).

        Args:
            xy: where.
            step: (2,) how far to go along x and along y to measure.
        """
        geod = Geod(a=self.radius, es=self.eccentricity_squared)
        ways = []
        for axis in (0, 1):
            ahead = np.where(np.arange(2) == axis, step, 0.0)
            azimuth, _, metres = geod.inv(*self.degrees(xy - ahead), *self.degrees(xy + ahead))
            ways.append((np.radians(azimuth), metres / (2 * step[axis])))
        (azimuth_x, x), (azimuth_y, y) = ways
        return np.column_stack([x**2, x * y * np.cos(azimuth_x - azimuth_y), y**2])

    def along_degrees(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres of what is straight between longitudes and latitudes, (n, 2): (n,).

        Source: Snyder, Map Projections: A Working Manual (1987), equations 4-19 and 4-21; Simpson's rule between.
        """
        latitude = np.radians(np.clip([start[:, 1] * self.degree, end[:, 1] * self.degree], -90, 90))
        east = np.radians((end[:, 0] - start[:, 0]) * self.degree)
        north = latitude[1] - latitude[0]
        metres = np.zeros(len(start))
        for at, weight in ((0.0, 1 / 6), (0.5, 4 / 6), (1.0, 1 / 6)):
            between = latitude[0] + at * north
            bent = 1 - self.eccentricity_squared * np.sin(between) ** 2
            meridian = self.radius * (1 - self.eccentricity_squared) / bent**1.5 * north
            parallel = self.radius * np.cos(between) / np.sqrt(bent) * east
            metres += weight * np.hypot(meridian, parallel)
        return metres

    def pieces(self, corners: NDArray[np.float64]) -> NDArray[np.int64]:
        """Into how many pieces to cut the edge from each of (n, 2) corners to the next: (n - 1,)."""
        step = np.abs(np.diff(corners, axis=0))
        metres = np.hypot(step[:, 0], step[:, 1]) * self.unit
        # What is straight in one projection bends in another, about as much as the earth: beside an edge of length L
        # lies L^3 / 12 radius, of a polygon of at least L times the shortest edge of all.
        shortest = metres.min(where=metres > 0, initial=np.inf)
        longest = np.sqrt(_TOLERANCE * 12 * self.radius * shortest)
        if self.transformer is None:
            # Meridians and parallels stay straight, whatever their length.
            metres[(step == 0).any(axis=1)] = 0
        # Edges of one length are cut alike, whatever their last digit: what opposite ones lose is then the same.
        pieces: NDArray[np.int64] = np.maximum(1, np.ceil(metres / longest - 1e-6)).astype(np.int64)
        return pieces

    def equal_area(self, corners: NDArray[np.float64], rings: NDArray[np.int64]) -> NDArray[np.float64]:
        """Corners of rings in metres of a projection that keeps areas, of each ring one that suits it: (n, 2).

        Longitude and latitude go to the cylindrical one, in which a scene may be as wide as the world; all else to
        the one around the nearer pole, in which nothing is cut at the antimeridian.

        Source: Snyder, Map Projections: A Working Manual (1987), equations 3-12, 10-15, 24-23.
        """
        lon, lat = (np.radians(angle) for angle in self.degrees(corners))
        if self.transformer is None:
            return np.column_stack([lon, self._authalic(lat) / 2]) * self.radius
        to_pole = np.where(np.repeat(lat[rings[:-1]], np.diff(rings)) < 0, -1.0, 1.0)
        beyond = self._authalic(np.array(np.pi / 2)) - self._authalic(lat * to_pole)
        distance = self.radius * np.sqrt(np.maximum(beyond, 0))
        return np.column_stack([distance * np.sin(lon), distance * np.cos(lon)])

    def _authalic(self, lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Twice the area from the equator to a latitude, per radian of longitude and square of the radius."""
        sine, squared = np.sin(lat), self.eccentricity_squared
        if squared == 0:
            return 2 * sine
        eccentricity = np.sqrt(squared)
        curved: NDArray[np.float64] = np.arctanh(eccentricity * sine) / eccentricity
        return (1 - squared) * (sine / (1 - squared * sine**2) + curved)


def _cut(
    corners: NDArray[np.float64], rings: NDArray[np.int64], pieces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The same rings with each edge cut into so many pieces of equal length."""
    # The step from a ring to the next one is no edge.
    pieces[rings[1:-1] - 1] = 1
    if (pieces == 1).all():
        return corners, rings
    first = np.concatenate([[0], np.cumsum(pieces)])
    edge = np.repeat(np.arange(pieces.size), pieces)
    part = (np.arange(edge.size) - first[edge]) / pieces[edge]
    between = corners[edge] + part[:, None] * (corners[edge + 1] - corners[edge])
    return np.concatenate([between, corners[-1:]]), np.append(first[rings[:-1]], first[-1] + 1)


@lru_cache(maxsize=8)
def _ground(wkt: str) -> _Ground | None:
    try:
        crs = CRS.from_wkt(wkt)
        geodetic = crs.geodetic_crs
        if geodetic is None or geodetic.ellipsoid is None or crs.is_geocentric:
            return None
        same = crs.is_geographic and not crs.is_derived and not crs.is_bound
        transformer = None if same else Transformer.from_crs(crs, geodetic, always_xy=True)
    except (CRSError, ProjError):
        return None
    radius = geodetic.ellipsoid.semi_major_metre
    squared = 1 - (geodetic.ellipsoid.semi_minor_metre / radius) ** 2
    factor = crs.axis_info[0].unit_conversion_factor
    return _Ground(
        transformer=transformer,
        degree=float(np.degrees(geodetic.axis_info[0].unit_conversion_factor)),
        # The factor of an angle leads to radians.
        unit=factor * radius if crs.is_geographic else factor,
        radius=radius,
        eccentricity_squared=squared,
    )
