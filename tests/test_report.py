from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas
import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.crs import CRS

import glnet_geo
from glnet_geo.core.strip import Strip
from glnet_geo.report import Tally
from tests.io.geodesy.places import DEGREES, UTM
from tests.io.geodesy.test_pixel_areas import MOLLWEIDE, Raster
from tests.maps import LEGEND, write_map

COARSE = Affine(0.05, 0, 10, 0, -0.05, 60)


def tally(classes: NDArray[np.uint8], transform: Affine | None, crs: CRS | None, cuts: list[int]) -> Tally:
    """A map counted in strips that begin at the cuts."""
    height, width = classes.shape
    counted = Tally(Raster(transform, crs, width=width, height=height), LEGEND)
    for row, stop in pairwise([0, *cuts, height]):
        counted.write(Strip(row=row, classes=classes[row:stop]))
    return counted


def test_the_half_of_a_map_that_is_nearer_to_the_pole_is_smaller() -> None:
    """A thousand rows of 0.05 degrees from 60 N to 10 N, in strips of every kind."""
    halves = np.repeat(np.array([0, 1], np.uint8), 500)[:, None].repeat(7, axis=1)
    for cuts in ([], [500], [300, 301, 900], list(range(10, 1000, 10))):
        north, south, _ = tally(halves, COARSE, DEGREES, cuts).area_m2
        # Geod.polygon_area_perimeter of 0.35 degrees between 60 and 35, and between 35 and 10.
        assert north == pytest.approx(72_698_664_809, rel=1e-9)
        assert south == pytest.approx(98_920_916_350, rel=1e-9)


@given(data=st.data())
def test_what_is_counted_does_not_depend_on_the_cut(data: st.DataObject) -> None:
    height = data.draw(st.integers(1, 60))
    classes = data.draw(st.integers(0, 99).map(lambda seed: _speckled(seed, height)))
    transform, crs = data.draw(
        st.sampled_from([(COARSE, DEGREES), (Affine(30, 0, 500_000, 0, -30, 5_300_000), UTM), (None, None)])
    )
    cuts = data.draw(st.sets(st.integers(1, height - 1) if height > 1 else st.nothing()).map(sorted))
    whole, parts = tally(classes, transform, crs, []), tally(classes, transform, crs, cuts)
    assert parts.pixels.tolist() == whole.pixels.tolist()
    np.testing.assert_allclose(parts.area_m2, whole.area_m2, rtol=1e-12)
    assert np.isnan(whole.area_m2).all() == (crs is None)


def test_areas_are_those_of_the_polygons_where_pixels_differ(tmp_path: Path) -> None:
    """Ever more of the second class toward the equator."""
    shares = np.linspace(0, 1, 900)[:, None]
    classes = (np.random.default_rng(0).random((900, 20)) < shares).astype(np.uint8)
    path = write_map(tmp_path / "map.tif", classes, crs="EPSG:4326", transform=COARSE)
    found = glnet_geo.vectorize(path, tmp_path / "map.gpkg").classes
    polygons = geopandas.read_file(tmp_path / "map.gpkg", layer="landcover")
    areas = polygons.groupby("class_id").area_m2.sum()
    assert [share.area_m2 for share in found] == pytest.approx([areas[share.id] for share in found], rel=1e-6)


def test_areas_are_those_of_the_polygons_where_pixels_differ_along_a_row(tmp_path: Path) -> None:
    """Ever more of the second class toward the east, on a map of the Arctic."""
    classes = (np.random.default_rng(0).random((40, 900)) < np.linspace(0, 1, 900)).astype(np.uint8)
    place = Affine(5000, 0, 500_000, 0, -5000, -600_000)
    path = write_map(tmp_path / "map.tif", classes, crs="EPSG:3413", transform=place)
    found = glnet_geo.vectorize(path, tmp_path / "map.gpkg").classes
    polygons = geopandas.read_file(tmp_path / "map.gpkg", layer="landcover")
    areas = polygons.groupby("class_id").area_m2.sum()
    for share in found[:2]:
        assert share.area_m2 == pytest.approx(areas[share.id], rel=2e-4)


def test_pixels_off_the_globe_do_not_hide_the_areas_of_others() -> None:
    width, height = 360, 182
    world = Affine(100_000, 0, -100_000 * width / 2, 0, -100_000, 100_000 * height / 2)
    row, col = np.mgrid[:height, :width] + 0.5
    there = (col - width / 2) ** 2 / 4 + (row - height / 2) ** 2 < 89**2
    classes = np.where(there, 1, 255).astype(np.uint8)
    water, land, _ = tally(classes, world, MOLLWEIDE, []).area_m2
    assert land == pytest.approx(there.sum() * 1e10, rel=5e-3)
    assert water == 0


def _speckled(seed: int, height: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return np.array([0, 1, 4, 255], np.uint8)[rng.integers(0, 4, (height, 5))]
