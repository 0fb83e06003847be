"""Draws a scene and its map side by side, with the legend: the picture of the README.

python tools/picture.py sample_data/scene.tif demo/landcover.tif docs/images/sample.png
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rasterio.enums import Resampling

from glnet_geo.core.legend import NODATA
from glnet_geo.model.package import load_model

WIDTH = 560
GAP = 16
PAPER = (255, 255, 255)


@click.command()
@click.argument("scene", type=click.Path(path_type=Path, exists=True))
@click.argument("classes", type=click.Path(path_type=Path, exists=True))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--model", default="urban", help="whose legend to draw")
def main(scene: Path, classes: Path, picture: Path, model: str) -> None:
    """Write PICTURE."""
    legend = load_model(model).card.legend
    photo, mapped = _photo(scene), _mapped(classes)
    height = photo.height
    sheet = Image.new("RGB", (2 * WIDTH + 3 * GAP, height + 3 * GAP + 24), PAPER)
    sheet.paste(photo, (GAP, GAP))
    sheet.paste(mapped, (WIDTH + 2 * GAP, GAP))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(17)
    at, baseline = GAP, height + 2 * GAP
    for c in legend:
        draw.rectangle((at, baseline, at + 22, baseline + 22), fill=c.rgb, outline=(90, 90, 90))
        draw.text((at + 30, baseline + 1), c.name, fill=(30, 30, 30), font=font)
        at += 30 + int(draw.textlength(c.name, font=font)) + 32
    picture.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(200).save(picture, optimize=True)
    print(picture, picture.stat().st_size // 1024, "KiB")


def _photo(path: Path) -> Image.Image:
    with rasterio.open(path) as raster:
        shape = _shape(raster)
        pixels = raster.read([1, 2, 3], out_shape=(3, *shape), resampling=Resampling.average)
        valid = raster.dataset_mask(out_shape=shape) > 0
    return _image(pixels.transpose(1, 2, 0), valid)


def _mapped(path: Path) -> Image.Image:
    with rasterio.open(path) as raster:
        pixels = raster.read(1, out_shape=_shape(raster), resampling=Resampling.mode)
        colors = raster.colormap(1)
    table = np.array([colors[value][:3] for value in range(256)], dtype=np.uint8)
    return _image(table[pixels], pixels != NODATA)


def _shape(raster: rasterio.DatasetReader) -> tuple[int, int]:
    return round(raster.height * WIDTH / raster.width), WIDTH


def _image(pixels: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Image.Image:
    return Image.fromarray(np.where(valid[..., None], pixels, np.uint8(255)))


if __name__ == "__main__":
    main()
