"""Files of polygons that grow as polygons come, so that no more than the last ones are in memory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from rasterio.crs import CRS

from glnet_geo.errors import OutputError
from glnet_geo.io.features import Features, Layer
from glnet_geo.io.geoparquet import GeoParquet
from glnet_geo.io.staging import unwritten

LAYER = "landcover"
"""Name of the layer, in formats whose layers have names."""


def create_layer(path: Path, crs: CRS | None, tags: Mapping[str, str]) -> Layer:
    """A new layer in the format that the suffix of the path names.

    Args:
        path: where to make it.
        crs: of the polygons; None where there is none.
        tags: provenance.

    Raises:
        OutputError: it cannot be written, or not in this format.
    """
    suffix = path.suffix.lower()
    if suffix == ".gpkg":
        return _GeoPackage(path, crs, tags)
    if suffix == ".parquet":
        return GeoParquet(path, crs, tags)
    if suffix == ".fgb":
        return _Copied(path, crs, tags, driver="FlatGeobuf", options={})
    return _geojson(path, crs, tags)


def _geojson(path: Path, crs: CRS | None, tags: Mapping[str, str]) -> Layer:
    if crs is None:
        raise OutputError(
            f"{path.name} cannot be written, as GeoJSON knows only longitude and latitude and the scene has no CRS: "
            "choose .gpkg"
        )
    # A tenth of a millimetre: pixels of drones keep their shape.
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "9"}
    if tags:
        options["DESCRIPTION"] = "; ".join(f"{name}={value}" for name, value in tags.items())
    return _Copied(path, crs, tags, driver="GeoJSON", options=options)


class _GeoPackage:
    """A GeoPackage, opened anew for each batch: it can be added to.

    Args:
        path: where to make it.
        crs: of the polygons.
        tags: provenance.
        rough_of: the output that it will be copied to; it then needs no index.
    """

    def __init__(
        self, path: Path, crs: CRS | None, tags: Mapping[str, str], *, rough_of: Path | None = None
    ) -> None:
        self._path = path
        self._output = rough_of or path
        self._count = 0
        with _without_crs_warning():
            self._write(
                Features.none(),
                crs=_wkt(crs),
                layer_metadata=dict(tags),
                layer_options={"SPATIAL_INDEX": "YES" if rough_of is None else "NO"},
                # Newer versions make older readers complain.
                dataset_options={"VERSION": "1.3"},
            )

    def add(self, features: Features) -> None:
        # The layer keeps its own CRS; one is named so that pyogrio does not warn that there is none.
        self._write(features, append=True, crs="EPSG:4326")

    def finish(self) -> None:
        _check(self._path, self._count)

    def close(self) -> None:
        pass

    def _write(self, features: Features, **options: object) -> None:
        attributes = features.attributes()
        with _writing(self._output):
            pyogrio.raw.write(
                self._path,
                shapely.to_wkb(features.polygons),
                list(attributes.values()),
                list(attributes),
                layer=LAYER,
                driver="GPKG",
                geometry_type="Polygon",
                **options,
            )
        self._count += len(features.polygons)


class _Copied:
    """A format that cannot be added to: it is copied in the end, as a stream, from a GeoPackage."""

    def __init__(
        self, path: Path, crs: CRS | None, tags: Mapping[str, str], *, driver: str, options: Mapping[str, str]
    ) -> None:
        self._path, self._crs, self._tags, self._driver, self._options = path, crs, tags, driver, options
        self._rough_path = path.with_name(f"rough-{path.name}.gpkg")
        self._rough = _GeoPackage(self._rough_path, crs, {}, rough_of=path)
        self._count = 0

    def add(self, features: Features) -> None:
        self._rough.add(features)
        self._count += len(features.polygons)

    def finish(self) -> None:
        with (
            _writing(self._path),
            _without_crs_warning(),
            pyogrio.open_arrow(self._rough_path, use_pyarrow=False) as (found, stream),
        ):
            pyogrio.write_arrow(
                stream,
                self._path,
                layer=LAYER,
                driver=self._driver,
                geometry_name=found["geometry_name"],
                geometry_type="Polygon",
                crs=_wkt(self._crs),
                layer_metadata=dict(self._tags),
                layer_options=dict(self._options),
            )
        _check(self._path, self._count)
        self._rough_path.unlink()

    def close(self) -> None:
        self._rough.close()


def _wkt(crs: CRS | None) -> str | None:
    return None if crs is None else crs.to_wkt()


def _check(path: Path, count: int) -> None:
    """Refuse a file that does not hold all features: a full disk does not always make GDAL raise."""
    with _writing(path):
        bounds, _ = pyogrio.read_bounds(path)
    if len(bounds) != count:
        raise unwritten(path, f"it holds {len(bounds)} of {count} polygons")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turns GDAL's failures into ours."""
    try:
        yield
    except (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError, OSError) as error:
        raise unwritten(path, error) from error


@contextmanager
def _without_crs_warning() -> Iterator[None]:
    """No warning for a layer without CRS: that the scene has none was said when it was opened."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        yield
