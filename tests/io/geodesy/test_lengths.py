from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from rasterio.crs import CRS

from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.lengths import perimeters
from tests.io.geodesy.places import DEGREES, NO_PLACE, PLACES, UTM


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
