"""What is special about each format, and what is done where one breaks."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from pyarrow import parquet  # type: ignore[import-untyped]  # it ships no types
from rasterio.crs import CRS

from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.maps.style import qml, sld
from glnet_geo.io.polygons import layers, vector
from glnet_geo.io.polygons.vector import PolygonLayer
from tests.core.maps import HARD, drawn, noise
from tests.io.polygons.made import FORMATS, LEGEND, NORTH_UP, PLACES, UTM, made
from tests.rasters import Place


class TestFormats:
    @pytest.mark.parametrize("suffix", FORMATS)
    def test_a_map_without_a_class_is_a_file_without_polygons(self, tmp_path: Path, suffix: str) -> None:
        found = made(tmp_path / f"map{suffix}", HARD["all nodata"])
        assert len(found) == 0

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_nothing_else_is_left_but_a_style_where_there_is_none_inside(
        self, tmp_path: Path, suffix: str
    ) -> None:
        made(tmp_path / f"map{suffix}", HARD["noise"])
        beside = {"map.qml"} if suffix != ".gpkg" else set()
        assert {path.name for path in tmp_path.iterdir()} == {f"map{suffix}"} | beside

    @pytest.mark.parametrize("suffix", [".GPKG", ".Fgb", ".GeoJSON"])
    def test_the_case_of_the_suffix_does_not_matter(self, tmp_path: Path, suffix: str) -> None:
        assert len(made(tmp_path / f"map{suffix}", HARD["noise"])) > 100

    @pytest.mark.parametrize("suffix", FORMATS)
    def test_outer_rings_run_counterclockwise_and_holes_clockwise(self, tmp_path: Path, suffix: str) -> None:
        for name in ("north-up", "south-up", "rotated"):
            transform, crs = PLACES[name]
            found = made(tmp_path / f"{name}{suffix}", HARD["nested"], transform=transform, crs=crs)
            polygons = found.geometry.to_numpy()
            assert shapely.is_ccw(shapely.get_exterior_ring(polygons)).all()
            holes = [hole for polygon in polygons for hole in polygon.interiors]
            assert holes
            assert not shapely.is_ccw(holes).any()

    @pytest.mark.parametrize("suffix", [".gpkg", ".fgb"])
    def test_one_layer_of_polygons_that_says_how_it_was_made(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"map{suffix}"
        made(path, HARD["noise"], tags={"MODEL": "urban", "CREDIT": "Ä = B; C", "NOTE": ""})
        layers = [["landcover", "Polygon"], ["layer_styles", None]]
        assert pyogrio.list_layers(path).tolist() == (layers if suffix == ".gpkg" else layers[:1])
        info = pyogrio.read_info(path, layer="landcover")
        assert info["layer_metadata"] == {"MODEL": "urban", "CREDIT": "Ä = B; C"}
        assert info["capabilities"]["fast_spatial_filter"]

    def test_a_geopackage_holds_its_style(self, tmp_path: Path) -> None:
        path = tmp_path / "map.gpkg"
        made(path, HARD["noise"])
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute(
                "select f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD from layer_styles"
            ).fetchall()
            assert [row[:3] for row in rows] == [("landcover", "geom", 1)]
            assert rows[0][3:] == (qml(LEGEND), sld(LEGEND, "landcover"))

    def test_a_geopackage_that_older_readers_take(self, tmp_path: Path) -> None:
        path = tmp_path / "map.gpkg"
        found = made(path, HARD["noise"])
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
        made(path, drawn("0001", "0111"), tags={"MODEL": "urban"})
        collection = json.loads(path.read_text(encoding="utf-8"))
        assert "crs" not in collection
        assert collection["description"] == "MODEL=urban"
        ring = np.array(collection["features"][0]["geometry"]["coordinates"][0])
        # A tenth of a millimetre; the seven digits of the RFC's example are a centimetre.
        assert np.abs(ring * 1e7 - np.round(ring * 1e7)).max() > 0.01

    def test_geojson_of_a_drone_keeps_its_pixels(self, tmp_path: Path) -> None:
        drone = Affine(0.01, 0, 331_207.3, 0, -0.01, 2_779_120.2)
        found = made(tmp_path / "map.geojson", noise(30, 30, 3, seed=0), transform=drone)
        assert found.to_crs(UTM.to_wkt()).area.sum() == pytest.approx(900 * 1e-4, rel=1e-3)
        assert found.is_valid.all()

    def test_geojson_across_the_antimeridian_is_cut_there(self, tmp_path: Path) -> None:
        """In longitudes, the polygon would go around the world."""
        transform = Affine(1000, 0, 100_000, 0, -1000, 7_200_000)
        found = made(
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
            made(tmp_path / "map.geojson", HARD["noise"], crs=None)

    def test_geoparquet_says_what_it_holds(self, tmp_path: Path) -> None:
        path = tmp_path / "map.parquet"
        found = made(path, HARD["noise with nodata"], tags={"MODEL": "urban"})
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
            made(tmp_path / "map.parquet", HARD["noise"])


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
            made(tmp_path / "missing" / f"map{suffix}", HARD["noise"])

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
            made(tmp_path / f"map{suffix}", HARD["noise"])

    def test_a_file_that_breaks_off_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The head of a FlatGeobuf tells how many features there should be."""
        copy = layers._through_gdal

        def broken(rough: Path, path: Path, *rest: Any, **options: Any) -> None:
            copy(rough, path, *rest, **options)
            path.write_bytes(path.read_bytes()[:-100])

        monkeypatch.setattr(layers, "_through_gdal", broken)
        with pytest.raises(OutputError, match=r"^map\.fgb could not be written"):
            made(tmp_path / "map.fgb", HARD["noise"])

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
        assert len(made(tmp_path / "map.gpkg", HARD["noise"])) > 1
        assert answers[0] == 1
