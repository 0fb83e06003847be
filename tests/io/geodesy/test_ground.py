from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS as ProjCRS  # noqa: N811 - rasterio has a CRS of its own
from pyproj import Geod, Transformer
from rasterio.crs import CRS

from glnet_geo.io.geodesy.ground import ground_sample_distance, largest_pixel
from tests.io.geodesy.places import DEGREES, FEET, MERCATOR, NO_PLACE, POLAR, UTM
from tests.rasters import Place


def _distance(
    transform: Affine | None, crs: CRS | None, height: int, width: int
) -> tuple[float, float] | None:
    return ground_sample_distance(Place(height=height, width=width, transform=transform, crs=crs))


def _largest(
    transform: Affine | None, crs: CRS | None, height: int, width: int
) -> tuple[float, float] | None:
    return largest_pixel(Place(height=height, width=width, transform=transform, crs=crs))


class TestGroundSampleDistance:
    def test_utm(self) -> None:
        transform = Affine(0.5, 0, 500_000, 0, -0.25, 5_300_000)
        assert _distance(transform, UTM, 100, 100) == pytest.approx((0.25, 0.5), rel=5e-4)

    def test_a_degree_of_longitude_is_half_as_long_at_60_degrees_north(self) -> None:
        transform = Affine(1e-5, 0, 13, 0, -1e-5, 60)
        rows, cols = _distance(transform, DEGREES, 10, 10) or (0, 0)
        assert rows == pytest.approx(1.11412, rel=1e-4)
        assert cols == pytest.approx(0.55800, rel=1e-4)

    def test_a_metre_of_web_mercator_is_half_a_metre_at_60_degrees_north(self) -> None:
        _, north = Transformer.from_crs(4326, 3857, always_xy=True).transform(13, 60)
        rows, cols = _distance(Affine(1, 0, 1.4e6, 0, -1, north), MERCATOR, 2, 2) or (0, 0)
        assert rows == pytest.approx(0.5, rel=5e-3)
        assert cols == pytest.approx(0.5, rel=5e-3)

    def test_rotation_keeps_it(self) -> None:
        transform = Affine(0.5, 0, 500_000, 0, -0.25, 5_300_000)
        straight = _distance(transform, UTM, 10, 10)
        turned = _distance(Affine.rotation(33, (500_000, 5_300_000)) @ transform, UTM, 10, 10)
        assert turned == pytest.approx(straight, rel=1e-5)

    def test_us_feet(self) -> None:
        got = _distance(Affine(1, 0, 6_500_000, 0, -1, 1_850_000), FEET, 10, 10)
        assert got == pytest.approx((1200 / 3937, 1200 / 3937), rel=5e-4)

    def test_it_is_taken_at_the_centre(self) -> None:
        """In Web Mercator a scene has another one at its top."""
        transform = Affine(1000, 0, 0, 0, -1000, 2_000_000)
        rows, _ = _distance(transform, MERCATOR, 4000, 10) or (0, 0)
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
        assert _distance(transform, crs, 10, 10) is None


class TestLargestPixel:
    def test_degrees_are_widest_at_the_equator_and_tallest_at_the_pole(self) -> None:
        size = _largest(Affine(0.1, 0, 5, 0, -0.1, 80), DEGREES, 1000, 20)
        geod = Geod(ellps="WGS84")
        widest, tallest = geod.inv(5, 0, 5.1, 0)[2], geod.inv(5, 79.9, 5, 80)[2]
        assert size == pytest.approx((tallest, widest), rel=1e-3)

    @pytest.mark.parametrize("turned", [0, 30, 45])
    def test_of_a_map_in_metres_it_is_that_of_its_centre(self, turned: float) -> None:
        transform = Affine.translation(500_000, 5_300_000) @ Affine.rotation(turned) @ Affine.scale(2, -0.5)
        size = _distance(transform, UTM, 50, 80)
        assert size is not None
        assert _largest(transform, UTM, 50, 80) == pytest.approx(size, rel=1e-5)

    @pytest.mark.parametrize("crs", [POLAR, MERCATOR, DEGREES, CRS.from_user_input("ESRI:54008")])
    @pytest.mark.parametrize("shear", [0.0, 0.7])
    def test_no_step_on_the_ground_is_longer_than_by_it(self, crs: CRS, shear: float) -> None:
        unit = 0.1 if crs == DEGREES else 10_000.0
        transform = Affine(unit, shear * unit, 3 * unit, 0, -unit, 600 * unit)
        size = _largest(transform, crs, 400, 300)
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
        size = _largest(Affine(18_050, 0, -18_050_000, 0, -18_050, 9_025_000), globe, 1000, 2000)
        assert size is not None
        assert np.isfinite(size).all()

    @pytest.mark.parametrize(("transform", "crs"), [(None, UTM), (Affine.scale(1, -1), None)])
    def test_without_a_place_there_is_none(self, transform: Affine | None, crs: CRS | None) -> None:
        assert _largest(transform, crs, 10, 10) is None

    def test_nor_where_all_lies_beside_the_globe(self) -> None:
        far = Affine(10, 0, 17_900_000, 0, -10, 9_000_000)
        assert _largest(far, CRS.from_user_input("ESRI:54009"), 10, 10) is None
