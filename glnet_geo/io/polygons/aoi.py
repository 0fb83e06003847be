"""The area of interest: polygons that limit a map."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from glnet_geo.core.listing import counted
from glnet_geo.core.window import Window
from glnet_geo.errors import AoiError, AoiMissesError, doubt
from glnet_geo.io.geodesy.placed import Placed, check_crs_on_both
from glnet_geo.io.polygons.placing import Bounds, Placing, polygons_in, screen_rows, valid_polygons_in
from glnet_geo.io.polygons.vector_file import defined, layers_in, reading

_MOST_VERTICES = 256
"""Polygons with more are cut, so that a window is masked by what lies near it and not by a whole coast."""

_FRACTIONS = 1024
"""Parts of a pixel to which vertices are rounded: shifts by whole pixels are exact then, so windows agree."""

_ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Aoi:
    """Polygons on a scene's grid; a pixel is inside where its centre is.

    Attributes:
        bounds: the scene's pixels around all polygons.
        notes: sentences for the log.
    """

    bounds: Window
    notes: tuple[str, ...] = ()
    _pieces: NDArray[np.object_] = field(repr=False)
    _tree: shapely.STRtree = field(repr=False)

    @classmethod
    def of(cls, polygons: NDArray[np.object_], scene: Window, notes: tuple[str, ...] = ()) -> Aoi | None:
        """The area that polygons cover, or None where they hold no pixel of the scene.

        Args:
            polygons: (n,) in pixel coordinates, x = col, y = row.
            scene: all its pixels.
            notes: sentences for the log.
        """
        frame = shapely.box(scene.col, scene.row, scene.col_stop, scene.row_stop)
        near = valid_polygons_in(polygons[shapely.intersects(polygons, frame)])
        pieces = np.array([piece for polygon in near for piece in _cut(polygon)], dtype=np.object_)
        pieces = shapely.transform(pieces, lambda xy: np.round(xy * _FRACTIONS) / _FRACTIONS)
        if not len(pieces):
            return None
        left, top, right, bottom = shapely.total_bounds(pieces)
        row, col = int(np.floor(top)), int(np.floor(left))
        height, width = int(np.ceil(bottom)) - row, int(np.ceil(right)) - col
        around = Window(row=row, col=col, height=max(height, 1), width=max(width, 1))
        bounds = around.intersection(scene)
        if bounds is None:
            return None
        aoi = cls(bounds=bounds, notes=notes, _pieces=pieces, _tree=shapely.STRtree(pieces))
        return aoi if aoi._holds_a_pixel() else None

    def mask(self, window: Window) -> NDArray[np.bool_]:
        """(rows, cols) True where a pixel of a window of the scene is inside."""
        near = self._tree.query(shapely.box(window.col, window.row, window.col_stop, window.row_stop))
        if not len(near):
            return np.zeros(window.shape, dtype=np.bool_)
        corner = Affine.translation(window.col, window.row)
        inside: NDArray[np.bool_] = geometry_mask(self._pieces[near], window.shape, corner, invert=True)
        return inside

    def _holds_a_pixel(self) -> bool:
        b = self.bounds
        return any(
            self.mask(
                Window(row=row, col=b.col, height=min(_ROWS_AT_ONCE, b.row_stop - row), width=b.width)
            ).any()
            for row in range(b.row, b.row_stop, _ROWS_AT_ONCE)
        )


def read_aoi(path: Path, raster: Placed) -> Aoi:
    """The polygons of a vector file (its first layer), brought to a scene's grid.

    Args:
        path: any vector file that GDAL reads.
        raster: the scene.

    Raises:
        AoiError: the file is missing, is no vector file, has no polygon, misses the scene, or cannot be placed on it.
    """
    polygons, own, notes = _read(path)
    crs = raster.crs
    if crs is not None and own is None:
        doubt(f"{path} has no CRS: it is taken for the scene's ({crs.to_string()})")
    else:
        check_crs_on_both(path.name, own, raster, error=AoiError)
    scene = Window.whole((raster.height, raster.width))
    place = Placing.of(str(path), own, crs, raster.transform or screen_rows(polygons), error=AoiError)
    extent = place.extent(scene)
    if not shapely.intersects(polygons, shapely.box(*extent)).any():
        where = "" if own is None else f" ({own.name})"
        raise AoiMissesError(
            f"{path} misses the scene: it spans {_spans(tuple(shapely.total_bounds(polygons)))}, the scene "
            f"{_spans(extent)}{where}; check its place and its CRS"
        )
    aoi = Aoi.of(place.on_grid(polygons, extent), scene, notes)
    if aoi is None:
        raise AoiMissesError(
            f"{path} holds the centre of no pixel of the scene: draw a larger area of interest"
        )
    return aoi


def area_mark(path: Path) -> str:
    """A mark of the area of interest that a vector file holds: the same for the same features, in any order, in one CRS.

    A file that was written anew, or elsewhere, is told from a changed one by it. What is no area has a mark too.

    Raises:
        AoiError: the file is missing, or is no vector file.
    """
    with _reading(path):
        layers = layers_in(path)
        meta, _, found, _ = pyogrio.raw.read(
            path, layer=layers[0] if layers else None, columns=[], force_2d=True
        )
    content = hashlib.sha256(str(meta["crs"]).encode())
    for feature in sorted(bytes(each) for each in (() if found is None else found) if each is not None):
        content.update(len(feature).to_bytes(8, "little") + feature)
    return content.hexdigest()


def _reading(path: Path) -> AbstractContextManager[None]:
    give = "polygons as .gpkg, .geojson or .shp"
    return reading(path, what="the area of interest", give=give, error=AoiError)


def _read(path: Path) -> tuple[NDArray[np.object_], pyproj.CRS | None, tuple[str, ...]]:
    """The polygons of the first layer, its CRS, and what is to be said about it."""
    with _reading(path):
        layers = layers_in(path)
        table = pyogrio.read_dataframe(path, layer=layers[0], columns=[], force_2d=True) if layers else None
    notes: tuple[str, ...] = ()
    if len(layers) > 1:
        notes = (f"{path.name} has {len(layers)} layers: the area of interest is the first, {layers[0]}",)
    if not isinstance(table, geopandas.GeoDataFrame):
        raise AoiError(f"{path} has no geometry: draw the area of interest as polygons")
    polygons = valid_polygons_in(table.geometry.to_numpy())
    if not len(polygons):
        holds = ", ".join(sorted({str(kind).lower() for kind in table.geom_type.dropna()})) or "nothing"
        raise AoiError(
            f"{path} has no polygon in its layer {layers[0]} (it holds {holds}): draw the area of interest as polygons"
        )
    _doubt_lines(path, table.geometry)
    return polygons, defined(table.crs), notes


def _doubt_lines(path: Path, shapes: geopandas.GeoSeries) -> None:
    """Warn of lines and points, which may be outlines that were meant to hold something."""
    flat = shapes[np.isin(shapely.get_dimensions(shapes.to_numpy()), (0, 1))]
    if len(flat):
        held = ", ".join(sorted({str(kind).lower() for kind in flat.geom_type}))
        doubt(
            f"{len(flat)} of {counted(len(shapes), 'feature')} of {path.name} have no area ({held}) and are left out: make polygons "
            "of those that are meant to be mapped"
        )


def _cut(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    """A polygon in pixel coordinates in pieces with few vertices, cut between pixels."""
    done, open_ = [], [polygon]
    while open_:
        piece = open_.pop()
        left, top, right, bottom = piece.bounds
        tall = bottom - top > right - left
        low, high = (top, bottom) if tall else (left, right)
        middle = round((low + high) / 2)
        if shapely.get_num_coordinates(piece) <= _MOST_VERTICES or not low < middle < high:
            done.append(piece)
            continue
        if tall:
            halves = shapely.box(left, top, right, middle), shapely.box(left, middle, right, bottom)
        else:
            halves = shapely.box(left, top, middle, bottom), shapely.box(middle, top, right, bottom)
        open_ += list(polygons_in(shapely.intersection(piece, np.array(halves))))
    return done


def _spans(bounds: Bounds) -> str:
    left, low, right, high = bounds
    return f"x {left:.7g} to {right:.7g} and y {low:.7g} to {high:.7g}"
