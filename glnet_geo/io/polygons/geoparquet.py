"""GeoParquet, written group of rows by group of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyproj
import shapely
from rasterio.crs import CRS

from glnet_geo.errors import OutputError

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def check_pyarrow(path: Path) -> None:
    """Refuse to write GeoParquet without pyarrow.

    Raises:
        OutputError: it is missing.
    """
    if find_spec("pyarrow") is None:
        raise OutputError(f"{path.name} needs pyarrow: install it with pip install 'glnet_geo[parquet]'")


def write_geoparquet(
    batches: Any, path: Path, *, geometry: str, geometry_type: str, crs: CRS | None, tags: Mapping[str, str]
) -> None:
    """Write a file in which every batch is a group of rows, with a box around each feature for quick searches.

    Args:
        batches: a pyarrow RecordBatchReader of features, their geometries as WKB.
        path: where to write.
        geometry: name of the column of geometries.
        geometry_type: of all geometries.
        crs: of the geometries; None where there is none.
        tags: provenance.

    Raises:
        OSError: the file cannot be written.

    Source: https://geoparquet.org/releases/v1.1.0
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
    from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]  # as above

    # A file without features has columns, too.
    empty = _table(pa.RecordBatch.from_pylist([], schema=batches.schema), geometry)
    schema = empty.schema.with_metadata({"geo": _metadata(crs, geometry_type), **tags})
    with ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(_table(batch, geometry))


def _metadata(crs: CRS | None, geometry_type: str) -> str:
    column = {
        "encoding": "WKB",
        "geometry_types": [geometry_type],
        "crs": None if crs is None else pyproj.CRS.from_wkt(crs.to_wkt()).to_json_dict(),
        "orientation": "counterclockwise",
        "covering": {"bbox": {corner: ["bbox", corner] for corner in _CORNERS}},
    }
    return json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})


def _table(batch: Any, geometry: str) -> Any:
    import pyarrow as pa

    columns = {name: batch.column(name) for name in batch.schema.names if name not in {geometry, "fid"}}
    shapes = batch.column(geometry).cast(pa.binary())
    boxes = shapely.bounds(shapely.from_wkb(shapes.to_numpy(zero_copy_only=False)))
    boxed = pa.StructArray.from_arrays([pa.array(side) for side in boxes.T.copy()], _CORNERS)
    # The kinds of GDAL's columns say more than readers want to know.
    plain = {name: column.cast(_plain(column.type)) for name, column in columns.items()}
    return pa.table({**plain, "geometry": shapes, "bbox": boxed})


def _plain(kind: Any) -> Any:
    return kind.storage_type if hasattr(kind, "storage_type") else kind
