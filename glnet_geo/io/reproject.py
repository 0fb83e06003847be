"""Polygons in another CRS than that of the map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from rasterio.crs import CRS

from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.placed import Placed

_LONGITUDE_LATITUDE = CRS.from_epsg(4326)


def reprojection(
    raster: Placed, wanted: str | None, output: Path
) -> tuple[CRS | None, Callable[[NDArray[np.object_]], NDArray[np.object_]]]:
    """The CRS of an output, and the way there from that of a map.

    Every corner is moved by itself, so what neighbours share stays shared.

    Args:
        raster: the map.
        wanted: a CRS in any notation that PROJ knows; None for that of the map.
        output: for messages.

    Raises:
        OptionError: the CRS is unknown, the map has none, or the format allows no other than its own.
    """
    # Where nothing says where the pixels lie in a CRS, it says nothing of them.
    own = None if raster.transform is None else raster.crs
    if wanted is None:
        return own, lambda polygons: polygons
    try:
        there = pyproj.CRS.from_user_input(wanted)
        target = CRS.from_wkt(there.to_wkt())
    except CRSError as error:
        raise OptionError(f"{wanted} is no CRS that is known: write it like EPSG:4326") from error
    if output.suffix.lower() == ".geojson" and target != _LONGITUDE_LATITUDE:
        raise OptionError(
            f"{output.name} cannot be in {wanted}, as GeoJSON knows only longitude and latitude: leave out --crs, or choose .gpkg"
        )
    if own is None:
        lacks = "CRS" if raster.crs is None else "place in its CRS"
        raise OptionError(
            f"{raster.name} has no {lacks}, so its polygons cannot be brought to {wanted}: give it one first (gdal_edit.py "
            "-a_srs, -a_ullr)"
        )
    transformer = pyproj.Transformer.from_crs(pyproj.CRS.from_wkt(own.to_wkt()), there, always_xy=True)

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

    return target, lambda polygons: shapely.transform(polygons, move)
