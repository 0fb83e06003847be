"""Tiles that fail, batches that are stopped, killed, run again: what is whole stays, and nothing else."""

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
from glnet_geo.errors import AoiError, CancelledError, OptionError, OutputError
from glnet_geo.io.maps.raster import ClassRaster
from glnet_geo.io.scenes.tiles import TileReader
from glnet_geo.io.work_folder.ledger import Ledger
from tests.io.test_full_disk import small_disk
from tests.jobs import Told, kills_at_random
from tests.scenes import UTM, read, texture, write_scene
from tests.test_batch import HEIGHT, WIDTH, arrays, assert_same_maps, cut, mapped, options, statuses, windows
from tests.test_resume import Impatient

__all__ = ["small_disk"]

BAD = "tile_1_0"


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    return cut(tmp_path, texture(HEIGHT, WIDTH), nodata=0)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, model: Path) -> dict[str, Any]:
    """The maps of all tiles."""
    folder = tmp_path_factory.mktemp("expected")
    mapped(cut(folder, texture(HEIGHT, WIDTH), nodata=0), folder / "maps", model)
    return arrays(folder / "maps")


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory, model: Path) -> dict[str, Any]:
    """The maps of all tiles but the bad one, whose pixels count as without data."""
    folder = tmp_path_factory.mktemp("without")
    pixels = texture(HEIGHT, WIDTH)
    hole = windows()[BAD]
    pixels[:, hole.rows, hole.cols] = 0
    write_scene(folder / "scene.tif", pixels, nodata=0)
    glnet_geo.classify(folder / "scene.tif", folder / "map.tif", options=options(model))
    classes = read(folder / "map.tif")
    return {name: classes[w.rows, w.cols] for name, w in windows().items() if name != BAD}


@pytest.fixture(autouse=True)
def _impatient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TileReader, "tried", lambda _self, attempt: attempt())


def cut_short(path: Path, share: float = 0.6) -> None:
    os.truncate(path, int(path.stat().st_size * share))


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if p.name.startswith(".") or p.name.endswith(".unfinished")]


def test_a_tile_that_cannot_be_opened_does_not_stop_the_others(
    tmp_path: Path, tiles: Path, model: Path, without: dict[str, Any]
) -> None:
    (tiles / f"{BAD}.tif").write_bytes(b"no raster at all")
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report) == dict.fromkeys(windows(), "done") | {BAD: "failed"}
    assert "cannot be opened" in report.failed[0].reason
    assert_same_maps(arrays(tmp_path / "maps"), without)


def test_a_tile_whose_name_is_no_text_does_not_stop_the_others(
    tmp_path: Path, tiles: Path, model: Path, without: dict[str, Any]
) -> None:
    odd = (tiles / f"{BAD}.tif").rename(tiles / "tile_\udcff.tif")
    report = mapped(tiles, tmp_path / "maps", model)
    assert statuses(report) == dict.fromkeys(without, "done") | {odd.stem: "failed"}
    assert "no characters: rename it" in report.failed[0].reason
    assert_same_maps(arrays(tmp_path / "maps"), without)


@pytest.mark.parametrize("name", ["{stem}_{stem}{suffix}", "{stem}_{stem}/{number}{suffix}"])
def test_a_tile_whose_output_would_have_too_long_a_name_does_not_stop_the_others(
    tmp_path: Path, tiles: Path, model: Path, name: str
) -> None:
    long = (tiles / f"{BAD}.tif").rename(tiles / f"{'x' * 180}.tif")
    report = mapped(tiles, tmp_path / "maps", model, name=name)
    assert statuses(report) == dict.fromkeys(windows().keys() - {BAD}, "done") | {long.stem: "failed"}
    assert "choose a shorter one" in report.failed[0].reason


