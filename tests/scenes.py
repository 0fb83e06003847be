"""Small scenes and models on disk."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo.model.architecture import Sharing
from glnet_geo.model.package import save_package
from tests.model import tiny

UTM = Affine(0.5, 0, 331_207.3, 0, -0.5, 2_779_120.2)


def texture(height: int, width: int, bands: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    """(bands, height, width): patches of many sizes and noise, so that maps of it differ everywhere."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 10, (bands, height, width))
    for size in (8, 32, 128):
        coarse = rng.normal(0, 40, (bands, height // size + 2, width // size + 2))
        image += coarse.repeat(size, axis=1).repeat(size, axis=2)[:, :height, :width]
    return np.clip(image + 128, 1, 255).astype(np.uint8)


def write_scene(path: Path, pixels: NDArray[Any], **profile: Any) -> Path:
    """A GeoTIFF of (bands, rows, cols), in UTM unless the profile says otherwise."""
    bands, height, width = pixels.shape
    options = {"crs": "EPSG:32640", "transform": UTM} | profile
    if options["transform"] is None:
        del options["transform"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=pixels.dtype, **options
        ) as raster:
            raster.write(pixels)
            if bands >= 3:
                raster.colorinterp = [
                    *(rasterio.enums.ColorInterp[name] for name in ("red", "green", "blue")),
                    *raster.colorinterp[3:],
                ]
    return path


def read(path: Path) -> NDArray[np.uint8]:
    """The first band of a raster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as raster:
            band: NDArray[np.uint8] = raster.read(1)
    return band


def write_model(path: Path, sharing: Sharing = "bidirectional", **more: object) -> Path:
    """A package of a tiny network with random weights."""
    network = tiny.network(sharing)
    save_package(path, network, tiny.card(network, **more))
    return path
