"""Areas of interest that are refused, and by what they are told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
from rasterio.crs import CRS

from glnet_geo.errors import AoiError, DoubtfulInputWarning
from glnet_geo.io.polygons.aoi import area_mark, read_aoi
from tests.io.geotiffs import PLACE, texture, write
from tests.io.polygons.areas import COLS, ROWS, on_map, read, write_area
from tests.rasters import Place


class TestRefused:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(AoiError, match=r"none\.gpkg does not exist: check the path"):
            read(tmp_path / "none.gpkg")

    @pytest.mark.parametrize("text", ["", "not polygons"])
    def test_a_file_of_another_kind(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "area.gpkg"
        path.write_text(text)
        with pytest.raises(
            AoiError, match=r"area\.gpkg cannot be read as a vector file \([^\n]*\): give polygons as"
        ):
            read(path)

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.geojson", [on_map(5, 5, 25, 25)])
        path.write_text(path.read_text()[:-40])
        with pytest.raises(AoiError, match=r"area\.geojson cannot be read as a vector file"):
            read(path)

    def test_a_raster(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", texture(1, 4, 5))
        with pytest.raises(AoiError, match=r"scene\.tif cannot be read as a vector file"):
            read(path)

    def test_a_table(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_text("name,size\na,1\n")
        with pytest.raises(
            AoiError, match=r"table\.csv has no geometry: draw the area of interest as polygons"
        ):
            read(path)

    def test_a_path_that_would_be_taken_for_an_address(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of ``new!area.gpkg``, ``area.gpkg`` in the current folder would be read."""
        monkeypatch.chdir(tmp_path)
        path = write_area(Path("area.gpkg"), [on_map(5, 5, 25, 25)])
        path.with_name("new!area.gpkg").write_bytes(path.read_bytes())
        with pytest.raises(AoiError, match=r"'new!area\.gpkg' cannot be read, as '!' in .*: rename it"):
            read(Path("new!area.gpkg"))

    def test_a_name_that_is_no_text(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.gpkg", [on_map(5, 5, 25, 25)])
        odd = path.rename(tmp_path / "\udcff.gpkg")
        with pytest.raises(AoiError, match=r"\\udcff\.gpkg' holds bytes that are no characters: rename it"):
            read(odd)

    @pytest.mark.parametrize(
        ("shape", "holds"),
        [
            (shapely.LineString([(0, 0), (1, 1)]), "linestring"),
            (shapely.Point(0, 0), "point"),
            (None, "nothing"),
        ],
    )
    def test_a_layer_without_polygons(self, tmp_path: Path, shape: Any, holds: str) -> None:
        path = write_area(tmp_path / "area.geojson", [shape])
        with pytest.raises(
            AoiError, match=rf"has no polygon in its layer area \(it holds {holds}\): draw the area"
        ):
            read(path)

    def test_an_empty_layer(self, tmp_path: Path) -> None:
        path = tmp_path / "area.geojson"
        path.write_text('{"type": "FeatureCollection", "features": []}')
        with pytest.raises(AoiError, match=r"has no polygon in its layer area \(it holds nothing\)"):
            read(path)

    def test_an_area_elsewhere_is_refused_with_both_extents(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.gpkg", [shapely.box(10, 50, 11, 51)], "EPSG:4326")
        with pytest.raises(
            AoiError,
            match=r"area\.gpkg misses the scene: it spans x 10 to 11 and y 50 to 51, the scene x 55\.32\d* to 55\.32\d* "
            r"and y 25\.11\d* to 25\.11\d* \(WGS 84\); check its place and its CRS",
        ):
            read(path)

    def test_degrees_without_a_crs_miss_the_scene(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.shp", [shapely.box(55, 25, 56, 26)], None)
        with (
            pytest.warns(DoubtfulInputWarning),
            pytest.raises(AoiError, match="misses the scene: it spans x 55 to 56"),
        ):
            read(path)

    @pytest.mark.parametrize(
        "area",
        [on_map(10.6, 5.6, 10.9, 5.9), on_map(-10, -10, 0, 70), on_map(79.8, 0, 90, 60)],
        ids=["between", "touching", "grazing"],
    )
    def test_an_area_without_a_pixels_centre(self, tmp_path: Path, area: shapely.Polygon) -> None:
        with pytest.raises(
            AoiError, match=r"area\.gpkg holds the centre of no pixel of the scene: draw a larger"
        ):
            read(write_area(tmp_path / "area.gpkg", [area]))

    def test_a_crs_on_one_side_only(self, tmp_path: Path) -> None:
        path = write_area(tmp_path / "area.gpkg", [shapely.box(10, 5, 30, 25)], "EPSG:4326")
        with pytest.raises(AoiError, match=r" has no CRS and area\.gpkg has one.*: give .* its CRS first"):
            read(path, None, None)

    def test_a_crs_that_does_not_meet_the_scenes(self, tmp_path: Path) -> None:
        local = 'LOCAL_CS["site",LOCAL_DATUM["site",0],UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
        path = write_area(tmp_path / "area.gpkg", [on_map(10, 5, 30, 25)])
        with pytest.raises(AoiError, match=r"area\.gpkg cannot be brought to the scene's CRS"):
            read_aoi(path, Place(height=ROWS, width=COLS, transform=PLACE, crs=CRS.from_wkt(local)))


class TestItsMark:
    """Jobs are told apart by what their areas are, not by the files that hold them."""

    LEFT, RIGHT = on_map(10, 5, 30, 25), on_map(40, 5, 50, 25)

    def test_one_area_in_any_file(self, tmp_path: Path) -> None:
        mark = area_mark(write_area(tmp_path / "area.gpkg", [self.LEFT, self.RIGHT]))
        assert mark == area_mark(write_area(tmp_path / "again.gpkg", [self.LEFT, self.RIGHT]))
        assert mark == area_mark(write_area(tmp_path / "turned.gpkg", [self.RIGHT, self.LEFT]))
        assert mark == area_mark(write_area(tmp_path / "area.fgb", [self.LEFT, self.RIGHT]))

    def test_another_area_under_the_same_name(self, tmp_path: Path) -> None:
        path = tmp_path / "area.gpkg"
        shapes: list[list[Any]] = [
            [self.LEFT],
            [self.RIGHT],
            [self.LEFT, self.RIGHT],
            [shapely.MultiPolygon([self.LEFT])],
            [on_map(10, 5, 30, 25.001)],
        ]
        marks = [area_mark(write_area(path, each)) for each in shapes]
        marks += [area_mark(write_area(path, [self.LEFT], crs)) for crs in (None, "EPSG:32639")]
        assert len(set(marks)) == len(marks)

    def test_what_is_no_area_has_one_too(self, tmp_path: Path) -> None:
        """It is refused where it is laid over a scene."""
        (tmp_path / "table.csv").write_text("name\nleft\n")
        assert area_mark(tmp_path / "table.csv")
        assert area_mark(write_area(tmp_path / "empty.gpkg", [None]))
        with pytest.raises(AoiError, match="does not exist"):
            area_mark(tmp_path / "nowhere.gpkg")
