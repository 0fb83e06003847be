"""From map coordinates to the ground: where a CRS lies on its ellipsoid, and how large pixels are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio import crs as raster_crs

from glnet_geo.core.transform import transformed
from glnet_geo.io.geodesy.placed import Placed

_BEYOND_A_POLE = 10.0
"""Degrees by which pixels at a pole may reach beyond it; farther away there is no place."""

_SIZES = 65
"""Places per axis at which pixels are measured."""


def ground_sample_distance(raster: Placed) -> tuple[float, float] | None:
    """Metres on the ground from one row to the next and from one column to the next, at a raster's centre.

    None where the raster has no place on the ground.
    """
    transform, ground = raster.transform, _ground_under(raster)
    if transform is None or ground is None:
        return None
    row, col = raster.height / 2, raster.width / 2
    steps = [(col, row - 0.5), (col, row + 0.5), (col - 0.5, row), (col + 0.5, row)]
    lon, lat = ground.degrees(np.array([transform @ step for step in steps]))
    if not np.isfinite([lon, lat]).all():
        return None
    _, _, metres = ground.geod.inv(lon[::2], lat[::2], lon[1::2], lat[1::2])
    return (float(metres[0]), float(metres[1])) if metres.all() else None


def largest_pixel(raster: Placed) -> tuple[float, float] | None:
    """Metres along columns and along rows by which nowhere in a raster a step is measured too short.

    As if pixels were rectangles, a step over rows and columns is as long as the hypotenuse of both; on the ground it is
    nowhere longer. Where pixels are rectangles of one size, these are their sides.

    Returns:
        None where no part of the raster has a place on the ground.
    """
    transform, ground = raster.transform, _ground_under(raster)
    if transform is None or ground is None:
        return None
    a, b, _, d, e, _ = tuple(transform)[:6]
    cols, rows = (np.linspace(0, side, _SIZES) for side in (raster.width, raster.height))
    pixels = np.stack(np.meshgrid(cols, rows), axis=-1)
    places = transformed(pixels.reshape(-1, 2), transform)
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


def without_place(raster: Placed) -> str:
    """Why a raster has no areas, and what to do: the end of a sentence."""
    if _ground_under(raster) is None:
        return f"{raster.name} has no place on the ground: give it a CRS first (gdal_edit.py -a_srs)"
    return (
        f"{raster.name} lies beyond where its CRS has a place on the ground: check its transform, or give it the right CRS "
        "(gdal_edit.py -a_srs)"
    )


def has_ground(crs: raster_crs.CRS) -> bool:
    """Whether a CRS lies anywhere on the ground."""
    return ground_of(crs) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
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

    @property
    def geod(self) -> Geod:
        """What measures on the ellipsoid."""
        return Geod(a=self.radius, es=self.eccentricity_squared)

    def degrees(self, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of (n, 2) map coordinates, each (n,); NaN where there is none."""
        x, y = xy[:, 0], xy[:, 1]
        if self.transformer is not None:
            x, y = self.transformer.transform(x, y)
            x[~np.isfinite(x)] = y[~np.isfinite(y)] = np.nan
        return x * self.degree, self.latitudes(y)

    def latitudes(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Those of the CRS's own unit in degrees: 90 where pixels at a pole reach a little beyond it, NaN farther away."""
        degrees = y * self.degree
        return np.where(np.abs(degrees) <= 90 + _BEYOND_A_POLE, np.clip(degrees, -90, 90), np.nan)

    def metric(self, xy: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
        """The first fundamental form at (n, 2) map coordinates: square metres per unit xx, xy and yy, (n, 3).

        Args:
            xy: where.
            step: (2,) how far to go along x and along y to measure.
        """
        ways = []
        for axis in (0, 1):
            ahead = np.where(np.arange(2) == axis, step, 0.0)
            azimuth, _, metres = self.geod.inv(*self.degrees(xy - ahead), *self.degrees(xy + ahead))
            ways.append((np.radians(azimuth), metres / (2 * step[axis])))
        (azimuth_x, x), (azimuth_y, y) = ways
        return np.column_stack([x**2, x * y * np.cos(azimuth_x - azimuth_y), y**2])


def ground_of(crs: raster_crs.CRS) -> Ground | None:
    """Where a CRS lies on the ground; None where it does not."""
    return _ground(crs.to_wkt())


def _ground_under(raster: Placed) -> Ground | None:
    """Where the CRS of a raster lies; None where the raster has no place in one."""
    return None if raster.transform is None or raster.crs is None else ground_of(raster.crs)


@lru_cache(maxsize=8)
def _ground(wkt: str) -> Ground | None:
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
    return Ground(
        transformer=transformer,
        degree=float(np.degrees(geodetic.axis_info[0].unit_conversion_factor)),
        # The factor of an angle leads to radians.
        unit=factor * radius if crs.is_geographic else factor,
        radius=radius,
        eccentricity_squared=squared,
    )
