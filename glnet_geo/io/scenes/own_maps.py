"""Whether a file was made by this package."""

from __future__ import annotations

import rasterio
from rasterio.errors import RasterioError

from glnet_geo.io.scenes.source import opening

VERSION_TAG = "GLNET_GEO_VERSION"
"""The tag that every map carries."""


def is_map(path: str) -> bool:
    """Whether a file is a raster that this package has made; what cannot be opened is none."""
    try:
        with opening():
            raster = rasterio.open(path)
        with raster:
            return VERSION_TAG in raster.tags()
    except RasterioError:
        return False
