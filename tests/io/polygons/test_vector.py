from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet  # type: ignore[import-untyped]  # it ships no types
from rasterio.crs import CRS

from glnet_geo.core.legend import NODATA, LandClass, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.maps.style import qml, sld
from glnet_geo.io.polygons import layers, vector
from glnet_geo.io.polygons.vector import PolygonLayer
from tests.core.maps import HARD, drawn, noise
from tests.rasters import Place

LEGEND = Legend(
    (
        LandClass(id=2, name="wäter", color="#0000ff"),
        LandClass(id=0, name="land", color="#aa8800"),
        LandClass(id=1, name="road", color="#808080"),
        LandClass(id=40, name="never seen", color="#000000"),
    )
)
NAMES = {c.id: c.name for c in LEGEND}
FORMATS = (".gpkg", ".fgb", ".parquet", ".geojson")
UTM = CRS.from_epsg(32640)
NORTH_UP = Affine(0.5, 0, 331_207.3, 0, -0.5, 2_779_120.2)
PLACES = {
    "north-up": (NORTH_UP, UTM),
    "south-up": (Affine(0.5, 0, 331_207.3, 0, 0.5, 2_779_120.2), UTM),
    "rotated": (NORTH_UP @ Affine.rotation(30), UTM),
    "oblong": (Affine(3, 0, 331_207.3, 0, -0.25, 2_779_120.2), UTM),
    "degrees": (Affine(1e-4, 0, 55.3, 0, -1e-4, 25.1), CRS.from_epsg(4326)),
    "Web Mercator": (Affine(10, 0, 1.2e6, 0, -10, 8e6), CRS.from_epsg(3857)),
    "feet": (Affine(2, 0, 980_000, 0, -2, 190_000), CRS.from_epsg(2263)),
}


def _made(
    path: Path,
    classes: NDArray[np.uint8],
    *,
    transform: Affine | None = NORTH_UP,
    crs: CRS | None = UTM,
    tags: Mapping[str, str] | None = None,
    rows: int = 16,
) -> geopandas.GeoDataFrame:
    """The polygons of a map, written in strips of so many rows and read by GeoPandas."""
    height, width = classes.shape
    place = Place(height=height, width=width, transform=transform, crs=crs)
    layer = PolygonLayer(path, place, LEGEND, Drawing(), tags=tags or {})
    for start, stop in pairwise([*range(0, len(classes), rows), len(classes)]):
        layer.write(Strip(row=start, classes=classes[start:stop]))
    layer.finish()
    layer.close()
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    # A GeoPackage holds its styles too.
    return geopandas.read_file(path, layer="landcover" if path.suffix.lower() == ".gpkg" else None)


def _pixels(classes: NDArray[np.uint8]) -> dict[int, int]:
    ids, counts = np.unique(classes[classes != NODATA], return_counts=True)
    return dict(zip(ids.tolist(), counts.tolist(), strict=True))


