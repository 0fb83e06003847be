"""Whether a file was made by this package."""

from __future__ import annotations

import warnings

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

MARK = "GLNET_GEO_VERSION"
"""The tag that every map carries."""


def is_map(path: str) -> bool:
    """Whether a file is a raster that this package has made; what cannot be opened is none."""
    try:
        with rasterio.Env(), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                return MARK in raster.tags()
    except RasterioError:
        return False
