from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import glnet_geo.io.scenes.scene
from glnet_geo.core.lattice import Lattice
from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, SceneError
from glnet_geo.io.scenes.pixels import FilePixels
from glnet_geo.io.scenes.scene import Scene, open_scene
from tests.io.geotiffs import PLACE, RGB, UTM, lattice_of, read_whole, texture, whole, write, write_mixed

ROWS, COLS = 37, 53


@pytest.fixture(scope="module")
def holed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three bands with holes of nodata, in small tiles."""
    pixels = texture(3, ROWS, COLS)
    pixels[:, 5:12, 20:31] = 0
    pixels[:, 30:, :9] = 0
    return write(
        tmp_path_factory.mktemp("scene") / "holed.tif",
        pixels,
        nodata=0,
        tiled=True,
        blockxsize=16,
        blockysize=16,
    )


@pytest.fixture
def scene(holed: Path) -> Iterator[Scene]:
    with open_scene(holed, wanted=RGB) as opened:
        yield opened


_windows = st.builds(
    Window,
    row=st.integers(-20, 60),
    col=st.integers(-20, 70),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
)


class TestWhatASceneSaysOfItself:
    def test_it_tells_its_grid_its_bands_and_its_nodata(self, scene: Scene, holed: Path) -> None:
        assert (scene.path, scene.name) == (str(holed), "holed.tif")
        assert scene.shape == (scene.height, scene.width) == (ROWS, COLS)
        assert scene.transform == PLACE
        assert str(scene.crs) == UTM
        assert scene.dtype == "uint8"
        assert (scene.bands, scene.band_names) == ((1, 2, 3), RGB)
        assert scene.nodata == "declared value 0"
        assert scene.notes == ()

    def test_it_knows_the_size_of_its_pixels_on_the_ground(self, scene: Scene) -> None:
        assert scene.ground_sample_distance == pytest.approx((0.5, 0.5), rel=2e-3)

    def test_it_cannot_be_changed(self, scene: Scene) -> None:
        with pytest.raises(AttributeError):
            scene.height = 3  # type: ignore[misc]

    def test_without_a_crs_it_says_so(self, tmp_path: Path) -> None:
        path = write(tmp_path / "plain.tif", texture(3, 4, 5), crs=None, transform=None)
        with open_scene(path, wanted=RGB) as scene:
            assert scene.transform is None
            assert scene.crs is None
            assert scene.ground_sample_distance is None
            assert scene.notes == ("plain.tif has no CRS: the map will have none either, and no areas",)

    @pytest.mark.parametrize("crs", ['LOCAL_CS["site",UNIT["metre",1]]', "EPSG:4978"])
    def test_a_crs_without_ground_is_told(self, tmp_path: Path, crs: str) -> None:
        path = write(tmp_path / "site.tif", texture(3, 4, 5), crs=crs)
        with open_scene(path, wanted=RGB) as scene:
            assert scene.notes == (
                "the CRS of site.tif has no place on the ground: the map keeps it, and has no areas",
            )

    def test_a_place_that_is_none_on_the_ground_is_doubted(self, tmp_path: Path) -> None:
        """As metres are where the CRS has degrees."""
        path = write(tmp_path / "scene.tif", texture(3, 8, 9), crs="EPSG:4326")
        with (
            pytest.warns(DoubtfulInputWarning, match=r"the centre of scene\.tif lies beyond where its CRS"),
            open_scene(path, wanted=RGB) as scene,
        ):
            assert scene.ground_sample_distance is None

    def test_values_are_taken_as_they_are_stored_and_it_says_so(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", texture(3, 4, 5, "int16"), colours=RGB)
        with rasterio.open(path, "r+") as raster:
            raster.scales, raster.offsets = (0.0001,) * 3, (-0.1,) * 3
        with open_scene(path, wanted=RGB) as scene:
            (note,) = scene.notes
            assert "as they are stored, without the scale 0.0001 and the offset -0.1" in note
            assert read_whole(scene)[0].max() > 1

    @pytest.mark.parametrize(
        "transform",
        [PLACE @ Affine.rotation(20), Affine(0.5, 0, 331_207, 0, 0.5, 2_779_120), PLACE @ Affine.scale(1, 2)],
        ids=["rotated", "south-up", "oblong"],
    )
    def test_unusual_grids_stay_as_they_are(self, tmp_path: Path, transform: Affine) -> None:
        pixels = texture(3, 6, 9)
        with open_scene(write(tmp_path / "scene.tif", pixels, transform=transform), wanted=RGB) as scene:
            assert scene.transform == transform
            np.testing.assert_array_equal(read_whole(scene)[0], pixels)

    def test_the_query_of_an_address_stays_out_of_what_is_shown(
        self, monkeypatch: pytest.MonkeyPatch, holed: Path
    ) -> None:
        """It often holds a key to somebody's storage, and the name is written into every map."""
        monkeypatch.setattr(rasterio, "open", lambda path, open_=rasterio.open: open_(holed))
        with open_scene("https://example.org/a/scene.tif?key=secret", wanted=RGB) as scene:
            assert scene.name == "scene.tif"
            assert scene.shown == "https://example.org/a/scene.tif"
            assert scene.path == "https://example.org/a/scene.tif?key=secret"


