"""Draws the sample scene and its label: a town that does not exist, on a coast that does not exist.

python sample_data/make_sample.py [--out DIR]
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from scenery import NODATA, Cover, Sample, render

SEED = 1
CRS = "EPSG:32640"
PIXEL = 0.6
"""Metres."""
TRANSFORM = Affine(PIXEL, 0.0, 327_418.37, 0.0, -PIXEL, 2_781_906.11)
COLORS = {
    Cover.WATER: (43, 131, 186),
    Cover.BARE: (224, 205, 169),
    Cover.ROAD: (77, 77, 77),
    Cover.BUILDING: (215, 48, 31),
    Cover.VEGETATION: (77, 172, 38),
}
TILES = {"tiled": True, "blockxsize": 512, "blockysize": 512}


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(__file__).parent,
    show_default="beside this script",
    help="folder to write scene.tif and label.tif to",
)
def main(out: Path) -> None:
    """Write scene.tif and label.tif; it takes about ten seconds."""
    out.mkdir(parents=True, exist_ok=True)
    sample = render(SEED)
    write_scene(out / "scene.tif", sample)
    write_label(out / "label.tif", sample.label)


def write_scene(path: Path, sample: Sample) -> None:
    """Write the photograph as JPEG tiles with a mask of its valid pixels.

    JPEG blurs what is black across the edge of the valid area, so nodata is told by a mask inside the file, which is
    exact, and not by a value.
    """
    _, rows, cols = sample.photograph.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path, "w", driver="GTiff", height=rows, width=cols, count=3, dtype="uint8", crs=CRS, transform=TRANSFORM,
            compress="jpeg", photometric="ycbcr", jpeg_quality=95, **TILES,
        ) as scene,
    ):  # fmt: skip
        scene.write(sample.photograph)
        scene.write_mask(sample.valid)
        scene.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


def write_label(path: Path, label: NDArray[np.uint8]) -> None:
    """Write the label with a colour table and its nodata value."""
    rows, cols = label.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=cols, count=1, dtype="uint8", crs=CRS, transform=TRANSFORM,
        nodata=NODATA, compress="deflate", zlevel=6, **TILES,
    ) as file:  # fmt: skip
        file.write(label, 1)
        file.write_colormap(1, {int(cover): (*color, 255) for cover, color in COLORS.items()})


if __name__ == "__main__":
    main()
