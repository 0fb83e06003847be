"""Tiles and outputs that fail, and what is refused: what is whole stays, and nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine

from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.errors import AoiError, OptionError, OutputError
from glnet_geo.io.maps.raster import ClassRaster
from glnet_geo.io.work_folder.ledger import Ledger
from tests.batches import (
    BAD,
    HEIGHT,
    WIDTH,
    Meddler,
    arrays,
    assert_same_maps,
    cut,
    cut_short,
    leftovers,
    mapped,
    statuses,
    windows,
)
from tests.jobs import Told
from tests.scenes import UTM, read, texture, write_scene

pytestmark = pytest.mark.usefixtures("impatient_readers")

_PLACES = {"astray": UTM, "east": UTM, "west": Affine(5e-6, 0, 55.1, 0, -5e-6, 25.2)}


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


@pytest.mark.parametrize(
    ("formats", "drawing", "said"),
    [
        (("geojson",), Drawing(), "the map has no CRS"),
        (("tif",), Drawing(min_area=1), "--min-area needs areas"),
        (("gpkg",), Drawing(simplify=1), "--simplify needs metres"),
        (("gpkg",), Drawing(crs="EPSG:3035"), "cannot be brought to EPSG:3035"),
    ],
)
def test_a_tile_that_cannot_be_drawn_where_it_lies_does_not_stop_the_others(
    tmp_path: Path, model: Path, formats: tuple[str, ...], drawing: Drawing, said: str
) -> None:
    for name, crs in (("astray", None), ("east", "EPSG:32640"), ("west", "EPSG:4326")):
        write_scene(tmp_path / f"{name}.tif", texture(30, 30), crs=crs, transform=_PLACES[name])
    names = sorted(_PLACES)
    told = Told()
    report = mapped(
        [tmp_path / f"{name}.tif" for name in names],
        tmp_path / "maps",
        model,
        formats=formats,
        drawing=drawing,
        progress=told,
    )
    assert statuses(report) == {"astray": "failed", "east": "done", "west": "done"}
    assert said in report.failed[0].reason
    assert any(line.startswith("failed: ") and said in line for line in told.told)


@pytest.mark.parametrize(
    ("wanted", "formats", "said"),
    [("EPSG:1", ("gpkg",), "no CRS that is known"), ("EPSG:3035", ("gpkg", "geojson"), "leave out --crs")],
)
def test_a_crs_that_serves_no_tile_is_refused_before_any_is_looked_at(
    tmp_path: Path, tiles: Path, model: Path, wanted: str, formats: tuple[str, ...], said: str
) -> None:
    told = Told()
    with pytest.raises(OptionError, match=said):
        mapped(tiles, tmp_path / "maps", model, formats=formats, drawing=Drawing(crs=wanted), progress=told)
    assert not told.begun
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


def test_a_mosaic_may_lie_in_a_folder_that_is_made_for_the_maps(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    maps = tmp_path / "new" / "maps"
    mosaics = (maps / "all.tif", maps.parent / "all.gpkg")
    mapped(tiles, maps, model, mosaics=mosaics)
    assert all(path.is_file() for path in mosaics)


def test_a_tile_that_fails_does_not_cost_the_others_their_pace(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    cut_short(tiles / f"{BAD}.tif")
    report = mapped(tiles, tmp_path / "maps", model)
    assert report.megapixels_computed == pytest.approx(report.megapixels_done)


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
