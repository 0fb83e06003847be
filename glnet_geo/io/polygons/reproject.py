"""Polygons in another CRS than that of the map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from rasterio.crs import CRS

from glnet_geo.core.polygons.edges import cut_edges
from glnet_geo.core.transform import transformed
from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.geodesy.ground import ground_sample_distance
from glnet_geo.io.geodesy.placed import Placed, to_map

_LONGITUDE_LATITUDE = CRS.from_epsg(4326)

_LOOKS = 65
"""Places along each axis of a map at which its longitudes are looked at before the job."""

_BEND = 0.05
"""Pixels by which the middle of a piece of a straight border may come to lie beside it in another CRS."""

_RADIUS = 6e5
"""Metres, a tenth of the earth's: no straight line bends more than a circle of it, but within 6 degrees of a pole."""

_Move: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_Way: TypeAlias = Callable[[NDArray[np.object_]], NDArray[np.object_]]


def reprojection(raster: Placed, wanted: str | None, output: Path) -> tuple[CRS | None, _Way]:
    """The CRS of an output, and the way there from that of a map.

    Every corner is moved by itself, so what neighbours share stays shared. Long edges get corners between first: what is
    straight here bends there, and would cross what lies near it. Longitudes go on beyond 180 degrees where the map does, so
    that no polygon is torn.

    Args:
        raster: the map.
        wanted: a CRS in any notation that PROJ knows; None for that of the map.
        output: for messages.

    Raises:
        OptionError: the CRS is unknown or cannot hold polygons, no way leads there, or the format allows no other than its own.
        OutputError: the format wants longitude and latitude, and the map has no CRS, or no way leads there.
    """
    # Where nothing says where the pixels lie in a CRS, it says nothing of them.
    own = None if raster.transform is None else raster.crs
    is_geojson = output.suffix.lower() == ".geojson"
    if wanted is None:
        if is_geojson:
            _check_geojson(own, raster.name, output)
        return own, _cut_for_geojson(raster, own) if is_geojson else _as_they_are
    there = crs_asked_for(wanted, output)
    if own is None:
        lacks = "CRS" if raster.crs is None else "place in its CRS"
        raise OptionError(
            f"{raster.name} has no {lacks}, so its polygons cannot be brought to {wanted}: give it one first (gdal_edit.py "
            "-a_srs, -a_ullr)"
        )
    transformer = _transformer(own, raster.name, there, wanted)
    if is_geojson:
        # The format is always in longitude and latitude, and its writer cuts at the antimeridian, as RFC 7946 asks.
        return own, _cut_for_geojson(raster, own)
    target = CRS.from_wkt(there.to_wkt())
    move = _mover(transformer, raster, wanted, output)
    cut = _cutter(raster)
    if there.is_geographic:
        unwrapped = _Unwrapped(move, transformer, raster, there, wanted)
        return target, lambda polygons: unwrapped.polygons(cut(polygons))
    return target, lambda polygons: shapely.transform(cut(polygons), move)


def crs_asked_for(wanted: str, output: Path) -> pyproj.CRS:
    """The CRS of an output, wherever the map lies.

    Args:
        wanted: in any notation that PROJ knows.
        output: for its suffix, and for messages.

    Raises:
        OptionError: it is unknown or cannot hold polygons, or the format allows no other than its own.
    """
    there = _target(wanted)
    if output.suffix.lower() == ".geojson" and CRS.from_wkt(there.to_wkt()) != _LONGITUDE_LATITUDE:
        raise OptionError(
            f"{output.name} cannot be in {wanted}, as GeoJSON knows only longitude and latitude: leave out --crs, or choose .gpkg"
        )
    return there


