"""Laws of the batch: many tiles are mapped as the one scene that they were cut from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

import glnet_geo
from glnet_geo import Options
from glnet_geo.batching.batch import batch
from glnet_geo.batching.outputs import Outputs
from glnet_geo.batching.report import BatchReport
from glnet_geo.core.drawing import Drawing
from glnet_geo.core.window import Window
from tests.scenes import UTM, read, texture, write_model, write_scene

HEIGHT, WIDTH = 310, 290
ROWS, COLS = (0, 97, 200, HEIGHT), (0, 120, WIDTH)
"""Edges of the tiles: nothing of the model fits them."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny.safetensors")


def windows() -> dict[str, Window]:
    return {
        f"tile_{row}_{col}": Window(row=top, col=left, height=bottom - top, width=right - left)
        for row, (top, bottom) in enumerate(zip(ROWS, ROWS[1:], strict=False))
        for col, (left, right) in enumerate(zip(COLS, COLS[1:], strict=False))
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
    return Options(model=model, precision="fp32", device="cpu", **more)


def mapped(tiles: Any, folder: Path, model: Path, **more: Any) -> BatchReport:
    names = {"formats", "name", "confidence", "mosaics", "overwrite", "stac"}
    outputs = Outputs(folder=folder, **{name: more.pop(name) for name in names & more.keys()})
    drawing = more.pop("drawing", None)
    keep = {
        name: more.pop(name) for name in {"seamless", "retries", "progress", "asset", "frames"} & more.keys()
    }
    return batch(tiles, outputs, options=options(model, **more), drawing=drawing, **keep)


def layer(path: Path) -> geopandas.GeoDataFrame:
    return geopandas.read_file(path, layer="landcover")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A scene, its tiles, and its map."""
    folder = tmp_path_factory.mktemp("whole")
    pixels = texture(HEIGHT, WIDTH)
    pixels[:, 150:260, 60:180] = 0
    cut(folder, pixels, nodata=0)
    glnet_geo.classify(
        folder / "scene.tif",
        [folder / "scene_map.tif", folder / "scene_map.gpkg"],
        confidence=folder / "scene_sure.tif",
        options=options(model),
    )
    return folder


def test_tiles_are_mapped_as_the_scene_that_they_were_cut_from(
    tmp_path: Path, whole: Path, model: Path
) -> None:
    mosaics = (tmp_path / "all.tif", tmp_path / "all.gpkg")
    report = mapped(whole / "tiles", tmp_path / "maps", model, confidence=True, mosaics=mosaics)
    assert [tile.status for tile in report.tiles] == ["done"] * 6
    expected, sure = read(whole / "scene_map.tif"), read(whole / "scene_sure.tif")
    for name, window in windows().items():
        made = tmp_path / "maps" / f"{name}_landcover.tif"
        with rasterio.open(made) as found, rasterio.open(whole / "tiles" / f"{name}.tif") as tile:
            assert (found.shape, found.transform, found.crs) == (tile.shape, tile.transform, tile.crs)
        np.testing.assert_array_equal(read(made), expected[window.rows, window.cols])
        found_sure = read(tmp_path / "maps" / f"{name}_landcover_confidence.tif")
        np.testing.assert_array_equal(found_sure, sure[window.rows, window.cols])
    np.testing.assert_array_equal(read(mosaics[0]), expected)
    assert layer(mosaics[1]).equals(layer(whole / "scene_map.gpkg"))
    assert sum(share.pixels for share in report.classes) == (expected != 255).sum()
    assert not [path for path in (tmp_path / "maps").iterdir() if path.name.startswith((".", "batch"))]