class TestNativeReads:
    @settings(max_examples=60)
    @given(window=_windows)
    def test_any_window_shows_the_file_there_and_nothing_beside_it(self, holed: Path, window: Window) -> None:
        with open_scene(holed, wanted=RGB) as scene, rasterio.open(holed) as dataset:
            lattice = lattice_of(scene)
            excerpt = scene.read(window.moved(int(lattice.rows.phase), int(lattice.cols.phase)), lattice)
            around = np.pad(dataset.read(), ((0, 0), (200, 200), (200, 200)))
        shown = window.moved(200, 200)
        expected = around[:, shown.rows, shown.cols]
        assert excerpt.pixels.dtype == np.float32
        np.testing.assert_array_equal(excerpt.pixels, expected)
        np.testing.assert_array_equal(excerpt.valid, expected.any(axis=0))

    def test_a_window_that_misses_the_scene_is_empty(self, scene: Scene) -> None:
        excerpt = scene.read(Window(row=-900, col=3, height=5, width=6), lattice_of(scene))
        assert excerpt.pixels.shape == (3, 5, 6)
        assert not excerpt.valid.any()

    def test_validity_alone_is_that_of_a_read(self, scene: Scene) -> None:
        window = Window(row=3, col=11, height=20, width=30)
        np.testing.assert_array_equal(scene.valid(window), read_whole(scene)[1][window.rows, window.cols])

    def test_bands_come_in_the_order_asked_for(self, holed: Path, scene: Scene) -> None:
        with open_scene(holed, bands="3,1,2", wanted=RGB) as turned:
            np.testing.assert_array_equal(read_whole(turned)[0], read_whole(scene)[0][[2, 0, 1]])

    def test_bands_of_several_types_are_read_together(self, tmp_path: Path) -> None:
        low, high = texture(2, 6, 7), texture(1, 6, 7, "uint16") + 1000
        vrt = write_mixed(tmp_path, low, high)
        with open_scene(vrt, bands="1,2,3", wanted=RGB) as scene:
            assert scene.dtype == "uint16"
            np.testing.assert_array_equal(read_whole(scene)[0], np.concatenate([low, high]))

    @pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64"])
    def test_values_of_other_types_come_as_they_are(self, tmp_path: Path, dtype: str) -> None:
        pixels = texture(3, 6, 7, dtype)
        with open_scene(write(tmp_path / "scene.tif", pixels), bands="1,2,3", wanted=RGB) as scene:
            assert scene.dtype == dtype
            np.testing.assert_array_equal(read_whole(scene)[0], pixels)


