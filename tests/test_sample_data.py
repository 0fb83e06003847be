"""The sample is what its README says, and the script beside it makes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
CLASSES = (0, 1, 2, 3, 4)
NODATA = 255


def _read(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """All bands of a raster, and its valid pixels."""
    with rasterio.open(path) as raster:
        return raster.read(), raster.dataset_mask() > 0


@pytest.fixture(scope="module")
def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    return _read(SAMPLE / "scene.tif")


@pytest.fixture(scope="module")
def label() -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = _read(SAMPLE / "label.tif")[0][0]
    return pixels


def test_the_scene_is_a_photograph_in_a_projected_system() -> None:
    with rasterio.open(SAMPLE / "scene.tif") as scene:
        assert scene.shape == (2660, 2740)
        assert scene.dtypes == ("uint8",) * 3
        assert scene.colorinterp == (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
        assert scene.crs.to_epsg() == 32640
        assert scene.res == (0.6, 0.6)
        assert scene.block_shapes == [(512, 512)] * 3
        assert scene.mask_flag_enums == ([MaskFlags.per_dataset],) * 3


def test_no_side_is_a_multiple_of_what_a_network_likes() -> None:
    with rasterio.open(SAMPLE / "scene.tif") as scene:
        assert all(side % 16 for side in scene.shape)
        assert (scene.transform.c / 0.6) % 1 > 0.01
        assert (scene.transform.f / 0.6) % 1 > 0.01


def test_the_label_lies_on_the_grid_of_the_scene() -> None:
    with rasterio.open(SAMPLE / "scene.tif") as scene, rasterio.open(SAMPLE / "label.tif") as label:
        assert label.shape == scene.shape
        assert label.transform == scene.transform
        assert label.crs == scene.crs
        assert (label.count, label.dtypes, label.nodata) == (1, ("uint8",), NODATA)
        colors = label.colormap(1)
    assert len({colors[class_id] for class_id in CLASSES}) == len(CLASSES)
    assert all(colors[class_id][3] == 255 for class_id in CLASSES)


def test_the_label_is_nodata_exactly_where_the_scene_is_masked(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]], label: NDArray[np.uint8]
) -> None:
    np.testing.assert_array_equal(label == NODATA, ~scene[1])


def test_every_class_covers_a_fair_share_and_nothing_else_occurs(label: NDArray[np.uint8]) -> None:
    counts = np.bincount(label.ravel(), minlength=256)
    assert set(np.flatnonzero(counts)) == {*CLASSES, NODATA}
    assert (counts[list(CLASSES)] / counts[list(CLASSES)].sum()).min() >= 0.03


def test_the_collar_is_turned_and_ragged_and_black_behind_its_edge(
    scene: tuple[NDArray[np.uint8], NDArray[np.bool_]],
) -> None:
    pixels, valid = scene
    assert 0.75 < valid.mean() < 0.95
    assert not valid[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    for side in (valid, valid[:, ::-1], valid.T, valid.T[:, ::-1]):
        first = side.argmax(axis=1)[300:-300]
        assert np.ptp(first) > 30  # turned
        assert np.abs(np.diff(first)).max() > 3  # ragged
    # JPEG smears the edge over the blocks of 16 x 16 pixels that it crosses, and no further than the next ones.
    blocks = valid[:2656, :2736].reshape(166, 16, 171, 16).any(axis=(1, 3))
    near = np.lib.stride_tricks.sliding_window_view(np.pad(blocks, 1), (3, 3)).max(axis=(2, 3))
    far = ~near.repeat(16, axis=0).repeat(16, axis=1)
    assert far.any()
    assert pixels[:, :2656, :2736][:, far].max() == 0


def test_both_files_are_small() -> None:
    assert sum((SAMPLE / name).stat().st_size for name in ("scene.tif", "label.tif")) < 6_000_000


@pytest.mark.slow
def test_the_script_makes_the_files_that_ship(
    tmp_path: Path, scene: tuple[NDArray[np.uint8], NDArray[np.bool_]], label: NDArray[np.uint8]
) -> None:
    subprocess.run([sys.executable, str(SAMPLE / "make_sample.py"), "--out", str(tmp_path)], check=True)
    np.testing.assert_array_equal(_read(tmp_path / "label.tif")[0][0], label)
    pixels, valid = _read(tmp_path / "scene.tif")
    np.testing.assert_array_equal(valid, scene[1])
    difference = np.abs(pixels.astype(np.int16) - scene[0].astype(np.int16))
    assert difference.mean() < 0.1
    assert np.quantile(difference, 0.999) <= 6
