"""Writes small rasters for tests."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning


@dataclass(frozen=True, kw_only=True)
class Place:
    """A raster as far as its place goes."""

    height: int
    width: int
    transform: Affine | None
    crs: CRS | None
    name: str = "map.tif"


def write_plain(path: Path, pixels: NDArray[np.generic]) -> Path:
    """A raster without any place on earth, of (bands, rows, cols) or (rows, cols); the suffix tells the format."""
    bands = pixels if pixels.ndim == 3 else pixels[None]
    driver = {".tif": "GTiff", ".png": "PNG", ".img": "HFA"}[path.suffix]
    count, height, width = bands.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver=driver, height=height, width=width, count=count, dtype=bands.dtype
        ) as raster:
            raster.write(bands)
    return path
