from __future__ import annotations

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import CRS as ProjCRS  # noqa: N811 - rasterio has a CRS of its own
from pyproj import Geod, Transformer
from rasterio.crs import CRS

from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.ground import ground_sample_distance, largest_pixel
from glnet_geo.io.geodesy.lengths import perimeters

UTM = CRS.from_epsg(32633)
MERCATOR = CRS.from_epsg(3857)
DEGREES = CRS.from_epsg(4326)
FEET = CRS.from_epsg(2229)
"""California, zone 5, in US survey feet."""
POLAR = CRS.from_epsg(3413)
ANTARCTIC = CRS.from_epsg(3031)
NO_PLACE = CRS.from_wkt('LOCAL_CS["a drawing board",UNIT["metre",1]]')

PLACES = {
    "UTM": (UTM, 500_000.0, 5_300_000.0),
    "UTM beside its zone": (UTM, 900_000.0, 6_900_000.0),
    "Web Mercator": (MERCATOR, 1_100_000.0, 8_400_000.0),
    "US feet": (FEET, 6_500_000.0, 1_850_000.0),
    "polar": (POLAR, 300_000.0, -900_000.0),
}

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


class TestPerimeters:
    @pytest.mark.parametrize("place", PLACES)
    def test_they_are_geodesic(self, place: str) -> None:
        crs, x, y = PLACES[place]
        rng = np.random.default_rng(0)
        centres = np.array([x, y]) + rng.uniform(-2e4, 2e4, (50, 2))
        squares = [shapely.Point(centre).buffer(rng.uniform(3, 300), quad_segs=3) for centre in centres]
        found = perimeters(np.array(squares), crs)
        there = Transformer.from_crs(
            crs, crs.geodetic_crs if hasattr(crs, "geodetic_crs") else 4326, always_xy=True
        )
        geod = Geod(ellps="WGS84")
        expected = [
            geod.line_length(*there.transform(*np.array(square.exterior.coords).T)) for square in squares
        ]
        np.testing.assert_allclose(found, expected, rtol=2e-5)

    def test_degrees_from_the_equator_to_the_north(self) -> None:
        boxes = np.array(
            [shapely.box(lon, lat, lon + 0.01, lat + 0.01) for lat in range(0, 80, 5) for lon in (0, 7)]
        )
        geod = Geod(ellps="WGS84")
        expected = [geod.line_length(*np.array(box.exterior.coords).T) for box in boxes]
        np.testing.assert_allclose(perimeters(boxes, DEGREES), expected, rtol=2e-3)

    @pytest.mark.parametrize("lat", [87.0, 89.0, 89.9, -89.5])
    @pytest.mark.parametrize("epsg", [4326, 4087], ids=["degrees", "cylindrical"])
    def test_near_a_pole_whatever_else_is_measured_with_it(self, lat: float, epsg: int) -> None:
        boxes = np.array([shapely.box(13, at, 13.01, at + 0.01) for at in (lat, 0.0, 60.0)])
        expected = Geod(ellps="WGS84").line_length(*np.array(boxes[0].exterior.coords).T)
        to = Transformer.from_crs(4326, epsg, always_xy=True)
        placed = shapely.transform(boxes, lambda xy: np.column_stack(to.transform(*xy.T)))
        together = perimeters(placed, CRS.from_epsg(epsg))
        alone = perimeters(placed[:1], CRS.from_epsg(epsg))
        assert alone[0] == together[0] == pytest.approx(expected, rel=1e-4)

    @settings(max_examples=20)
    @given(seed=st.integers(0, 99), place=st.sampled_from(sorted(PLACES)))
    def test_what_else_is_measured_with_it_changes_nothing(self, seed: int, place: str) -> None:
        crs, x, y = PLACES[place]
        rng = np.random.default_rng(seed)
        centres = np.array([x, y]) + rng.uniform(-1e5, 1e5, (9, 2))
        shapes = np.array([shapely.Point(centre).buffer(rng.uniform(3, 9000)) for centre in centres])
        alone = [perimeters(shapes[number : number + 1], crs)[0] for number in range(len(shapes))]
        np.testing.assert_allclose(perimeters(shapes, crs), alone, rtol=1e-12)

    def test_at_the_edge_of_the_globe(self) -> None:
        """In Mollweide's projection, squares of the lattice reach beyond it."""
        mollweide = CRS.from_string("ESRI:54009")
        to = Transformer.from_crs(4326, "ESRI:54009", always_xy=True)
        corners = np.array([(179.9, 40), (179.95, 40), (179.95, 40.05), (179.9, 40.05)])
        square = np.array([shapely.Polygon(np.column_stack(to.transform(*corners.T)))])
        expected = Geod(ellps="WGS84").line_length(*np.array([*corners, corners[0]]).T)
        assert perimeters(square, mollweide) == pytest.approx([expected], rel=1e-3)

    def test_holes_and_parts_count(self) -> None:
        outer, inner = shapely.box(0, 0, 30, 30), shapely.box(10, 10, 20, 20)
        ring, far = outer.difference(inner), shapely.box(50, 0, 60, 10)
        moved = [
            shapely.transform(shape, lambda xy: xy + np.array([500_000, 5_300_000])) for shape in (ring, far)
        ]
        both = shapely.MultiPolygon(moved)
        found = perimeters(np.array([*moved, both]), UTM)
        assert found == pytest.approx([160, 40, 200], rel=5e-4)
        assert found[2] == pytest.approx(found[0] + found[1])
        measured = areas(np.array([*moved, both]), UTM)
        assert measured[2] == pytest.approx(measured[0] + measured[1])

    def test_they_are_unknown_nowhere_on_the_ground(self) -> None:
        assert np.isnan(perimeters(np.array([shapely.box(0, 0, 1, 1)]), NO_PLACE)).all()


