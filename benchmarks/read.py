"""Times the reading of a wide scene as `classify` reads it, by how its file is laid out and how many decoded blocks are kept.

python benchmarks/read.py               # 20,000 columns
python benchmarks/read.py --width 100000
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import click
import numpy as np
import rasterio
from classify import COLLAR, SAMPLE

from glnet_geo import DoubtfulInputWarning, Options
from glnet_geo.core.window import Window
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.plan import Plan, planned

LAYOUTS: dict[str, dict[str, Any]] = {
    "tiles of 512": {"tiled": True, "blockxsize": 512, "blockysize": 512},
    "whole rows": {"tiled": False, "blockysize": 1},
}


@click.command()
@click.option("--width", default=20_000, show_default=True, help="columns of the scene")
@click.option("--runs", default=3, show_default=True, help="of every row; the median is printed")
def main(width: int, runs: int) -> None:
    """Measure on this machine; the scene has one row of frames, and declares a nodata value."""
    warnings.simplefilter("ignore", DoubtfulInputWarning)
    print(f"{'layout':14} {'blocks kept':>12} {'frames, s/MP':>13} {'rows of the map, s/MP':>22}")
    with tempfile.TemporaryDirectory() as folder:
        for name, layout in LAYOUTS.items():
            scene = _wide(Path(folder) / "scene.tif", width, layout)
            with planned(scene, Options()) as plan:
                for kept in (0, plan.memory.kept):
                    times = [_read(plan, kept) for _ in range(runs)]
                    frames, rows = (statistics.median(each) for each in zip(*times, strict=True))
                    print(f"{name:14} {kept / 1e6:9.0f} MB {frames:13.3f} {rows:22.3f}")


def _read(plan: Plan, kept: int) -> tuple[float, float]:
    """Seconds per megapixel of reading all frames, and of telling where each row of the map has data."""
    height, width = plan.scene.shape
    with block_cache(kept):
        start = time.perf_counter()
        for row in plan.frames():
            for frame in row:
                plan.scene.read(frame.window, plan.lattice)
        read = time.perf_counter()
        for top in range(0, height, plan.strip_rows):
            plan.scene.valid(Window(row=top, col=0, height=min(plan.strip_rows, height - top), width=width))
        told = time.perf_counter()
    return (read - start) / plan.megapixels, (told - read) / plan.megapixels


def _wide(path: Path, width: int, layout: dict[str, Any]) -> Path:
    """The sample without its collar, repeated to the right, one row of frames high."""
    with rasterio.open(SAMPLE) as sample:
        pixels = sample.read()[:, COLLAR:-COLLAR, COLLAR:-COLLAR]
        profile = {
            "driver": "GTiff",
            "dtype": "uint8",
            "count": 3,
            "crs": sample.crs,
            "transform": sample.transform,
        }
    pixels = np.pad(pixels, ((0, 0), (0, max(0, 2304 - pixels.shape[1])), (0, 0)), mode="symmetric")[:, :2304]
    with rasterio.open(
        path, "w", **profile, **layout, width=width, height=2304, nodata=0, compress="lzw", photometric="rgb"
    ) as scene:
        scene.write(np.pad(pixels, ((0, 0), (0, 0), (0, width - pixels.shape[2])), mode="symmetric"))
    return path


if __name__ == "__main__":
    main()
