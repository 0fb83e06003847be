"""Polygon outputs: GeoPackage, FlatGeobuf, GeoParquet, GeoJSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import Legend
from glnet_geo.core.strip import Strip
from glnet_geo.core.trace import Regions, Tracer
from glnet_geo.io.features import Features
from glnet_geo.io.ground import areas
from glnet_geo.io.layers import create_layer

_CORNERS_AT_A_TIME = 500_000
"""Polygons are written when they have this many corners: enough to make the cost per batch small."""


class PolygonLayer:
    """A sink that makes one polygon of every connected area of one class, with ``class_id``, ``class_name``, ``area_m2``.

    The polygons cover the classified pixels once, without seams. Memory holds those that are still open and the last
    complete ones.

    Args:
        path: where to make it; its suffix tells the format.
        width: columns of the scene.
        transform: of the scene; None where it has none: polygons then lie under the raster as QGIS draws it.
        crs: of the scene; None where it has none: areas are then unknown.
        legend: names.
        tags: provenance, where the format can hold it.

    Raises:
        OutputError: it cannot be written (in every method).
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        transform: Affine | None,
        crs: CRS | None,
        legend: Legend,
        tags: Mapping[str, str],
    ) -> None:
        self._transform, self._crs = transform, crs
        self._names = np.full(256, "", dtype=object)
        self._names[legend.ids] = [c.name for c in legend]
        self._layer = create_layer(path, crs, {name: value for name, value in tags.items() if value})
        self._tracer = Tracer(width)
        self._waiting: list[Regions] = []
        self._corners = 0

    def write(self, strip: Strip) -> None:
        """The next rows."""
        self._take(self._tracer.feed(strip.classes))

    def finish(self) -> None:
        """Complete the file."""
        self._take(self._tracer.finish())
        self._write_waiting()
        self._layer.finish()

    def close(self) -> None:
        """Let go of open files."""
        self._layer.close()

    def _take(self, regions: Regions) -> None:
        if len(regions):
            self._waiting.append(regions)
            self._corners += int(shapely.get_num_coordinates(regions.polygons).sum())
        if self._corners >= _CORNERS_AT_A_TIME:
            self._write_waiting()

    def _write_waiting(self) -> None:
        if self._waiting:
            self._layer.add(self._features(Regions.stacked(self._waiting)))
        self._waiting, self._corners = [], 0

    def _features(self, regions: Regions) -> Features:
        # Without a place, rows grow downward as on the screen.
        polygons = _placed(regions.polygons, self._transform or Affine.scale(1, -1))
        located = self._crs is not None and self._transform is not None
        return Features(
            polygons=polygons,
            class_id=regions.class_ids.astype(np.int16),
            class_name=self._names[regions.class_ids],
            area_m2=areas(polygons, self._crs) if located else np.full(len(polygons), np.nan),
        )


def _placed(polygons: NDArray[np.object_], transform: Affine) -> NDArray[np.object_]:
    """Polygons from pixel to map coordinates, their outer rings counterclockwise as formats ask."""
    a, b, c, d, e, f = tuple(transform)[:6]

    def place(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        col, row = corners.T
        return np.column_stack([a * col + b * row + c, d * col + e * row + f])

    placed: NDArray[np.object_] = shapely.orient_polygons(shapely.transform(polygons, place))
    return placed
