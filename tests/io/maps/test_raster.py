from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rio_cogeo.cogeo import cog_info, cog_validate

from glnet_geo.core.legend import NODATA, LandClass, Legend
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.maps.raster import ClassRaster, ConfidenceRaster
from tests.rasters import Place

LEGEND = Legend(
    (
        LandClass(id=1, name="water", color="#0055ff"),
        LandClass(id=7, name="forest", color="#00aa22"),
        LandClass(id=40, name="roof", color="#cc3300"),
    )
)
UTM = "EPSG:32640"
PLACE = Affine(0.5, 0, 331_207.5, 0, -0.5, 2_779_120.0)


def _classes(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Classes that change at almost every pixel, and some without."""
    return np.random.default_rng(seed).choice([*LEGEND.ids, NODATA], (height, width)).astype(np.uint8)


def _write(
    path: Path,
    classes: NDArray[np.uint8],
    cuts: Sequence[int] = (),
    *,
    transform: Affine | None = PLACE,
    crs: str | None = UTM,
    tags: dict[str, str] | None = None,
    legend: Legend = LEGEND,
) -> Path:
    """A class raster, written in strips between cuts."""
    height, width = classes.shape
    place = Place(
        height=height,
        width=width,
        transform=transform,
        crs=None if crs is None else rasterio.CRS.from_string(crs),
    )
    sink = ClassRaster(path, place, legend, tags=tags or {})
    edges = sorted({0, *cuts, height})
    for start, stop in pairwise(edges):
        sink.write(Strip(row=start, classes=classes[start:stop]))
    sink.finish()
    sink.close()
    return path


def _read(path: Path, **options: Any) -> NDArray[np.uint8]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, **options) as dataset:
            pixels: NDArray[np.uint8] = dataset.read(1)
    return pixels


class TestClasses:
    @settings(max_examples=12)
    @given(
        height=st.integers(1, 150),
        width=st.integers(1, 90),
        cuts=st.lists(st.integers(0, 150), max_size=6),
    )
    def test_strips_of_any_height_come_back(
        self, tmp_path_factory: pytest.TempPathFactory, height: int, width: int, cuts: list[int]
    ) -> None:
        classes = _classes(height, width)
        path = tmp_path_factory.mktemp("raster") / "map.tif"
        _write(path, classes, [cut for cut in cuts if cut < height])
        np.testing.assert_array_equal(_read(path), classes)

    def test_rows_may_lie_in_any_order_in_memory(self, tmp_path: Path) -> None:
        classes = np.asfortranarray(_classes(40, 30))
        np.testing.assert_array_equal(_read(_write(tmp_path / "map.tif", classes, [13])), classes)

    @pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 700), (700, 3), (1200, 1300)])
    def test_they_are_valid_cogs(self, tmp_path: Path, height: int, width: int) -> None:
        path = _write(tmp_path / "map.tif", _classes(height, width), [height // 3])
        valid, errors, warned = cog_validate(path, strict=True)
        assert (valid, errors, warned) == (True, [], [])
        info = cog_info(path)
        assert info.Profile.Bands == 1
        assert info.Profile.Dtype == "uint8"
        assert info.IFD[0].Blocksize == (512, 512)

    def test_nothing_but_the_raster_and_its_names_is_left(self, tmp_path: Path) -> None:
        _write(tmp_path / "map.tif", _classes(20, 30))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["map.qml", "map.tif", "map.tif.aux.xml"]

    def test_nodata_colours_and_names(self, tmp_path: Path) -> None:
        with rasterio.open(_write(tmp_path / "map.tif", _classes(20, 30))) as dataset:
            assert dataset.nodata == NODATA
            assert dataset.colorinterp == (ColorInterp.palette,)
            assert dataset.descriptions == ("land cover",)
            colours = dataset.colormap(1)
        assert {value: colours[value] for value in (1, 7, 40)} == {
            1: (0x00, 0x55, 0xFF, 255),
            7: (0x00, 0xAA, 0x22, 255),
            40: (0xCC, 0x33, 0x00, 255),
        }

    def test_tags_are_kept_and_empty_ones_left_out(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "map.tif", _classes(20, 30), tags={"MODEL": "light é", "NOTE": ""})
        with rasterio.open(path) as dataset:
            tags = dataset.tags()
        assert tags["MODEL"] == "light é"
        assert "NOTE" not in tags


class TestPlace:
    @pytest.mark.parametrize(
        "transform",
        [
            PLACE,
            PLACE @ Affine.rotation(20),
            Affine(0.5, 0, 331_207, 0, 0.5, 2_779_120),
            PLACE @ Affine.scale(1, 3),
        ],
        ids=["north-up", "rotated", "south-up", "oblong"],
    )
    def test_it_is_that_of_the_scene(self, tmp_path: Path, transform: Affine) -> None:
        with rasterio.open(_write(tmp_path / "map.tif", _classes(30, 20), transform=transform)) as dataset:
            assert dataset.transform.almost_equals(transform, precision=1e-9)
            assert str(dataset.crs) == UTM

    @pytest.mark.parametrize(
        ("transform", "crs"),
        [(None, None), (PLACE, None), (None, UTM)],
        ids=["neither", "no CRS", "only a CRS"],
    )
    def test_what_the_scene_lacks_the_map_lacks(
        self, tmp_path: Path, transform: Affine | None, crs: str | None
    ) -> None:
        classes = _classes(30, 20)
        path = _write(tmp_path / "map.tif", classes, transform=transform, crs=crs)
        np.testing.assert_array_equal(_read(path), classes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as dataset:
                assert dataset.transform == (transform or Affine.identity())
                assert dataset.crs == (None if crs is None else rasterio.CRS.from_string(crs))


class TestOverviews:
    def test_they_show_classes_and_nothing_between(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "map.tif", _classes(1100, 1300), [64, 700])
        with rasterio.open(path) as dataset:
            levels = dataset.overviews(1)
        assert len(levels) >= 2
        for level in range(len(levels)):
            assert set(np.unique(_read(path, overview_level=level))) <= {*LEGEND.ids.tolist(), NODATA}

    def test_they_show_the_most_frequent_class(self, tmp_path: Path) -> None:
        """Of each 2 x 2 pixels three are dark and one is light; which one differs, so that no pick of one would do.

        The mean of their colours is that of the third class: GDAL would show it, if it took means.
        """
        shades = ((1, "dark", "#202020"), (2, "light", "#e0e0e0"), (3, "their mean", "#505050"))
        legend = Legend(tuple(LandClass(id=i, name=name, color=color) for i, name, color in shades))
        classes = np.full((1100, 1300), 1, np.uint8)
        for row, col in np.ndindex(2, 2):
            classes[550 * row + row : 550 * (row + 1) : 2, 650 * col + col : 650 * (col + 1) : 2] = 2
        overview = _read(_write(tmp_path / "map.tif", classes, legend=legend), overview_level=0)
        assert overview.shape == (550, 650)
        assert (overview == 1).all()


class TestConfidence:
    @staticmethod
    def _write(path: Path, confidence: NDArray[np.uint8] | None, shape: tuple[int, int]) -> Path:
        place = Place(height=shape[0], width=shape[1], transform=PLACE, crs=rasterio.CRS.from_string(UTM))
        sink = ConfidenceRaster(path, place, tags={"MODEL": "light"})
        try:
            sink.write(Strip(row=0, classes=np.zeros(shape, np.uint8), confidence=confidence))
            sink.finish()
        finally:
            sink.close()
        return path

    def test_it_is_a_cog_of_percent(self, tmp_path: Path) -> None:
        percent = np.random.default_rng(0).integers(0, 101, (1100, 700)).astype(np.uint8)
        percent[:40] = NODATA
        path = self._write(tmp_path / "confidence.tif", percent, (1100, 700))
        np.testing.assert_array_equal(_read(path), percent)
        assert cog_validate(path, strict=True) == (True, [], [])
        with rasterio.open(path) as dataset:
            assert dataset.nodata == NODATA
            assert dataset.colorinterp == (ColorInterp.gray,)
            assert dataset.descriptions == ("confidence of the class, percent",)
            assert dataset.units == ("%",)
            assert dataset.tags()["MODEL"] == "light"

    def test_its_overviews_are_means_of_what_was_classified(self, tmp_path: Path) -> None:
        percent = np.full((1100, 1100), 20, np.uint8)
        percent[:, 1::2] = 60
        percent[:550] = NODATA
        path = self._write(tmp_path / "confidence.tif", percent, percent.shape)
        overview = _read(path, overview_level=0)
        assert (overview[:275] == NODATA).all()
        assert (overview[275:] == 40).all()

    def test_a_strip_without_it_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"^no confidence was computed"):
            self._write(tmp_path / "confidence.tif", None, (5, 6))


class TestFailures:
    def test_a_folder_that_went_away(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match=r"^map\.tif could not be written \(.+\): free some space"):
            _write(tmp_path / "missing" / "map.tif", _classes(5, 6))

    def test_a_failure_of_which_gdal_says_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(source: Path, target: Path, **options: Any) -> None:
            raise SystemError

        monkeypatch.setattr("rasterio.shutil.copy", silent)
        with pytest.raises(OutputError, match=r"^map\.tif could not be written \(GDAL does not say why\)"):
            _write(tmp_path / "map.tif", _classes(5, 6))

    def test_a_file_that_holds_other_pixels_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A full disk does not always make GDAL raise: what was written is read back."""
        copy = rasterio.shutil.copy

        def forgetful(source: Path, target: Path, **options: Any) -> None:
            with rasterio.open(source, "r+") as dataset:
                dataset.write(np.zeros((2, 30), np.uint8), 1, window=rasterio.windows.Window(0, 17, 30, 2))
            copy(source, target, **options)

        monkeypatch.setattr("rasterio.shutil.copy", forgetful)
        with pytest.raises(OutputError, match=r"^map\.tif could not be written"):
            _write(tmp_path / "map.tif", _classes(40, 30), [10])

    def test_closing_hides_no_other_error(self, tmp_path: Path) -> None:
        """It flushes, and fails for the very reason for which a job is given up."""

        class Full:
            def close(self) -> None:
                raise RasterioIOError

        place = Place(height=9, width=9, transform=PLACE, crs=None)
        sink = ClassRaster(tmp_path / "map.tif", place, LEGEND, tags={})
        sink._cog.dataset.close()
        sink._cog.dataset = Full()
        sink.close()

    def test_it_can_be_closed_at_any_time_and_again(self, tmp_path: Path) -> None:
        place = Place(height=9, width=9, transform=None, crs=None)
        sink = ClassRaster(tmp_path / "map.tif", place, LEGEND, tags={})
        sink.write(Strip(row=0, classes=_classes(4, 9)))
        sink.close()
        sink.close()
