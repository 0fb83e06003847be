from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, get_args

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
import torch
from affine import Affine

import glnet_geo
from glnet_geo import DoubtfulInputWarning, Options
from glnet_geo.core.lattice import Lattice
from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import (
    OutputError,
    SceneError,
)
from glnet_geo.frames import LocalFrames, Logits
from glnet_geo.io.maps.raster import ClassRaster
from glnet_geo.io.scenes.pixels import FilePixels
from glnet_geo.io.scenes.scene import Scene
from glnet_geo.io.work_folder.array_store import FrameStore
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.card import GroundSampleDistance
from glnet_geo.model.exact import ExactPredictor
from glnet_geo.model.package import load_model
from glnet_geo.plan import Plan, PlannedFrame
from tests.mapping import FRAME, classes, whole
from tests.scenes import UTM, read, texture, write_model, write_scene


class TestLaws:
    @pytest.mark.parametrize("sharing", get_args(Sharing))
    @pytest.mark.parametrize(("top", "left"), [(37, 0), (0, 61), (101, 14)])
    def test_a_crop_gets_the_classes_of_the_whole_one_frame_from_its_cut_edges(
        self, tmp_path: Path, sharing: Sharing, top: int, left: int
    ) -> None:
        model = write_model(tmp_path / "m.safetensors", sharing)
        pixels = texture(520, 500)
        full = write_scene(tmp_path / "full.tif", pixels)
        part = write_scene(
            tmp_path / "part.tif", pixels[:, top:, left:], transform=UTM @ Affine.translation(left, top)
        )
        expected = classes(full, tmp_path, model=model)[top:, left:]
        found = classes(part, tmp_path, model=model)
        rows = slice(FRAME if top else 0, None)
        cols = slice(FRAME if left else 0, None)
        assert len(np.unique(expected[rows, cols])) > 1
        assert np.array_equal(found[rows, cols], expected[rows, cols])

    @pytest.mark.parametrize("changed", [{"batch": 3}, {"batch": 8}, {"readers": 3}])
    def test_batch_size_and_readers_change_nothing(
        self, tmp_path: Path, model: Path, scene: Path, changed: dict[str, int]
    ) -> None:
        expected = classes(scene, tmp_path, model=model)
        assert np.array_equal(classes(scene, tmp_path, model=model, **changed), expected)

    @pytest.mark.parametrize(
        "layout",
        [{"tiled": True, "blockxsize": 64, "blockysize": 32}, {"blockysize": 1}, {"interleave": "band"}],
    )
    def test_the_layout_of_the_file_changes_nothing(
        self, tmp_path: Path, model: Path, scene: Path, layout: dict[str, Any]
    ) -> None:
        expected = classes(scene, tmp_path, model=model)
        other = write_scene(tmp_path / "other.tif", texture(533, 467), **layout)
        assert np.array_equal(classes(other, tmp_path, model=model), expected)

    def test_an_area_of_interest_changes_no_class_inside_and_maps_nothing_outside(
        self, tmp_path: Path, model: Path, scene: Path
    ) -> None:
        triangle = shapely.Polygon([UTM @ corner for corner in ((60, 40), (400, 90), (200, 410))])
        aoi = tmp_path / "aoi.gpkg"
        geopandas.GeoSeries([triangle], crs="EPSG:32640").to_crs("EPSG:4326").to_file(aoi)
        everywhere = classes(scene, tmp_path, model=model)
        found = classes(scene, tmp_path, model=model, aoi=aoi)
        inside = found != 255
        assert inside.sum() == pytest.approx(triangle.area / 0.25, rel=0.01)
        assert np.array_equal(found[inside], everywhere[inside])

    def test_beside_an_area_of_interest_no_pixel_is_read_to_tell_whether_it_is_usable(
        self, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scene = write_scene(tmp_path / "scene.tif", texture(300, 200), nodata=0)
        aoi = tmp_path / "aoi.gpkg"
        corners = [UTM @ corner for corner in ((60, 40), (120, 40), (90, 95))]
        geopandas.GeoSeries([shapely.Polygon(corners)], crs="EPSG:32640").to_file(aoi)
        asked: list[Window] = []

        def valid(
            self: FilePixels, window: Window, *, known: Callable[[FilePixels, Window], Any] = FilePixels.valid
        ) -> Any:
            asked.append(window)
            return known(self, window)

        monkeypatch.setattr(FilePixels, "valid", valid)
        monkeypatch.setattr("glnet_geo.memory.STRIP_ROWS", (32, 32))
        assert (classes(scene, tmp_path, model=model, aoi=aoi) != 255).any()
        assert (asked[0].row, asked[-1].row_stop) == (40, 95)
        assert {(window.col, window.col_stop) for window in asked} == {(60, 120)}

    def test_strip_height_changes_nothing(
        self, tmp_path: Path, model: Path, scene: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = classes(scene, tmp_path, model=model)
        monkeypatch.setattr("glnet_geo.memory.STRIP_ROWS", (7, 7))
        assert np.array_equal(classes(scene, tmp_path, model=model), expected)


class TestGrids:
    @pytest.mark.parametrize("sharing", get_args(Sharing))
    @pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (3, 5), (64, 64), (127, 129), (141, 263)])
    def test_every_size_gives_a_whole_map(
        self, tmp_path: Path, sharing: Sharing, shape: tuple[int, int]
    ) -> None:
        model = write_model(tmp_path / "m.safetensors", sharing)
        scene = write_scene(tmp_path / "scene.tif", texture(*shape))
        assert whole(shape, classes(scene, tmp_path, model=model))

    @pytest.mark.parametrize(
        "transform",
        [UTM, Affine(0.5, 0, 331_207.3, 0, 0.5, 2_779_120.2), UTM @ Affine.rotation(30)],
        ids=["north-up", "south-up", "rotated"],
    )
    def test_the_map_lies_on_the_scene_grid(self, tmp_path: Path, model: Path, transform: Affine) -> None:
        scene = write_scene(tmp_path / "scene.tif", texture(150, 130), transform=transform)
        out = tmp_path / "map.tif"
        glnet_geo.classify(scene, out, options=Options(model=model))
        with rasterio.open(out) as mapped:
            assert mapped.shape == (150, 130)
            assert mapped.transform.almost_equals(transform)
            assert mapped.crs == "EPSG:32640"

    def test_a_scene_without_crs_gets_a_map_without_one(self, tmp_path: Path, model: Path) -> None:
        scene = write_scene(tmp_path / "scene.tif", texture(140, 90), crs=None, transform=None)
        summary = glnet_geo.classify(
            scene, [tmp_path / "map.tif", tmp_path / "map.gpkg"], options=Options(model=model)
        )
        assert whole((140, 90), read(tmp_path / "map.tif"))
        polygons = geopandas.read_file(tmp_path / "map.gpkg", layer="landcover")
        assert polygons.crs is None
        assert list(polygons.total_bounds) == [0, -140, 90, 0]
        assert all(share.area_m2 is None for share in summary.classes)

    @pytest.mark.parametrize("distance", [(0.1, 0.2), (1.0, 1.9)])
    def test_a_scene_outside_the_range_is_resampled_and_answered_on_its_own_grid(
        self, tmp_path: Path, distance: tuple[float, float]
    ) -> None:
        valid = GroundSampleDistance(minimum=distance[0], maximum=distance[1])
        model = write_model(tmp_path / "m.safetensors", ground_sample_distance=valid)
        scene = write_scene(tmp_path / "scene.tif", texture(211, 190))
        forecast = glnet_geo.check(scene, options=Options(model=model))
        assert forecast.scales[0] == pytest.approx(
            0.5 / (distance[1] if distance[1] < 0.5 else distance[0]), rel=0.05
        )
        assert any("resampled" in note for note in forecast.notes)
        mapped = classes(scene, tmp_path, model=model)
        assert whole((211, 190), mapped)
        assert len(np.unique(mapped)) > 1

    def test_far_too_coarse_pixels_raise_doubt(self, tmp_path: Path) -> None:
        valid = GroundSampleDistance(minimum=0.01, maximum=0.02)
        model = write_model(tmp_path / "m.safetensors", ground_sample_distance=valid)
        scene = write_scene(tmp_path / "scene.tif", texture(40, 50))
        with pytest.warns(DoubtfulInputWarning, match="not to be trusted"):
            assert whole((40, 50), classes(scene, tmp_path, model=model))


