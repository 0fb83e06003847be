"""GeoParquet, written row group by row group."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyproj
import shapely
from rasterio.crs import CRS

from glnet_geo.errors import OutputError
from glnet_geo.io.features import Features
from glnet_geo.io.staging import unwritten

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class GeoParquet:
    """A layer in which every batch of features is a row group, with a box around each feature for quick searches.

    Args:
        path: where to make it.
        crs: of the polygons; None where there is none.
        tags: provenance.

    Raises:
        OutputError: it cannot be written, or pyarrow is missing (in every method).

    Source: https://geoparquet.org/releases/v1.1.0
    """

    def __init__(self, path: Path, crs: CRS | None, tags: Mapping[str, str]) -> None:
        if find_spec("pyarrow") is None:
            raise OutputError(f"{path.name} needs pyarrow: install it with pip install 'glnet_geo[parquet]'")
        from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]  # it ships no types

        self._path = path
        schema = _table(Features.none()).schema
        try:
            self._writer = ParquetWriter(
                path, schema.with_metadata({"geo": _metadata(crs), **tags}), compression="zstd"
            )
        except OSError as error:
            raise unwritten(path, error) from error

    def add(self, features: Features) -> None:
        """Take the next features."""
        try:
            self._writer.write_table(_table(features))
        except OSError as error:
            raise unwritten(self._path, error) from error

    def finish(self) -> None:
        """Complete the file."""
        try:
            self._writer.close()
        except OSError as error:
            raise unwritten(self._path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        # Closing writes, and may fail for the very reason for which the job is being given up.
        with suppress(OSError):
            self._writer.close()


def _metadata(crs: CRS | None) -> str:
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon"],
        "crs": None if crs is None else pyproj.CRS.from_wkt(crs.to_wkt()).to_json_dict(),
        "orientation": "counterclockwise",
        "covering": {"bbox": {corner: ["bbox", corner] for corner in _CORNERS}},
    }
    return json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})


def _table(features: Features) -> Any:
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

    boxes = shapely.bounds(features.polygons).reshape(-1, len(_CORNERS))
    columns = {
        "class_id": pa.array(features.class_id),
        "class_name": pa.array(features.class_name, pa.string()),
        # Tells unknown areas as null.
        "area_m2": pa.array(features.area_m2, from_pandas=True),
        "geometry": pa.array(shapely.to_wkb(features.polygons), pa.binary()),
        "bbox": pa.StructArray.from_arrays(list(boxes.T.copy()), _CORNERS),
    }
    return pa.table(columns)
