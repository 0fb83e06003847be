"""What polygons measure on the ground, part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.io.geodesy.ground import Ground, ground_of

Measure: TypeAlias = Callable[[NDArray[np.object_], Ground], NDArray[np.float64]]
"""What each of (n,) shapely Polygons measures on the ground: (n,)."""


def measured(polygons: NDArray[np.object_], crs: CRS, measure: Measure) -> NDArray[np.float64]:
    """What polygons in a CRS measure on the ground.

    Args:
        polygons: (n,) shapely Polygons or MultiPolygons.
        crs: in which their coordinates are.
        measure: of a polygon; that of a multipolygon is the sum of its parts'.

    Returns:
        (n,) NaN where the CRS has no place on the ground, or the polygon reaches beyond where it has one.
    """
    ground = ground_of(crs)
    if ground is None or not len(polygons):
        return np.full(len(polygons), np.nan)
    parts, whole = shapely.get_parts(polygons, return_index=True)
    return np.bincount(whole, measure(parts, ground), len(polygons)).astype(np.float64)