class TestNodata:
    def test_nodata_in_is_nodata_out_and_nothing_else_is(self, tmp_path: Path, model: Path) -> None:
        pixels = texture(300, 280)
        collar = np.add.outer(np.arange(300), np.arange(280)) < 220
        pixels[:, collar] = 0
        scene = write_scene(tmp_path / "scene.tif", pixels, nodata=0)
        assert np.array_equal(classes(scene, tmp_path, model=model) == 255, collar)

    def test_a_black_pixel_in_one_band_is_data(self, tmp_path: Path, model: Path) -> None:
        pixels = texture(60, 60)
        pixels[0, 20:30, 20:30] = 0
        scene = write_scene(tmp_path / "scene.tif", pixels, nodata=0)
        assert whole((60, 60), classes(scene, tmp_path, model=model))

    def test_a_scene_without_a_valid_pixel_is_refused(self, tmp_path: Path, model: Path) -> None:
        scene = write_scene(tmp_path / "scene.tif", np.zeros((3, 50, 50), np.uint8), nodata=0)
        out = tmp_path / "map.tif"
        with pytest.raises(SceneError, match="no valid pixel"):
            glnet_geo.classify(scene, out, options=Options(model=model))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["scene.tif"]


def test_lattices_of_neighbours_meet() -> None:
    left = Lattice.of(height=100, width=100, transform=UTM)
    right = Lattice.of(height=100, width=100, transform=UTM @ Affine.translation(100, 0))
    assert left.cols.phase + 100 == right.cols.phase


