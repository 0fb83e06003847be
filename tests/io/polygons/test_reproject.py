from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.polygons.reproject import reprojection
from tests.io.geodesy.places import MERCATOR, NO_PLACE, POLAR, UTM
from tests.rasters import Place

TOWN = Affine(10, 0, 500_000, 0, -10, 5_300_000)
DATE_LINE = Affine(1000, 0, 800_000, 0, -1000, 8_000_000)
"""In UTM zone 60 south, 180 degrees run through it."""


def _place(transform: Affine, crs: CRS, height: int = 60, width: int = 60) -> Place:
    return Place(height=height, width=width, transform=transform, crs=crs)


def _moved(place: Place, wanted: str, output: str = "map.gpkg") -> NDArray[np.object_]:
    """All pixels of a place, in another CRS."""
    assert place.transform is not None
    a, b, c, d, e, f = tuple(place.transform)[:6]
    row, col = np.mgrid[: place.height, : place.width]
    pixels = shapely.transform(
        shapely.box(col, row, col + 1, row + 1).ravel(),
        lambda xy: np.column_stack([a * xy[:, 0] + b * xy[:, 1] + c, d * xy[:, 0] + e * xy[:, 1] + f]),
    )
    return reprojection(place, wanted, Path(output))[1](pixels)


class TestTheCRS:
    @pytest.mark.parametrize("wanted", ["EPSG:5703", "EPSG:4978", "EPSG:4979", NO_PLACE.to_wkt()])
    def test_one_without_two_axes_on_the_ground_is_refused(self, wanted: str) -> None:
        with pytest.raises(
            OptionError, match=r"cannot hold polygons.*: choose one of longitude and latitude"
        ):
            reprojection(_place(TOWN, UTM), wanted, Path("map.gpkg"))

    @pytest.mark.parametrize(
        "wanted", ["EPSG:9705", "EPSG:7415", "EPSG:3857", "+proj=utm +zone=33 +ellps=bessel"]
    )
    def test_one_with_heights_beside_its_two_axes_is_none_the_less_one(self, wanted: str) -> None:
        assert np.isfinite(shapely.bounds(_moved(_place(TOWN, CRS.from_epsg(32631)), wanted))).all()

    @pytest.mark.parametrize("output", ["map.gpkg", "map.geojson"])
    def test_one_to_which_no_way_leads_is_refused_at_once(self, output: str) -> None:
        with pytest.raises(OptionError, match=r"no way leads from the CRS of map\.tif to EPSG:4326"):
            reprojection(_place(TOWN, NO_PLACE), "EPSG:4326", Path(output))

    @pytest.mark.parametrize("crs", [NO_PLACE, CRS.from_string("+proj=longlat +R=1737400")])
    def test_geojson_needs_a_way_to_longitude_and_latitude(self, crs: CRS) -> None:
        reprojection(_place(TOWN, crs), None, Path("map.gpkg"))
        with pytest.raises(OutputError, match=r"map\.geojson .*no way leads .*: choose \.gpkg"):
            reprojection(_place(TOWN, crs), None, Path("map.geojson"))


class TestTheAntimeridian:
    @pytest.mark.parametrize(
        ("transform", "crs"),
        [
            (DATE_LINE, CRS.from_epsg(32760)),
            (Affine(1000, 0, 140_000, 0, -1000, 8_000_000), CRS.from_epsg(32701)),
            (Affine(1000, 0, -1_030_000, 0, -1000, 1_030_000), POLAR),
            (Affine(1000, 0, -1_030_000, 0, -1000, 1_030_000) @ Affine.rotation(40), POLAR),
        ],
        ids=["zone 60", "zone 1", "polar", "polar, turned"],
    )
    @pytest.mark.parametrize("wanted", ["EPSG:4326", "EPSG:4258"])
    def test_what_lies_on_it_stays_in_one_piece(self, transform: Affine, crs: CRS, wanted: str) -> None:
        pixels = _moved(_place(transform, crs), wanted)
        left, _, right, _ = shapely.bounds(pixels).T
        assert left.min() < 180 < right.max() or left.min() < -180 < right.max()
        assert (right - left).max() < 1
        assert shapely.is_valid(pixels).all()
        assert shapely.coverage_is_valid(pixels)

    def test_in_another_unit_than_degrees(self) -> None:
        """Paris counts in grads, 400 to the turn, from its own meridian."""
        east = 182.3372291
        crs = CRS.from_string(f"+proj=tmerc +lon_0={east} +ellps=clrk80ign +pm=0 +units=m +no_defs")
        pixels = _moved(_place(Affine(1000, 0, -30_000, 0, -1000, 5_000_000), crs), "EPSG:4807")
        left, _, right, _ = shapely.bounds(pixels).T
        assert (right - left).max() < 1

    def test_what_lies_beyond_it_is_told_as_usual(self) -> None:
        """A scene of zone 60 that lies in zone 1 altogether."""
        pixels = _moved(
            _place(Affine(100, 0, 900_000, 0, -100, 8_000_000), CRS.from_epsg(32760)), "EPSG:4326"
        )
        left, _, right, _ = shapely.bounds(pixels).T
        assert -180 < left.min() < right.max() < -170

    @pytest.mark.parametrize(("epsg", "middle"), [(3857, 0), (3832, 150)])
    def test_the_whole_world(self, epsg: int, middle: float) -> None:
        half = 20_037_508.342789244
        world = Affine(half / 30, 0, -half, 0, -half / 30, half)
        left, _, right, _ = shapely.bounds(_moved(_place(world, CRS.from_epsg(epsg)), "EPSG:4326")).T
        assert (left.min(), right.max()) == pytest.approx((middle - 180, middle + 180))
        np.testing.assert_allclose(right - left, 6)

    def test_a_pole_is_refused_at_once(self) -> None:
        around = _place(Affine(100_000, 0, -3e6, 0, -100_000, 3e6), POLAR)
        with pytest.raises(OptionError, match=r"map\.tif holds a pole.*: leave out --crs"):
            reprojection(around, "EPSG:4326", Path("map.gpkg"))
        reprojection(around, "EPSG:3995", Path("map.gpkg"))
        beside = _place(Affine(10_000, 0, 20_000, 0, -10_000, 3e5), POLAR)
        assert shapely.is_valid(_moved(beside, "EPSG:4326")).all()

    def test_all_else_is_moved_as_ever(self) -> None:
        place = _place(Affine(10, 0, 1_200_000, 0, -10, 6_000_000), MERCATOR)
        found = shapely.get_coordinates(_moved(place, "EPSG:4326")[0])
        corners = np.array([(10, 0), (10, -10), (0, -10), (0, 0), (10, 0)])
        corners += (1_200_000, 6_000_000)
        # The sphere of Web Mercator has no more to it than this.
        radius = 6_378_137
        longitude, latitude = corners[:, 0] / radius, np.arctan(np.sinh(corners[:, 1] / radius))
        expected = np.degrees(np.column_stack([longitude, latitude]))
        assert sorted(found.tolist()) == [pytest.approx(corner) for corner in sorted(expected.tolist())]
