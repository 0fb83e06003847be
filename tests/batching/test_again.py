"""Batches that are stopped, killed, run again: what is whole stays, and what has changed is made anew."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from rasterio.vrt import WarpedVRT

import glnet_geo
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError, OutputError
from tests.batches import (
    BAD,
    HEIGHT,
    WIDTH,
    arrays,
    assert_same_maps,
    cut,
    cut_short,
    layer,
    leftovers,
    mapped,
    statuses,
    windows,
)
from tests.jobs import Impatient, Told, kills_at_random
from tests.scenes import UTM, read, texture, write_scene

pytestmark = pytest.mark.usefixtures("impatient_readers")


def test_a_mended_tile_is_mapped_with_its_neighbours_alone(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any]
) -> None:
    whole = (tiles / f"{BAD}.tif").read_bytes()
    cut_short(tiles / f"{BAD}.tif")
    mapped(tiles, tmp_path / "maps", model)
    (tiles / f"{BAD}.tif").write_bytes(whole)
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report)[BAD] == "done"
    assert_same_maps(arrays(tmp_path / "maps"), expected)


def test_a_tile_that_was_away_for_a_while_is_mapped_again(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any]
) -> None:
    mosaics = (tmp_path / "all.tif",)
    named = sorted(tiles.iterdir())
    (tmp_path / "list.txt").write_text("\n".join(map(str, named)))
    mapped(tmp_path / "list.txt", tmp_path / "maps", model, mosaics=mosaics)
    whole = (tiles / f"{BAD}.tif").rename(tmp_path / "away.tif")
    for _ in range(2):
        report = mapped(tmp_path / "list.txt", tmp_path / "maps", model, mosaics=mosaics)
        assert statuses(report)[BAD] == "failed"
        assert not report.failed[0].outputs
    whole.rename(tiles / f"{BAD}.tif")
    report = mapped(tmp_path / "list.txt", tmp_path / "maps", model, mosaics=mosaics)
    assert statuses(report)[BAD] == "done"
    assert_same_maps(arrays(tmp_path / "maps"), expected)


def test_formats_that_were_left_out_for_a_while_are_made_again(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    for formats in (("tif", "gpkg"), ("tif",), ("tif", "gpkg")):
        tile = next(tiles.glob(f"{BAD}.tif"))
        os.utime(tile, ns=(1, tile.stat().st_mtime_ns + 1))
        report = mapped(tile, tmp_path / "maps", model, formats=formats)
        assert statuses(report) == {BAD: "done"}
        assert len(report.tiles[0].outputs) == len(formats)


def test_tiles_that_a_stopped_batch_has_mapped_are_known_though_not_named_again(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    maps, named = tmp_path / "maps", sorted(tiles.iterdir())

    class Stopped(Silence):
        def cancelled(self) -> bool:
            return any(maps.glob("*.tif"))

    with pytest.raises(CancelledError):
        mapped(tiles, maps, model, seamless=False, progress=Stopped())
    report = mapped(named[1:], maps, model, seamless=False)
    assert [entry.tile for entry in report.earlier] == [str(named[0])]
    report = mapped(tiles, maps, model, seamless=False)
    assert set(statuses(report).values()) == {"skipped"}


def test_what_is_there_is_not_made_again(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any]
) -> None:
    first = mapped(tiles, tmp_path / "maps", model)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "maps").glob("*.tif")}
    for _ in range(2):
        report = mapped(tiles, tmp_path / "maps", model)
        assert set(statuses(report).values()) == {"skipped"}
        assert report.classes == first.classes
    assert times == {path: path.stat().st_mtime_ns for path in times}
    (tmp_path / "maps" / f"{BAD}_landcover.tif").unlink()
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report) == dict.fromkeys(windows(), "skipped") | {BAD: "done"}
    assert_same_maps(arrays(tmp_path / "maps"), expected)


def test_maps_that_were_not_wanted_before_are_made(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any]
) -> None:
    mapped(tiles, tmp_path / "maps", model, formats=(), mosaics=(tmp_path / "all.tif",))
    report = mapped(tiles, tmp_path / "maps", model)
    assert set(statuses(report).values()) == {"done"}
    assert_same_maps(arrays(tmp_path / "maps"), expected)


def test_a_replaced_tile_is_mapped_again_and_so_is_all_that_saw_it(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    mapped(tiles, tmp_path / "maps", model)
    pixels = texture(HEIGHT, WIDTH)
    window = windows()[BAD]
    pixels[:, window.rows, window.cols] = texture(window.height, window.width, seed=5)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    shutil.copy(cut(fresh, pixels, nodata=0) / f"{BAD}.tif", tiles / f"{BAD}.tif")
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report)[BAD] == "done"
    mapped(fresh / "tiles", fresh / "maps", model)
    assert_same_maps(arrays(tmp_path / "maps"), arrays(fresh / "maps"))


def test_small_areas_reach_tiles_that_no_frame_connects_with_the_replaced_one(
    tmp_path: Path, model: Path
) -> None:
    drawing = Drawing(min_area=10_000)

    def painted(number: int, color: tuple[int, int, int]) -> Path:
        pixels = np.broadcast_to(np.array(color, np.uint8)[:, None, None], (3, 140, 60))
        return write_scene(
            tmp_path / f"{number}.tif", pixels, transform=UTM @ UTM.translation(0, 140 * number)
        )

    tiles = [painted(number, (1, 1, 1)) for number in range(3)]
    mapped(tiles, tmp_path / "maps", model, drawing=drawing)
    before = arrays(tmp_path / "maps", "012")
    painted(2, (1, 255, 255))
    mapped(tiles, tmp_path / "maps", model, drawing=drawing)
    mapped(tiles, tmp_path / "fresh", model, drawing=drawing)
    assert_same_maps(arrays(tmp_path / "maps", "012"), arrays(tmp_path / "fresh", "012"))
    assert (before["0"] != read(tmp_path / "maps" / "0_landcover.tif")).all()
    assert set(statuses(mapped(tiles, tmp_path / "maps", model, drawing=drawing)).values()) == {"skipped"}


def test_tiles_that_overlap_are_mapped_again_in_another_order(tmp_path: Path, model: Path) -> None:
    tiles = []
    for number in range(2):
        place = UTM @ UTM.translation(40 * number, 0)
        tiles.append(write_scene(tmp_path / f"{number}.tif", texture(60, 80, seed=number), transform=place))
    mapped(tiles, tmp_path / "maps", model)
    assert set(statuses(mapped(tiles, tmp_path / "maps", model)).values()) == {"skipped"}
    mapped(tiles[::-1], tmp_path / "maps", model)
    mapped(tiles[::-1], tmp_path / "fresh", model)
    assert_same_maps(arrays(tmp_path / "maps", "01"), arrays(tmp_path / "fresh", "01"))


def test_a_mosaic_is_mapped_again_when_a_file_in_it_was_replaced(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    whole = tmp_path / "whole.vrt"
    with rasterio.open(tmp_path / "scene.tif") as scene, WarpedVRT(scene) as view:
        rasterio.shutil.copy(view, whole, driver="VRT")
    mapped(whole, tmp_path / "maps", model)
    assert statuses(mapped(whole, tmp_path / "maps", model)) == {"whole": "skipped"}
    write_scene(tmp_path / "scene.tif", texture(HEIGHT, WIDTH, seed=5), nodata=0)
    assert statuses(mapped(whole, tmp_path / "maps", model)) == {"whole": "done"}


def test_a_stopped_batch_goes_on_with_changed_tiles_by_their_own_value_range(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    for number, path in enumerate(sorted(tiles.iterdir())):
        with rasterio.open(path) as raster:
            pixels, place = raster.read().astype(np.uint16) * (7 + number), raster.transform
        write_scene(path, pixels, transform=place, nodata=0)
    with pytest.warns(glnet_geo.DoubtfulInputWarning, match="common range"), pytest.raises(CancelledError):
        mapped(tiles, tmp_path / "maps", model, progress=Impatient(50))
    write_scene(path, pixels * 3, transform=place, nodata=0)
    with pytest.warns(glnet_geo.DoubtfulInputWarning, match="common range"):
        mapped(tiles, tmp_path / "maps", model)
    with pytest.warns(glnet_geo.DoubtfulInputWarning, match="common range"):
        mapped(tiles, tmp_path / "fresh", model)
    assert_same_maps(arrays(tmp_path / "maps"), arrays(tmp_path / "fresh"))


def test_the_same_area_in_another_file_makes_the_same_job(tmp_path: Path, tiles: Path, model: Path) -> None:
    tile = tiles / f"{BAD}.tif"
    with rasterio.open(tile) as raster:
        left, bottom, right, top = raster.bounds
        crs = raster.crs
    areas = [shapely.box(left, bottom, (left + right) / 2, top), shapely.box(left, bottom, right, top)]
    for name, area in zip(("area", "again", "other"), (areas[0], *areas), strict=True):
        geopandas.GeoSeries([area], crs=crs).to_file(tmp_path / f"{name}.gpkg")
    for name, status in (("area", "done"), ("again", "skipped")):
        report = mapped(tile, tmp_path / "maps", model, aoi=tmp_path / f"{name}.gpkg")
        assert statuses(report) == {BAD: status}
    with pytest.raises(OutputError, match="not made by this very job"):
        mapped(tile, tmp_path / "maps", model, aoi=tmp_path / "other.gpkg")


def test_files_of_others_are_not_replaced_unless_asked_for(tmp_path: Path, tiles: Path, model: Path) -> None:
    (tmp_path / "maps").mkdir()
    mine = tmp_path / "maps" / f"{BAD}_landcover.tif"
    mine.write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        mapped(tiles, tmp_path / "maps", model)
    assert [path.name for path in (tmp_path / "maps").iterdir()] == [mine.name]
    assert mine.read_text() == "mine"
    assert set(statuses(mapped(tiles, tmp_path / "maps", model, overwrite=True)).values()) == {"done"}
    with pytest.raises(OutputError, match="not made by this very job"):
        mapped(tiles, tmp_path / "maps", model, value_range=(0, 99))


@pytest.mark.parametrize("error", [CancelledError, KeyboardInterrupt])
@pytest.mark.parametrize("steps", [0, 20, 50, 90])
def test_a_stopped_batch_keeps_what_is_whole_and_goes_on(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any], error: type[BaseException], steps: int
) -> None:
    with pytest.raises(CancelledError, match="run the same command again to go on"):
        mapped(tiles, tmp_path / "maps", model, progress=Impatient(steps, error))
    for name, classes in arrays(tmp_path / "maps").items():
        np.testing.assert_array_equal(classes, expected[name])
    assert not list((tmp_path / "maps").glob(".*"))
    report = mapped(tiles, tmp_path / "maps", model)
    assert set(statuses(report).values()) == {"done"}
    assert_same_maps(arrays(tmp_path / "maps"), expected)
    assert not leftovers(tmp_path / "maps")


def test_only_what_a_batch_has_computed_counts_as_its_pace(tmp_path: Path, tiles: Path, model: Path) -> None:
    with pytest.raises(CancelledError):
        mapped(tiles, tmp_path / "maps", model, progress=Impatient(60))
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report) == dict.fromkeys(windows(), "done")
    assert 0 < report.megapixels_computed < report.megapixels_done / 2
    assert mapped(tiles, tmp_path / "maps", model).megapixels_computed == 0


def test_a_batch_stopped_many_times_with_a_bad_tile_ends_the_same(
    tmp_path: Path, tiles: Path, model: Path, without: dict[str, Any]
) -> None:
    cut_short(tiles / f"{BAD}.tif")
    stops = 0
    for patience in range(20, 200, 10):
        try:
            report = mapped(tiles, tmp_path / "maps", model, progress=Impatient(patience))
        except CancelledError:
            stops += 1
            continue
        break
    assert stops > 1
    assert statuses(report) == dict.fromkeys(windows(), "done") | {BAD: "failed"}
    assert_same_maps(arrays(tmp_path / "maps"), without)


def test_batches_of_the_same_tiles_share_a_work_folder(tmp_path: Path, tiles: Path, model: Path) -> None:
    maps, work = tmp_path / "maps", tmp_path / "work"
    with pytest.raises(CancelledError):
        mapped(tiles, maps, model, work=work, progress=Impatient(30))
    mapped(tiles, tmp_path / "others", model, work=work, confidence=True)
    again = Told()
    mapped(tiles, maps, model, work=work, progress=again)
    assert any("going on from" in line for line in again.told)
    assert not list(work.iterdir())


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "glnet_geo", "batch", str(tiles), "--out-dir", str(tmp_path / "maps")]
    command += ["--model", str(model), "--precision", "fp32", "--device", "cpu", "--quiet"]
    command += ["--mosaic", str(tmp_path / "all.gpkg"), "--format", "tif,gpkg"]
    unbroken = tmp_path / "unbroken"
    mapped(
        tiles, unbroken, model, formats=("tif", "gpkg"), mosaics=(tmp_path / "one.gpkg",), drawing=Drawing()
    )
    start = time.monotonic()
    subprocess.run([*command[:6], str(tmp_path / "timed"), *command[7:]], check=True)
    seconds = time.monotonic() - start
    (tmp_path / "all.gpkg").unlink()

    def check() -> None:
        for name, classes in arrays(tmp_path / "maps").items():
            np.testing.assert_array_equal(classes, expected[name])

    work = tmp_path / "maps" / "batch.unfinished"
    kills_at_random(command, work, seed=3, least=0.5, seconds=seconds, check=check)
    check()
    for path in unbroken.glob("*.tif"):
        assert (tmp_path / "maps" / path.name).read_bytes() == path.read_bytes()
    assert layer(tmp_path / "all.gpkg").equals(layer(tmp_path / "one.gpkg"))
    for path in unbroken.glob("*.gpkg"):
        assert layer(tmp_path / "maps" / path.name).equals(layer(path))
    assert not leftovers(tmp_path / "maps")
    report = json.loads((tmp_path / "maps" / "report.json").read_text())
    # The last kill may have come when all was done.
    assert (report["done"] + report["skipped"], report["failed"]) == (6, 0)