def _as_they_are(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    return polygons


def _cut_for_geojson(raster: Placed, own: CRS | None) -> _Way:
    """What is to be done to polygons that the writer of GeoJSON brings to longitude and latitude."""
    return _as_they_are if own in {None, _LONGITUDE_LATITUDE} else _cutter(raster)


def _cutter(raster: Placed) -> _Way:
    """A way to cut edges that are so long that they would bend visibly in another CRS."""
    size = ground_sample_distance(raster)
    if raster.transform is None or size is None:
        return _as_they_are
    a, b, _, d, e, _ = tuple(raster.transform)[:6]
    metres_per_unit = max(size[0] / np.hypot(b, e), size[1] / np.hypot(a, d))
    # The middle of an arc of length L lies L^2 / 8 radius beside its chord.
    longest = np.sqrt(8 * _RADIUS * _BEND * min(size)) / metres_per_unit

    def cut(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
        if not len(polygons):
            return polygons
        kind, corners, (rings, *parts) = shapely.to_ragged_array(polygons, include_z=False)
        step = np.diff(corners, axis=0)
        pieces = np.maximum(1, np.ceil(np.hypot(step[:, 0], step[:, 1]) / longest)).astype(np.int64)
        corners, rings = cut_edges(corners, rings.astype(np.int64), pieces)
        made: NDArray[np.object_] = shapely.from_ragged_array(kind, corners, (rings, *parts))
        return made

    return cut


def _target(wanted: str) -> pyproj.CRS:
    try:
        there = pyproj.CRS.from_user_input(wanted)
    except CRSError as error:
        raise OptionError(f"{wanted} is no CRS that is known: write it like EPSG:4326") from error
    ground = there.sub_crs_list[0] if there.is_compound else there
    if not (ground.is_geographic or ground.is_projected) or len(ground.axis_info) != 2:
        raise OptionError(
            f"{wanted} ({there.name}) cannot hold polygons, as it does not have two axes on the ground: choose one of "
            "longitude and latitude, such as EPSG:4326, or a projected one"
        )
    return there


def _transformer(crs: CRS, name: str, there: pyproj.CRS, wanted: str) -> pyproj.Transformer:
    try:
        return _way(crs, there)
    except (CRSError, ProjError) as error:
        raise OptionError(
            f"no way leads from the CRS of {name} to {wanted}: leave out --crs, or choose a CRS of the same datum"
        ) from error


def _check_geojson(crs: CRS | None, name: str, output: Path) -> None:
    if crs is None:
        raise OutputError(
            f"{output.name} cannot be written, as GeoJSON knows only longitude and latitude and the map has no CRS: "
            "choose .gpkg"
        )
    try:
        _way(crs, pyproj.CRS.from_epsg(4326))
    except (CRSError, ProjError) as error:
        raise OutputError(
            f"{output.name} cannot be written, as GeoJSON knows only longitude and latitude and no way leads there from the "
            f"CRS of {name}: choose .gpkg"
        ) from error


def _way(crs: CRS, there: pyproj.CRS) -> pyproj.Transformer:
    here = pyproj.CRS.from_wkt(crs.to_wkt())
    # Longitudes then go on beyond 180 degrees in all projections that do. Others would be thrown off by it.
    return pyproj.Transformer.from_crs(here, there, always_xy=True, force_over=there.is_geographic)


def _mover(transformer: pyproj.Transformer, raster: Placed, wanted: str, output: Path) -> _Move:
    def move(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        try:
            moved = np.column_stack(transformer.transform(corners[:, 0], corners[:, 1], errcheck=True))
        except ProjError as error:
            raise OutputError(
                f"{output.name} cannot be in {wanted}: parts of {raster.name} have no place there ({error}); choose a CRS "
                "made for its area"
            ) from error
        if not np.isfinite(moved).all():
            raise OutputError(
                f"{output.name} cannot be in {wanted}: parts of {raster.name} have no place there; choose a CRS made for its area"
            )
        return moved

    return move


class _Unwrapped:
    """Polygons in longitude and latitude whose longitudes nowhere jump by a whole turn.

    Args:
        move: from map coordinates.
        transformer: the same, for places that may lie beyond it.
        raster: the map; the middle of its longitudes gets one from -180 to 180 degrees.
        there: the CRS of longitude and latitude.
        wanted: how the user calls it.

    Raises:
        OptionError: a pole lies in the map, around which longitudes cannot go on.
    """

    def __init__(
        self, move: _Move, transformer: pyproj.Transformer, raster: Placed, there: pyproj.CRS, wanted: str
    ) -> None:
        self._move, self._name, self._wanted = move, raster.name, wanted
        self._turn = 2 * np.pi / there.axis_info[0].unit_conversion_factor
        longitudes = self._looked_at(transformer, raster)
        self._jumps = any((np.abs(np.diff(longitudes, axis=axis)) > self._turn / 2).any() for axis in (0, 1))
        outline = np.concatenate(
            [longitudes[0], longitudes[1:, -1], longitudes[-1, -2::-1], longitudes[-2::-1, 0]]
        )
        outline = np.unwrap(outline[np.isfinite(outline)], period=self._turn) if self._jumps else longitudes
        if self._jumps and outline.size and abs(outline[-1] - outline[0]) > self._turn / 2:
            raise self._torn()
        known = outline[np.isfinite(outline)]
        self._middle = float(known.min() + known.max()) / 2 if known.size else 0.0
        # What is added to all, where nothing jumps.
        self._shift = -self._turn * np.round(self._middle / self._turn)
        self._middle += self._shift

    def polygons(self, polygons: NDArray[np.object_]) -> NDArray[np.object_]:
        """The same polygons there."""
        moved: NDArray[np.object_] = shapely.transform(polygons, self._place)
        if self._jumps:
            corners, ring = shapely.get_coordinates(shapely.get_rings(moved), return_index=True)
            steps = np.abs(np.diff(corners[:, 0]))[ring[1:] == ring[:-1]]
            if (steps > self._turn / 2).any():
                raise self._torn()
        return moved

    def _place(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = self._move(corners)
        if self._jumps:
            moved[:, 0] -= self._turn * np.round((moved[:, 0] - self._middle) / self._turn)
        else:
            moved[:, 0] += self._shift
        return moved

    def _looked_at(self, transformer: pyproj.Transformer, raster: Placed) -> NDArray[np.float64]:
        """Longitudes at places all over a map, (rows, cols); NaN where there is none."""
        row, col = np.meshgrid(
            np.linspace(0, raster.height, _LOOKS), np.linspace(0, raster.width, _LOOKS), indexing="ij"
        )
        places = transformed(np.stack([col, row], axis=-1), to_map(raster))
        longitude, _ = transformer.transform(places[..., 0], places[..., 1])
        return np.where(np.isfinite(longitude), longitude, np.nan)

    def _torn(self) -> OptionError:
        return OptionError(
            f"{self._name} holds a pole, around which polygons cannot be drawn in {self._wanted}: leave out --crs, or choose "
            "a polar CRS such as EPSG:3995 or EPSG:3031"
        )
