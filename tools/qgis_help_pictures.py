"""Draws the pictures in the help of the plugin's algorithms: python tools/qgis_help_pictures.py MAP.

MAP is the land cover of sample_data/scene.tif, as `make demo` makes it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rasterio.windows import Window

from glnet_geo.model.package import load_model

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "qgis_plugin" / "glnet_land_cover" / "help"
SIDE, GAP = 113, 4
_COLORS = 64
_SPREAD = 7


def main(classes: Path) -> None:
    """Write all pictures."""
    legend = {c.id: c.rgb for c in load_model("urban").card.legend}
    place = Window(420, 560, 600, 600)
    river = Window(740, 1240, 640, 640)
    _save("classify", [_photo(river), _mapped(classes, river, legend)])
    photo, mapped = _photo(place), _mapped(classes, place, legend)
    _save("train", [_with_labels(photo, classes, place, legend), mapped])
    _save("evaluate", [_with_points(photo), mapped])
    _save("batch", [_in_tiles(photo), mapped])
    close = Window(1160, 2360, 60, 60)
    _save("vectorize", [_mapped(classes, close, legend), _outlined(classes, close, legend)])


def _photo(place: Window) -> Image.Image:
    with rasterio.open(ROOT / "sample_data" / "scene.tif") as scene:
        pixels = scene.read([1, 2, 3], window=place)
    return Image.fromarray(pixels.transpose(1, 2, 0)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _ids(classes: Path, place: Window) -> NDArray[np.uint8]:
    with rasterio.open(classes) as raster:
        ids: NDArray[np.uint8] = raster.read(1, window=place)
    return ids


def _mapped(classes: Path, place: Window, legend: dict[int, tuple[int, int, int]]) -> Image.Image:
    table = np.full((256, 3), 255, np.uint8)
    table[list(legend)] = list(legend.values())
    return Image.fromarray(table[_ids(classes, place)]).resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _with_labels(
    photo: Image.Image, classes: Path, place: Window, legend: dict[int, tuple[int, int, int]]
) -> Image.Image:
    """Squares as a person draws them: well inside what they show."""
    picture, ids = photo.copy(), _ids(classes, place)
    draw, side = ImageDraw.Draw(picture), 24
    scale = SIDE / place.width
    drawn = dict.fromkeys(legend, 0)
    rng = np.random.default_rng(4)
    for top, left in rng.integers(0, place.width - side, (4000, 2)):
        here = ids[top : top + side, left : left + side]
        number = int(here[0, 0])
        if drawn.get(number, 9) < 3 and (here == number).mean() > 0.9:
            drawn[number] += 1
            box = [int(value * scale) for value in (left, top, left + side, top + side)]
            draw.rectangle(box, fill=legend[number], outline=(255, 255, 255))
    return picture


def _with_points(photo: Image.Image) -> Image.Image:
    picture = photo.copy()
    draw = ImageDraw.Draw(picture)
    for x, y in np.random.default_rng(3).integers(6, SIDE - 6, (14, 2)).tolist():
        for line in ((x - 4, y, x + 4, y), (x, y - 4, x, y + 4)):
            draw.line(line, fill=(255, 0, 200), width=2)
    return picture


def _in_tiles(photo: Image.Image) -> Image.Image:
    picture = photo.copy()
    draw = ImageDraw.Draw(picture)
    for at in (SIDE // 3, 2 * SIDE // 3):
        draw.line((at, 0, at, SIDE), fill=(255, 255, 255), width=3)
        draw.line((0, at, SIDE, at), fill=(255, 255, 255), width=3)
    return picture


def _outlined(classes: Path, place: Window, legend: dict[int, tuple[int, int, int]]) -> Image.Image:
    """The same pixels as the engine draws them, at four times the size to be smooth."""
    side = 4 * SIDE
    with tempfile.TemporaryDirectory() as folder, rasterio.open(classes) as raster:
        part, drawn = Path(folder) / "part.tif", Path(folder) / "part.gpkg"
        profile = raster.profile | {"width": place.width, "height": place.height, "driver": "GTiff"}
        transform = raster.window_transform(place)
        profile |= {"transform": transform, "tiled": False}
        for name in ("blockxsize", "blockysize", "interleave", "compress"):
            profile.pop(name, None)
        with rasterio.open(part, "w", **profile) as written:
            written.write(raster.read(1, window=place), 1)
        command = [sys.executable, "-m", "glnet_geo", "vectorize", str(part), "--out", str(drawn), "--smooth"]
        subprocess.run([*command, "--min-area", "10"], check=True, cwd=ROOT)  # noqa: S603 - our own command
        table = geopandas.read_file(drawn, layer="landcover").sort_values("area_m2", ascending=False)
    picture = Image.new("RGB", (side, side), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    for number, polygon in zip(table["class_id"], table.geometry.explode(index_parts=False), strict=True):
        ring = [~transform @ point for point in polygon.exterior.coords]
        _polygon(draw, ring, legend[number], side / place.width)
    return picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def _polygon(
    draw: ImageDraw.ImageDraw, ring: Sequence[tuple[float, float]], color: tuple[int, int, int], scale: float
) -> None:
    points = [(x * scale, y * scale) for x, y in ring]
    draw.polygon(points, fill=color)
    draw.line(points, fill=(40, 40, 40), width=_SPREAD)


def _save(name: str, panels: Sequence[Image.Image]) -> None:
    sheet = Image.new("RGB", (len(panels) * (SIDE + GAP) - GAP, SIDE), (255, 255, 255))
    for number, panel in enumerate(panels):
        sheet.paste(panel, (number * (SIDE + GAP), 0))
    path = OUT / f"{name}.png"
    sheet.quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
