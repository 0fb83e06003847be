"""A disk that fills up: the job fails with a sentence, and leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Sink, Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.files.staging import Staging, is_raster
from glnet_geo.io.maps.raster import ClassRaster
from glnet_geo.io.polygons.vector import PolygonLayer
from tests.maps import write_map
from tests.rasters import Place

LEGEND = Legend((LandClass(id=0, name="a", color="#000000"), LandClass(id=1, name="b", color="#ffffff")))
SIDE = 300


def _sink(path: Path) -> Sink:
    transform, crs = Affine(0.5, 0, 331_207.5, 0, -0.5, 2_779_120.0), rasterio.CRS.from_epsg(32640)
    place = Place(height=SIDE, width=SIDE, transform=transform, crs=crs)
    if is_raster(path):
        return ClassRaster(path, place, LEGEND, tags={})
    return PolygonLayer(path, place, LEGEND, Drawing(), tags={})


def _made(path: Path, classes: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """An output, made as a job makes it."""
    with Staging([path], overwrite=True) as staging:
        sink = _sink(staging.temporary(path))
        try:
            for row in range(0, SIDE, 50):
                sink.write(Strip(row=row, classes=classes[row : row + 50]))
            sink.finish()
        finally:
            sink.close()
        staging.commit()


@pytest.mark.parametrize("suffix", [".tif", ".gpkg", ".fgb", ".geojson", ".parquet"])
@pytest.mark.parametrize("room", [0, 60, 140])
def test_nothing_is_left_on_a_full_disk(small_disk: Path, suffix: str, room: int) -> None:
    """Whether it is full at once or only later."""
    (small_disk / "mine").write_bytes(b"x" * (512 - room) * 1024)
    path = small_disk / f"map{suffix}"
    # Bytes that do not compress, or tens of thousands of polygons.
    values = 255 if is_raster(path) else 2
    classes = np.random.default_rng(0).integers(0, values, (SIDE, SIDE)).astype(np.uint8)
    with pytest.raises(OutputError):
        _made(path, classes)
    assert [p.name for p in small_disk.iterdir()] == ["mine"]


@pytest.mark.parametrize("suffix", [".tif", ".gpkg", ".fgb", ".geojson", ".parquet"])
def test_an_output_that_fits_is_made(small_disk: Path, suffix: str) -> None:
    """Else the test above could pass for another reason."""
    path = small_disk / f"map{suffix}"
    _made(path, np.zeros((SIDE, SIDE), np.uint8))
    assert path.is_file()


def test_the_old_output_outlives_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "map.gpkg"
    _made(path, np.zeros((SIDE, SIDE), np.uint8))
    before = path.read_bytes()
    (small_disk / "mine").write_bytes(b"x" * 200 * 1024)
    with pytest.raises(OutputError):
        _made(path, np.random.default_rng(0).integers(0, 2, (SIDE, SIDE)).astype(np.uint8))
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb"])
def test_only_one_sentence_is_said(tmp_path: Path, small_disk: Path, suffix: str) -> None:
    """Libraries would print what they met too."""
    classes = np.random.default_rng(0).integers(0, 2, (SIDE, SIDE)).astype(np.uint8)
    mapped = write_map(tmp_path / "map.tif", classes)
    command = [sys.executable, "-m", "glnet_geo", "vectorize", str(mapped), "--progress", "none"]
    ended = subprocess.run(
        [*command, "--out", str(small_disk / f"map{suffix}")], check=False, capture_output=True, text=True
    )
    assert ended.returncode == OutputError.exit_code
    assert [line.split(":")[0] for line in ended.stderr.splitlines() if "looking" not in line] == ["Error"]