class TestGroundSampleDistance:
    def test_utm(self) -> None:
        transform = Affine(0.5, 0, 500_000, 0, -0.25, 5_300_000)
        assert ground_sample_distance(transform, UTM, 100, 100) == pytest.approx((0.25, 0.5), rel=5e-4)

    def test_a_degree_of_longitude_is_half_as_long_at_60_degrees_north(self) -> None:
        transform = Affine(1e-5, 0, 13, 0, -1e-5, 60)
        rows, cols = ground_sample_distance(transform, DEGREES, 10, 10) or (0, 0)
        assert rows == pytest.approx(1.11412, rel=1e-4)
        assert cols == pytest.approx(0.55800, rel=1e-4)

    def test_a_metre_of_web_mercator_is_half_a_metre_at_60_degrees_north(self) -> None:
        _, north = Transformer.from_crs(4326, 3857, always_xy=True).transform(13, 60)
        rows, cols = ground_sample_distance(Affine(1, 0, 1.4e6, 0, -1, north), MERCATOR, 2, 2) or (0, 0)
        assert rows == pytest.approx(0.5, rel=5e-3)
        assert cols == pytest.approx(0.5, rel=5e-3)

    def test_rotation_keeps_it(self) -> None:
        transform = Affine(0.5, 0, 500_000, 0, -0.25, 5_300_000)
        straight = ground_sample_distance(transform, UTM, 10, 10)
        turned = ground_sample_distance(Affine.rotation(33, (500_000, 5_300_000)) @ transform, UTM, 10, 10)
        assert turned == pytest.approx(straight, rel=1e-5)

    def test_us_feet(self) -> None:
        got = ground_sample_distance(Affine(1, 0, 6_500_000, 0, -1, 1_850_000), FEET, 10, 10)
        assert got == pytest.approx((1200 / 3937, 1200 / 3937), rel=5e-4)

    def test_it_is_taken_at_the_centre(self) -> None:
        """In Web Mercator a scene has another one at its top."""
        transform = Affine(1000, 0, 0, 0, -1000, 2_000_000)
        rows, _ = ground_sample_distance(transform, MERCATOR, 4000, 10) or (0, 0)
        assert rows == pytest.approx(1000, rel=7e-3)

    @pytest.mark.parametrize(
        ("transform", "crs"),
        [
            (None, UTM),
            (Affine.identity(), None),
            (None, None),
            (Affine.identity(), NO_PLACE),
            (Affine(1, 0, 1e12, 0, -1, 0), UTM),
            (Affine(10, 0, 300_000, 0, -10, 2_700_000), DEGREES),
            (Affine(1e-99, 0, 5, 0, -1e-99, 5), UTM),
        ],
        ids=[
            "no transform",
            "no CRS",
            "neither",
            "local CRS",
            "beyond the CRS",
            "metres as degrees",
            "no size",
        ],
    )
    def test_it_is_unknown(self, transform: Affine | None, crs: CRS | None) -> None:
        assert ground_sample_distance(transform, crs, 10, 10) is None


