"""Times polygons: ours beside those of a whole raster in memory, in one run; prints tables of medians.

python benchmarks/vectorize.py            # every row, some minutes
python benchmarks/vectorize.py --runs 1 --side 4000
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import rasterio
from measure import GLNET_GEO, Run, median, run
from numpy.typing import NDArray
from PIL import Image
from rasterio.windows import Window

CLASSES = 5
SCALES = ((96, 1.0), (24, 0.5), (6, 0.22))
"""Sizes in pixels of the patches that a class grows in, and their weights."""
PLACE = {"crs": "EPSG:32640", "transform": rasterio.Affine(0.5, 0, 3e5, 0, -0.5, 2.8e6)}


@click.command()
@click.option("--runs", default=3, show_default=True, help="of every row; the median is printed")
@click.option("--side", default=8000, show_default=True, help="of the map, in pixels")
@click.option("--peer", nargs=2, type=click.Path(path_type=Path), hidden=True)
@click.option("--maps", type=click.Path(path_type=Path), hidden=True)
def main(runs: int, side: int, peer: tuple[Path, Path] | None, maps: Path | None) -> None:
    """Measure vectorize on this machine."""
    if peer is not None:
        _whole_raster(*peer)
        return
    if maps is not None:
        _realistic(maps / "square.tif", side, 1)
        _realistic(maps / "tall.tif", side, 5)
        _checkerboard(maps / "board.tif", side // 2)
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        # A child counts the memory of the process that starts it, so this one stays small.
        run([sys.executable, __file__, "--maps", folder, "--side", str(side)])
        square, tall, board = (work / f"{name}.tif" for name in ("square", "tall", "board"))
        size = f"{side} x {side}"
        rows = [
            (
                f"whole raster in memory, {size}",
                [sys.executable, __file__, "--peer", str(square), str(work / "p.gpkg")],
            ),
            (f"vectorize, {size}", _ours(square, work)),
            (f"vectorize, {size}, --simplify 1", _ours(square, work, "--simplify", "1")),
            (f"vectorize, {size}, --simplify 1 --smooth", _ours(square, work, "--simplify", "1", "--smooth")),
            (f"vectorize, {size}, --min-area 25", _ours(square, work, "--min-area", "25")),
            (
                f"vectorize, {size}, all three",
                _ours(square, work, "--min-area", "25", "--simplify", "1", "--smooth"),
            ),
            (f"vectorize, {5 * side} x {side}", _ours(tall, work)),
            (f"vectorize, checkerboard, {side // 2} x {side // 2}", _ours(board, work)),
        ]
        print(f"{'job':52} {'seconds':>8} {'peak MB':>8} {'file MB':>8}", flush=True)
        for name, command in rows:
            done = median([_fresh(command, work) for _ in range(runs)])
            made = sum(path.stat().st_size for path in work.glob("*.gpkg"))
            print(f"{name:52} {done.seconds:8.1f} {done.peak_bytes / 1e6:8.0f} {made / 1e6:8.1f}", flush=True)


def _ours(classes: Path, work: Path, *options: str) -> list[str]:
    out = str(work / "o.gpkg")
    return [*GLNET_GEO, "vectorize", str(classes), "--out", out, "--quiet", "--max-vertices", "0", *options]


def _fresh(command: list[str], work: Path) -> Run:
    for path in work.glob("*.gpkg"):
        path.unlink()
    return run(command)


def _whole_raster(classes: Path, out: Path) -> None:
    """The usual way: all shapes in a list, a table of them, one file of the table."""
    import geopandas
    import rasterio.features
    import shapely

    with rasterio.open(classes) as dataset:
        found = list(rasterio.features.shapes(dataset.read(1), transform=dataset.transform))
        table = geopandas.GeoDataFrame(
            {"class_id": [int(value) for _, value in found]},
            geometry=[shapely.geometry.shape(shape) for shape, _ in found],
            crs=dataset.crs,
        )
    table["area_m2"] = table.area
    table.to_file(out)


def _realistic(path: Path, side: int, times: int) -> None:
    """A map of patches large and small with crinkled borders, several of them one below the other."""
    options = {
        "dtype": "uint8",
        "count": 1,
        "width": side,
        "height": side * times,
        "tiled": True,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **options, **PLACE) as dataset:
        for number in range(times):
            random = np.random.default_rng(number)
            best, classes = np.full((side, side), -np.inf, np.float32), np.zeros((side, side), np.uint8)
            for land_class in range(CLASSES):
                field = sum(weight * _field(random, side, scale) for scale, weight in SCALES)
                classes[field > best] = land_class
                np.maximum(best, field, out=best)
            dataset.write(classes, 1, window=Window(0, number * side, side, side))


def _field(random: np.random.Generator, side: int, scale: int) -> NDArray[np.float32]:
    coarse = Image.fromarray(random.standard_normal((side // scale + 2, side // scale + 2), np.float32))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))


def _checkerboard(path: Path, side: int) -> None:
    row, col = np.ogrid[:side, :side]
    options = {"dtype": "uint8", "count": 1, "width": side, "height": side, "compress": "deflate"}
    with rasterio.open(path, "w", **options, **PLACE) as dataset:
        dataset.write(((row + col) % 2).astype(np.uint8), 1)


if __name__ == "__main__":
    main()
