"""Small class maps on disk, with the names of their classes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.strip import Strip
from glnet_geo.io.maps.raster import ClassRaster
from tests.rasters import Place

LEGEND = Legend(
    (
        LandClass(id=0, name="water", color="#1f78b4"),
        LandClass(id=1, name="bare land", color="#d9b382"),
        LandClass(id=4, name="vegetation", color="#33a02c"),
    )
)
PLACE = Affine(10, 0, 300_000, 0, -10, 2_700_000)
UTM = "EPSG:32640"


def write_map(
    path: Path,
    ids: NDArray[Any],
    *,
    legend: Legend = LEGEND,
    crs: str | None = UTM,
    transform: Affine | None = PLACE,
) -> Path:
    """A map as the package writes it, of (rows, cols) class ids; 255 for none."""
    height, width = ids.shape
    place = Place(
        height=height,
        width=width,
        transform=transform,
        crs=None if crs is None else CRS.from_string(crs),
    )
    raster = ClassRaster(path, place, legend, tags={})
    raster.write(Strip(row=0, classes=ids.astype(np.uint8)))
    raster.finish()
    raster.close()
    return path


def patches(height: int = 60, width: int = 50, seed: int = 0) -> NDArray[np.uint8]:
    """(height, width) ids of the legend in patches of 5 pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.choice([0, 1, 4], (height // 5 + 1, width // 5 + 1))
    ids: NDArray[np.uint8] = coarse.repeat(5, axis=0).repeat(5, axis=1)[:height, :width].astype(np.uint8)
    return ids


def blurred(ids: NDArray[np.uint8], seed: int = 1) -> NDArray[np.uint8]:
    """The same map with a fifth of its pixels drawn anew."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(ids.shape) < 0.2, rng.choice([0, 1, 4], ids.shape), ids).astype(np.uint8)


def write_shapes(
    path: Path,
    shapes: Sequence[shapely.Geometry | None],
    fields: Mapping[str, Sequence[Any]],
    crs: str | None = UTM,
) -> Path:
    """A vector file with these fields."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        geopandas.GeoDataFrame(dict(fields), geometry=list(shapes), crs=crs).to_file(path)
    return path


def pixel_box(row: int, col: int, height: int, width: int, transform: Affine = PLACE) -> shapely.Polygon:
    """The rectangle of some pixels in map coordinates."""
    left, top = transform @ (col, row)
    right, bottom = transform @ (col + width, row + height)
    return shapely.box(left, bottom, right, top)


def centre(row: int, col: int, transform: Affine = PLACE) -> shapely.Point:
    """The centre of a pixel in map coordinates."""
    return shapely.Point(transform @ (col + 0.5, row + 0.5))
