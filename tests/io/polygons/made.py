"""Maps of many places, drawn as polygons in a file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import geopandas
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Strip
from glnet_geo.io.polygons.vector import PolygonLayer
from tests.rasters import Place

LEGEND = Legend(
    (
        LandClass(id=2, name="wäter", color="#0000ff"),
        LandClass(id=0, name="land", color="#aa8800"),
        LandClass(id=1, name="road", color="#808080"),
        LandClass(id=40, name="never seen", color="#000000"),
    )
)
NAMES = {c.id: c.name for c in LEGEND}
FORMATS = (".gpkg", ".fgb", ".parquet", ".geojson")
UTM = CRS.from_epsg(32640)
NORTH_UP = Affine(0.5, 0, 331_207.3, 0, -0.5, 2_779_120.2)
PLACES = {
    "north-up": (NORTH_UP, UTM),
    "south-up": (Affine(0.5, 0, 331_207.3, 0, 0.5, 2_779_120.2), UTM),
    "rotated": (NORTH_UP @ Affine.rotation(30), UTM),
    "oblong": (Affine(3, 0, 331_207.3, 0, -0.25, 2_779_120.2), UTM),
    "degrees": (Affine(1e-4, 0, 55.3, 0, -1e-4, 25.1), CRS.from_epsg(4326)),
    "Web Mercator": (Affine(10, 0, 1.2e6, 0, -10, 8e6), CRS.from_epsg(3857)),
    "feet": (Affine(2, 0, 980_000, 0, -2, 190_000), CRS.from_epsg(2263)),
}


def made(
    path: Path,
    classes: NDArray[np.uint8],
    *,
    transform: Affine | None = NORTH_UP,
    crs: CRS | None = UTM,
    tags: Mapping[str, str] | None = None,
    rows: int = 16,
) -> geopandas.GeoDataFrame:
    """The polygons of a map, written in strips of so many rows and read by GeoPandas."""
    height, width = classes.shape
    place = Place(height=height, width=width, transform=transform, crs=crs)
    layer = PolygonLayer(path, place, LEGEND, Drawing(), tags=tags or {})
    for start, stop in pairwise([*range(0, len(classes), rows), len(classes)]):
        layer.write(Strip(row=start, classes=classes[start:stop]))
    layer.finish()
    layer.close()
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    # A GeoPackage holds its styles too.
    return geopandas.read_file(path, layer="landcover" if path.suffix.lower() == ".gpkg" else None)
