"""No output replaces what a job reads, under whatever name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from glnet_geo.errors import OutputError
from glnet_geo.io.scenes.source_files import is_same_file, refuse_to_replace, source_files
from tests.maps import write_map


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    return write_map(tmp_path / "map.tif", np.ones((4, 4), np.uint8))


def test_a_file_is_itself_under_another_name(tmp_path: Path, raster: Path) -> None:
    link = tmp_path / "link.tif"
    link.symlink_to(raster)
    assert is_same_file(link, raster)
    assert is_same_file(raster, str(tmp_path / "." / "map.tif"))


def test_a_dataset_is_the_file_that_it_lies_in(tmp_path: Path, raster: Path) -> None:
    package = tmp_path / "land.gpkg"
    rasterio.shutil.copy(raster, package, driver="GPKG")
    assert is_same_file(package, f"GPKG:{package}:land")
    assert not is_same_file(raster, f"GPKG:{package}:land")


def test_a_mosaic_is_its_tiles_and_so_is_a_mosaic_of_it(tmp_path: Path, raster: Path) -> None:
    inner, outer = tmp_path / "inner.vrt", tmp_path / "outer.vrt"
    rasterio.shutil.copy(raster, inner, driver="VRT")
    outer.write_text(inner.read_text().replace("map.tif", "inner.vrt"))
    assert source_files(outer) >= {str(outer), str(inner), str(raster)}
    assert is_same_file(raster, outer)


@pytest.mark.parametrize("read", ["none.tif", "x" * 5000, "nul\0", "https://example.invalid/map.tif"])
def test_what_is_no_file_is_no_output(raster: Path, read: str) -> None:
    assert not is_same_file(raster, read)


def test_what_is_not_there_replaces_nothing(tmp_path: Path, raster: Path) -> None:
    assert not is_same_file(tmp_path / "new.tif", raster)


def test_it_is_told_what_would_be_lost(tmp_path: Path, raster: Path) -> None:
    refuse_to_replace(raster, scene=tmp_path / "other.tif", model=None)
    with pytest.raises(
        OutputError,
        match=r"map\.tif would replace the area of interest, which this job reads: choose another name$",
    ):
        refuse_to_replace(raster, scene=tmp_path / "other.tif", area_of_interest=raster)
