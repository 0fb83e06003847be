"""Proves in seconds that an installation works: a small scene is made, mapped, and the maps are read again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from glnet_geo.errors import OutputError
from glnet_geo.pipeline import classify
from glnet_geo.report import Summary

_SIDE = 640
_METRES = 0.5


def self_test() -> Summary:
    """Map a made-up scene with the default model to a raster and to polygons, in a folder that is removed again.

    Raises:
        GlnetGeoError: a part of the installation does not work; the message says which.
    """
    with tempfile.TemporaryDirectory(prefix="glnet-geo-") as name:
        folder = Path(name)
        scene, raster = folder / "scene.tif", folder / "map.tif"
        _write_scene(scene)
        summary = classify(scene, [raster, folder / "map.gpkg"])
        with rasterio.open(raster) as made:
            if made.shape != (_SIDE, _SIDE) or not made.crs:
                raise OutputError(
                    "the map of the self-test has lost its grid: install glnet_geo anew in an environment of its own"
                )
    return summary


def _write_scene(path: Path) -> None:
    """Four fields of different colour and grain: enough for every step of the job to have something to do."""
    grain = np.random.default_rng(0).integers(-20, 20, (3, _SIDE, _SIDE))
    pixels = np.empty((3, _SIDE, _SIDE), dtype=np.int64)
    half = _SIDE // 2
    for rows, cols, colour in (
        (slice(0, half), slice(0, half), (60, 90, 120)),
        (slice(0, half), slice(half, None), (70, 110, 60)),
        (slice(half, None), slice(0, half), (190, 170, 140)),
        (slice(half, None), slice(half, None), (130, 130, 130)),
    ):
        pixels[:, rows, cols] = np.array(colour)[:, None, None]
    values = np.clip(pixels + grain, 0, 255).astype(np.uint8)
    place = Affine(_METRES, 0, 500_000, 0, -_METRES, 5_000_000)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=_SIDE,
        height=_SIDE,
        count=3,
        dtype="uint8",
        crs="EPSG:32633",
        transform=place,
    ) as scene:
        scene.write(values)
