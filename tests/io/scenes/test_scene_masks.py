from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio.shutil
from numpy.typing import NDArray

from glnet_geo.errors import DoubtfulInputWarning, OptionError
from glnet_geo.io.scenes.scene import open_scene
from tests.io.geotiffs import RGB, UTM, lattice_of, read_whole, texture, usable, whole, write

RGBA = (*RGB, "alpha")


def _drawn(*rows: str, empty: float = 0, dtype: str = "uint8", bands: int = 3) -> NDArray[Any]:
    """(bands, rows, cols): ``#`` 100, ``.`` the empty value in all bands, ``o`` in the first band only."""
    letters = np.array([list(row) for row in rows])
    pixels = np.full((bands, *letters.shape), 100, dtype)
    pixels[:, letters == "."] = empty
    pixels[0, letters == "o"] = empty
    return pixels


class TestNodataValues:
    def test_a_pixel_lacks_data_only_where_all_bands_do(self, tmp_path: Path) -> None:
        """A dark roof is 0 in one band and stays on the map."""
        path = write(tmp_path / "scene.tif", _drawn("..###", ".#o##"), nodata=0)
        assert usable(path) == ["..###", ".####"]

    def test_only_the_bands_that_are_read_count(self, tmp_path: Path) -> None:
        pixels = np.concatenate([_drawn("..##"), np.array([[[0, 9, 9, 0]]], np.uint8)])
        path = write(tmp_path / "scene.tif", pixels, nodata=0, photometric="minisblack")
        assert usable(path, bands="1,2,3") == ["..##"]
        assert usable(path, bands="1,2,4") == [".###"]

    @pytest.mark.parametrize("dtype", ["int16", "float32"])
    def test_a_value_that_nothing_measures_counts_from_any_band(self, tmp_path: Path, dtype: str) -> None:
        path = write(tmp_path / "scene.tif", _drawn("..##", ".#o#", empty=-9999, dtype=dtype), nodata=-9999)
        assert usable(path, bands="1,2,3") == ["..##", ".#.#"]

    @pytest.mark.parametrize("declared", [True, False])
    def test_nan_and_infinity_are_never_usable(self, tmp_path: Path, *, declared: bool) -> None:
        pixels = _drawn("..##", ".#o#", empty=np.nan, dtype="float32")
        pixels[1, 0, 3] = np.inf
        path = write(tmp_path / "scene.tif", pixels, nodata=np.nan if declared else None)
        assert usable(path, bands="1,2,3") == ["..#.", ".#.#"]
        with open_scene(path, bands="1,2,3", wanted=RGB) as scene:
            assert scene.nodata == (
                "declared value nan" if declared else "none declared: every pixel counts that is a number"
            )

    def test_what_single_precision_cannot_hold_is_not_usable(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn(".#", empty=-1e300, dtype="float64"))
        assert usable(path, bands="1,2,3") == [".#"]

    def test_the_least_float_is_recognized(self, tmp_path: Path) -> None:
        least = float(np.finfo(np.float32).min)
        path = write(tmp_path / "scene.tif", _drawn(".#", empty=least, dtype="float32"), nodata=least)
        assert usable(path, bands="1,2,3") == [".#"]

    def test_values_declared_for_all_bands_together_count(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn("..##", ".#o#"), tags={"NODATA_VALUES": "0 0 0"})
        assert usable(path) == ["..##", ".###"]
        with open_scene(path, wanted=RGB) as scene:
            assert scene.nodata == "mask"

    @pytest.mark.parametrize("value", ["-9999", "0.5", "-0.5", "inf"])
    def test_a_value_that_the_type_cannot_hold_hides_nothing_and_is_no_word_on_collars(
        self, tmp_path: Path, value: str
    ) -> None:
        base = write(tmp_path / "scene.tif", _drawn("....", "..##"))
        band = (
            f'<VRTRasterBand dataType="Byte" band="{{0}}"><NoDataValue>{value}</NoDataValue><SimpleSource>'
            "<SourceFilename>{1}</SourceFilename><SourceBand>{0}</SourceBand></SimpleSource></VRTRasterBand>"
        )
        vrt = tmp_path / "scene.vrt"
        bands = "".join(band.format(number, base) for number in (1, 2, 3))
        vrt.write_text(f'<VRTDataset rasterXSize="4" rasterYSize="2">{bands}</VRTDataset>')
        assert usable(vrt, bands="1,2,3") == ["####", "####"]
        with open_scene(vrt, bands="1,2,3", wanted=RGB) as scene:
            assert scene.nodata == "none declared: every pixel counts"


