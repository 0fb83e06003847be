"""The area of interest: polygons that limit a map."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.features import geometry_mask

from glnet_geo.core.window import Window
from glnet_geo.errors import AoiError, DoubtfulInputWarning

_POLYGONS = ("Polygon", "MultiPolygon")


class Aoi:
    """Polygons on a scene's grid; a pixel is inside where its centre is.

    Args:
        polygons: (n,) in pixel coordinates, x = col, y = row.
        shape: (height, width) of the scene.
        name: for errors.

    Raises:
        AoiError: no polygon touches the scene.
    """

    def __init__(self, polygons: NDArray[np.object_], shape: tuple[int, int], name: str) -> None:
        scene = shapely.box(0, 0, shape[1], shape[0])
        self._polygons = polygons[shapely.intersects(polygons, scene)]
        if not len(self._polygons):
            left, top, right, bottom = shapely.total_bounds(polygons)
            raise AoiError(
                f"{name} misses the scene: in pixels it spans rows {top:.0f} to {bottom:.0f} and columns {left:.0f} to "
                f"{right:.0f}, the scene has {shape[0]} rows and {shape[1]} columns; check its place and its CRS"
            )
        self._tree = shapely.STRtree(self._polygons)
        left, top, right, bottom = shapely.total_bounds(self._polygons)
        row, col = max(0, int(np.floor(top))), max(0, int(np.floor(left)))
        self.bounds = Window(
            row=min(row, shape[0] - 1),
            col=min(col, shape[1] - 1),
            height=max(1, min(shape[0], int(np.ceil(bottom))) - row),
            width=max(1, min(shape[1], int(np.ceil(right))) - col),
        )
        """The scene's pixels around all polygons."""

    def mask(self, window: Window) -> NDArray[np.bool_]:
        """(rows, cols) True where a pixel of the scene is inside."""
        near = self._tree.query(shapely.box(window.col, window.row, window.col_stop, window.row_stop))
        if not len(near):
            return np.zeros(window.shape, dtype=np.bool_)
        corner = Affine.translation(window.col, window.row)
        inside: NDArray[np.bool_] = geometry_mask(self._polygons[near], window.shape, corner, invert=True)
        return inside


def read_aoi(path: Path, *, crs: CRS | None, transform: Affine | None, height: int, width: int) -> Aoi:
    """The polygons of a vector file (its first layer), brought to a scene's grid.

    Raises:
        AoiError: the file is missing, is no vector file, has no polygon, misses the scene, or cannot be placed on it.
    """
    if not path.exists():
        raise AoiError(f"{path} does not exist: check the path of the area of interest")
    try:
        layer = str(pyogrio.list_layers(path)[0, 0])
        table = geopandas.read_file(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, IndexError) as error:
        raise AoiError(
            f"{path} cannot be read as a vector file: give polygons as .gpkg, .geojson or .shp"
        ) from error
    polygons = _polygons(table)
    if not len(polygons):
        raise AoiError(f"{path} has no polygon in its layer {layer}: draw the area of interest as polygons")
    if crs is None and polygons.crs is not None:
        raise AoiError(f"{path} has a CRS and the scene has none: they cannot be laid over each other")
    if crs is not None and polygons.crs is None:
        warnings.warn(f"{path} has no CRS: it is taken for the scene's", DoubtfulInputWarning, stacklevel=2)
    elif crs is not None:
        try:
            polygons = polygons.to_crs(crs.to_wkt())
        except ProjError as error:
            raise AoiError(
                f"{path} cannot be brought to the scene's CRS ({error}): save it in that CRS"
            ) from error
    to_pixels = ~(transform or Affine.identity())
    a, b, c, d, e, f = tuple(to_pixels)[:6]
    valid = shapely.make_valid(polygons.to_numpy())
    moved = shapely.transform(
        valid, lambda xy: np.column_stack([a * xy[:, 0] + b * xy[:, 1] + c, d * xy[:, 0] + e * xy[:, 1] + f])
    )
    return Aoi(moved, (height, width), str(path))


def _polygons(table: Any) -> geopandas.GeoSeries:
    """The polygons of a table, which may have no geometry at all."""
    if not isinstance(table, geopandas.GeoDataFrame):
        return geopandas.GeoSeries([])
    return table.geometry[table.geom_type.isin(_POLYGONS) & ~table.is_empty]
