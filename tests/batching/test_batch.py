"""Laws of the batch: many tiles are mapped as the one scene that they were cut from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp

import glnet_geo
from glnet_geo.batching.delivery import Delivery
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Strip
from tests.batches import (
    COLS,
    HEIGHT,
    WIDTH,
    arrays,
    assert_same_maps,
    cut,
    layer,
    mapped,
    options,
    windows,
)
from tests.scenes import UTM, read, texture, write_model, write_scene


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A scene, its tiles, and its map."""
    folder = tmp_path_factory.mktemp("whole")
    pixels = texture(HEIGHT, WIDTH)
    pixels[:, 150:260, 60:180] = 0
    cut(folder, pixels, nodata=0)
    glnet_geo.classify(
        folder / "scene.tif",
        [folder / "scene_map.tif", folder / "scene_map.gpkg"],
        confidence=folder / "scene_sure.tif",
        options=options(model),
    )
    return folder


def test_tiles_are_mapped_as_the_scene_that_they_were_cut_from(
    tmp_path: Path, whole: Path, model: Path
) -> None:
    mosaics = (tmp_path / "all.tif", tmp_path / "all.gpkg")
    report = mapped(whole / "tiles", tmp_path / "maps", model, confidence=True, mosaics=mosaics)
    assert [tile.status for tile in report.tiles] == ["done"] * 6
    expected, sure = read(whole / "scene_map.tif"), read(whole / "scene_sure.tif")
    for name, window in windows().items():
        made = tmp_path / "maps" / f"{name}_landcover.tif"
        with rasterio.open(made) as found, rasterio.open(whole / "tiles" / f"{name}.tif") as tile:
            assert (found.shape, found.transform, found.crs) == (tile.shape, tile.transform, tile.crs)
        np.testing.assert_array_equal(read(made), expected[window.rows, window.cols])
        found_sure = read(tmp_path / "maps" / f"{name}_landcover_confidence.tif")
        np.testing.assert_array_equal(found_sure, sure[window.rows, window.cols])
    np.testing.assert_array_equal(read(mosaics[0]), expected)
    assert layer(mosaics[1]).equals(layer(whole / "scene_map.gpkg"))
    assert sum(share.pixels for share in report.classes) == (expected != 255).sum()
    assert not [path for path in (tmp_path / "maps").iterdir() if path.name.startswith((".", "batch"))]


@pytest.mark.parametrize("kind", ["alpha", "mask", "declared", "undeclared"])
def test_holes_stay_holes_however_they_are_declared(tmp_path: Path, model: Path, kind: str) -> None:
    pixels = texture(HEIGHT, WIDTH, 4 if kind == "alpha" else 3)
    hole = np.zeros((HEIGHT, WIDTH), bool)
    hole[80:140, 90:180] = True
    if kind == "alpha":
        pixels[3] = np.where(hole, 0, 255)
    if kind in {"declared", "undeclared"}:
        pixels[:, hole] = 0
    tiles = cut(tmp_path, pixels, **({"nodata": 0} if kind == "declared" else {}))
    for path in [tmp_path / "scene.tif", *tiles.iterdir()]:
        with rasterio.open(path, "r+") as raster:
            if kind == "alpha":
                raster.colorinterp = [*raster.colorinterp[:3], ColorInterp.alpha]
            if kind == "mask":
                window = windows().get(path.stem)
                part = hole if window is None else hole[window.rows, window.cols]
                with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
                    raster.write_mask(~part)
    given = {"nodata": 0.0} if kind == "undeclared" else {}
    glnet_geo.classify(tmp_path / "scene.tif", tmp_path / "map.tif", options=options(model, **given))
    mapped(tiles, tmp_path / "maps", model, **given)
    expected = read(tmp_path / "map.tif")
    assert (expected[hole] == 255).all()
    assert_same_maps(
        arrays(tmp_path / "maps"), {name: expected[w.rows, w.cols] for name, w in windows().items()}
    )


