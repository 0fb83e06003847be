from __future__ import annotations

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glnet_geo.batching.scenes import virtual_scenes
from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError, SceneError
from glnet_geo.io.scenes import tiled as tiled_module
from glnet_geo.io.scenes import tiles as tiles_module
from glnet_geo.io.scenes.grouping import against, clusters, grids, kinds, sentences
from glnet_geo.io.scenes.pixels import FilePixels
from glnet_geo.io.scenes.scene import open_scene
from glnet_geo.io.scenes.tiled import TiledPixels, placed, sample_of, scene_of
from glnet_geo.io.scenes.tiles import TileError, TileFile, TileReader, described
from tests.scenes import UTM, texture, write_scene

RGB = ("red", "green", "blue")
EDGES = (0, 31, 90, 140)


def looked_at(path: Path, **more: Any) -> TileFile:
    return described(str(path), bands=None, wanted=RGB, nodata=None, **more)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiled")
    pixels = texture(140, 140)
    pixels[:, 40:70, 20:100] = 0
    pixels[0, 100:120] = 0
    for row, (top, bottom) in enumerate(pairwise(EDGES)):
        for col, (left, right) in enumerate(pairwise(EDGES)):
            place = UTM @ Affine.translation(left, top)
            write_scene(
                folder / f"{row}{col}.tif", pixels[:, top:bottom, left:right], transform=place, nodata=0
            )
    return write_scene(folder / "scene.tif", pixels, nodata=0)


def tiled(scene: Path, reader: TileReader | None = None) -> TiledPixels:
    files = [looked_at(path) for path in sorted(scene.parent.glob("[0-9]*.tif"))]
    parts, _ = placed(files)
    return TiledPixels(tuple(parts), (True,) * len(parts), 3, "uint8", reader or TileReader())


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_window_of_the_tiles_is_that_of_the_scene(scene: Path, data: st.DataObject) -> None:
    row, col = (data.draw(st.integers(0, 139)) for _ in range(2))
    window = Window(
        row=row,
        col=col,
        height=data.draw(st.integers(1, 140 - row)),
        width=data.draw(st.integers(1, 140 - col)),
    )
    pixels = tiled(scene)
    with open_scene(scene, wanted=RGB) as whole:
        expected, usable = whole.pixels.read(window)
        found, valid = pixels.read(window)
        np.testing.assert_array_equal(valid, usable)
        np.testing.assert_array_equal(found[:, valid], expected[:, valid])
        np.testing.assert_array_equal(pixels.valid(window), usable)
    pixels.close()


def test_the_scene_of_tiles_lies_where_the_scene_lies(scene: Path) -> None:
    files = [looked_at(path) for path in sorted(scene.parent.glob("[0-9]*.tif"), reverse=True)]
    parts, transform = placed(files)
    with open_scene(scene, wanted=RGB) as whole:
        made = scene_of(parts, transform, (140, 140), name="all", wanted=[True] * 9, reader=TileReader())
        assert made.transform == whole.transform
        assert (made.crs, made.dtype, made.nodata) == (whole.crs, whole.dtype, whole.nodata)
        assert made.value_range() == whole.value_range()
        made.close()


def test_tiles_that_are_not_wanted_are_seen_and_not_mapped(scene: Path) -> None:
    pixels = tiled(scene)
    first = pixels.tiles[0].window
    other = TiledPixels(pixels.tiles, (False, *pixels.wanted[1:]), 3, "uint8", TileReader())
    np.testing.assert_array_equal(other.read(first)[1], pixels.read(first)[1])
    assert not other.valid(first).any()
    assert not other.covers(first)
    assert other.covers(Window(row=0, col=0, height=5, width=EDGES[1] + 1))
    pixels.close()
    other.close()


def test_a_glance_at_tiles_sees_their_data_and_nothing_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = texture(100, 90)
    pixels[:, :50] = 0
    half = write_scene(tmp_path / "half.tif", pixels, nodata=0)
    full = write_scene(tmp_path / "full.tif", texture(100, 90), transform=UTM @ Affine.translation(200, 0))
    parts, _ = placed([looked_at(half), looked_at(full)])
    seen = TiledPixels(tuple(parts), (True, True), 3, "uint8", TileReader())
    shows = seen.glance()
    assert shows is not None
    found = [shows(Window(row=row, col=col, height=50, width=90)) for row in (0, 50) for col in (0, 95, 200)]
    assert found == [False, False, True, True, False, True]
    monkeypatch.setattr(tiled_module, "SOON_DECODED", 100)
    assert seen.glance() is None
    seen.close()


