"""Polygon outputs: GeoPackage, FlatGeobuf, GeoParquet, GeoJSON."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from rasterio.crs import CRS

from glnet_geo.core.legend import Legend
from glnet_geo.core.strip import Strip
from glnet_geo.core.trace import Regions, Tracer
from glnet_geo.errors import OutputError
from glnet_geo.io.ground import areas

LAYER = "landcover"
_DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".geojson": "GeoJSON"}
_FEATURES_AT_A_TIME = 50_000


class PolygonLayer:
    """A sink that makes one polygon of every connected area of one class, with ``class_id``, ``class_name``, ``area_m2``.

    The polygons cover the classified pixels once, without seams. A GeoPackage is written as polygons come; the other formats
    cannot be added to, and are written at the end.

    Args:
        path: where to make it; its suffix tells the format.
        width: columns of the scene.
        transform: of the scene; None where it has none: polygons then lie under the raster as QGIS draws it.
        crs: of the scene; None where it has none: areas are then unknown.
        legend: names.
        tags: provenance.

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
        if path.suffix == ".parquet" and find_spec("pyarrow") is None:
            raise OutputError(f"{path.name} needs pyarrow: install it with pip install 'glnet_geo[parquet]'")
        self._path = path
        self._place = transform or Affine.scale(1, -1)
        self._crs = crs
        self._names = np.full(256, "", dtype=object)
        self._names[legend.ids] = [c.name for c in legend]
        self._tags = {name: value for name, value in tags.items() if value}
        self._tracer = Tracer(width)
        self._waiting: list[Regions] = []
        self._written = 0

    def write(self, strip: Strip) -> None:
        """The next rows."""
        self._take(self._tracer.feed(strip.classes))

    def finish(self) -> None:
        """Complete the file."""
        self._take(self._tracer.finish())
        if self._path.suffix == ".parquet":
            self._write_parquet()
        else:
            self._write_waiting()

    def close(self) -> None:
        """Nothing is open between writes."""

    def _take(self, regions: Regions) -> None:
        if len(regions):
            self._waiting.append(regions)
        waiting = sum(len(regions) for regions in self._waiting)
        if self._path.suffix == ".gpkg" and waiting >= _FEATURES_AT_A_TIME:
            self._write_waiting()

    def _features(self) -> tuple[NDArray[np.object_], dict[str, NDArray[np.generic]]]:
        """All that waits: polygons in map coordinates, and their attributes."""
        regions = Regions.stacked(self._waiting)
        self._waiting = []
        polygons = _placed(regions.polygons, self._place)
        known = self._crs is not None
        return polygons, {
            "class_id": regions.class_ids.astype(np.int16),
            "class_name": self._names[regions.class_ids],
            "area_m2": areas(polygons, self._crs) if known else np.full(len(polygons), np.nan),
        }

    def _write_waiting(self) -> None:
        polygons, attributes = self._features()
        driver = _DRIVERS[self._path.suffix.lower()]
        unknown = np.isnan(attributes["area_m2"])
        options: dict[str, object] = {}
        if driver == "GPKG":
            # Newer versions make older readers complain.
            options = (
                {"dataset_options": {"VERSION": "1.3"}, "layer_metadata": self._tags}
                if not self._written
                else {}
            )
        elif driver == "GeoJSON" and self._crs is not None:
            options = {"layer_options": {"RFC7946": "YES"}}
        try:
            with warnings.catch_warnings():
                # That a scene has no CRS was said when it was opened.
                warnings.filterwarnings("ignore", message="'crs' was not provided")
                pyogrio.raw.write(
                    self._path,
                    shapely.to_wkb(polygons),
                    list(attributes.values()),
                    list(attributes),
                    field_mask=[None, None, unknown],
                    layer=LAYER,
                    driver=driver,
                    geometry_type="Polygon",
                    crs=None if self._crs is None else self._crs.to_wkt(),
                    append=self._written > 0,
                    **options,
                )
        except (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, OSError) as error:
            raise OutputError(_could_not(self._path, error)) from error
        self._written += len(polygons)

    def _write_parquet(self) -> None:
        polygons, attributes = self._features()
        table = geopandas.GeoDataFrame(attributes, geometry=polygons, crs=self._crs and self._crs.to_wkt())
        try:
            table.to_parquet(self._path, write_covering_bbox=True)
        except OSError as error:
            raise OutputError(_could_not(self._path, error)) from error


def _placed(polygons: NDArray[np.object_], transform: Affine) -> NDArray[np.object_]:
    """Polygons from pixel to map coordinates, their outer rings counterclockwise as formats ask."""
    a, b, c, d, e, f = tuple(transform)[:6]

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        col, row = xy[:, 0], xy[:, 1]
        return np.column_stack([a * col + b * row + c, d * col + e * row + f])

    placed: NDArray[np.object_] = shapely.orient_polygons(shapely.transform(polygons, place))
    return placed


def _could_not(path: Path, error: Exception) -> str:
    return f"{path.name} could not be written ({str(error).rstrip('.')}): free some space on its disk, or choose another folder"
