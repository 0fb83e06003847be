from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS as ProjCRS  # noqa: N811 - rasterio has a CRS of its own
from pyproj import Transformer
from rasterio.crs import CRS

from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.lengths import perimeters
from tests.io.geodesy.places import ANTARCTIC, DEGREES, FEET, MERCATOR, NO_PLACE, PLACES, POLAR, UTM

EARTH_KM2 = 510_065_622
"""Of WGS 84."""


def _by_geodesics(polygon: shapely.Geometry, crs: CRS, longest: float) -> float:
    """The area by another way: edges cut finely in the CRS, and geodesics between the cuts."""
    own = ProjCRS.from_wkt(crs.to_wkt())
    assert own.geodetic_crs is not None
    to_degrees = Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
    fine = shapely.segmentize(polygon, longest)
    placed = shapely.transform(fine, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))
    geod = own.geodetic_crs.get_geod()
    assert geod is not None
    # The sign tells which way a ring runs.
    return abs(float(geod.geometry_area_perimeter(shapely.orient_polygons(placed))[0]))


def _areas(*polygons: shapely.Geometry, crs: CRS) -> NDArray[np.float64]:
    return areas(np.array(polygons, dtype=object), crs)


def _box(x: float, y: float, width: float, height: float, turned: float = 0) -> shapely.Polygon:
    box = shapely.box(x, y, x + width, y + height)
    turn = Affine.rotation(turned, (x, y))
    return shapely.transform(box, lambda xy: np.array([turn @ tuple(corner) for corner in xy]))


class TestAreasAgainstGeodesics:
    @pytest.mark.parametrize("place", PLACES)
    @settings(max_examples=15)
    @given(side=st.floats(10, 5_000), shape=st.floats(0.1, 10), turned=st.floats(0, 90))
    def test_projected(self, place: str, side: float, shape: float, turned: float) -> None:
        crs, x, y = PLACES[place]
        polygon = _box(x, y, side, side * shape, turned)
        # Of both long sides a millionth may be lost; a geodesic knows its area to some square millimetres only.
        assert _areas(polygon, crs=crs) == pytest.approx(_by_geodesics(polygon, crs, 100), rel=2e-6, abs=1e-4)

    @settings(max_examples=30)
    @given(
        lon=st.floats(-180, 179),
        lat=st.floats(-89, 88),
        width=st.floats(0.001, 0.5),
        height=st.floats(0.001, 0.5),
        turned=st.sampled_from([0, 20]),
    )
    def test_degrees(self, lon: float, lat: float, width: float, height: float, turned: float) -> None:
        polygon = _box(lon, lat, width, height, turned)
        assert _areas(polygon, crs=DEGREES) == pytest.approx(_by_geodesics(polygon, DEGREES, 0.001), rel=1e-5)

    @pytest.mark.parametrize("place", PLACES)
    def test_a_hundred_kilometres_long(self, place: str) -> None:
        """What is straight in the CRS bends on the ground, and the more the longer it is."""
        crs, x, y = PLACES[place]
        polygon = _box(x, y, 100_000, 2_000, turned=15)
        assert _areas(polygon, crs=crs) == pytest.approx(_by_geodesics(polygon, crs, 50), rel=1e-5)

    def test_a_long_slope_in_degrees(self) -> None:
        """Between longitude and latitude it bends too."""
        polygon = _box(13, 47, 3, 0.5, turned=30)
        assert _areas(polygon, crs=DEGREES) == pytest.approx(_by_geodesics(polygon, DEGREES, 1e-3), rel=1e-7)

    def test_grads(self) -> None:
        """Old French maps: 100 of them are a right angle."""
        paris = CRS.from_epsg(4807)
        geod = ProjCRS.from_wkt(paris.to_wkt()).get_geod()
        assert geod is not None
        in_degrees = shapely.segmentize(shapely.box(0.9, 45, 0.99, 45.09), 1e-3)
        expected = abs(geod.geometry_area_perimeter(in_degrees)[0])
        assert _areas(shapely.box(1, 50, 1.1, 50.1), crs=paris) == pytest.approx(expected, rel=1e-6)

    def test_of_another_earth(self) -> None:
        """The ellipsoid is that of the CRS: the Moon is measured too."""
        moon = CRS.from_wkt(ProjCRS.from_dict({"proj": "longlat", "R": 1_737_400}).to_wkt())
        whole = _areas(shapely.box(-180, -90, 180, 90), crs=moon)
        assert whole == pytest.approx(4 * np.pi * 1_737_400**2, rel=1e-9)


