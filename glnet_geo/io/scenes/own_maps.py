"""Whether a file was made by this package."""

from __future__ import annotations

from rasterio.errors import RasterioError

from glnet_geo.io.scenes.source import open_raster

VERSION_TAG = "GLNET_GEO_VERSION"
"""The tag that every map carries."""


def is_map(path: str) -> bool:
    """Whether a file is a raster that this package has made; what cannot be opened is none."""
    try:
        with open_raster(path) as raster:
            return VERSION_TAG in raster.tags()
    except RasterioError:
        return False