class TestCoverage:
    @pytest.mark.parametrize("name", HARD)
    def test_hard_maps_are_covered_once(self, tmp_path: Path, name: str) -> None:
        classes = HARD[name]
        _covered_once(_made(tmp_path / "map.gpkg", classes), classes, NORTH_UP)

    @pytest.mark.parametrize("place", PLACES)
    def test_in_every_place(self, tmp_path: Path, place: str) -> None:
        classes = noise(60, 50, 3, seed=3, nodata=0.1)
        transform, crs = PLACES[place]
        found = _made(tmp_path / "map.gpkg", classes, transform=transform, crs=crs)
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
        _covered_once(_made(path, classes, rows=rows), classes, NORTH_UP)

    def test_a_hole_and_what_fills_it(self, tmp_path: Path) -> None:
        found = _made(tmp_path / "map.gpkg", drawn("0000", "0120", "0.00", "0000")).set_index("class_name")
        assert len(found.geometry["land"].interiors) == 1
        assert found.geometry["land"].area == 13 * 0.25
        assert shapely.bounds(found.geometry["road"]).tolist() == pytest.approx(
            [331_207.8, 2_779_119.2, 331_208.3, 2_779_119.7]
        )

    def test_pixels_lie_where_the_transform_puts_them(self, tmp_path: Path) -> None:
        found = _made(tmp_path / "map.gpkg", drawn("..", ".1"), transform=PLACES["rotated"][0])
        corners = [PLACES["rotated"][0] @ corner for corner in ((1, 1), (2, 1), (2, 2), (1, 2))]
        assert shapely.equals_exact(
            found.geometry[0].normalize(), shapely.Polygon(corners).normalize(), tolerance=1e-9
        )

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_batches_change_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        classes = noise(80, 70, 3, seed=5, nodata=0.1)
        once = _made(tmp_path / f"once{suffix}", classes)
        monkeypatch.setattr(vector, "_CORNERS_AT_A_TIME", 500)
        often = _made(tmp_path / f"often{suffix}", classes, rows=7)
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
        reference = _made(tmp_path / "reference.gpkg", classes)
        found = _made(tmp_path / f"map{suffix}", classes)
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
        found = _made(tmp_path / "map.gpkg", noise(20, 20, 2, seed=1), transform=transform, crs=crs)
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
        found = _made(tmp_path / f"map{suffix}", drawn("001", "221"), transform=transform, crs=crs)
        assert found.area_m2.isna().all()
        assert (found.crs is None) == (crs is None or transform is None)
        if transform is None:
            assert found.total_bounds.tolist() == [0, -2, 3, 0]

    def test_an_area_beyond_where_the_crs_has_a_place_is_unknown(self, tmp_path: Path) -> None:
        transform = Affine(5e6, 0, -1e7, 0, -5e6, 1e7)
        geostationary = CRS.from_string("+proj=geos +h=35785831 +lon_0=0")
        found = _made(
            tmp_path / "map.gpkg", drawn("0001", "0001", "0000"), transform=transform, crs=geostationary
        )
        assert found.area_m2.isna().all()