def test_nothing_reads_any_more_when_the_scene_is_closed(
    tmp_path: Path, model: Path, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Watched(LocalFrames):
        def logits(
            self, plan: Plan, wanted: Sequence[PlannedFrame], kept: FrameStore, progress: Progress
        ) -> Generator[Logits | None, None, None]:
            try:
                yield from super().logits(plan, wanted, kept, progress)
            finally:
                told.append("no reader is left")

    def close(self: Scene, *, closing: Callable[[Scene], None] = Scene.close) -> None:
        told.append("the scene is closed")
        closing(self)

    def full(_self: ClassRaster, _strip: Strip) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(Scene, "close", close)
    monkeypatch.setattr(ClassRaster, "write", full)
    monkeypatch.setattr("glnet_geo.memory.STRIP_ROWS", (7, 7))
    with pytest.raises(OutputError, match="the disk is full"):
        glnet_geo.classify(scene, tmp_path / "map.tif", options=Options(model=model), frames=Watched())
    assert told == ["no reader is left", "the scene is closed"]


def test_outputs_that_were_begun_are_closed_when_another_cannot_be(
    tmp_path: Path, model: Path, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[ClassRaster] = []

    def close(self: ClassRaster, *, closing: Callable[[ClassRaster], None] = ClassRaster.close) -> None:
        closed.append(self)
        closing(self)

    def refused(*_given: object, **_more: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(ClassRaster, "close", close)
    monkeypatch.setattr("glnet_geo.map_files.PolygonLayer", refused)
    with pytest.raises(OutputError, match="the disk is full"):
        glnet_geo.classify(scene, [tmp_path / "map.tif", tmp_path / "map.gpkg"], options=Options(model=model))
    assert len(closed) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sharing", ["none", "bidirectional"])
def test_exact_maps_are_as_sure_where_patches_overlap_as_elsewhere(tmp_path: Path, sharing: Sharing) -> None:
    """Logits of overlapping patches are summed, as published: how sure the map is follows from their mean."""
    model = write_model(tmp_path / "tiny.safetensors", sharing, temperature=0.5)
    pixels = texture(70, 90)
    scene = write_scene(tmp_path / "scene.tif", pixels)
    sure = tmp_path / "sure.tif"
    options = Options(model=model, exact=True)
    glnet_geo.classify(scene, tmp_path / "map.tif", options=options, confidence=sure)
    loaded = load_model(model)
    predictor = ExactPredictor(loaded.network, loaded.card.tiling, loaded.card.normalization)
    answers = np.zeros((70, 90))
    for patch in predictor.patches((70, 90)):
        answers[patch.rows, patch.cols] += 1
    logits = torch.from_numpy(predictor.logits(pixels.astype(np.float32))).double()
    mean = logits / torch.from_numpy(answers if sharing != "none" else np.ones_like(answers))
    expected = 100 * (mean / 0.5).softmax(dim=0).max(dim=0).values.numpy()
    assert np.abs(read(sure) - expected).max() <= 0.5 + 1e-3
