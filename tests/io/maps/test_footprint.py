from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.io.maps.footprint import footprint, together


def around(lon: float, lat: float, code: int) -> Affine:
    """Pixels of 100 m around a place, of a map of 100 x 100 pixels."""
    x, y = pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
    return Affine(100, 0, x - 5000, 0, -100, y + 5000)


@pytest.mark.parametrize("lon", [-180, 180])
@pytest.mark.parametrize("code", [32601, 32660, 3832])
def test_a_map_across_the_antimeridian_is_told_in_two_parts(lon: float, code: int) -> None:
    found = footprint(around(lon, 16.5, code), CRS.from_epsg(code), 100, 100)
    assert found is not None
    west, south, east, north = found.bounds
    assert 179.9 < west < 180
    assert -180 < east < -179.9
    assert (south, north) == pytest.approx((16.45, 16.55), abs=0.01)
    left, right = sorted(shapely.get_parts(found.shape), key=lambda part: part.bounds[0])
    assert left.bounds[::2] == (-180, east)
    assert right.bounds[::2] == (west, 180)
    assert found.shape.is_valid


@pytest.mark.parametrize("first", [-180.0, 0.0, 180.0, -180 - 1e-12])
def test_a_map_of_the_world_ends_where_the_world_ends(first: float) -> None:
    found = footprint(Affine(1, 0, first, 0, -1, 90), CRS.from_epsg(4326), 180, 360)
    assert found is not None
    assert found.bounds == pytest.approx((-180, -90, 180, 90))
    assert found.shape.area == pytest.approx(360 * 180)


@pytest.mark.parametrize(
    ("first", "expected"), [(-180 - 1e-12, (-180, -170)), (185, (-175, -165)), (170, (170, 180))]
)
def test_longitudes_are_those_of_the_map_within_a_turn(first: float, expected: tuple[float, float]) -> None:
    found = footprint(Affine(0.1, 0, first, 0, -0.1, 10), CRS.from_epsg(4326), 100, 100)
    assert found is not None
    assert found.bounds == pytest.approx((expected[0], 0, expected[1], 10))
    assert found.shape.bounds == pytest.approx(found.bounds)


@pytest.mark.parametrize(("code", "lat"), [(3031, -90), (3995, 90)])
def test_a_map_around_a_pole_is_told_by_the_cap_around_it(code: int, lat: float) -> None:
    found = footprint(Affine(100, 0, -5000, 0, -100, 5000), CRS.from_epsg(code), 100, 100)
    assert found is not None
    assert found.bounds[::2] == (-180, 180)
    assert sorted(np.abs(found.bounds[1::2])) == pytest.approx([89.94, 90], abs=0.01)
    assert lat in found.bounds


@pytest.mark.parametrize(
    ("crs", "first"), [(CRS.from_wkt('LOCAL_CS["here",UNIT["metre",1]]'), 0.0), (CRS.from_epsg(32640), 9e9)]
)
def test_what_lies_nowhere_has_no_footprint(crs: CRS, first: float) -> None:
    assert footprint(Affine(1, 0, first, 0, -1, first), crs, 10, 10) is None


def test_bounds_of_several_are_the_narrowest_that_hold_them() -> None:
    assert together([(1, 2, 3, 4), (-3, 3, 2, 5)]) == (-3, 2, 3, 5)
    assert together([(179, 0, -179, 1), (-178, 0, -177, 1)]) == (179, 0, -177, 1)
    assert together([(170, 0, 171, 1), (-178, 0, -177, 1)]) == (170, 0, -177, 1)
    assert together([(-180, 0, 180, 1), (179, 0, -179, 1)]) == (-180, 0, 180, 1)
