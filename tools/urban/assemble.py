"""Joins the parts of every Dubai scene into one image and one label map, each a tiled GeoTIFF.

python -m tools.urban.assemble DATA/dubai OUT
"""

from __future__ import annotations

import warnings
from pathlib import Path

import click
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

SCENES = ("t1", "t4", "t5", "t6", "t7", "t8")
UNLABELLED = 5
IGNORED = 255


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
def main(data: Path, out: Path) -> None:
    """Write OUT/images/SCENE.tif and OUT/labels/SCENE.tif from the parts below DATA."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    for scene in SCENES:
        label = _joined(data / "masks", scene, ".png")
        label = np.where(label == UNLABELLED, IGNORED, label).astype(np.uint8)
        write_pair(out, scene, _joined(data / "images", scene, ".jpg"), label)
        print(scene, label.shape)


def _joined(folder: Path, scene: str, suffix: str) -> NDArray[np.uint8]:
    """All parts of a scene, a 3 x 3 grid in row-major order: (bands, rows, cols)."""
    parts = [_read(folder / f"{scene}_part_{number:03}{suffix}") for number in range(1, 10)]
    rows = [np.concatenate(parts[start : start + 3], axis=2) for start in (0, 3, 6)]
    return np.concatenate(rows, axis=1)


def _read(path: Path) -> NDArray[np.uint8]:
    with rasterio.open(path) as part:
        pixels: NDArray[np.uint8] = part.read()
    return pixels


def write_pair(out: Path, name: str, image: NDArray[np.uint8], label: NDArray[np.uint8]) -> None:
    """Write OUT/images/NAME.tif and OUT/labels/NAME.tif, each (bands, rows, cols)."""
    for folder, pixels in (("images", image), ("labels", label)):
        (out / folder).mkdir(parents=True, exist_ok=True)
        write(out / folder / f"{name}.tif", pixels)


def write(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write (bands, rows, cols) as a tiled GeoTIFF that lies nowhere."""
    bands, height, width = pixels.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        dtype="uint8",
        count=bands,
        height=height,
        width=width,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        interleave="pixel",
    ) as raster:
        raster.write(pixels)


if __name__ == "__main__":
    main()
