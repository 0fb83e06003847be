"""What a batch takes for tiles where outputs lie among its inputs: an image that a person gave is never replaced."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import geopandas
import pytest
import rasterio
import shapely

from glnet_geo.errors import OutputError
from tests.batches import mapped, statuses
from tests.jobs import Told
from tests.scenes import UTM, texture, write_scene


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    for number, name in enumerate(["a", "b", "b_landcover"]):
        write_scene(folder / f"{name}.tif", texture(60, 70, seed=number), transform=placed(number))
    return folder


def placed(number: int) -> Any:
    return UTM @ UTM.translation(70 * number, 0)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(folder: Path, *arguments: Any, **more: Any) -> None:
    before = contents(folder)
    with pytest.raises(OutputError, match="which it reads and no batch has made") as told:
        mapped(*arguments, **more)
    assert "overwrite" not in str(told.value)
    assert contents(folder) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_mosaic_does_not_replace_a_tile(
    tmp_path: Path, tiles: Path, model: Path, *, overwrite: bool
) -> None:
    more = {"mosaics": (tiles / "a.tif",), "overwrite": overwrite}
    refused(tiles, tiles, tmp_path / "maps", model, **more)
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["{stem}_landcover{suffix}", "{stem}{suffix}"])
def test_a_map_does_not_replace_a_tile(tiles: Path, model: Path, name: str, *, overwrite: bool) -> None:
    refused(tiles, tiles, tiles, model, name=name, overwrite=overwrite)


def test_a_tile_under_another_name_is_known(tmp_path: Path, tiles: Path, model: Path) -> None:
    (tmp_path / "linked").symlink_to(tiles, target_is_directory=True)
    refused(tiles, tiles, tmp_path / "maps", model, mosaics=(tmp_path / "linked" / "a.tif",), overwrite=True)


def test_maps_of_earlier_batches_are_left_out(tiles: Path, model: Path) -> None:
    (tiles / "b_landcover.tif").unlink()
    more: dict[str, Any] = {"formats": ("tif", "gpkg"), "confidence": True, "mosaics": (tiles / "all.tif",)}
    mapped(tiles, tiles, model, **more)
    told = Told()
    again = mapped([f"{tiles}/*.tif", f"{tiles}/*.gpkg"], tiles, model, **more, progress=told)
    assert statuses(again) == {"a": "skipped", "b": "skipped"}
    assert any("7 of the inputs are outputs" in line for line in told.told)
    # Without the report, the rasters still say who made them; the polygons cannot be taken for images.
    (tiles / "report.json").unlink()
    third = mapped(f"{tiles}/*.tif", tiles, model, **more, overwrite=True)
    assert statuses(third) == {"a": "done", "b": "done"}


def test_an_image_that_was_put_in_the_place_of_a_map_is_a_tile(tiles: Path, model: Path) -> None:
    (tiles / "b_landcover.tif").unlink()
    mapped(tiles, tiles, model)
    shutil.copy(tiles / "a.tif", tiles / "b_landcover.tif")
    refused(tiles, tiles, tiles, model, overwrite=True)


def test_neither_a_tile_index_nor_the_area_of_interest_is_replaced(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    index, aoi = tmp_path / "index.gpkg", tmp_path / "aoi.gpkg"
    with rasterio.open(tiles / "a.tif") as raster:
        table = geopandas.GeoDataFrame(
            {"location": [str(tiles / "a.tif")]}, geometry=[shapely.box(*raster.bounds)], crs=raster.crs
        )
    table.to_file(index)
    table.to_file(aoi)
    refused_files = {path: path.read_bytes() for path in (index, aoi)}
    for path in refused_files:
        with pytest.raises(OutputError, match=f"would replace .*{path.name}, which it reads.*another name"):
            mapped(index, tmp_path / "maps", model, aoi=aoi, mosaics=(path,), overwrite=True)
    assert {path: path.read_bytes() for path in refused_files} == refused_files
    assert not (tmp_path / "maps").exists()
