from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import geometry_mask

from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning
from glnet_geo.io.polygons.aoi import Aoi
from glnet_geo.io.polygons.geopackage import add_style
from tests.io.geotiffs import PLACE, UTM
from tests.io.polygons.areas import COLS, ROWS, on_map, read, write_area

SCENE = Window(row=0, col=0, height=ROWS, width=COLS)


def _box_mask(left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
    mask = np.zeros((ROWS, COLS), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


# Quarters, so that centres lie on outlines, and anything else.
_coordinates = st.integers(-120, 440).map(lambda place: place / 4) | st.integers(-30_000, 110_000).map(
    lambda place: place / 997
)

_rings = st.lists(st.tuples(_coordinates, _coordinates), min_size=3, max_size=12)

_polygons = st.lists(_rings.map(shapely.Polygon), min_size=1, max_size=4)

_windows = st.tuples(
    st.integers(0, ROWS - 1), st.integers(0, COLS - 1), st.integers(1, ROWS), st.integers(1, COLS)
).map(lambda w: Window(row=w[0], col=w[1], height=min(w[2], ROWS - w[0]), width=min(w[3], COLS - w[1])))


class TestLaws:
    @given(polygons=_polygons, window=_windows)
    def test_the_mask_of_a_window_is_cut_from_the_whole(
        self, polygons: list[shapely.Polygon], window: Window
    ) -> None:
        aoi = Aoi.of(np.array(polygons), SCENE)
        if aoi is not None:
            whole = aoi.mask(SCENE)
            np.testing.assert_array_equal(aoi.mask(window), whole[window.rows, window.cols])

    @given(polygons=_polygons)
    @example(
        polygons=[
            shapely.Polygon([(69.25, 20.25), (0, -0.25), (1.25, 0), (0, 1), (0, 0)]),
            shapely.Polygon([(69.25, 20.25), (0, 49), (3.5, 0), (0, 0), (0, 0.25), (0.25, -0.25), (0, 0)]),
        ]
    )
    def test_a_pixel_is_inside_where_its_centre_is(self, polygons: list[shapely.Polygon]) -> None:
        aoi = Aoi.of(np.array(polygons), SCENE)
        cols, rows = np.meshgrid(np.arange(COLS) + 0.5, np.arange(ROWS) + 0.5)
        # Each on its own: their union by GEOS may lose what one of them holds.
        valid = [shapely.make_valid(polygon).buffer(0) for polygon in polygons]
        near, expected = np.zeros((2, ROWS, COLS), np.bool_)
        for polygon in valid:
            # Along a border that two polygons share, the one may be rounded away from the other.
            near |= shapely.dwithin(polygon.boundary, shapely.points(cols, rows), 0.002)
            expected |= shapely.contains_xy(polygon, cols, rows)
        got = np.zeros((ROWS, COLS), np.bool_) if aoi is None else aoi.mask(SCENE)
        # Vertices are rounded to a thousandth of a pixel: what lies closer to a border may be either.
        np.testing.assert_array_equal(got[~near], expected[~near])

    @given(polygons=_polygons)
    def test_all_of_it_lies_in_its_bounds(self, polygons: list[shapely.Polygon]) -> None:
        aoi = Aoi.of(np.array(polygons), SCENE)
        if aoi is not None:
            assert aoi.bounds.intersection(SCENE) == aoi.bounds
            outside = aoi.mask(SCENE)
            assert outside.any()
            outside[aoi.bounds.rows, aoi.bounds.cols] = False
            assert not outside.any()

    def test_cutting_a_long_outline_changes_nothing(self) -> None:
        angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
        reach = 25 + 10 * np.sin(9 * angle) + np.random.default_rng(0).normal(0, 0.01, angle.size)
        star = shapely.Polygon(np.column_stack([35 + reach * np.cos(angle), 30 + reach * np.sin(angle)]))
        ring = shapely.make_valid(star).difference(shapely.Point(35, 30).buffer(8, quad_segs=200))
        aoi = Aoi.of(np.array([ring]), SCENE)
        assert aoi is not None
        assert len(aoi._pieces) > 50
        cols, rows = np.meshgrid(np.arange(COLS) + 0.5, np.arange(ROWS) + 0.5)
        expected = shapely.contains_xy(ring, cols, rows)
        assert (aoi.mask(SCENE) != expected).sum() <= 3

    def test_only_what_lies_near_a_window_is_drawn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        corners = [(col, row) for col in range(0, COLS, 2) for row in range(0, ROWS, 2)]
        squares = np.array([shapely.box(col, row, col + 1, row + 1) for col, row in corners])
        aoi = Aoi.of(squares, SCENE)
        assert aoi is not None
        drawn: list[int] = []

        def count(shapes: Any, *rest: Any, **more: Any) -> Any:
            drawn.append(len(shapes))
            return geometry_mask(shapes, *rest, **more)

        monkeypatch.setattr("glnet_geo.io.polygons.aoi.geometry_mask", count)
        assert aoi.mask(Window(row=20, col=20, height=4, width=4)).sum() == 4
        assert drawn[0] <= 9 < len(squares)


class TestPlacing:
    @pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb"])
    def test_a_rectangle_lies_on_its_pixels_in_any_format(self, tmp_path: Path, suffix: str) -> None:
        # GeoJSON is kept in degrees: a pixel's centre stays well inside.
        path = write_area(tmp_path / f"area{suffix}", [on_map(10, 5, 30, 25)])
        aoi = read(path)
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(10, 5, 30, 25))
        assert aoi.notes == ()

    def test_the_bounds_are_the_pixels_around_it(self, tmp_path: Path) -> None:
        aoi = read(write_area(tmp_path / "area.gpkg", [on_map(10.2, 5, 30, 25.5), on_map(50, 40, 300, 45)]))
        assert aoi.bounds == Window(row=5, col=10, height=40, width=70)

    @pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32639", "EPSG:2154"])
    def test_another_crs_is_brought_to_the_scene(self, tmp_path: Path, crs: str) -> None:
        area = geopandas.GeoSeries([on_map(10, 5, 30, 25)], crs=UTM)
        aoi = read(write_area(tmp_path / "area.gpkg", area.to_crs(crs), crs))
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(10, 5, 30, 25))

    def test_long_edges_follow_the_earth(self, tmp_path: Path) -> None:
        """The northern edge of this area is a parallel, which bends by 80 pixels across the scene's map."""
        to_degrees = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
        x, y = PLACE @ (40, 30)
        lon, lat = to_degrees.transform(x, y)
        aoi = read(
            write_area(tmp_path / "area.gpkg", [shapely.box(lon - 1, lat - 0.5, lon + 1, lat)], "EPSG:4326")
        )
        mask = aoi.mask(SCENE)
        rows, cols = np.mgrid[:ROWS, :COLS] + 0.5
        expected = to_degrees.transform(*(PLACE @ (cols, rows)))[1] < lat
        near = abs(rows - 30) < 0.2
        np.testing.assert_array_equal(mask[~near], expected[~near])

    def test_the_whole_world_covers_the_scene(self, tmp_path: Path) -> None:
        """Its corners have no place in the scene's CRS."""
        aoi = read(write_area(tmp_path / "world.gpkg", [shapely.box(-180, -90, 180, 90)], "EPSG:4326"))
        assert aoi.mask(SCENE).all()
        assert aoi.bounds == SCENE

    @pytest.mark.parametrize(
        "transform",
        [PLACE @ Affine.rotation(33), Affine(0.5, 0, 331_207, 0, 0.5, 2_779_120)],
        ids=["rotated", "south-up"],
    )
    def test_unusual_grids(self, tmp_path: Path, transform: Affine) -> None:
        path = write_area(tmp_path / "area.gpkg", [on_map(10, 5, 30, 25, transform)])
        np.testing.assert_array_equal(read(path, transform=transform).mask(SCENE), _box_mask(10, 5, 30, 25))

    @pytest.mark.parametrize("drawn", [shapely.box(10, 5, 30, 25), shapely.box(10, -25, 30, -5)])
    def test_without_any_crs_coordinates_are_pixels_downward_as_programs_draw_them_or_as_they_count(
        self, tmp_path: Path, drawn: shapely.Polygon
    ) -> None:
        path = write_area(tmp_path / "area.shp", [drawn], None)
        np.testing.assert_array_equal(read(path, None, None).mask(SCENE), _box_mask(10, 5, 30, 25))

    def test_a_missing_crs_is_taken_for_the_scenes_and_doubted(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.shp", [on_map(10, 5, 30, 25)], None)
        with pytest.warns(
            DoubtfulInputWarning, match=r"area\.shp has no CRS: it is taken for the scene's \(EPSG:32640\)"
        ):
            aoi = read(path)
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(10, 5, 30, 25))