class TestResampledReads:
    @settings(max_examples=40)
    @given(
        window=_windows,
        scales=st.tuples(*[st.sampled_from([0.18, 0.5, 0.84, 1.0, 1.19, 2.0, 3.36])] * 2),
        data=st.data(),
    )
    def test_pieces_equal_the_whole(
        self, holed: Path, window: Window, scales: tuple[float, float], data: st.DataObject
    ) -> None:
        with open_scene(holed, wanted=RGB) as scene:
            lattice = lattice_of(scene, scales)
            here = window.moved(lattice.rows.start, lattice.cols.start)
            at = data.draw(st.integers(0, window.height - 1)), data.draw(st.integers(0, window.width - 1))
            size = [
                data.draw(st.integers(1, side - start)) for side, start in zip(window.shape, at, strict=True)
            ]
            part = Window(row=here.row + at[0], col=here.col + at[1], height=size[0], width=size[1])
            excerpt, piece = scene.read(here, lattice), scene.read(part, lattice)
        rows, cols = slice(at[0], at[0] + size[0]), slice(at[1], at[1] + size[1])
        np.testing.assert_array_equal(piece.pixels, excerpt.pixels[:, rows, cols])
        np.testing.assert_array_equal(piece.valid, excerpt.valid[rows, cols])

    def test_reading_a_few_rows_at_a_time_changes_nothing(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lattice = lattice_of(scene, (0.3, 0.3))
        expected = scene.read(lattice.extent, lattice)
        monkeypatch.setattr(glnet_geo.io.scenes.pixels, "_PIXELS_AT_ONCE", 100)
        got = scene.read(lattice.extent, lattice)
        np.testing.assert_array_equal(got.pixels, expected.pixels)
        np.testing.assert_array_equal(got.valid, expected.valid)

    def test_a_crop_shows_what_the_whole_shows_there(self, tmp_path: Path) -> None:
        """Away from the crop's edge, where it knows less."""
        pixels = texture(3, 60, 60)
        crop = write(
            tmp_path / "crop.tif", pixels[:, 7:49, 11:53], transform=PLACE @ Affine.translation(11, 7)
        )
        with (
            open_scene(write(tmp_path / "scene.tif", pixels), wanted=RGB) as scene,
            open_scene(crop, wanted=RGB) as part,
        ):
            for scale in (0.42, 0.84, 1.68):
                lattice, other = lattice_of(scene, (scale, scale)), lattice_of(part, (scale, scale))
                inner = Window(
                    row=other.extent.row + 8,
                    col=other.extent.col + 8,
                    height=int(20 * scale),
                    width=int(20 * scale),
                )
                np.testing.assert_allclose(
                    part.read(inner, other).pixels, scene.read(inner, lattice).pixels, atol=1e-3
                )

    @pytest.mark.parametrize("scale", [0.25, 0.5, 0.7, 1.4, 2.0, 4.0])
    def test_a_slope_lies_where_it_should(self, tmp_path: Path, scale: float) -> None:
        """On slopes, the value of a lattice pixel is that at its centre: nothing is shifted, not by half a pixel."""
        rows, cols = np.mgrid[:40, :50] + 0.5
        slopes = np.stack([rows, cols, rows + cols]).astype(np.float32)
        with open_scene(write(tmp_path / "slopes.tif", slopes), bands="1,2,3", wanted=RGB) as scene:
            lattice = lattice_of(scene, (scale, scale))
            excerpt = scene.read(lattice.extent, lattice)
        row = _centres(lattice.rows.to_scene, lattice.extent.row, lattice.extent.height)
        col = _centres(lattice.cols.to_scene, lattice.extent.col, lattice.extent.width)
        reach = max(1, 0.5 / scale)
        inner = np.ix_((row > reach) & (row < 40 - reach), (col > reach) & (col < 50 - reach))
        np.testing.assert_allclose(
            excerpt.pixels[0][inner], np.broadcast_to(row[:, None], excerpt.valid.shape)[inner], atol=0.13
        )
        np.testing.assert_allclose(
            excerpt.pixels[1][inner], np.broadcast_to(col, excerpt.valid.shape)[inner], atol=0.13
        )
        assert excerpt.valid[inner].all()

    def test_overviews_do_not_change_what_is_read(self, tmp_path: Path, holed: Path) -> None:
        with open_scene(holed, wanted=RGB) as scene:
            lattice = lattice_of(scene, (0.2, 0.2))
            expected = scene.read(lattice.extent, lattice)
        other = tmp_path / "overviews.tif"
        other.write_bytes(holed.read_bytes())
        with rasterio.open(other, "r+") as dataset:
            dataset.build_overviews([2, 4], rasterio.enums.Resampling.mode)
        with open_scene(other, wanted=RGB) as scene:
            np.testing.assert_array_equal(scene.read(lattice.extent, lattice).pixels, expected.pixels)

    def test_holes_do_not_darken_what_lies_beside_them(self, scene: Scene) -> None:
        lattice = lattice_of(scene, (0.3, 0.3))
        excerpt = scene.read(lattice.extent, lattice)
        assert excerpt.pixels[:, excerpt.valid].min() >= 1

    def test_every_valid_pixel_is_seen(self, scene: Scene) -> None:
        """A pixel that will be classified is shown to the model, however coarse the lattice."""
        lattice = lattice_of(scene, (0.07, 0.07))
        extent = lattice.extent
        excerpt = scene.read(extent, lattice)
        rows = [int(np.floor(lattice.rows.to_lattice(r + 0.5))) - extent.row for r in range(ROWS)]
        cols = [int(np.floor(lattice.cols.to_lattice(c + 0.5))) - extent.col for c in range(COLS)]
        assert excerpt.valid[np.ix_(rows, cols)][scene.valid(whole(scene))].all()


def _centres(to_scene: object, start: int, length: int) -> NDArray[np.float64]:
    assert callable(to_scene)
    return np.array([to_scene(place + 0.5) for place in range(start, start + length)])


class TestThreads:
    def test_many_threads_read_what_one_reads(self, scene: Scene) -> None:
        lattice = lattice_of(scene)
        extent = lattice.extent
        windows = [
            Window(row=row, col=col, height=9, width=11)
            for row in range(extent.row, extent.row_stop, 9)
            for col in range(extent.col, extent.col_stop, 11)
        ] * 5
        expected = [scene.read(window, lattice) for window in windows]
        with ThreadPoolExecutor(6) as threads:
            got = list(threads.map(lambda window: scene.read(window, lattice), windows))
        for one, other in zip(expected, got, strict=True):
            np.testing.assert_array_equal(one.pixels, other.pixels)
            np.testing.assert_array_equal(one.valid, other.valid)

    def test_threads_that_open_a_scene_without_a_place_at_once_raise_no_warning(self, tmp_path: Path) -> None:
        path = write(tmp_path / "plain.tif", texture(3, 40, 40), crs=None, transform=None)
        ready = threading.Barrier(8)

        def read(scene: Scene, lattice: Lattice) -> None:
            ready.wait()
            scene.read(lattice.extent, lattice)

        with open_scene(path, wanted=RGB) as scene, ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(read, scene, lattice_of(scene)) for _ in range(8)]:
                done.result()

    def test_closing_closes_the_file_in_every_thread(self, holed: Path) -> None:
        scene = open_scene(holed, wanted=RGB)
        lattice = lattice_of(scene)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda _: scene.read(lattice.extent, lattice), range(8)))
            assert isinstance(scene.pixels, FilePixels)
            opened = list(scene.pixels.source._open_files)
            scene.close()
            assert all(dataset.closed for dataset in opened)
            with pytest.raises(SceneError, match=r"holed\.tif is closed: open it again"):
                threads.submit(scene.read, lattice.extent, lattice).result()
        scene.close()


