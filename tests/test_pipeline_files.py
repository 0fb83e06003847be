"""What a job reads, what it writes, and what it refuses to replace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

import glnet_geo
from glnet_geo import DoubtfulInputWarning, Options
from glnet_geo.errors import (
    AoiError,
    OptionError,
    OutputError,
)
from glnet_geo.model.card import Card
from glnet_geo.model.package import save_package
from tests.mapping import classes, whole
from tests.model.tiny import LEGEND
from tests.scenes import read, texture, write_scene


class TestOutputs:
    def test_raster_polygons_summary_and_confidence_agree(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        paths = [tmp_path / name for name in ("map.tif", "map.gpkg", "map.geojson", "map.fgb", "map.parquet")]
        sure = tmp_path / "sure.tif"
        summary = glnet_geo.classify(scene, paths, options=Options(model=model), confidence=sure)
        mapped = read(paths[0])
        polygons = geopandas.read_file(paths[1], layer="landcover")
        assert len(np.unique(mapped)) > 1
        for share in summary.classes:
            pixels = int((mapped == share.id).sum())
            of_class = polygons[polygons.class_id == share.id]
            assert share.pixels == pixels
            assert share.share == pytest.approx(pixels / mapped.size)
            assert of_class.area.sum() == pytest.approx(pixels * 0.25, rel=1e-9)
            assert share.area_m2 == pytest.approx(of_class.area_m2.sum(), rel=1e-4, abs=1e-6)
            assert set(of_class.class_name) <= {share.name}
        together = shapely.union_all(polygons.geometry.to_numpy())
        assert together.area == pytest.approx(polygons.area.sum(), rel=1e-9)
        assert together.area == pytest.approx(mapped.size * 0.25, rel=1e-9)
        for path in paths[2:]:
            other = geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)
            assert len(other) == len(polygons)
            assert other.area_m2.sum() == pytest.approx(polygons.area_m2.sum())
        assert read(sure).min() >= 100 / len(LEGEND) - 1
        assert read(sure).max() <= 100

    def test_the_raster_says_how_it_was_made(self, tmp_path: Path, model: Path, scene: Path) -> None:
        out = tmp_path / "map.tif"
        summary = glnet_geo.classify(scene, out, options=Options(model=model))
        with rasterio.open(out) as mapped:
            tags = mapped.tags()
        assert tags["GLNET_GEO_MODEL"] == "tiny"
        assert tags["GLNET_GEO_MODEL_SHA256"] == summary.model_sha256
        assert tags["GLNET_GEO_VERSION"] == glnet_geo.__version__
        assert "bands=1,2,3" in tags["GLNET_GEO_OPTIONS"]

    def test_a_loaded_model_can_be_used_again_and_again(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        loaded = glnet_geo.load_model(model)
        first = classes(scene, tmp_path, model=loaded)
        assert np.array_equal(classes(scene, tmp_path, model=loaded), first)
        assert np.array_equal(classes(scene, tmp_path, model=model), first)

    def test_existing_outputs_stay_unless_they_may_be_replaced(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        out = tmp_path / "map.tif"
        out.write_text("precious")
        with pytest.raises(OutputError, match="--overwrite"):
            glnet_geo.classify(scene, out, options=Options(model=model))
        assert out.read_text() == "precious"
        glnet_geo.classify(scene, out, options=Options(model=model), overwrite=True)
        assert whole((533, 467), read(out))

    def test_an_output_may_have_any_name_beside_another(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        out = [tmp_path / "rough-m.tif", tmp_path / "m.tif"]
        glnet_geo.classify(scene, out, options=Options(model=model))
        assert np.array_equal(read(out[0]), read(out[1]))

    def test_the_scene_is_never_replaced_by_its_map(self, tmp_path: Path, model: Path) -> None:
        scene = write_scene(tmp_path / "scene.tif", texture(30, 30))
        before = scene.read_bytes()
        with pytest.raises(OutputError, match="would replace the scene, which this job reads"):
            glnet_geo.classify(scene, scene, options=Options(model=model), overwrite=True)
        assert scene.read_bytes() == before

    def test_no_map_replaces_the_area_that_limits_it(self, tmp_path: Path, model: Path, scene: Path) -> None:
        area = tmp_path / "area.gpkg"
        area.write_text("precious")
        with pytest.raises(OutputError, match="would replace the area of interest, which this job reads"):
            glnet_geo.classify(scene, area, options=Options(model=model, aoi=area), overwrite=True)
        assert area.read_text() == "precious"


class TestInputs:
    def test_sixteen_bits_are_scaled_by_the_scene_with_a_warning_or_by_a_given_range(
        self, tmp_path: Path, model: Path
    ) -> None:
        pixels = texture(90, 90)
        scene = write_scene(tmp_path / "scene.tif", pixels.astype(np.uint16) * 16)
        eight = write_scene(tmp_path / "eight.tif", pixels)
        with pytest.warns(DoubtfulInputWarning, match="uint16"):
            classes(scene, tmp_path, model=model)
        assert np.array_equal(
            classes(scene, tmp_path, model=model, value_range=(0, 255 * 16)),
            classes(eight, tmp_path, model=model),
        )

    def test_a_model_of_sixteen_bits_knows_its_own_range(self, tmp_path: Path, model: Path) -> None:
        wide = glnet_geo.load_model(model)
        card = wide.card.model_copy(
            update={
                "inputs": Card.of(
                    name="wide",
                    architecture=wide.card.architecture,
                    tiling=wide.card.tiling,
                    bands=wide.card.bands,
                    normalization=replace(wide.card.normalization, high=255 * 16),
                    legend=wide.card.legend,
                ).inputs
            }
        )
        save_package(tmp_path / "wide.safetensors", wide.network, card)
        pixels = texture(90, 90)
        scene = write_scene(tmp_path / "scene.tif", pixels.astype(np.uint16) * 16)
        eight = write_scene(tmp_path / "eight.tif", pixels)
        assert np.array_equal(
            classes(scene, tmp_path, model=tmp_path / "wide.safetensors"),
            classes(eight, tmp_path, model=model),
        )
        with pytest.warns(
            DoubtfulInputWarning, match="holds uint8 values and the model was trained on values 0 to 4080"
        ):
            classes(eight, tmp_path, model=tmp_path / "wide.safetensors")

    def test_too_little_memory_is_said_before_the_start(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        with pytest.raises(OptionError, match="--max-memory"):
            glnet_geo.classify(scene, tmp_path / "map.tif", options=Options(model=model, max_memory=10**6))

    def test_an_area_of_interest_elsewhere_is_refused(self, tmp_path: Path, model: Path, scene: Path) -> None:
        aoi = tmp_path / "aoi.gpkg"
        geopandas.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:4326").to_file(aoi)
        with pytest.raises(AoiError, match="misses the scene"):
            glnet_geo.classify(scene, tmp_path / "map.tif", options=Options(model=model, aoi=aoi))
        assert [path.name for path in tmp_path.iterdir()] == ["aoi.gpkg"]

    @pytest.mark.parametrize(
        "name",
        [
            "RGB.byte.tif",
            "RGBA.byte.tif",
            "cog_rgb_mask.tif",
            "cog_rgba.tif",
            "pix4d_alpha_nodata.tif",
            "image_2000px.tif",
            "cogeo.tif",
        ],
    )
    def test_awkward_real_files_get_whole_maps(
        self, tmp_path: Path, model: Path, shared_data: Path, name: str
    ) -> None:
        scene = shared_data / "edgecases" / name
        glnet_geo.classify(scene, tmp_path / "map.tif", options=Options(model=model))
        with rasterio.open(scene) as source, rasterio.open(tmp_path / "map.tif") as mapped:
            assert mapped.shape == source.shape
            assert mapped.transform.almost_equals(source.transform)
            assert mapped.crs == source.crs
            valid = source.dataset_mask() > 0
            assert np.array_equal(mapped.read(1) != 255, valid)