def test_few_tiles_are_open_at_a_time(scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles_module, "_MOST_OPEN", 2)
    reader = TileReader()
    pixels = tiled(scene, reader)
    expected = pixels.read(Window(row=0, col=0, height=140, width=140))
    assert len(reader._open) <= 3
    windows = [Window(row=row, col=0, height=10, width=140) for row in range(0, 140, 10)] * 4
    with ThreadPoolExecutor(4) as threads:
        for window, (found, valid) in zip(windows, threads.map(pixels.read, windows), strict=True):
            np.testing.assert_array_equal(found, expected[0][:, window.rows])
            np.testing.assert_array_equal(valid, expected[1][window.rows])
    pixels.close()
    assert not reader._open


def test_a_long_tile_has_as_large_a_part_of_a_sample_as_a_square_one(tmp_path: Path) -> None:
    square = write_scene(tmp_path / "square.tif", np.full((3, 40, 40), 10, np.uint8))
    long = write_scene(tmp_path / "long.tif", np.full((3, 4, 400), 200, np.uint8))
    reader = TileReader()
    sample = sample_of([looked_at(square), looked_at(long)], reader, 40)
    reader.close()
    assert np.unique(sample[0], return_counts=True)[1] == pytest.approx([800, 800], rel=0.1)


def test_the_pixels_can_be_read_elsewhere(scene: Path) -> None:
    pixels = tiled(scene)
    window = Window(row=20, col=20, height=50, width=60)
    expected = pixels.read(window)
    copy = pickle.loads(pickle.dumps(pixels))  # noqa: S301 - made a line above
    np.testing.assert_array_equal(copy.read(window)[0], expected[0])
    copy.close()
    pixels.close()


