from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.io.ground import areas
from glnet_geo.io.placed import pixel_areas
from tests.io.test_ground import DEGREES, FEET, MERCATOR, NO_PLACE, UTM


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
    found = pixel_areas(Raster(transform, crs, width=200), slice(40, 44))
    assert found == pytest.approx(areas(np.array(pixels), crs).reshape(4, 200).mean(axis=1), rel=1e-4)


def test_rows_near_the_pole_are_smaller() -> None:
    world = Affine(1, 0, -180, 0, -1, 90)
    top, middle = pixel_areas(Raster(world, DEGREES, width=360, height=180), slice(0, 180))[[0, 89]]
    assert top < 0.01 * middle


def test_they_are_unknown_nowhere_on_the_ground() -> None:
    for transform, crs in ((Affine.identity(), NO_PLACE), (None, DEGREES), (Affine.identity(), None)):
        assert np.isnan(pixel_areas(Raster(transform, crs), slice(0, 5))).all()


@pytest.mark.parametrize("crs", [UTM, DEGREES], ids=["UTM", "degrees"])
def test_a_row_gets_the_same_whatever_rows_it_is_asked_for_with(crs: CRS) -> None:
    pixel = 1e-4 if crs == DEGREES else 10
    raster = Raster(Affine(pixel, 0, 13, 0, -pixel, 60), crs, height=1000)
    whole = pixel_areas(raster, slice(0, 1000))
    parts = [pixel_areas(raster, slice(row, min(row + 37, 1000))) for row in range(0, 1000, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
