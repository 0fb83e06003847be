"""A scene cut into tiles, batches of them, and what becomes of both."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
from affine import Affine
from numpy.typing import NDArray

from glnet_geo import Options
from glnet_geo.batching.batch import batch
from glnet_geo.batching.outputs import Outputs
from glnet_geo.batching.report import BatchReport
from glnet_geo.core.progress import Silence
from glnet_geo.core.window import Window
from tests.scenes import UTM, read, write_scene

HEIGHT, WIDTH = 310, 290
ROWS, COLS = (0, 97, 200, HEIGHT), (0, 120, WIDTH)
"""Edges of the tiles: nothing of the model fits them."""


def windows() -> dict[str, Window]:
    """The pixels of every tile, by its name."""
    return {
        f"tile_{row}_{col}": Window(row=top, col=left, height=bottom - top, width=right - left)
        for row, (top, bottom) in enumerate(pairwise(ROWS))
        for col, (left, right) in enumerate(pairwise(COLS))
    }


def cut(folder: Path, pixels: NDArray[Any], **profile: Any) -> Path:
    """Write a scene, and beside it in ``tiles`` what it is cut into."""
    write_scene(folder / "scene.tif", pixels, **profile)
    tiles = folder / "tiles"
    tiles.mkdir()
    transform = profile.pop("transform", UTM)
    for name, window in windows().items():
        place = transform @ Affine.translation(window.col, window.row)
        write_scene(tiles / f"{name}.tif", pixels[:, window.rows, window.cols], transform=place, **profile)
    return tiles


def options(model: Path, **more: Any) -> Options:
    """Of a tiny network, alike on every machine."""
    return Options(model=model, precision="fp32", device="cpu", **more)


def mapped(tiles: Any, folder: Path, model: Path, **more: Any) -> BatchReport:
    """A batch; what is no option of `Outputs` or `batch` is one of `Options`."""
    names = {"formats", "name", "confidence", "mosaics", "overwrite", "stac"}
    outputs = Outputs(folder=folder, **{name: more.pop(name) for name in names & more.keys()})
    drawing = more.pop("drawing", None)
    keep = {
        name: more.pop(name)
        for name in {"seamless", "retries", "progress", "asset", "frames", "work"} & more.keys()
    }
    return batch(tiles, outputs, options=options(model, **more), drawing=drawing, **keep)


def layer(path: Path) -> geopandas.GeoDataFrame:
    """The polygons of a map."""
    return geopandas.read_file(path, layer="landcover")


def arrays(folder: Path, names: Any = None, suffix: str = "") -> dict[str, NDArray[np.uint8]]:
    """The maps that there are in a folder, by the names of their tiles."""
    found = {name: folder / f"{name}_landcover{suffix}.tif" for name in names or windows()}
    return {name: read(path) for name, path in found.items() if path.exists()}


def assert_same_maps(found: dict[str, NDArray[Any]], expected: dict[str, NDArray[Any]]) -> None:
    assert found.keys() == expected.keys()
    for name, classes in expected.items():
        np.testing.assert_array_equal(found[name], classes, err_msg=name)


def statuses(report: BatchReport) -> dict[str, str]:
    """What became of every tile, by its name."""
    return {Path(tile.tile).stem: tile.status for tile in report.tiles}


BAD = "tile_1_0"


def cut_short(path: Path, share: float = 0.6) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".") or p.name.endswith(".unfinished")]


class Meddler(Silence):
    """Does something to a tile while the batch runs."""

    def __init__(self, steps: int, deed: Any) -> None:
        self._left, self._deed = steps, deed

    def advance(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left <= 0 and self._deed is not None:
            deed, self._deed = self._deed, None
            deed()
