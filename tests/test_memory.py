from __future__ import annotations

from pathlib import Path
from typing import Any

import rasterio

from glnet_geo import Options
from glnet_geo.plan import Plan, planned
from tests.io.geotiffs import PLACE, UTM

STRIPS: dict[str, Any] = {"blockysize": 1}
TILES: dict[str, Any] = {"tiled": True, "blockxsize": 512, "blockysize": 512}


def _empty(path: Path, width: int, layout: dict[str, Any]) -> Path:
    """A large scene of which nothing is written."""
    profile = {
        "driver": "GTiff",
        "count": 3,
        "height": 20_000,
        "dtype": "uint8",
        "nodata": 0,
        "crs": UTM,
        "transform": PLACE,
    }
    with rasterio.open(path, "w", **profile, width=width, sparse_ok=True, photometric="rgb", **layout):
        return path


def _plan(scene: Path, model: Path, most: int | None = None) -> Plan:
    with planned(scene, Options(model=model, max_memory=most, value_range=(0, 255))) as plan:
        return plan


def test_whole_rows_are_kept_for_all_frames_of_a_row(tmp_path: Path, model: Path) -> None:
    plan = _plan(_empty(tmp_path / "strips.tif", 50_000, STRIPS), model)
    frame = plan.card.tiling.frame
    assert plan.memory.kept >= (frame + plan.strip_rows) * 50_000 * 3
    assert plan.memory.total > plan.memory.kept
    assert not any("stored in whole rows" in note for note in plan.notes)


def test_of_tiles_a_row_is_kept_for_the_rows_of_the_map(tmp_path: Path, model: Path) -> None:
    kept = _plan(_empty(tmp_path / "tiles.tif", 50_000, TILES), model).memory.kept
    assert (
        512 * 50_000 * 3 <= kept < 2 * _plan(_empty(tmp_path / "half.tif", 25_000, TILES), model).memory.kept
    )


def test_where_memory_is_short_rows_are_decoded_again_and_that_is_told(tmp_path: Path, model: Path) -> None:
    scene = _empty(tmp_path / "strips.tif", 50_000, STRIPS)
    plan = _plan(scene, model)
    most = plan.memory.total - 1
    short = _plan(scene, model, most)
    assert short.memory.kept < plan.memory.kept
    assert short.memory.total <= most
    assert any(
        "strips.tif is stored in whole rows, for which there is too little memory" in note
        for note in short.notes
    )
    # Tiles lose little by it.
    tiles = _empty(tmp_path / "tiles.tif", 50_000, TILES)
    short = _plan(tiles, model, _plan(tiles, model).memory.total - 1)
    assert not any("stored in whole rows" in note for note in short.notes)
