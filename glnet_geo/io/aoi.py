"""The area of interest: polygons that limit a map."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS as ProjCRS  # noqa: N811
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.features import geometry_mask

from glnet_geo.core.window import Window
from glnet_geo.errors import AoiError, DoubtfulInputWarning

_EARTH_RADIUS_M = 6_378_137.0

_LONGEST_EDGE_M = 500.0
"""An edge that is straight in one CRS is bent in another: at this length by less than a centimetre."""

_MOST_VERTICES = 256
"""Polygons with more are cut, so that a window is masked by what lies near it."""

_ROWS_AT_ONCE = 512


class Aoi:
    """Polygons on a scene's grid; a pixel is inside where its centre is.

    Args:
        polygons: (n,) valid Polygons in pixel coordinates, x = col, y = row.
        shape: (height, width) of the scene.
        notes: sentences for the log.

    Attributes:
        bounds: the scene's pixels around all polygons.
        notes: sentences for the log.

    Raises:
        AoiError: no polygon meets the scene.
    """

    def __init__(
        self, polygons: NDArray[np.object_], shape: tuple[int, int], notes: tuple[str, ...] = ()
    ) -> None:
        self.notes = notes
        scene = Window(row=0, col=0, height=shape[0], width=shape[1])
        near = polygons[shapely.intersects(polygons, shapely.box(0, 0, shape[1], shape[0]))]
        self._pieces = np.array([p for polygon in near for p in _pieces(polygon)], dtype=object)
        self._tree = shapely.STRtree(self._pieces)
        inside = None
        if len(self._pieces):
            left, top, right, bottom = shapely.total_bounds(self._pieces)
            around = Window(
        	...
            )