class TestValueRange:
    def test_it_is_the_2nd_and_98th_percentile_of_valid_values(self, tmp_path: Path) -> None:
        pixels = np.full((3, 101, 10), 60_000, np.uint16)
        pixels[:, :, :5] = 1000 + 10 * np.arange(101)[:, None]
        path = write(tmp_path / "scene.tif", pixels, nodata=60_000)
        with open_scene(path, bands="1,2,3", wanted=RGB) as scene:
            assert scene.value_range() == pytest.approx((1020, 1980))

    def test_a_large_scene_is_sampled_evenly(self, tmp_path: Path) -> None:
        pixels = np.tile(np.arange(3000, dtype=np.uint16), (1, 1100, 1))
        with open_scene(write(tmp_path / "scene.tif", pixels), wanted=("gray",)) as scene:
            low, high = scene.value_range()
            assert scene.value_range() == (low, high)
        assert low == pytest.approx(60, abs=4)
        assert high == pytest.approx(2940, abs=4)

    def test_holes_and_broken_values_do_not_count(self, tmp_path: Path) -> None:
        pixels = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (3, 4, 1))
        pixels[:, 1], pixels[:, 2] = np.nan, np.inf
        with open_scene(write(tmp_path / "scene.tif", pixels), bands="1,2,3", wanted=RGB) as scene:
            assert scene.value_range() == pytest.approx((0.02, 0.98))

    def test_a_scene_without_a_valid_pixel_is_refused(self, tmp_path: Path) -> None:
        path = write(tmp_path / "empty.tif", np.zeros((3, 5, 5), np.uint16), nodata=0)
        with (
            open_scene(path, bands="1,2,3", wanted=RGB) as scene,
            pytest.raises(
                SceneError,
                match=r"empty\.tif has no valid pixel \(nodata: declared value 0\): check its nodata",
            ),
        ):
            scene.value_range()