class TestLargestPixel:
    def test_degrees_are_widest_at_the_equator_and_tallest_at_the_pole(self) -> None:
        size = largest_pixel(Affine(0.1, 0, 5, 0, -0.1, 80), DEGREES, 1000, 20)
        geod = Geod(ellps="WGS84")
        widest, tallest = geod.inv(5, 0, 5.1, 0)[2], geod.inv(5, 79.9, 5, 80)[2]
        assert size == pytest.approx((tallest, widest), rel=1e-3)

    @pytest.mark.parametrize("turned", [0, 30, 45])
    def test_of_a_map_in_metres_it_is_that_of_its_centre(self, turned: float) -> None:
        transform = Affine.translation(500_000, 5_300_000) @ Affine.rotation(turned) @ Affine.scale(2, -0.5)
        size = ground_sample_distance(transform, UTM, 50, 80)
        assert size is not None
        assert largest_pixel(transform, UTM, 50, 80) == pytest.approx(size, rel=1e-5)

    @pytest.mark.parametrize("crs", [POLAR, MERCATOR, DEGREES, CRS.from_user_input("ESRI:54008")])
    @pytest.mark.parametrize("shear", [0.0, 0.7])
    def test_no_step_on_the_ground_is_longer_than_by_it(self, crs: CRS, shear: float) -> None:
        unit = 0.1 if crs == DEGREES else 10_000.0
        transform = Affine(unit, shear * unit, 3 * unit, 0, -unit, 600 * unit)
        size = largest_pixel(transform, crs, 400, 300)
        own = ProjCRS.from_wkt(crs.to_wkt())
        assert size is not None
        assert own.geodetic_crs is not None
        geod = own.geodetic_crs.get_geod()
        assert geod is not None
        rng = np.random.default_rng(0)
        start, step = rng.uniform(0, (300, 400), (500, 2)), rng.uniform(-0.1, 0.1, (500, 2))
        ends = [np.array([transform @ tuple(p) for p in points]) for points in (start, start + step)]
        to_degrees = Transformer.from_crs(own, own.geodetic_crs, always_xy=True)
        (lon, lat), (to_lon, to_lat) = (to_degrees.transform(*points.T) for points in ends)
        metres = geod.inv(lon, lat, to_lon, to_lat)[2]
        assert (metres <= 1.001 * np.hypot(step[:, 0] * size[1], step[:, 1] * size[0])).all()

    def test_what_lies_beside_the_globe_does_not_count(self) -> None:
        globe = CRS.from_user_input("ESRI:54009")
        size = largest_pixel(Affine(18_050, 0, -18_050_000, 0, -18_050, 9_025_000), globe, 1000, 2000)
        assert size is not None
        assert np.isfinite(size).all()

    @pytest.mark.parametrize(("transform", "crs"), [(None, UTM), (Affine.scale(1, -1), None)])
    def test_without_a_place_there_is_none(self, transform: Affine | None, crs: CRS | None) -> None:
        assert largest_pixel(transform, crs, 10, 10) is None

    def test_nor_where_all_lies_beside_the_globe(self) -> None:
        far = Affine(10, 0, 17_900_000, 0, -10, 9_000_000)
        assert largest_pixel(far, CRS.from_user_input("ESRI:54009"), 10, 10) is None