class TestFormats:
    @pytest.mark.parametrize("suffix", FORMATS)
    def test_a_map_without_a_class_is_a_file_without_polygons(self, tmp_path: Path, suffix: str) -> None:
        found = _made(tmp_path / f"map{suffix}", HARD["all nodata"])
        assert len(found) == 0

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_nothing_else_is_left_but_a_style_where_there_is_none_inside(
        self, tmp_path: Path, suffix: str
    ) -> None:
        _made(tmp_path / f"map{suffix}", HARD["noise"])
        beside = {"map.qml"} if suffix != ".gpkg" else set()
        assert {path.name for path in tmp_path.iterdir()} == {f"map{suffix}"} | beside

    @pytest.mark.parametrize("suffix", [".GPKG", ".Fgb", ".GeoJSON"])
    def test_the_case_of_the_suffix_does_not_matter(self, tmp_path: Path, suffix: str) -> None:
        assert len(_made(tmp_path / f"map{suffix}", HARD["noise"])) > 100

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_outer_rings_run_counterclockwise_and_holes_clockwise(self, tmp_path: Path, suffix: str) -> None:
        for name in ("north-up", "south-up", "rotated"):
            transform, crs = PLACES[name]
            found = _made(tmp_path / f"{name}{suffix}", HARD["nested"], transform=transform, crs=crs)
            polygons = found.geometry.to_numpy()
            assert shapely.is_ccw(shapely.get_exterior_ring(polygons)).all()
            holes = [hole for polygon in polygons for hole in polygon.interiors]
            assert holes
            assert not shapely.is_ccw(holes).any()

    @pytest.mark.parametrize("suffix", [".gpkg", ".fgb"])
    def test_one_layer_of_polygons_that_says_how_it_was_made(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"map{suffix}"
        _made(path, HARD["noise"], tags={"MODEL": "urban", "CREDIT": "Ä = B; C", "NOTE": ""})
        layers = [["landcover", "Polygon"], ["layer_styles", None]]
        assert pyogrio.list_layers(path).tolist() == (layers if suffix == ".gpkg" else layers[:1])
        info = pyogrio.read_info(path, layer="landcover")
        assert info["layer_metadata"] == {"MODEL": "urban", "CREDIT": "Ä = B; C"}
        assert info["capabilities"]["fast_spatial_filter"]

    def test_a_geopackage_holds_its_style(self, tmp_path: Path) -> None:
        path = tmp_path / "map.gpkg"
        _made(path, HARD["noise"])
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(
                "select f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD from layer_styles"
            ).fetchall()
            assert [row[:3] for row in rows] == [("landcover", "geom", 1)]
            assert rows[0][3:] == (qml(LEGEND), sld(LEGEND, "landcover"))

    def test_a_geopackage_that_older_readers_take(self, tmp_path: Path) -> None:
        path = tmp_path / "map.gpkg"
        found = _made(path, HARD["noise"])
        database = sqlite3.connect(path)
        try:
            assert database.execute("pragma user_version").fetchone() == (10300,)
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)
            indexed = database.execute("select count(*) from rtree_landcover_geom").fetchone()
        finally:
            database.close()
        assert indexed == (len(found),)

    def test_geojson_is_what_rfc_7946_asks_for(self, tmp_path: Path) -> None:
        path = tmp_path / "map.geojson"
        _made(path, drawn("0001", "0111"), tags={"MODEL": "urban"})
        collection = json.loads(path.read_text(encoding="utf-8"))
        assert "crs" not in collection
        assert collection["description"] == "MODEL=urban"
        ring = np.array(collection["features"][0]["geometry"]["coordinates"][0])
        # A tenth of a millimetre; the seven digits of the RFC's example are a centimetre.
        assert np.abs(ring * 1e7 - np.round(ring * 1e7)).max() > 0.01

    def test_geojson_of_a_drone_keeps_its_pixels(self, tmp_path: Path) -> None:
        drone = Affine(0.01, 0, 331_207.3, 0, -0.01, 2_779_120.2)
        found = _made(tmp_path / "map.geojson", noise(30, 30, 3, seed=0), transform=drone)
        assert found.to_crs(UTM.to_wkt()).area.sum() == pytest.approx(900 * 1e-4, rel=1e-3)
        assert found.is_valid.all()

    def test_geojson_across_the_antimeridian_is_cut_there(self, tmp_path: Path) -> None:
        """In longitudes, the polygon would go around the world."""
        transform = Affine(1000, 0, 100_000, 0, -1000, 7_200_000)
        found = _made(
            tmp_path / "map.geojson",
            np.zeros((100, 300), np.uint8),
            transform=transform,
            crs=CRS.from_epsg(32601),
        )
        parts = found.geometry.explode().bounds
        assert len(parts) > 1
        assert (parts.maxx - parts.minx).max() < 10
        assert found.area_m2.sum() == pytest.approx(3e10, rel=2e-3)

    def test_geojson_without_a_crs_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(
            OutputError, match=r"map\.geojson cannot be written, .* the map has no CRS: choose"
        ):
            _made(tmp_path / "map.geojson", HARD["noise"], crs=None)

    def test_geoparquet_says_what_it_holds(self, tmp_path: Path) -> None:
        path = tmp_path / "map.parquet"
        found = _made(path, HARD["noise with nodata"], tags={"MODEL": "urban"})
        metadata = parquet.read_schema(path).metadata
        assert metadata[b"MODEL"] == b"urban"
        geo = json.loads(metadata[b"geo"])
        assert geo["version"] == "1.1.0"
        assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]
        west, south, east, north = found.total_bounds
        corner = (west, south, west + (east - west) / 4, south + (north - south) / 4)
        assert len(geopandas.read_parquet(path, bbox=corner)) == found.intersects(shapely.box(*corner)).sum()

    def test_geoparquet_without_pyarrow_names_the_remedy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("glnet_geo.io.polygons.geoparquet.find_spec", lambda name: None)
        with pytest.raises(
            OutputError, match=r"needs pyarrow: install it with pip install 'glnet_geo\[parquet\]'$"
        ):
            _made(tmp_path / "map.parquet", HARD["noise"])