class TestMasks:
    def test_transparent_pixels_are_not_usable(self, tmp_path: Path) -> None:
        alpha = np.array([[[0, 0, 255, 128]]], np.uint8)
        path = write(tmp_path / "scene.tif", np.concatenate([_drawn("#.#."), alpha]), colours=RGBA)
        assert usable(path) == ["..##"]
        with open_scene(path, wanted=RGB) as scene:
            assert scene.nodata == "alpha band"

    def test_alpha_and_a_nodata_value_count_together(self, tmp_path: Path) -> None:
        alpha = np.array([[[0, 255, 255, 255]]], np.uint8)
        path = write(tmp_path / "scene.tif", np.concatenate([_drawn("#.#o"), alpha]), colours=RGBA, nodata=0)
        assert usable(path) == ["..##"]
        with open_scene(path, wanted=RGB) as scene:
            assert scene.nodata == "declared value 0 and alpha band"

    def test_an_alpha_band_that_is_asked_for_is_a_band_like_others(self, tmp_path: Path) -> None:
        near_infrared = np.array([[[0, 255, 7, 0]]], np.uint8)
        path = write(tmp_path / "scene.tif", np.concatenate([_drawn("####"), near_infrared]), colours=RGBA)
        assert usable(path, bands="1,2,3,4", wanted=(*RGB, "nir")) == ["####"]

    def test_masked_pixels_are_not_usable(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn("#.#."), mask=np.array([[False, True, True, True]]))
        assert usable(path) == [".###"]
        with open_scene(path, wanted=RGB) as scene:
            assert scene.nodata == "mask"

    def test_a_mask_comes_before_a_declared_value(self, tmp_path: Path) -> None:
        path = write(
            tmp_path / "scene.tif", _drawn("#.#."), mask=np.array([[False, True, True, True]]), nodata=0
        )
        assert usable(path) == [".###"]

    def test_masks_of_single_bands_count_from_any_band_that_is_read(self, tmp_path: Path) -> None:
        base = write(tmp_path / "scene.tif", _drawn("####", bands=4), photometric="minisblack")
        shown = np.full((4, 1, 4), 255, np.uint8)
        shown[0, 0, 0] = shown[1, 0, 1] = shown[3, 0, 3] = 0
        masks = write(tmp_path / "masks.tif", shown, photometric="minisblack")
        source = (
            "<SimpleSource><SourceFilename>{1}</SourceFilename><SourceBand>{0}</SourceBand></SimpleSource>"
        )
        band = (
            f'<VRTRasterBand dataType="Byte" band="{{0}}">{source}<MaskBand><VRTRasterBand dataType="Byte">'
            f"{source.replace('{1}', '{2}')}</VRTRasterBand></MaskBand></VRTRasterBand>"
        )
        vrt = tmp_path / "scene.vrt"
        bands = "".join(band.format(number, base, masks) for number in (1, 2, 3, 4))
        vrt.write_text(f'<VRTDataset rasterXSize="4" rasterYSize="1">{bands}</VRTDataset>')
        assert usable(vrt, bands="1,2,3") == ["..##"]
        assert usable(vrt, bands="2,3,4") == ["#.#."]
        with open_scene(vrt, bands="1,2,3", wanted=RGB) as scene:
            assert scene.nodata == "masks of bands"

    def test_masks_are_resampled_with_the_pixels(self, tmp_path: Path) -> None:
        rows = ["........", "........", "..####..", "..####.."]
        shown = np.array([list(row) for row in rows]) == "#"
        pixels = _drawn(*["########"] * 4)
        pixels[:, ~shown] = 7
        alpha = np.where(shown, 255, 0).astype(np.uint8)
        path = write(
            tmp_path / "scene.tif",
            np.concatenate([pixels, alpha[None]]),
            colours=RGBA,
            transform=None,
            crs=None,
        )
        with open_scene(path, wanted=RGB) as scene:
            lattice = lattice_of(scene, (0.5, 0.5))
            excerpt = scene.read(lattice.extent, lattice)
        assert excerpt.valid.tolist() == [[False] * 4, [False, True, True, False], *[[False] * 4] * 2]
        assert (excerpt.pixels[:, excerpt.valid] == 100).all()