def test_where_no_tile_can_have_such_a_name_the_batch_is_refused(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    with pytest.raises(OutputError, match="choose a shorter one"):
        mapped(tiles, tmp_path / "maps", model, name="x" * 300 + "{stem}{suffix}")
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_a_tile_cut_short_counts_as_without_data(
    tmp_path: Path, tiles: Path, model: Path, without: dict[str, Any], share: float
) -> None:
    cut_short(tiles / f"{BAD}.tif", share)
    report = mapped(tiles, tmp_path / "maps", model, mosaics=(tmp_path / "all.tif",))
    assert statuses(report) == dict.fromkeys(windows(), "done") | {BAD: "failed"}
    assert BAD in report.failed[0].reason
    assert_same_maps(arrays(tmp_path / "maps"), without)
    hole = windows()[BAD]
    mosaic = read(tmp_path / "all.tif")
    assert (mosaic[hole.rows, hole.cols] == 255).all()
    for name, classes in without.items():
        window = windows()[name]
        np.testing.assert_array_equal(mosaic[window.rows, window.cols], classes)
    assert not leftovers(tmp_path / "maps")


class Meddler(Silence):
    """Does something to a tile while the batch runs."""

    def __init__(self, steps: int, deed: Any) -> None:
        self._left, self._deed = steps, deed

    def advance(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left <= 0 and self._deed is not None:
            deed, self._deed = self._deed, None
            deed()


@pytest.mark.parametrize(("steps", "said"), [(1, "were not made by this very job"), (10, "has appeared")])
@pytest.mark.parametrize("name", ["all.tif", f"maps/{BAD}_landcover.tif"])
def test_what_has_appeared_meanwhile_is_not_replaced_unless_asked_for(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any], name: str, steps: int, said: str
) -> None:
    more, theirs = {"mosaics": (tmp_path / "all.tif",)}, tmp_path / name
    meddler = Meddler(steps, lambda: theirs.write_text("x"))
    with pytest.raises(OutputError, match=f"{said}.*: add --overwrite"):
        mapped(tiles, tmp_path / "maps", model, **more, progress=meddler)
    assert theirs.read_text() == "x"
    again = Told()
    report = mapped(tiles, tmp_path / "maps", model, **more, overwrite=True, progress=again)
    assert any("going on from" in line for line in again.told) == (said == "has appeared")
    assert report.count("failed") == 0
    assert_same_maps(arrays(tmp_path / "maps"), expected)


@pytest.mark.parametrize("steps", [6, 30, 60])
@pytest.mark.parametrize("deed", ["truncate", "replace", "remove"])
def test_a_tile_changed_while_the_batch_runs_is_told_and_never_half_used(
    tmp_path: Path, tiles: Path, model: Path, without: dict[str, Any], deed: str, steps: int
) -> None:
    path = tiles / f"{BAD}.tif"
    deeds = {
        "truncate": lambda: cut_short(path),
        "replace": lambda: shutil.copy(tiles / "tile_0_0.tif", path),
        "remove": path.unlink,
    }
    report = mapped(tiles, tmp_path / "maps", model, progress=Meddler(steps, deeds[deed]))
    assert statuses(report) == dict.fromkeys(windows(), "done") | {BAD: "failed"}
    assert_same_maps(arrays(tmp_path / "maps"), without)


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


def test_a_mosaic_may_lie_in_a_folder_that_is_made_for_the_maps(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    maps = tmp_path / "new" / "maps"
    mosaics = (maps / "all.tif", maps.parent / "all.gpkg")
    mapped(tiles, maps, model, mosaics=mosaics)
    assert all(path.is_file() for path in mosaics)


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


def test_a_tile_that_fails_does_not_cost_the_others_their_pace(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    cut_short(tiles / f"{BAD}.tif")
    report = mapped(tiles, tmp_path / "maps", model)
    assert report.megapixels_computed == pytest.approx(report.megapixels_done)


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


def test_an_output_that_fails_stops_the_batch_and_costs_only_itself(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = ClassRaster.finish
    finished: list[ClassRaster] = []

    def full(self: ClassRaster) -> None:
        if len(finished) == 3:
            raise OutputError("the disk is full: free some space")
        finish(self)
        finished.append(self)

    with monkeypatch.context() as patched:
        patched.setattr(ClassRaster, "finish", full)
        with pytest.raises(OutputError, match="full"):
            mapped(tiles, tmp_path / "maps", model)
    assert len(arrays(tmp_path / "maps")) == 3
    assert statuses(mapped(tiles, tmp_path / "maps", model)) == dict.fromkeys(windows(), "done")
    assert_same_maps(arrays(tmp_path / "maps"), expected)


def test_a_disk_that_fills_up_keeps_what_is_whole(
    tmp_path: Path, tiles: Path, model: Path, expected: dict[str, Any], small_disk: Path
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 360 * 1024)
    with pytest.raises(OutputError, match="free some"):
        mapped(tiles, small_disk / "maps", model, formats=("tif", "gpkg"))
    for name, classes in arrays(small_disk / "maps").items():
        np.testing.assert_array_equal(classes, expected[name])
    filler.unlink()
    out = tmp_path / "maps"
    shutil.copytree(small_disk / "maps", out)
    shutil.rmtree(small_disk / "maps")
    report = mapped(tiles, out, model, overwrite=True)
    assert set(statuses(report).values()) == {"done"}
    assert_same_maps(arrays(out), expected)


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, tiles: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="choose another folder"):
        mapped(tiles, tmp_path / "file" / "maps", model)
    out = tmp_path / "read_only"
    out.mkdir(mode=0o500)
    if os.access(out, os.W_OK):
        pytest.skip("whoever runs the tests may write anywhere")
    with pytest.raises(OutputError, match="choose another folder"):
        mapped(tiles, out, model)


def test_two_batches_do_not_write_to_one_folder(tmp_path: Path, tiles: Path, model: Path) -> None:
    with Ledger(tmp_path / "maps"), pytest.raises(OutputError, match="another batch is writing"):
        mapped(tiles, tmp_path / "maps", model)


def test_batches_of_the_same_tiles_share_a_work_folder(tmp_path: Path, tiles: Path, model: Path) -> None:
    maps, work = tmp_path / "maps", tmp_path / "work"
    with pytest.raises(CancelledError):
        mapped(tiles, maps, model, work=work, progress=Impatient(30))
    mapped(tiles, tmp_path / "others", model, work=work, confidence=True)
    again = Told()
    mapped(tiles, maps, model, work=work, progress=again)
    assert any("going on from" in line for line in again.told)
    assert not list(work.iterdir())


def test_tiles_without_data_are_skipped(tmp_path: Path, model: Path) -> None:
    pixels = texture(HEIGHT, WIDTH)
    hole = windows()[BAD]
    pixels[:, hole.rows, hole.cols] = 0
    tiles = cut(tmp_path, pixels, nodata=0)
    for _ in range(2):
        report = mapped(tiles, tmp_path / "maps", model)
        assert statuses(report)[BAD] == "skipped"
        assert "no valid pixel" in next(tile.reason for tile in report.tiles if BAD in tile.tile)
    assert BAD not in arrays(tmp_path / "maps")


def test_an_area_of_interest_limits_the_tiles(tmp_path: Path, tiles: Path, model: Path) -> None:
    import geopandas
    import shapely

    def area(left: float) -> Path:
        place = shapely.box(left, 2_779_080, left + 20, 2_779_119)
        path = tmp_path / f"aoi_{left}.gpkg"
        geopandas.GeoDataFrame(geometry=[place], crs="EPSG:32640").to_file(path)
        return path

    aoi = area(331_210)
    for seamless in (True, False):
        folder = tmp_path / f"maps_{seamless}"
        report = mapped(tiles, folder, model, aoi=aoi, seamless=seamless)
        assert statuses(report) == dict.fromkeys(windows(), "skipped") | {"tile_0_0": "done"}
    for seamless in (True, False):
        with pytest.raises(AoiError, match="of any tile"):
            mapped(tiles, tmp_path / f"none_{seamless}", model, aoi=area(500_000), seamless=seamless)


def test_what_cannot_be_done_together_is_refused_at_once(tmp_path: Path, tiles: Path, model: Path) -> None:
    with pytest.raises(OptionError, match="no-seamless"):
        mapped(tiles, tmp_path, model, seamless=False, mosaics=(tmp_path / "m.tif",))
    with pytest.raises(OptionError, match="no-seamless"):
        mapped(tiles, tmp_path, model, exact=True)
    write_scene(tiles / "other.tif", texture(90, 90), crs="EPSG:32641")
    with pytest.raises(OptionError, match="one pixel grid"):
        mapped(tiles, tmp_path / "maps", model, mosaics=(tmp_path / "m.tif",))
    assert not (tmp_path / "m.tif").exists()


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
    from tests.test_batch import layer

    assert layer(tmp_path / "all.gpkg").equals(layer(tmp_path / "one.gpkg"))
    for path in unbroken.glob("*.gpkg"):
        assert layer(tmp_path / "maps" / path.name).equals(layer(path))
    assert not leftovers(tmp_path / "maps")
    report = json.loads((tmp_path / "maps" / "report.json").read_text())
    # The last kill may have come when all was done.
    assert (report["done"] + report["skipped"], report["failed"]) == (6, 0)