class TestFailures:
    @pytest.mark.parametrize("end", [4, 5])
    def test_more_corners_than_can_be_dissolved(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int
    ) -> None:
        """They are refused while their regions are still open (four rows), and when these are complete."""
        monkeypatch.setattr(vector, "_MOST_DISSOLVED", 40)
        comb = np.zeros((end, 41), np.uint8)
        comb[:4, 1::2] = 255
        layer = PolygonLayer(
            tmp_path / "map.gpkg",
            Place(height=9, width=41, transform=NORTH_UP, crs=UTM),
            LEGEND,
            Drawing(dissolve=True),
            tags={},
        )
        with pytest.raises(
            OutputError, match=r"map\.gpkg would hold polygons of more than 40 corners: leave out"
        ):
            layer.write(Strip(row=0, classes=comb))

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_a_folder_that_went_away(self, tmp_path: Path, suffix: str) -> None:
        with pytest.raises(OutputError, match=rf"^map\{suffix} could not be written \(.+\): free some space"):
            _made(tmp_path / "missing" / f"map{suffix}", HARD["noise"])

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_it_can_be_closed_at_any_time_and_again(self, tmp_path: Path, suffix: str) -> None:
        place = Place(height=3, width=8, transform=NORTH_UP, crs=UTM)
        layer = PolygonLayer(tmp_path / f"map{suffix}", place, LEGEND, Drawing(), tags={})
        layer.write(Strip(row=0, classes=np.zeros((3, 8), np.uint8)))
        layer.close()
        layer.close()

    @pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson"])
    def test_a_file_that_lacks_polygons_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        copy = layers._through_gdal

        def lose(path: Path) -> None:
            with closing(sqlite3.connect(path)) as database, database:
                database.execute("DELETE FROM landcover WHERE fid = 3")

        def less(rough: Path, *rest: Any, **options: Any) -> None:
            lose(rough)
            copy(rough, *rest, **options)

        monkeypatch.setattr(
            layers, "rename_regions", lambda path, *_: lose(path) if suffix == ".gpkg" else None
        )
        monkeypatch.setattr(layers, "_through_gdal", less)
        with pytest.raises(OutputError, match=r"it holds (\d+) of \d+ polygons"):
            _made(tmp_path / f"map{suffix}", HARD["noise"])

    def test_a_file_that_breaks_off_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The head of a FlatGeobuf tells how many features there should be."""
        copy = layers._through_gdal

        def broken(rough: Path, path: Path, *rest: Any, **options: Any) -> None:
            copy(rough, path, *rest, **options)
            path.write_bytes(path.read_bytes()[:-100])

        monkeypatch.setattr(layers, "_through_gdal", broken)
        with pytest.raises(OutputError, match=r"^map\.fgb could not be written"):
            _made(tmp_path / "map.fgb", HARD["noise"])

    def test_features_are_counted_one_by_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No answer of the reader grows with the number of polygons."""
        answers: list[int] = []
        read = pyogrio.raw.read

        def listening(*arguments: Any, **options: Any) -> Any:
            answer = read(*arguments, **options)
            answers.append(len(answer[3][0]))
            return answer

        monkeypatch.setattr(pyogrio.raw, "read", listening)
        monkeypatch.delattr(pyogrio, "read_bounds")
        assert len(_made(tmp_path / "map.gpkg", HARD["noise"])) > 1
        assert answers[0] == 1