class TestValueOfTheCaller:
    def test_it_stands_in_for_one_that_is_missing(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn("..##", ".#o#"))
        assert usable(path) == ["####", "####"]
        assert usable(path, nodata=0) == ["..##", ".###"]
        with open_scene(path, wanted=RGB, nodata=0) as scene:
            assert scene.nodata == "given value 0"

    def test_it_replaces_a_declared_one(self, tmp_path: Path) -> None:
        pixels = _drawn("..##")
        pixels[:, 0, 3] = 255
        path = write(tmp_path / "scene.tif", pixels, nodata=0)
        assert usable(path, nodata=255) == ["###."]

    def test_it_replaces_values_declared_for_all_bands_together(self, tmp_path: Path) -> None:
        pixels = _drawn("..##")
        pixels[:, 0, 3] = 255
        path = write(tmp_path / "scene.tif", pixels, tags={"NODATA_VALUES": "0 0 0"})
        assert usable(path, nodata=255) == ["###."]

    def test_it_joins_alpha_and_masks(self, tmp_path: Path) -> None:
        alpha = np.array([[[0, 255, 255, 255]]], np.uint8)
        path = write(tmp_path / "alpha.tif", np.concatenate([_drawn("#.##"), alpha]), colours=RGBA)
        assert usable(path, nodata=0) == ["..##"]
        path = write(tmp_path / "mask.tif", _drawn("#.##"), mask=np.array([[False, True, True, True]]))
        assert usable(path, nodata=0) == ["..##"]

    def test_it_may_be_nan(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn(".#", empty=np.nan, dtype="float32"), nodata=100)
        assert usable(path, nodata=float("nan"), bands="1,2,3") == [".#"]

    @pytest.mark.parametrize("value", [-9999, 256, 0.5, float("nan"), float("inf")])
    def test_a_value_that_no_pixel_can_have_is_refused(self, tmp_path: Path, value: float) -> None:
        path = write(tmp_path / "scene.tif", _drawn("##"))
        with pytest.raises(OptionError, match=r"scene\.tif holds uint8 values, and none of them can be"):
            open_scene(path, wanted=RGB, nodata=value)

    def test_a_value_too_large_for_single_precision_is_refused(self, tmp_path: Path) -> None:
        path = write(tmp_path / "scene.tif", _drawn("##", dtype="float32"))
        with pytest.raises(OptionError, match=r"float32 values, and none of them can be 1e\+300"):
            open_scene(path, bands="1,2,3", wanted=RGB, nodata=1e300)


class TestDoubts:
    @pytest.mark.parametrize("value", [0, 255])
    def test_a_collar_that_nothing_declares_is_doubted_and_the_remedy_helps(
        self, tmp_path: Path, value: int
    ) -> None:
        pixels = texture(3, 60, 80)
        pixels[:, :20] = value
        path = write(tmp_path / "scene.tif", pixels)
        with pytest.warns(
            DoubtfulInputWarning,
            match=rf"corners of scene\.tif have the value {value} in all bands and no nodata.*--nodata {value}, else",
        ):
            scene = open_scene(path, wanted=RGB)
        with scene:
            # Nothing is invented: what is not declared stays valid.
            assert scene.valid(whole(scene)).all()
        with open_scene(path, wanted=RGB, nodata=value) as scene:
            assert scene.valid(whole(scene)).mean() == pytest.approx(40 / 60)

    @pytest.mark.parametrize("corners", [0, 1])
    def test_one_dark_corner_is_no_collar(self, tmp_path: Path, corners: int) -> None:
        pixels = texture(3, 60, 80)
        pixels[:, : 20 * corners, :20] = 0
        open_scene(write(tmp_path / "scene.tif", pixels), wanted=RGB).close()

    def test_a_declared_collar_is_not_doubted(self, tmp_path: Path) -> None:
        pixels = texture(3, 60, 80)
        pixels[:, :20] = 0
        open_scene(write(tmp_path / "scene.tif", pixels, nodata=0), wanted=RGB).close()

    def test_a_picture_declared_as_alpha_is_doubted(self, tmp_path: Path) -> None:
        """GDAL writes the fourth byte band as alpha unless told otherwise: dark water in near infrared."""
        path = write(tmp_path / "rgbn.tif", texture(4, 60, 80))
        with pytest.warns(
            DoubtfulInputWarning, match=r"band 4 of rgbn\.tif is declared as alpha but looks like a picture"
        ):
            open_scene(path, wanted=RGB).close()

    def test_a_feathered_edge_is_not_doubted(self, tmp_path: Path) -> None:
        alpha = np.full((1, 60, 80), 255, np.uint8)
        alpha[:, :, 38:42] = [0, 60, 120, 200]
        path = write(tmp_path / "scene.tif", np.concatenate([texture(3, 60, 80), alpha]), colours=RGBA)
        open_scene(path, wanted=RGB).close()

    def test_rational_polynomials_alone_are_doubted(self, tmp_path: Path) -> None:
        numbers = {"LINE_OFF": 1, "SAMP_OFF": 1, "LAT_OFF": 25, "LONG_OFF": 55, "HEIGHT_OFF": 0}
        numbers |= {name.replace("OFF", "SCALE"): 1 for name in numbers}
        row = " ".join(["1", *["0"] * 19])
        rows = {f"{axis}_{part}_COEFF": row for axis in ("LINE", "SAMP") for part in ("NUM", "DEN")}
        path = tmp_path / "scene.tif"
        write(path, texture(3, 8, 9), crs=None, transform=None, rpcs=numbers | rows)
        with pytest.warns(DoubtfulInputWarning, match=r"only rational polynomial.*scene\.tif.*gdalwarp -rpc"):
            open_scene(path, wanted=RGB).close()

    def test_a_file_of_several_images_is_doubted(self, tmp_path: Path) -> None:
        path = write(tmp_path / "pages.tif", texture(3, 8, 9))
        second = write(tmp_path / "second.tif", texture(3, 4, 5))
        rasterio.shutil.copy(second, path, driver="GTiff", APPEND_SUBDATASET="YES")
        with pytest.warns(
            DoubtfulInputWarning,
            match=r"pages\.tif holds 2 images, and the first is read: .* GTIFF_DIR:2:.*pages\.tif$",
        ) as caught:
            open_scene(path, wanted=RGB).close()
        # What the advice names is an image of its own.
        named = str(caught[0].message).rpartition(" ")[2]
        with open_scene(named, wanted=RGB) as scene:
            assert scene.shape == (4, 5)


