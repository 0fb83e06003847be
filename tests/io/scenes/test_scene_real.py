"""Real files, each opened and read whole, and compared with what plain NumPy makes of the file's own bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from glnet_geo.errors import SceneError
from glnet_geo.io.scenes.scene import open_scene
from tests.io.geotiffs import RGB, lattice_of, read_whole, whole

Rule = Callable[[NDArray[np.uint8]], Any]

EDGE_CASES: Sequence[tuple[str, str, Rule | None, float]] = [
    # name, how nodata is told, what that is in bands, metres from pixel to pixel
    ("RGB.byte.tif", "declared value 0", lambda bands: bands.any(axis=0), 300),
    ("RGBA.byte.tif", "alpha band", lambda bands: bands[3] > 0, 300),
    ("cog_rgb_mask.tif", "mask", None, 0.15),
    ("cog_rgba.tif", "alpha band", lambda bands: bands[3] > 0, 0.15),
    ("pix4d_alpha_nodata.tif", "alpha band", lambda bands: bands[3] > 0, 0.353),
    ("image_2000px.tif", "none declared: every pixel counts", lambda bands: bands[0] >= 0, 0.327),
    ("cogeo.tif", "mask", None, 0.472),
]

NAIP_DAYS = ["20090818", "20100629", "20120731", "20140720", "20150926"]
NAIP_DAYS += ["20160816", "20170827", "20180716", "20190904", "20200831"]


@pytest.mark.parametrize(
    ("name", "nodata", "rule", "metres"), EDGE_CASES, ids=[case[0] for case in EDGE_CASES]
)
def test_an_edge_case_is_read_as_it_is(
    shared_data: Path,
    name: str,
    nodata: str,
    rule: Rule | None,
    metres: float,
) -> None:
    path = shared_data / "edgecases" / name
    with rasterio.open(path) as dataset:
        bands = dataset.read()
        # An internal mask is no band of its own: only GDAL can say what it holds.
        expected = dataset.read_masks(1) > 0 if rule is None else rule(bands)
        grid = dataset.transform, dataset.crs, dataset.shape
    with open_scene(path, wanted=RGB) as scene:
        assert (scene.transform, scene.crs, scene.shape) == grid
        assert (scene.bands, scene.band_names, scene.notes) == ((1, 2, 3), RGB, ())
        assert scene.nodata == nodata
        assert scene.ground_sample_distance == pytest.approx((metres, metres), rel=0.02)
        pixels, valid = read_whole(scene)
        np.testing.assert_array_equal(scene.valid(whole(scene)), expected)
        low, high = scene.value_range()
    np.testing.assert_array_equal(valid, expected)
    np.testing.assert_array_equal(pixels, np.where(expected, bands[:3], 0))
    # A sample, from overviews where there are some, tells nearly what all pixels tell.
    assert (low, high) == pytest.approx(np.percentile(bands[:3, expected], [2, 98]), abs=3)


@pytest.mark.parametrize("name", [case[0] for case in EDGE_CASES])
def test_shrinking_an_edge_case_keeps_its_mean_and_its_extent(shared_data: Path, name: str) -> None:
    with open_scene(shared_data / "edgecases" / name, wanted=RGB) as scene:
        pixels, valid = read_whole(scene)
        lattice = lattice_of(scene, (0.25, 0.25))
        excerpt = scene.read(lattice.extent, lattice)
    assert excerpt.pixels[:, excerpt.valid].mean() == pytest.approx(pixels[:, valid].mean(), rel=0.03)
    # A coarse pixel that any valid one reaches into is valid: the border grows by one coarse pixel at most.
    assert 16 * excerpt.valid.sum() >= valid.sum()
    assert 16 * excerpt.valid.sum() == pytest.approx(valid.sum(), rel=0.08)


def test_control_points_make_a_view(shared_data: Path) -> None:
    path = shared_data / "edgecases" / "cog_gcps.tif"
    with rasterio.open(path) as dataset:
        points, crs = dataset.gcps
        height, width = dataset.shape
    with open_scene(path, wanted=("gray",)) as scene:
        assert scene.crs == crs
        assert scene.dtype == "uint16"
        assert scene.notes[0].startswith("cog_gcps.tif is georeferenced by 210 ground control points")
        valid = read_whole(scene)[1]
        assert scene.transform is not None
        back = ~scene.transform
        inner = [point for point in points if 20 < point.row < height - 20 and 20 < point.col < width - 20]
        at = [back @ (point.x, point.y) for point in inner]
    assert len(at) > 100
    assert all(valid[int(row), int(col)] for col, row in at)
    assert not valid[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    # About as many pixels as the file has, the rest of the view's rectangle being empty.
    assert valid.sum() == pytest.approx(height * width, rel=0.02)


@pytest.mark.parametrize("day", NAIP_DAYS)
def test_four_bands_without_names_must_be_named(shared_data: Path, day: str) -> None:
    path = shared_data / "naip" / f"m_4709963_se_14_1_{day}.tif"
    with pytest.raises(
        SceneError,
        match=rf"^{path.name} has 4 bands and the model needs 3 \(red, green, blue\): name them in this order, such as --bands 1,2,3$",
    ):
        open_scene(path, wanted=RGB)
    with rasterio.open(path) as dataset:
        bands = dataset.read([1, 2, 3])
    with open_scene(path, bands="1,2,3", wanted=RGB) as scene:
        assert scene.band_names == ("", "", "")
        assert scene.nodata == "declared value 0"
        assert scene.ground_sample_distance == pytest.approx((5, 5), rel=0.01)
        pixels, valid = read_whole(scene)
    np.testing.assert_array_equal(pixels, bands)
    np.testing.assert_array_equal(valid, bands.any(axis=0))