class TestWhatCounts:
    def test_holes_and_many_parts_count(self, tmp_path: Path) -> None:
        frame = shapely.Polygon(on_map(5, 5, 25, 25).exterior, [on_map(10, 10, 20, 20).exterior])
        path = write_area(tmp_path / "area.gpkg", [shapely.MultiPolygon([frame, on_map(40, 40, 50, 50)])])
        expected = _box_mask(5, 5, 25, 25) ^ _box_mask(10, 10, 20, 20) | _box_mask(40, 40, 50, 50)
        np.testing.assert_array_equal(read(path).mask(SCENE), expected)

    def test_lines_and_points_beside_polygons_do_not(self, tmp_path: Path) -> None:
        collection = shapely.GeometryCollection([on_map(40, 40, 50, 50), shapely.Point(PLACE @ (2, 2))])
        line = shapely.LineString([PLACE @ (0, 0), PLACE @ (80, 60)])
        path = write_area(
            tmp_path / "area.gpkg", [on_map(5, 5, 25, 25), line, None, collection, shapely.Polygon()]
        )
        with pytest.warns(
            DoubtfulInputWarning, match=r"^1 of 5 features of area\.gpkg .* no area \(linestring\)"
        ):
            aoi = read(path)
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(5, 5, 25, 25) | _box_mask(40, 40, 50, 50))

    def test_an_outline_that_crosses_itself_is_mended(self, tmp_path: Path) -> None:
        bow = shapely.Polygon([PLACE @ p for p in ((10, 10), (30, 30), (30, 10), (10, 30))])
        mask = read(write_area(tmp_path / "area.gpkg", [bow])).mask(SCENE)
        assert mask[20, 12]
        assert mask[20, 28]
        assert not mask[12, 20]
        assert mask.sum() == pytest.approx(200, abs=20)

    def test_heights_do_not_matter(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.gpkg", [shapely.force_3d(on_map(5, 5, 25, 25), 12.0)])
        np.testing.assert_array_equal(read(path).mask(SCENE), _box_mask(5, 5, 25, 25))

    def test_the_first_of_several_layers_counts_and_is_named(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.gpkg", [on_map(5, 5, 25, 25)], layer="district")
        write_area(path, [on_map(0, 0, 80, 60)], layer="country")
        aoi = read(path)
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(5, 5, 25, 25))
        assert aoi.notes == ("area.gpkg has 2 layers: the area of interest is the first, district",)

    def test_a_style_or_a_table_is_no_layer(self, tmp_path: Path) -> None:
        path = tmp_path / "area.gpkg"
        pyogrio.write_dataframe(geopandas.GeoDataFrame({"remark": ["first"]}), path, layer="remarks")
        write_area(path, [on_map(5, 5, 25, 25)], layer="district")
        add_style(path, "district", "in red", "<qgis/>")
        aoi = read(path)
        np.testing.assert_array_equal(aoi.mask(SCENE), _box_mask(5, 5, 25, 25))
        assert aoi.notes == ()