def test_only_tiles_beside_each_other_are_open(
    tmp_path: Path, whole: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, open_tiles = Delivery.write, []

    def watched(self: Delivery, strip: Strip) -> None:
        write(self, strip)
        open_tiles.append(len(self._open))

    monkeypatch.setattr(Delivery, "write", watched)
    mapped(whole / "tiles", tmp_path, model)
    assert max(open_tiles) <= len(COLS)
    assert open_tiles[-1] == 0


def test_small_areas_are_merged_across_tiles(tmp_path: Path, whole: Path, model: Path) -> None:
    drawing = Drawing(min_area=12, simplify=1)
    outs = [tmp_path / "map.tif", tmp_path / "map.gpkg"]
    glnet_geo.classify(whole / "scene.tif", outs, options=options(model), drawing=drawing)
    mosaic = tmp_path / "all.gpkg"
    mapped(whole / "tiles", tmp_path / "maps", model, drawing=drawing, mosaics=(mosaic,))
    expected = read(outs[0])
    assert_same_maps(
        arrays(tmp_path / "maps"), {name: expected[w.rows, w.cols] for name, w in windows().items()}
    )
    assert layer(mosaic).equals(layer(outs[1]))


def test_polygons_of_a_tile_cover_exactly_the_tile(tmp_path: Path, whole: Path, model: Path) -> None:
    mapped(whole / "tiles", tmp_path, model, formats=("tif", "gpkg"))
    for name, window in windows().items():
        polygons = layer(tmp_path / f"{name}_landcover.gpkg")
        classified = read(tmp_path / f"{name}_landcover.tif") != 255
        assert polygons.area.sum() == pytest.approx(classified.sum() * 0.25)
        with rasterio.open(whole / "tiles" / f"{name}.tif") as tile:
            left, low, right, high = polygons.total_bounds
            assert left >= tile.bounds.left - 1e-6
            assert right <= tile.bounds.right + 1e-6
            assert low >= tile.bounds.bottom - 1e-6
            assert high <= tile.bounds.top + 1e-6
        assert window.shape == classified.shape


def test_without_seams_each_tile_is_a_scene_of_its_own(tmp_path: Path, whole: Path, model: Path) -> None:
    mapped(whole / "tiles", tmp_path / "maps", model, seamless=False)
    for name in windows():
        out = tmp_path / f"{name}.tif"
        glnet_geo.classify(whole / "tiles" / f"{name}.tif", out, options=options(model))
        np.testing.assert_array_equal(read(tmp_path / "maps" / f"{name}_landcover.tif"), read(out))


def test_tiles_apart_are_scenes_apart_unless_a_mosaic_is_made(tmp_path: Path, model: Path) -> None:
    for number, left in enumerate((0, 200)):
        place = UTM @ Affine.translation(left, 30 * number)
        write_scene(tmp_path / f"{number}.tif", texture(100, 90, seed=number), transform=place)
        glnet_geo.classify(tmp_path / f"{number}.tif", tmp_path / f"{number}_map.tif", options=options(model))
    tiles = [tmp_path / "0.tif", tmp_path / "1.tif"]
    mapped(tiles, tmp_path / "maps", model)
    for number in range(2):
        found = read(tmp_path / "maps" / f"{number}_landcover.tif")
        np.testing.assert_array_equal(found, read(tmp_path / f"{number}_map.tif"))
    mapped(tiles, tmp_path / "more", model, mosaics=(tmp_path / "all.tif",))
    mosaic = read(tmp_path / "all.tif")
    assert mosaic.shape == (130, 290)
    assert (mosaic[:, 90:200] == 255).all()
    np.testing.assert_array_equal(mosaic[30:, 200:], read(tmp_path / "more" / "1_landcover.tif"))
    np.testing.assert_array_equal(mosaic[:100, :90], read(tmp_path / "more" / "0_landcover.tif"))


def test_overlapping_tiles_get_their_own_pixels(tmp_path: Path, model: Path) -> None:
    pixels = texture(120, 200)
    left, right = pixels[:, :, :120].copy(), pixels[:, :, 80:].copy()
    left[:, :, 90:] = 0
    left[:, :40, 60:] = 0
    write_scene(tmp_path / "a.tif", left, nodata=0)
    write_scene(tmp_path / "b.tif", right, nodata=0, transform=UTM @ Affine.translation(80, 0))
    union = pixels.copy()
    union[:, :40, 60:80] = 0
    write_scene(tmp_path / "scene.tif", union, nodata=0)
    glnet_geo.classify(tmp_path / "scene.tif", tmp_path / "map.tif", options=options(model))
    mapped([tmp_path / "a.tif", tmp_path / "b.tif"], tmp_path / "maps", model)
    expected = read(tmp_path / "map.tif")
    found = arrays(tmp_path / "maps", ["a", "b"])
    np.testing.assert_array_equal(found["b"], expected[:, 80:])
    own = (left != 0).any(axis=0)
    np.testing.assert_array_equal(found["a"], np.where(own, expected[:, :120], 255))


def test_a_tile_of_one_column_over_another_gets_its_own_pixels(tmp_path: Path, model: Path) -> None:
    column = texture(60, 1, seed=1)
    column[:, 20:40] = 0
    write_scene(tmp_path / "wide.tif", texture(60, 80), nodata=0)
    write_scene(tmp_path / "thin.tif", column, nodata=0, transform=UTM @ Affine.translation(30, 0))
    mapped([tmp_path / "wide.tif", tmp_path / "thin.tif"], tmp_path / "maps", model)
    found = arrays(tmp_path / "maps", ["wide", "thin"])
    np.testing.assert_array_equal(found["thin"] == 255, (column == 0).all(axis=0))
    assert (found["wide"] != 255).all()


def test_values_beyond_8_bits_have_one_range(tmp_path: Path, model: Path) -> None:
    pixels = texture(HEIGHT, WIDTH).astype(np.uint16) * 11
    tiles = cut(tmp_path, pixels)
    with pytest.warns(glnet_geo.DoubtfulInputWarning, match="own range"):
        glnet_geo.classify(tmp_path / "scene.tif", tmp_path / "map.tif", options=options(model))
    with pytest.warns(glnet_geo.DoubtfulInputWarning, match="common range"):
        mapped(tiles, tmp_path / "maps", model)
    expected = read(tmp_path / "map.tif")
    assert_same_maps(
        arrays(tmp_path / "maps"), {name: expected[w.rows, w.cols] for name, w in windows().items()}
    )


def test_coarse_tiles_are_resampled_as_their_scene(tmp_path: Path, tmp_path_factory: Any) -> None:
    from glnet_geo.model.card import GroundSampleDistance

    package = tmp_path_factory.mktemp("models") / "fine.safetensors"
    fine = write_model(package, ground_sample_distance=GroundSampleDistance(minimum=0.2, maximum=0.3))
    tiles = cut(tmp_path, texture(HEIGHT, WIDTH))
    glnet_geo.classify(tmp_path / "scene.tif", tmp_path / "map.tif", options=options(fine))
    mapped(tiles, tmp_path / "maps", fine)
    expected = read(tmp_path / "map.tif")
    assert_same_maps(
        arrays(tmp_path / "maps"), {name: expected[w.rows, w.cols] for name, w in windows().items()}
    )