class TestFailures:
    def test_what_cannot_be_opened_names_the_tile(self, tmp_path: Path) -> None:
        with pytest.raises(TileError, match="does not exist") as failed:
            looked_at(tmp_path / "missing.tif")
        assert failed.value.tile == str(tmp_path / "missing.tif")
        # Workers send errors without their causes, as GDAL's cannot be pickled.
        failed.value.__cause__ = failed.value.__context__ = None
        copy = pickle.loads(pickle.dumps(failed.value))  # noqa: S301 - made a line above
        assert (str(copy), copy.tile) == (str(failed.value), failed.value.tile)

    def test_a_changed_file_is_refused(self, tmp_path: Path) -> None:
        path = write_scene(tmp_path / "a.tif", texture(50, 50))
        tile = looked_at(path)
        write_scene(path, texture(50, 51))
        reader = TileReader()
        with pytest.raises(TileError, match="changed, replaced or removed"):
            reader.read(tile, lambda pixels: pixels.sample(10))

    def test_a_failing_read_is_tried_again(self, tmp_path: Path) -> None:
        tile = looked_at(write_scene(tmp_path / "a.tif", texture(50, 50)))
        tries = []

        def work(_pixels: FilePixels) -> int:
            tries.append(threading.get_ident())
            if len(tries) < 3:
                raise SceneError("the network is down")
            return 7

        reader = TileReader(retries=2, pause=0)
        assert reader.read(tile, work) == 7
        tries.clear()
        with pytest.raises(TileError, match="the network is down"):
            TileReader(retries=1, pause=0).read(tile, work)
        assert len(tries) == 2
        reader.close()

    def test_a_tile_cut_short_fails_where_it_is_cut(self, tmp_path: Path) -> None:
        path = write_scene(tmp_path / "a.tif", texture(200, 50), nodata=0)
        os.truncate(path, path.stat().st_size // 2)
        tile = looked_at(path)
        reader = TileReader()
        pixels = reader.read(tile, lambda pixels: pixels.read(Window(row=0, col=0, height=5, width=50)))
        assert pixels[1].all()
        with pytest.raises(TileError, match="cut short"):
            reader.read(tile, lambda pixels: pixels.read(Window(row=190, col=0, height=5, width=50)))
        reader.close()


class TestGroups:
    def place(self, path: Path, col: float, row: float = 0, side: int = 20, **profile: Any) -> TileFile:
        transform = profile.pop("pixel", UTM) @ Affine.translation(col, row)
        return looked_at(write_scene(path, texture(side, side), transform=transform, **profile))

    def test_tiles_of_other_kinds_are_kept_apart_and_told(self, tmp_path: Path) -> None:
        tiles = [
            self.place(tmp_path / "a.tif", 0),
            self.place(tmp_path / "b.tif", 0, crs="EPSG:32641"),
            self.place(tmp_path / "c.tif", 20),
            self.place(tmp_path / "d.tif", 20, pixel=UTM @ Affine.scale(2)),
            looked_at(write_scene(tmp_path / "e.tif", texture(9, 9).astype(np.uint16))),
        ]
        found = kinds(tiles)
        assert [[tile.name for tile in part] for part in found.values()] == [
            ["a.tif", "c.tif"],
            ["b.tif"],
            ["d.tif"],
            ["e.tif"],
        ]
        told = list(sentences(found))
        assert "4 kinds" in told[0]
        assert "2 in EPSG:32640, pixels of 0.5, bands 1,2,3 of uint8 (a.tif, ...)" in told[1]
        assert not list(sentences(kinds(tiles[:1])))

    @pytest.mark.parametrize(("shift", "same"), [(0.001, True), (-0.004, True), (0.25, False), (0.5, False)])
    def test_a_grid_is_told_by_parts_of_a_pixel(self, tmp_path: Path, shift: float, same: bool) -> None:  # noqa: FBT001 - a table
        tiles = [self.place(tmp_path / "a.tif", 0), self.place(tmp_path / "b.tif", 20 + shift, 40 + shift)]
        assert len(grids(tiles)) == (1 if same else 2)

    def test_what_is_not_on_the_grid_of_its_kind_is_told(self, tmp_path: Path) -> None:
        first = self.place(tmp_path / "a.tif", 0)
        shifted = self.place(tmp_path / "b.tif", 20.25, 40 - 0.4)
        turned = self.place(tmp_path / "c.tif", 20, pixel=UTM @ Affine.rotation(10))
        nowhere = looked_at(write_scene(tmp_path / "d.tif", texture(9, 9), transform=None, crs=None))
        assert against(first, first) == ""
        assert against(shifted, first) == "shifted by 0.25 columns and -0.4 rows against a.tif"
        assert against(turned, first) == "turned or mirrored"
        assert against(nowhere, nowhere) == "without a place"

    def test_a_mosaic_on_two_grids_is_refused_with_their_shift(self, tmp_path: Path) -> None:
        tiles = [self.place(tmp_path / "a.tif", 0), self.place(tmp_path / "b.tif", 20.25)]
        with pytest.raises(
            OptionError, match=r"these lie on 2: .*\(b.tif, shifted by 0.25 columns and 0 rows"
        ):
            virtual_scenes(kinds(tiles), {}, seamless=True, mosaic=True)

    def test_what_has_no_place_or_is_turned_is_alone(self, tmp_path: Path) -> None:
        turned = UTM @ Affine.rotation(10)
        tiles = [self.place(tmp_path / f"{n}.tif", 20 * n, pixel=turned) for n in range(2)]
        tiles += [
            looked_at(write_scene(tmp_path / f"p{n}.tif", texture(9, 9), transform=None, crs=None))
            for n in range(2)
        ]
        assert [len(grid) for grid in grids(tiles)] == [1, 1, 1, 1]

    @pytest.mark.parametrize("mirrored", [(1, -1), (-1, 1)], ids=["south up", "east to the left"])
    def test_what_is_mirrored_is_alone(self, tmp_path: Path, mirrored: tuple[int, int]) -> None:
        tiles = [
            self.place(tmp_path / "a.tif", 0),
            self.place(tmp_path / "b.tif", 20, pixel=UTM @ Affine.scale(*mirrored)),
        ]
        assert [[tile.name for tile in grid] for grid in grids(tiles)] == [["a.tif"], ["b.tif"]]

    def test_tiles_hang_together_over_small_gaps(self, tmp_path: Path) -> None:
        places = [(0, 0), (20, 20), (56, 40), (93, 40), (0, 300)]
        tiles = [self.place(tmp_path / f"{n}.tif", *place) for n, place in enumerate(places)]
        found = [[tile.name for tile in part] for part in clusters(tiles)]
        assert found == [["0.tif", "1.tif", "2.tif"], ["3.tif"], ["4.tif"]]
