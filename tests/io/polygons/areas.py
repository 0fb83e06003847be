"""Files of polygons, and a scene that they are laid on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import shapely
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.io.polygons.aoi import Aoi, read_aoi
from tests.io.geotiffs import PLACE, UTM
from tests.rasters import Place

ROWS, COLS = 60, 80


def write_area(path: Path, shapes: Sequence[Any], crs: str | None = UTM, **more: Any) -> Path:
    with warnings.catch_warnings():
        if crs is None:
            warnings.filterwarnings("ignore", "'crs' was not provided")
        geopandas.GeoDataFrame(geometry=list(shapes), crs=crs).to_file(path, **more)
    return path


def on_map(
    left: float, top: float, right: float, bottom: float, transform: Affine = PLACE
) -> shapely.Polygon:
    """A rectangle of pixels, in map coordinates."""
    return shapely.Polygon(
        [transform @ p for p in ((left, top), (right, top), (right, bottom), (left, bottom))]
    )


def read(path: Path, crs: str | None = UTM, transform: Affine | None = PLACE) -> Aoi:
    place = Place(height=ROWS, width=COLS, transform=transform, crs=CRS.from_string(crs) if crs else None)
    return read_aoi(path, place)
