from __future__ import annotations

import re
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from glnet_geo.errors import DoubtfulInputWarning, GlnetGeoError, SceneError
from glnet_geo.io.scenes.scene import open_scene
from tests.io.geotiffs import RGB, UTM, lattice_of, texture, write


def _refused(path: Path | str, sentence: str) -> None:
    with pytest.raises(SceneError, match=sentence) as caught:
        open_scene(path, wanted=RGB)
    assert isinstance(caught.value, GlnetGeoError)
    assert isinstance(caught.value, OSError)
    assert "\n" not in str(caught.value)


class TestWhatCannotBeOpened:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        _refused(tmp_path / "none.tif", r"none\.tif does not exist: check the path$")

    def test_a_folder(self, tmp_path: Path) -> None:
        _refused(tmp_path, r" is a folder: name a raster file in it$")

    @pytest.mark.parametrize("text", ["", "not an image"])
    def test_a_file_of_another_kind(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "scene.tif"
        path.write_text(text)
        _refused(
            path,
            r"scene\.tif cannot be opened as a raster \(.*not recognized.*\): give a whole GeoTIFF, or another",
        )

    def test_polygons(self, tmp_path: Path) -> None:
        path = tmp_path / "fields.gpkg"
        geopandas.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=UTM).to_file(path)
        _refused(path, r"fields\.gpkg cannot be opened as a raster")

    def test_a_file_cut_within_its_header(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", texture(3, 50, 50))
        path.write_bytes(path.read_bytes()[:50])
        _refused(path, r"scene\.tif cannot be opened as a raster")

    def test_several_rasters_in_one_file(self, tmp_path: Path) -> None:
        path = tmp_path / "many.gpkg"
        for table in ("summer", "winter"):
            write(path, texture(3, 8, 9), driver="GPKG", RASTER_TABLE=table, APPEND_SUBDATASET="YES")
        _refused(
            path,
            r"many\.gpkg holds several rasters: name one of them instead, such as GPKG:.*summer, GPKG:.*winter$",
        )
        with open_scene(f"GPKG:{path}:summer", wanted=RGB) as scene:
            assert scene.shape == (8, 9)

    def test_a_part_that_is_not_there(self, tmp_path: Path) -> None:
        _refused(f"GPKG:{tmp_path / 'none.gpkg'}:summer", "cannot be opened as a raster")

    @pytest.mark.parametrize("kind", ["complex64", "complex_int16"])
    def test_complex_numbers(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "radar.tif"
        write(path, texture(3, 4, 5, "complex64"))
        if kind == "complex_int16":
            vrt = tmp_path / "radar.vrt"
            band = '<VRTRasterBand dataType="CInt16" band="{0}"><SimpleSource><SourceFilename>{1}</SourceFilename></SimpleSource>'
            bands = "".join((band + "</VRTRasterBand>").format(number, path) for number in (1, 2, 3))
            vrt.write_text(f'<VRTDataset rasterXSize="5" rasterYSize="4">{bands}</VRTDataset>')
            path = vrt
        with pytest.raises(
            SceneError, match=r"^radar\.\w+ holds complex numbers: turn them into amplitudes first$"
        ):
            open_scene(path, bands="1,2,3", wanted=RGB)

    def test_control_points_that_lie_on_one_spot(self, tmp_path: Path) -> None:
        path = tmp_path / "spot.tif"
        write(path, texture(3, 4, 5), points=UTM, by=Affine.scale(0))
        _refused(
            path,
            r"^the ground control points of spot\.tif do not tell where it lies \(.*\): georeference it again",
        )

    @pytest.mark.parametrize(
        "transform",
        [Affine(10, 0, 0, 10, 0, 0), Affine(np.nan, 0, 0, 0, -10, 0), Affine(10, 0, np.inf, 0, -10, 0)],
        ids=["on one line", "not a number", "at infinity"],
    )
    def test_pixels_that_lie_nowhere(self, tmp_path: Path, transform: Affine) -> None:
        path = write(tmp_path / "flat.tif", texture(3, 4, 5), transform=transform)
        _refused(path, r"^the geotransform of flat\.tif \(.*\) gives its pixels no area: correct it")

    def test_a_name_of_bytes_that_are_no_characters(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", texture(3, 4, 5)).rename(tmp_path / "\udcff.tif")
        _refused(path, r"\\udcff\.tif' holds bytes that are no characters: rename it")

    def test_an_address_that_does_not_answer(self) -> None:
        """Nothing listens on this port of this machine; what follows the question mark may be a key."""
        address = "http://127.0.0.1:9/far/scene.tif?key=secret"
        _refused(address, r"^scene\.tif cannot be opened \(.*connect.*\): check its address, the connection")
        with pytest.raises(SceneError) as caught:
            open_scene(address, wanted=RGB)
        assert "secret" not in str(caught.value)

    def test_the_file_is_closed_where_the_scene_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else it could be neither moved nor deleted on some systems."""
        opened: list[Any] = []
        real = rasterio.open

        def remember(path: str) -> Any:
            opened.append(real(path))
            return opened[-1]

        path = write(tmp_path / "scene.tif", texture(1, 4, 5))
        monkeypatch.setattr(rasterio, "open", remember)
        _refused(path, "has 1 band and the model needs 3")
        assert [dataset.closed for dataset in opened] == [True]


class TestWhatCannotBeRead:
    @pytest.fixture
    def cut(self, tmp_path: Path) -> Path:
        """A scene whose lower tiles are missing; its corners are, too, so it declares nodata to open at all."""
        path = write(
            tmp_path / "cut.tif", texture(3, 256, 256), tiled=True, blockxsize=64, blockysize=64, nodata=0
        )
        path.write_bytes(path.read_bytes()[:-30_000])
        return path

    def test_a_damaged_file_is_named_with_the_place(self, cut: Path) -> None:
        with open_scene(cut, wanted=RGB) as scene:
            lattice = lattice_of(scene)
            extent = lattice.extent
            rows = re.escape("at rows 0 to 256, columns 0 to 256")
            with pytest.raises(
                SceneError, match=rf"^cut\.tif cannot be read {rows} \(.*\): the file is damaged or cut"
            ):
                scene.read(extent, lattice)
            with pytest.raises(SceneError, match="cannot be read"):
                scene.value_range()

    def test_what_is_whole_can_be_read_all_the_same(self, cut: Path) -> None:
        with open_scene(cut, wanted=RGB) as scene:
            lattice = lattice_of(scene)
            above = lattice.extent.moved(-192, 0)
            assert scene.read(above, lattice).valid.any()

    def test_it_is_noticed_at_once_where_the_corners_are_looked_at(self, tmp_path: Path) -> None:
        path = write(tmp_path / "cut.tif", texture(3, 256, 256))
        path.write_bytes(path.read_bytes()[:-30_000])
        _refused(path, r"^cut\.tif cannot be read at rows 240 to 256, columns 0 to 16")

    def test_a_file_that_a_mosaic_misses_is_asked_for(self, tmp_path: Path) -> None:
        band = '<VRTRasterBand dataType="Byte" band="{0}"><SimpleSource><SourceFilename>{1}</SourceFilename></SimpleSource>'
        bands = "".join((band + "</VRTRasterBand>").format(n, tmp_path / "gone.tif") for n in (1, 2, 3))
        path = tmp_path / "all.vrt"
        path.write_text(f'<VRTDataset rasterXSize="5" rasterYSize="4">{bands}</VRTDataset>')
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DoubtfulInputWarning)
            _refused(
                path, r"^all\.vrt cannot be read at .*gone\.tif: No such file.*: put that file in its place$"
            )

    def test_a_file_that_goes_away_is_told_by_the_threads_that_come_late(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", texture(3, 8, 9))
        with open_scene(path, wanted=RGB) as scene, ThreadPoolExecutor(1) as threads:
            shutil.move(path, tmp_path / "moved.tif")
            lattice = lattice_of(scene)
            with pytest.raises(SceneError, match=r"scene\.tif does not exist"):
                threads.submit(scene.read, lattice.extent, lattice).result()


def test_nothing_is_printed_when_something_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "spot.tif", np.ones((3, 4, 5), np.uint8), points=UTM, by=Affine.scale(0))
    _refused(path, "control points")
    _refused(tmp_path / "none.tif", "does not exist")
    assert capfd.readouterr() == ("", "")