class TestAreas:
    def test_of_the_whole_earth(self) -> None:
        assert _areas(shapely.box(-180, -90, 180, 90), crs=DEGREES) / 1e6 == pytest.approx(
            EARTH_KM2, rel=1e-6
        )

    @pytest.mark.parametrize(
        "crs", [UTM, DEGREES, MERCATOR, FEET], ids=["UTM", "degrees", "Mercator", "feet"]
    )
    def test_parts_add_up(self, crs: CRS) -> None:
        x, y, side = (
            (13.0, 47.0, 0.5)
            if crs == DEGREES
            else ((6_500_000.0, 1_850_000.0, 40_000.0) if crs == FEET else (500_000.0, 5_300_000.0, 20_000.0))
        )
        whole = shapely.box(x, y, x + side, y + side)
        hole = shapely.box(x + side / 4, y + side / 3, x + side / 2, y + side / 2)
        total, ring, middle = _areas(whole, whole.difference(hole), hole, crs=crs)
        assert ring + middle == pytest.approx(total, rel=1e-12)

    def test_small_polygons_far_from_the_origin_keep_their_digits(self) -> None:
        """Pixels of drones, 5 cm wide, beside each other in one polygon or alone."""
        boxes = [
            shapely.box(500_000 + 0.05 * i, 5_300_000, 500_000.05 + 0.05 * i, 5_300_000.05) for i in range(9)
        ]
        alone = _areas(*boxes, crs=UTM)
        together = _areas(shapely.box(500_000, 5_300_000, 500_000.45, 5_300_000.05), crs=UTM)
        np.testing.assert_allclose(alone, 0.0025 / 0.9996**2, rtol=1e-4)
        assert alone.sum() == pytest.approx(together[0], rel=1e-4)

    def test_across_the_antimeridian(self) -> None:
        """UTM zone 60 south goes on behind it."""
        crs = CRS.from_epsg(32760)
        here = shapely.box(810_000, 7_990_000, 850_000, 8_010_000)
        there = shapely.box(500_000, 7_990_000, 540_000, 8_010_000)
        own = Transformer.from_crs(32760, 4326, always_xy=True)
        assert own.transform(810_000, 8_000_000)[0] > 0 > own.transform(850_000, 8_000_000)[0]
        assert _areas(here, crs=crs) == pytest.approx(_areas(there, crs=crs), rel=5e-3)

    @pytest.mark.parametrize("crs", [POLAR, ANTARCTIC], ids=["north", "south"])
    def test_around_a_pole(self, crs: CRS) -> None:
        cap = shapely.Point(0, 0).buffer(500_000, quad_segs=64)
        quarter = shapely.intersection(cap, shapely.box(0, 0, 1e6, 1e6))
        whole, part = _areas(cap, quarter, crs=crs)
        assert part == pytest.approx(_by_geodesics(quarter, crs, 100), rel=1e-6)
        assert whole == pytest.approx(4 * part, rel=1e-6)

    def test_what_reaches_beyond_a_pole_ends_there(self) -> None:
        """Pixels that are counted by their centres may have half of theirs there."""
        beyond, up_to = _areas(shapely.box(0, 89.5, 1, 90.5), shapely.box(0, 89.5, 1, 90), crs=DEGREES)
        assert beyond == pytest.approx(up_to, rel=1e-12)

    def test_they_do_not_depend_on_the_way_a_ring_runs(self) -> None:
        ring = shapely.box(500_000, 5_300_000, 501_000, 5_301_000)
        one, other = _areas(ring, shapely.reverse(ring), crs=UTM)
        assert one == pytest.approx(other, rel=1e-12)

    def test_of_none(self) -> None:
        assert _areas(crs=UTM).shape == (0,)

    def test_of_a_place_nowhere_on_the_ground(self) -> None:
        assert np.isnan(_areas(shapely.box(0, 0, 1, 1), crs=NO_PLACE)).all()

    def test_beyond_where_the_crs_has_a_place(self) -> None:
        beyond, within = _areas(
            shapely.box(1e12, 0, 1e12 + 1, 1), shapely.box(500_000, 0, 500_001, 1), crs=UTM
        )
        assert np.isnan(beyond)
        assert within > 0

    def test_what_is_farther_from_the_equator_than_a_pole_lies_nowhere(self) -> None:
        """As metres do that are taken for degrees."""
        nowhere = np.array([shapely.box(300_000, 2_700_000, 300_010, 2_700_010)])
        assert np.isnan(areas(nowhere, DEGREES)).all()
        assert np.isnan(perimeters(nowhere, DEGREES)).all()

    def test_edges_longer_than_the_earth_are_not_cut_into_pieces_without_end(self) -> None:
        assert np.isnan(areas(np.array([shapely.box(0, 0, 1e30, 1e30)]), UTM)).all()
