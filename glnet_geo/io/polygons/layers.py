"""Files of polygons that grow as polygons come, so that no more than the last ones are in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyogrio
import shapely
from rasterio.crs import CRS

from glnet_geo.core.legend import Legend
from glnet_geo.io.maps.style import qml, sld, write_style
from glnet_geo.io.polygons.features import Features, Layer
from glnet_geo.io.polygons.geopackage import CREATION_OPTIONS, add_style, rename_regions
from glnet_geo.io.polygons.geoparquet import check_pyarrow, write_geoparquet
from glnet_geo.io.polygons.vector_file import check_written, without_crs_warning, writing
from glnet_geo.replacing import hidden_name

LAYER = "landcover"
"""Name of the layer, in formats whose layers have names."""

_FEATURES_AT_A_TIME = 20_000
"""Features in a group of rows of GeoParquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKind:
    """What features of a layer are like.

    Attributes:
        crs: of their coordinates; None where there is none.
        legend: their classes.
        none: no feature, with all attributes.
        multi: whether they are multipolygons.
        tags: provenance, where the format can hold it.
    """

    crs: CRS | None
    legend: Legend
    none: Features
    multi: bool
    tags: Mapping[str, str]

    @property
    def geometry_type(self) -> str:
        """In the words of OGC."""
        return "MultiPolygon" if self.multi else "Polygon"


def create_layer(path: Path, kind: LayerKind) -> Layer:
    """A new layer in the format that the suffix of the path names.

    Raises:
        OutputError: it cannot be written, or not in this format.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        return _GeoPackage(path, kind)
    if suffix == ".parquet":
        check_pyarrow(path)
        return _Copied(path, kind, _to_geoparquet)
    if suffix == ".fgb":
        return _Copied(path, kind, partial(_through_gdal, driver="FlatGeobuf", options={}))
    # A tenth of a millimetre: pixels of drones keep their shape.
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "9"}
    if kind.tags:
        options["DESCRIPTION"] = "; ".join(f"{name}={value}" for name, value in kind.tags.items())
    return _Copied(path, kind, partial(_through_gdal, driver="GeoJSON", options=options))


class _GeoPackage:
    """A GeoPackage, opened anew for each batch: it can be added to.

    Args:
        path: where to make it.
        kind: of features.
        rough_of: the output that it will be copied to; it then needs neither index nor style.

    Attributes:
        count: features written so far.
    """

    def __init__(self, path: Path, kind: LayerKind, *, rough_of: Path | None = None) -> None:
        self._path, self._kind = path, kind
        self._output = rough_of or path
        self.count = 0
        with without_crs_warning():
            self._write(
                kind.none,
                crs=_wkt(kind.crs),
                layer_metadata={} if rough_of else dict(kind.tags),
                layer_options={"SPATIAL_INDEX": "YES" if rough_of is None else "NO"},
                dataset_options=CREATION_OPTIONS,
            )

    def add(self, features: Features) -> None:
        # The layer keeps its own CRS; one is named so that pyogrio does not warn that there is none.
        self._write(features, append=True, crs="EPSG:4326")

    def finish(self, aliases: Mapping[int, int]) -> None:
        rename_regions(self._path, LAYER, aliases)
        check_written(self._path, LAYER, self.count, output=self._output, what="polygons")
        if self._output == self._path:
            legend = self._kind.legend
            add_style(self._path, LAYER, "land cover", qml(legend), sld(legend, LAYER))

    def _write(self, features: Features, **options: object) -> None:
        attributes = features.attributes()
        with writing(self._output):
            pyogrio.raw.write(
                self._path,
                shapely.to_wkb(features.polygons),
                list(attributes.values()),
                list(attributes),
                layer=LAYER,
                driver="GPKG",
                geometry_type=self._kind.geometry_type,
                nan_as_null=True,
                **options,
            )
        self.count += len(features)


class _Copied:
    """A format that cannot be added to: it is copied in the end, as a stream, from a GeoPackage.

    Args:
        path: where to make it.
        kind: of features.
        copy: does it, given the GeoPackage, the path and the kind.
    """

    def __init__(self, path: Path, kind: LayerKind, copy: Callable[[Path, Path, LayerKind], None]) -> None:
        self._path, self._kind, self._copy = path, kind, copy
        # No output has such a name.
        self._rough_path = path.with_name(f"{hidden_name()}.gpkg")
        self._rough = _GeoPackage(self._rough_path, kind, rough_of=path)

    def add(self, features: Features) -> None:
        self._rough.add(features)

    def finish(self, aliases: Mapping[int, int]) -> None:
        self._rough.finish(aliases)
        with writing(self._path), without_crs_warning():
            self._copy(self._rough_path, self._path, self._kind)
        if self._path.suffix.lower() != ".parquet":
            check_written(self._path, LAYER, self._rough.count, output=self._path, what="polygons")
        self._rough_path.unlink()
        write_style(self._path, self._kind.legend)


def _through_gdal(
    rough: Path, path: Path, kind: LayerKind, *, driver: str, options: Mapping[str, str]
) -> None:
    with pyogrio.open_arrow(rough, use_pyarrow=False) as (found, stream):
        pyogrio.write_arrow(
            stream,
            path,
            layer=LAYER,
            driver=driver,
            geometry_name=found["geometry_name"],
            geometry_type=kind.geometry_type,
            crs=_wkt(kind.crs),
            layer_metadata=dict(kind.tags),
            layer_options=dict(options),
        )


def _to_geoparquet(rough: Path, path: Path, kind: LayerKind) -> None:
    with pyogrio.open_arrow(rough, use_pyarrow=True, batch_size=_FEATURES_AT_A_TIME) as (found, reader):
        write_geoparquet(
            reader,
            path,
            geometry=found["geometry_name"],
            geometry_type=kind.geometry_type,
            crs=kind.crs,
            tags=kind.tags,
        )


def _wkt(crs: CRS | None) -> str | None:
    return None if crs is None else crs.to_wkt()
