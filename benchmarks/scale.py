"""Times what scale costs: workers, batches, and going on after a kill; prints a table of medians for each.

python benchmarks/scale.py                              # all three, a quarter of an hour on two idle cores
python benchmarks/scale.py --only workers --runs 5
python benchmarks/scale.py --only batch --tiles 50
python benchmarks/scale.py --only pace                  # what the process that assembles the map can take
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import numpy as np
import rasterio
from classify import repeated_sample
from measure import GLNET_GEO, run

import glnet_geo
from glnet_geo import Options
from glnet_geo.shards import Shard, compute_shard

_TILE = 512
_ACROSS = 10
_WARM = 2400


@click.command()
@click.option("--only", type=click.Choice(["workers", "batch", "resume", "pace"]), help="one of the tables")
@click.option("--runs", default=3, show_default=True, help="of every row; the median is printed")
@click.option("--side", default=10240, show_default=True, help="rows and columns of the scene")
@click.option("--tiles", default=200, show_default=True, help="of the batch")
def main(only: str | None, runs: int, side: int, tiles: int) -> None:
    """Measure scale on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if only in (None, "workers"):
            _workers(work, runs, side)
        if only in (None, "batch"):
            _batch(work, runs, tiles)
        if only in (None, "resume"):
            _resume(work, runs, side)
        if only in (None, "pace"):
            _pace(work, runs, side)


def _workers(work: Path, runs: int, side: int) -> None:
    """Two workers against one, each with one computing thread, models loaded before: whole maps, and frames alone.

    What assembles the map needs a core too, which on a machine of two cores a second worker must share.
    """
    from glnet_geo.cluster.clusters import local_workers

    scene, small = (
        repeated_sample(work / "scene.tif", side, side),
        repeated_sample(work / "small.tif", _WARM, _WARM),
    )
    maps: dict[str, list[float]] = {}
    frames_alone: dict[str, list[float]] = {}
    for _ in range(runs):
        for count in (1, 2):
            name = f"{count} x 1 thread"
            with local_workers(count) as frames:
                for first in (small, small, scene):
                    done = glnet_geo.classify(first, work / "map.tif", frames=frames, overwrite=True)
                shard = compute_shard(scene, work / "map.tif", Shard(1, 1), frames=frames, overwrite=True)
                shutil.rmtree(shard.work)
            maps.setdefault(name, []).append(done.seconds)
            frames_alone.setdefault(name, []).append(shard.seconds)
    for title, seconds in (("workers, to .tif", maps), ("workers, frames alone", frames_alone)):
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        _print(title, medians, side * side / 1e6)
        one, two = medians.values()
        print(f"throughput of 2 workers: {one / two:.2f} times that of 1 (aimed at: 1.8)\n")


def _batch(work: Path, runs: int, count: int) -> None:
    """A batch of small tiles against calling classify for each, in one process with one model."""
    from glnet_geo.batching.batch import batch
    from glnet_geo.batching.outputs import Outputs

    folder = work / "tiles"
    rows = max(-(-count // _ACROSS), _ACROSS // 2)
    _cut(repeated_sample(work / "tiled.tif", rows * _TILE, _ACROSS * _TILE), folder, count)
    tiles = sorted(folder.iterdir())
    options = Options(model=glnet_geo.load_model())

    def one_by_one() -> None:
        for tile in tiles:
            glnet_geo.classify(tile, work / "maps" / tile.name, options=options, overwrite=True)

    def alone() -> None:
        # What a batch has mapped once, it does not map again.
        shutil.rmtree(work / "alone", ignore_errors=True)
        batch(folder, Outputs(folder=work / "alone", overwrite=True), options=options, seamless=False)

    def seamless() -> None:
        shutil.rmtree(work / "seamless", ignore_errors=True)
        batch(folder, Outputs(folder=work / "seamless", overwrite=True), options=options)

    (work / "maps").mkdir()
    seconds = _medians(
        runs, {"classify, one by one": one_by_one, "batch --no-seamless": alone, "batch": seamless}
    )
    _print(f"{count} tiles of {_TILE} x {_TILE}, to .tif", seconds, count * _TILE**2 / 1e6)
    plain, own, _ = seconds.values()
    print(f"overhead of batch: {own / plain - 1:+.1%} (aimed at: below 10%)\n")


def _resume(work: Path, runs: int, side: int) -> None:
    """A run that is killed after 90 % of the time that a whole one takes, and run again."""
    scene = repeated_sample(work / "scene.tif", side, side)
    command = [*GLNET_GEO, "classify", str(scene), "--out", str(work / "map.tif"), "--overwrite", "--quiet"]
    whole, again = [], []
    for _ in range(runs):
        whole.append(run(command).seconds)
        with subprocess.Popen(command) as job:
            time.sleep(0.9 * whole[-1])
            job.kill()
        again.append(run(command).seconds)
    seconds = {"whole": statistics.median(whole), "again, after a kill at 90%": statistics.median(again)}
    _print("resume, to .tif, whole processes", seconds, side * side / 1e6)
    first, second = seconds.values()
    print(f"the second run takes {second / first:.1%} of a whole one (aimed at: below 15%)\n")


def _pace(work: Path, runs: int, side: int) -> None:
    """How quickly one process makes maps of frames that others have computed."""
    scene = repeated_sample(work / "scene.tif", side, side)
    seconds = {}
    for name in ("map.tif", "map.gpkg"):
        times = []
        for _ in range(runs):
            compute_shard(scene, work / name, Shard(1, 1), overwrite=True)
            times.append(glnet_geo.classify(scene, work / name, overwrite=True).seconds)
        seconds[f"to {Path(name).suffix}"] = statistics.median(times)
    _print("assembling", seconds, side * side / 1e6)


def _medians(runs: int, rows: Mapping[str, Callable[[], None]]) -> dict[str, float]:
    """Median seconds of every row, the rows taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(runs):
        for name, row in rows.items():
            start = time.perf_counter()
            row()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _cut(path: Path, folder: Path, count: int) -> None:
    """Tiles of a scene."""
    folder.mkdir()
    with rasterio.open(path) as scene:
        pixels, profile = scene.read(), dict(scene.profile)
    profile.update(width=_TILE, height=_TILE)
    for number in range(count):
        row, col = (_TILE * place for place in divmod(number, _ACROSS))
        part = np.ascontiguousarray(pixels[:, row : row + _TILE, col : col + _TILE])
        profile["transform"] = rasterio.windows.transform(
            ((row, row + _TILE), (col, col + _TILE)), scene.transform
        )
        with rasterio.open(folder / f"tile_{number:03}.tif", "w", **profile) as tile:
            tile.write(part)


def _print(title: str, seconds: Mapping[str, float], megapixels: float) -> None:
    print(f"{title:50} {'megapixels':>10} {'seconds':>8} {'MP/s':>6}")
    for name, time_taken in seconds.items():
        print(f"{name:50} {megapixels:10.1f} {time_taken:8.1f} {megapixels / time_taken:6.2f}")


if __name__ == "__main__":
    main()
