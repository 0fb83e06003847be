from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.pixel_areas import PixelAreas
from tests.io.geodesy.places import DEGREES, FEET, MERCATOR, NO_PLACE, POLAR, UTM

MOLLWEIDE = CRS.from_string("ESRI:54009")


@dataclass
class Raster:
    transform: Affine | None
    crs: CRS | None
    width: int = 5
    height: int = 100
    name: str = "raster.tif"


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine(0.5, 0, 500_000, 0, -0.5, 5_300_000), UTM),
        (Affine(0.3, 0, 1_100_000, 0, -0.3, 8_400_000), MERCATOR),
        (Affine(2, 0, 6_500_000, 0, -2, 1_850_000), FEET),
        (Affine(1e-5, 0, 13, 0, -1e-5, 60), DEGREES),
        (Affine(0.5, 0, 500_000, 0, -0.5, 5_300_000) @ Affine.rotation(30), UTM),
        (Affine(0.5, 0, 500_000, 0, 0.5, 5_300_000), UTM),
    ],
    ids=["UTM", "Mercator", "feet", "degrees", "rotated", "south-up"],
)
def test_they_are_those_of_the_polygons(transform: Affine, crs: CRS) -> None:
    pixels = [
        shapely.Polygon([transform @ (col + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))])
        for row in range(40, 44)
        for col in range(200)
    ]
    found = PixelAreas(Raster(transform, crs, width=200))(slice(40, 44)).mean(axis=1)
    assert found == pytest.approx(areas(np.array(pixels), crs).reshape(4, 200).mean(axis=1), rel=1e-4)


def test_rows_near_the_pole_are_smaller() -> None:
    world = Affine(1, 0, -180, 0, -1, 90)
    top, middle = PixelAreas(Raster(world, DEGREES, width=360, height=180))(slice(0, 180))[[0, 89]]
    assert top < 0.01 * middle


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine(2500, 0, -3_000_000, 0, -2500, -600_000), POLAR),
        (Affine(2500, 0, -3_000_000, 0, -2500, -600_000) @ Affine.rotation(30), POLAR),
        (Affine(0.01, 0, 13, 0, -0.01, 70) @ Affine.rotation(45), DEGREES),
        (Affine(500, 0, 166_000, 0, -500, 5_300_000), UTM),
    ],
    ids=["polar", "polar, turned", "degrees, turned", "as wide as a zone"],
)
def test_along_a_row_too_where_pixels_differ_there(transform: Affine, crs: CRS) -> None:
    width = 1300
    measured = PixelAreas(Raster(transform, crs, width=width))
    found = np.repeat(measured(slice(40, 41))[0], np.diff(measured.columns))
    pixels = [
        shapely.Polygon([transform @ (col + x, 40 + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))])
        for col in range(width)
    ]
    expected = areas(np.array(pixels), crs)
    assert expected.max() > 1.0005 * expected.min()
    np.testing.assert_allclose(found, expected, rtol=8e-3)
    assert found.sum() == pytest.approx(expected.sum(), rel=1e-4)


def test_a_plain_scene_is_one_group() -> None:
    tile = Raster(Affine(0.5, 0, 500_000, 0, -0.5, 5_300_000), UTM, width=20_000, height=20_000)
    assert PixelAreas(tile).columns.tolist() == [0, 20_000]
    world = Raster(Affine(1, 0, -180, 0, -1, 90), DEGREES, width=360, height=180)
    assert PixelAreas(world).columns.tolist() == [0, 360]


def test_what_lies_off_the_globe_is_nothing_and_all_else_keeps_its_area() -> None:
    """A projection of the whole world that keeps the areas of a sphere, which are nearly those of the ellipsoid."""
    width, height = 361, 181
    world = Affine(100_000, 0, -100_000 * width / 2, 0, -100_000, 100_000 * height / 2)
    measured = PixelAreas(Raster(world, MOLLWEIDE, width=width, height=height))
    found = np.repeat(measured(slice(0, height)), np.diff(measured.columns), axis=1)
    row, col = np.mgrid[:height, :width] + 0.5
    there = (col - width / 2) ** 2 / 4 + (row - height / 2) ** 2 < 89**2
    np.testing.assert_allclose(found[there], 1e10, rtol=1e-2)
    assert not found[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert (measured.positive(slice(0, height)) > 0).all()


def test_a_raster_off_the_globe_has_no_areas() -> None:
    beyond = PixelAreas(Raster(Affine(1, 0, 1e12, 0, -1, 0), UTM))
    assert not beyond.known
    assert np.isnan(beyond(slice(0, 5))).all()


def test_they_are_unknown_nowhere_on_the_ground() -> None:
    for transform, crs in ((Affine.identity(), NO_PLACE), (None, DEGREES), (Affine.identity(), None)):
        assert np.isnan(PixelAreas(Raster(transform, crs))(slice(0, 5))).all()


@pytest.mark.parametrize("crs", [UTM, DEGREES], ids=["UTM", "degrees"])
def test_a_row_gets_the_same_whatever_rows_it_is_asked_for_with(crs: CRS) -> None:
    pixel = 1e-4 if crs == DEGREES else 10
    raster = Raster(Affine(pixel, 0, 13, 0, -pixel, 60), crs, height=1000)
    whole = PixelAreas(raster)(slice(0, 1000))
    parts = [PixelAreas(raster)(slice(row, min(row + 37, 1000))) for row in range(0, 1000, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