class TestControlPoints:
    """The points turn the raster by 30 degrees, so the view around it has empty corners."""

    def test_the_view_is_the_scene(self, tmp_path: Path) -> None:
        path = write(tmp_path / "turned.tif", texture(3, 40, 60), points=UTM)
        with open_scene(path, wanted=RGB) as scene:
            pixels, valid = read_whole(scene)
            assert str(scene.crs) == UTM
            (note,) = scene.notes
            size = f"{scene.height} x {scene.width} pixels"
            assert note == (
                f"turned.tif is georeferenced by 5 ground control points: it is mapped through a warped view of {size}"
            )
            assert scene.nodata == "alpha band of the warped view"
            assert scene.transform is not None
        area = valid.sum() * abs(scene.transform.a * scene.transform.e)
        assert area == pytest.approx(40 * 60 * 0.25, rel=0.05)
        assert pixels[:, valid].min() >= 1

    @pytest.mark.parametrize("kind", ["nodata", "given", "alpha", "mask"])
    def test_holes_stay_holes_and_do_not_bleed(self, tmp_path: Path, kind: str) -> None:
        pixels = texture(3, 40, 60) + np.uint8(50)
        shown = np.ones((40, 60), np.bool_)
        shown[:20] = False
        pixels[:, ~shown] = 0
        options: dict[str, Any] = {}
        if kind == "nodata":
            options = {"nodata": 0}
        elif kind == "mask":
            options = {"mask": shown}
        elif kind == "alpha":
            pixels = np.concatenate([pixels, np.where(shown, 255, 0).astype(np.uint8)[None]])
            options = {"colours": RGBA}
        path = write(tmp_path / "turned.tif", pixels, points=UTM, **options)
        with open_scene(path, wanted=RGB, nodata=0 if kind == "given" else None) as scene:
            read, valid = read_whole(scene)
        assert scene.transform is not None
        area = valid.sum() * abs(scene.transform.a * scene.transform.e)
        assert area == pytest.approx(20 * 60 * 0.25, rel=0.08)
        assert read[:, valid].min() >= 51

    def test_points_without_a_crs_are_not_used(self, tmp_path: Path) -> None:
        path = write(tmp_path / "loose.tif", texture(3, 8, 9), points="")
        with open_scene(path, wanted=RGB) as scene:
            assert scene.crs is None
            assert scene.notes[0] == "the 5 ground control points of loose.tif have no CRS and are not used"


def test_nothing_is_printed_or_warned_about_a_scene_without_doubt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "scene.tif", texture(3, 20, 20), crs=None, transform=None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with open_scene(path, wanted=RGB) as scene:
            read_whole(scene)
            scene.value_range()
    assert caught == []
    assert capfd.readouterr() == ("", "")
