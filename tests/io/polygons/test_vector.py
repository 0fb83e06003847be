from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import NODATA, LandClass, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Strip
from glnet_geo.io.polygons import vector
from glnet_geo.io.polygons.vector import PolygonLayer
from tests.core.maps import HARD, drawn, noise
from tests.io.polygons.made import FORMATS, LEGEND, NAMES, NORTH_UP, PLACES, UTM, made
from tests.rasters import Place


def _pixels(classes: NDArray[np.uint8]) -> dict[int, int]:
    ids, counts = np.unique(classes[classes != NODATA], return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


class TestCoverage:
    @pytest.mark.parametrize("name", HARD)
    def test_hard_maps_are_covered_once(self, tmp_path: Path, name: str) -> None:
        classes = HARD[name]
        _covered_once(made(tmp_path / "map.gpkg", classes), classes, NORTH_UP)

    @pytest.mark.parametrize("place", PLACES)
    def test_in_every_place(self, tmp_path: Path, place: str) -> None:
        classes = noise(60, 50, 3, seed=3, nodata=0.1)
        transform, crs = PLACES[place]
        found = made(tmp_path / "map.gpkg", classes, transform=transform, crs=crs)
        assert CRS.from_user_input(found.crs) == crs
        _covered_once(found, classes, transform)

    @settings(max_examples=15)
    @given(
        height=st.integers(1, 30),
        width=st.integers(1, 30),
        seed=st.integers(0, 99),
        nodata=st.sampled_from([0.0, 0.3, 1.0]),
        rows=st.integers(1, 30),
    )
    def test_of_any_map_in_strips_of_any_height(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        height: int,
        width: int,
        seed: int,
        nodata: float,
        rows: int,
    ) -> None:
        classes = noise(height, width, 3, seed=seed, nodata=nodata)
        path = tmp_path_factory.mktemp("vector") / "map.gpkg"
        _covered_once(made(path, classes, rows=rows), classes, NORTH_UP)

    def test_a_hole_and_what_fills_it(self, tmp_path: Path) -> None:
        found = made(tmp_path / "map.gpkg", drawn("0000", "0120", "0.00", "0000")).set_index("class_name")
        assert len(found.geometry["land"].interiors) == 1
        assert found.geometry["land"].area == 13 * 0.25
        assert shapely.bounds(found.geometry["road"]).tolist() == pytest.approx(
            [331_207.8, 2_779_119.2, 331_208.3, 2_779_119.7]
        )

    def test_pixels_lie_where_the_transform_puts_them(self, tmp_path: Path) -> None:
        found = made(tmp_path / "map.gpkg", drawn("..", ".1"), transform=PLACES["rotated"][0])
        corners = [PLACES["rotated"][0] @ corner for corner in ((1, 1), (2, 1), (2, 2), (1, 2))]
        assert shapely.equals_exact(
            found.geometry[0].normalize(), shapely.Polygon(corners).normalize(), tolerance=1e-9
        )

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_batches_change_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        classes = noise(80, 70, 3, seed=5, nodata=0.1)
        once = made(tmp_path / f"once{suffix}", classes)
        monkeypatch.setattr(vector, "_CORNERS_AT_A_TIME", 500)
        often = made(tmp_path / f"often{suffix}", classes, rows=7)
        assert len(once) > 500
        assert _sorted(often) == _sorted(once)


def test_no_border_moves_further_than_it_may_where_pixels_are_larger_than_in_the_middle(
    tmp_path: Path,
) -> None:
    """From the equator to 80 degrees north, pixels are 111 to 19 metres wide."""
    classes = np.zeros((800, 40), np.uint8)
    classes[:, 20:] = 1
    classes[770:776, 20] = 0
    transform, degrees = Affine(0.001, 0, 5, 0, -0.1, 80), CRS.from_epsg(4326)
    place = Place(height=800, width=40, transform=transform, crs=degrees)
    path = tmp_path / "tall.fgb"
    with PolygonLayer(path, place, LEGEND, Drawing(simplify=100), tags={}) as layer:
        layer.write(Strip(row=0, classes=classes))
        layer.finish()
    corners = shapely.get_coordinates(geopandas.read_file(path).geometry)
    # Straightened, the border would move by a pixel of 111 metres.
    bump = corners[np.isclose(corners[:, 0], 5.021)]
    assert set(np.rint(bump[:, 1] * 10)) == {24, 30}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("largest", [2**31 - 1, 2**31, 4_000_000_000_000])
def test_class_ids_of_any_size_are_kept(tmp_path: Path, suffix: str, largest: int) -> None:
    path = tmp_path / f"large{suffix}"
    place = Place(height=2, width=2, transform=NORTH_UP, crs=UTM)
    legend = Legend(
        (LandClass(id=3, name="a", color="#000000"), LandClass(id=largest, name="b", color="#ffffff"))
    )
    codes = np.array([0, 1], np.uint8)
    with PolygonLayer(path, place, legend, Drawing(), tags={}, codes=codes) as layer:
        layer.write(Strip(row=0, classes=drawn("01", "01")))
        layer.finish()
    layer_name = "landcover" if suffix == ".gpkg" else None
    found = (
        geopandas.read_parquet(path) if suffix == ".parquet" else geopandas.read_file(path, layer=layer_name)
    )
    assert sorted(found.class_id) == [3, largest]


def _sorted(found: geopandas.GeoDataFrame) -> list[tuple[str, int, str, float]]:
    outlines = shapely.to_wkt(shapely.normalize(found.geometry.to_numpy()), rounding_precision=9)
    return sorted(zip(outlines, found.class_id, found.class_name, found.area_m2.round(6), strict=True))


def _covered_once(found: geopandas.GeoDataFrame, classes: NDArray[np.uint8], transform: Affine) -> None:
    """Each valid pixel lies in one polygon, which is of its class."""
    pixel = abs(transform.determinant)
    polygons = found.geometry.to_numpy()
    assert shapely.is_valid(polygons).all()
    planar = {
        class_id: shapely.area(polygons[found.class_id == class_id]).sum() for class_id in _pixels(classes)
    }
    assert planar == pytest.approx(
        {class_id: count * pixel for class_id, count in _pixels(classes).items()}, rel=1e-9
    )
    assert set(found.class_id) == set(_pixels(classes))
    if len(polygons):
        tree = shapely.STRtree(polygons)
        row, col = np.nonzero(classes != NODATA)
        centres = shapely.points([transform @ centre for centre in zip(col + 0.5, row + 0.5, strict=True)])
        point, polygon = tree.query(centres, predicate="within")
        assert np.array_equal(np.sort(point), np.arange(len(centres)))
        assert np.array_equal(found.class_id.to_numpy()[polygon], classes[row, col][point])


class TestAttributes:
    @pytest.mark.parametrize("suffix", FORMATS)
    def test_every_format_holds_the_same(self, tmp_path: Path, suffix: str) -> None:
        classes = noise(40, 40, 3, seed=7, nodata=0.1)
        reference = made(tmp_path / "reference.gpkg", classes)
        found = made(tmp_path / f"map{suffix}", classes)
        assert {"class_id", "class_name", "area_m2"} <= set(found.columns)
        assert len(found) == len(reference)
        assert set(found.geom_type) == {"Polygon"}
        assert [NAMES[i] for i in found.class_id] == found.class_name.tolist()
        assert found.area_m2.sum() == pytest.approx(reference.area_m2.sum())
        assert found.crs.to_epsg() == (4326 if suffix == ".geojson" else 32640)
        bounds = found.to_crs(reference.crs).total_bounds
        assert bounds == pytest.approx(reference.total_bounds, abs=1e-3)

    @pytest.mark.parametrize("place", PLACES)
    def test_areas_are_true_whatever_the_crs(self, tmp_path: Path, place: str) -> None:
        """Each against a geodesic, in another CRS than its own."""
        transform, crs = PLACES[place]
        found = made(tmp_path / "map.gpkg", noise(20, 20, 2, seed=1), transform=transform, crs=crs)
        geod = found.crs.get_geod()
        on_ellipsoid = found.to_crs(found.crs.geodetic_crs).geometry
        expected = sum(abs(geod.geometry_area_perimeter(polygon)[0]) for polygon in on_ellipsoid)
        assert found.area_m2.sum() == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet"])
    @pytest.mark.parametrize(
        ("transform", "crs"),
        [(None, None), (NORTH_UP, None), (None, UTM)],
        ids=["nothing", "no CRS", "no transform"],
    )
    def test_without_a_place_areas_are_unknown(
        self, tmp_path: Path, suffix: str, transform: Affine | None, crs: CRS | None
    ) -> None:
        found = made(tmp_path / f"map{suffix}", drawn("001", "221"), transform=transform, crs=crs)
        assert found.area_m2.isna().all()
        assert (found.crs is None) == (crs is None or transform is None)
        if transform is None:
            assert found.total_bounds.tolist() == [0, -2, 3, 0]

    def test_an_area_beyond_where_the_crs_has_a_place_is_unknown(self, tmp_path: Path) -> None:
        transform = Affine(5e6, 0, -1e7, 0, -5e6, 1e7)
        geostationary = CRS.from_string("+proj=geos +h=35785831 +lon_0=0")
        found = made(
            tmp_path / "map.gpkg", drawn("0001", "0001", "0000"), transform=transform, crs=geostationary
        )
        assert found.area_m2.isna().all()
