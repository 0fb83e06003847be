"""Class rasters and outputs of which no polygons are drawn, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.features
import rasterio.shutil

import glnet_geo
from glnet_geo import Drawing
from glnet_geo.core.progress import Silence
from glnet_geo.errors import (
    CancelledError,
    DoubtfulInputWarning,
    EvaluationError,
    OptionError,
    OutputError,
    SceneError,
)
from tests.jobs import Meanwhile
from tests.maps import write_map
from tests.polygons import drawn, patches
from tests.rasters import write_plain


class TestBadInput:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return write_map(tmp_path / "map.tif", patches(20, 20))

    def test_a_map_without_a_place_has_no_areas_and_no_metres(self, tmp_path: Path) -> None:
        path = write_map(tmp_path / "map.tif", patches(20, 20), crs=None, transform=None)
        for drawing in (Drawing(min_area=5), Drawing(simplify=1)):
            with pytest.raises(OptionError, match=r"map\.tif has no place on the ground: give it a CRS"):
                glnet_geo.vectorize(path, tmp_path / "out.gpkg", drawing=drawing)
        assert not (tmp_path / "out.gpkg").exists()

    def test_a_crs_without_a_place_in_it_is_none(self, tmp_path: Path) -> None:
        path = write_map(tmp_path / "map.tif", patches(20, 20), transform=None)
        for suffix in (".gpkg", ".fgb", ".parquet"):
            with pytest.warns(DoubtfulInputWarning, match=r"map\.tif has a CRS but no place in it"):
                table = drawn(path, tmp_path / f"out{suffix}")
            assert table.crs is None
            assert table.area_m2.isna().all()
        with (
            pytest.warns(DoubtfulInputWarning, match="no place in it"),
            pytest.raises(OptionError, match=r"map\.tif has no place in its CRS, so .* EPSG:4326"),
        ):
            glnet_geo.vectorize(path, tmp_path / "no.gpkg", drawing=Drawing(crs="EPSG:4326"))
        with (
            pytest.warns(DoubtfulInputWarning, match="no place in it"),
            pytest.raises(
                OutputError, match=r"no\.geojson cannot be written, as GeoJSON knows only longitude"
            ),
        ):
            glnet_geo.vectorize(path, tmp_path / "no.geojson")

    def test_a_map_beyond_its_crs_is_told_from_one_without(self, tmp_path: Path) -> None:
        beyond = rasterio.Affine(10, 0, 1e12, 0, -10, 0)
        path = write_map(tmp_path / "far.tif", patches(20, 20), transform=beyond)
        for drawing in (Drawing(min_area=5), Drawing(simplify=1)):
            with (
                pytest.warns(DoubtfulInputWarning, match=r"the centre of far\.tif lies beyond where its CRS"),
                pytest.raises(OptionError, match=r"far\.tif lies beyond where its CRS has a place"),
            ):
                glnet_geo.vectorize(path, tmp_path / "out.gpkg", drawing=drawing)

    def test_metres_that_are_taken_for_degrees(self, tmp_path: Path) -> None:
        path = write_map(tmp_path / "map.tif", patches(20, 20), crs="EPSG:4326")
        with pytest.warns(DoubtfulInputWarning, match=r"the centre of map\.tif lies beyond where its CRS"):
            table = drawn(path, tmp_path / "out.gpkg")
        assert table.area_m2.isna().all()

    def test_other_outputs_than_polygons(self, tmp_path: Path, path: Path) -> None:
        with pytest.raises(OutputError, match=r"out\.tif cannot hold polygons: use one of \.gpkg"):
            glnet_geo.vectorize(path, tmp_path / "out.tif")

    def test_an_existing_output(self, tmp_path: Path, path: Path) -> None:
        out = tmp_path / "out.gpkg"
        out.write_text("precious")
        with pytest.raises(OutputError, match="--overwrite"):
            glnet_geo.vectorize(path, out)
        assert out.read_text() == "precious"

    def test_an_output_that_appears_meanwhile(self, tmp_path: Path, path: Path) -> None:
        out = tmp_path / "out.gpkg"
        with pytest.raises(OutputError, match=r"out\.gpkg has appeared meanwhile and is not replaced"):
            glnet_geo.vectorize(path, out, progress=Meanwhile(out))
        assert out.read_text() == "precious"
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            "map.qml",
            "map.tif",
            "map.tif.aux.xml",
            "out.gpkg",
        ]

    def test_an_output_that_the_classes_lie_in(self, tmp_path: Path, path: Path) -> None:
        package = tmp_path / "land.gpkg"
        rasterio.shutil.copy(path, package, driver="GPKG")
        before = package.read_bytes()
        for name in (package, f"GPKG:{package}:land"):
            with pytest.raises(OutputError, match="would replace the class raster, which this job reads"):
                glnet_geo.vectorize(name, package, overwrite=True)
        assert package.read_bytes() == before

    def test_an_output_that_the_names_come_from(self, tmp_path: Path, path: Path) -> None:
        names = tmp_path / "names.geojson"
        names.write_text("precious")
        with pytest.raises(OutputError, match="would replace the class file, which this job reads"):
            glnet_geo.vectorize(path, names, legend=names, overwrite=True)
        assert names.read_text() == "precious"

    def test_an_unknown_crs(self, tmp_path: Path, path: Path) -> None:
        with pytest.raises(OptionError, match="EPSG:99"):
            glnet_geo.vectorize(path, tmp_path / "out.gpkg", drawing=Drawing(crs="EPSG:99"))
        assert not (tmp_path / "out.gpkg").exists()

    def test_confidence_of_another_map(self, tmp_path: Path, path: Path) -> None:
        sure = write_map(tmp_path / "sure.tif", np.zeros((30, 20), np.uint8))
        with pytest.raises(EvaluationError, match=r"sure\.tif .* is not on the grid of map\.tif"):
            glnet_geo.vectorize(path, tmp_path / "out.gpkg", confidence=sure)

    @pytest.mark.parametrize("dtype", ["complex64", "complex_int16"])
    def test_confidence_of_complex_numbers(self, tmp_path: Path, path: Path, dtype: str) -> None:
        with rasterio.open(path) as raster:
            profile = {**raster.profile, "dtype": dtype, "nodata": None}
        sure = tmp_path / "sure.tif"
        with rasterio.open(sure, "w", **profile) as raster:
            raster.write(np.zeros((1, 20, 20), np.complex64))
        with pytest.raises(
            EvaluationError, match=rf"sure\.tif holds {dtype} values, which are no confidence"
        ):
            glnet_geo.vectorize(path, tmp_path / "out.gpkg", confidence=sure)

    def test_heights_are_no_classes(self, tmp_path: Path) -> None:
        path = write_plain(tmp_path / "height.tif", np.zeros((4, 4), np.float32))
        with pytest.raises(SceneError, match=r"height\.tif holds float32"):
            glnet_geo.vectorize(path, tmp_path / "out.gpkg")

    def test_cancelling_leaves_nothing(self, tmp_path: Path, path: Path) -> None:
        class Impatient(Silence):
            def cancelled(self) -> bool:
                return True

        with pytest.raises(CancelledError):
            glnet_geo.vectorize(path, tmp_path / "out.gpkg", progress=Impatient())
        assert sorted(p.name for p in tmp_path.iterdir()) == ["map.qml", "map.tif", "map.tif.aux.xml"]
