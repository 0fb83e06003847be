from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from glnet_geo.errors import DoubtfulInputWarning, OptionError, SceneError
from glnet_geo.io.scenes.bands import choose_bands
from glnet_geo.io.scenes.scene import open_scene
from tests.io.geotiffs import RGB, write

RGBN = (*RGB, "nir")
UNNAMED = ("gray", *["undefined"] * 7)


def _chosen(
    folder: Path,
    *,
    colours: Sequence[str] = (),
    names: Sequence[str] = (),
    bands: str | None = None,
    wanted: Sequence[str] = RGB,
) -> tuple[int, ...]:
    """The numbers of the bands chosen from a scene that says this of its bands."""
    count = len(colours or names)
    path = write(
        folder / "scene.tif",
        np.ones((count, 1, 1), np.uint8),
        colours=colours or UNNAMED[:count],
        names=names or None,
        photometric="minisblack",
    )
    with rasterio.open(path) as dataset:
        return tuple(band.number for band in choose_bands(dataset, bands, wanted, "scene.tif"))


class TestFoundByName:
    @pytest.mark.parametrize(
        ("colours", "expected"),
        [
            (("red", "green", "blue"), (1, 2, 3)),
            (("blue", "green", "red"), (3, 2, 1)),
            (("red", "green", "blue", "alpha"), (1, 2, 3)),
            (("undefined", "alpha", "red", "green", "blue"), (3, 4, 5)),
        ],
    )
    def test_by_colour(self, tmp_path: Path, colours: Sequence[str], expected: tuple[int, ...]) -> None:
        assert _chosen(tmp_path, colours=colours) == expected

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (("Red", "GREEN", " blue "), (1, 2, 3)),
            (("R", "G", "B"), (1, 2, 3)),
            (("B2 (blue)", "B3 (green)", "B4 (red)", "B8 (near infrared)"), (3, 2, 1)),
            (("Band 1 - Red", "Band 2 - Green", "Band 3 - Blue"), (1, 2, 3)),
            (("SR_blue", "SR_green", "SR_red", "SR_rededge"), (3, 2, 1)),
            # Names within names: these scenes exist.
            (("coastal_blue", "blue", "green_i", "green", "yellow", "red", "rededge", "nir"), (6, 4, 2)),
            (("Coastal Blue", "Blue", "Green", "Yellow", "Red", "Red Edge", "NIR1", "NIR2"), (5, 3, 2)),
        ],
    )
    def test_by_description(self, tmp_path: Path, names: Sequence[str], expected: tuple[int, ...]) -> None:
        assert _chosen(tmp_path, names=names) == expected

    @pytest.mark.parametrize(
        "name", ["nir", "NIR", "Near Infrared", "near-infrared", "Near IR", "B08 (NIR)", "nir08"]
    )
    def test_near_infrared_has_many_names(self, tmp_path: Path, name: str) -> None:
        assert _chosen(tmp_path, names=(name, "blue", "green", "red"), wanted=RGBN) == (4, 3, 2, 1)

    def test_the_colour_helps_where_the_description_says_nothing(self, tmp_path: Path) -> None:
        assert _chosen(tmp_path, colours=("blue", "green", "red"), names=("B2", "B3", "B4")) == (3, 2, 1)

    def test_the_description_comes_before_the_colour(self, tmp_path: Path) -> None:
        """A false-colour composite: near infrared shown as red."""
        names = ("nir", "red", "green", "blue")
        assert _chosen(tmp_path, colours=(*RGB, "undefined"), names=names) == (2, 3, 4)


class TestFoundByOrder:
    def test_as_many_nameless_bands_are_taken_in_order_and_doubted(self, tmp_path: Path) -> None:
        with pytest.warns(
            DoubtfulInputWarning,
            match=r"scene\.tif does not say which band is which: bands 1,2,3 are taken for red, green, blue; name them "
            r"with --bands 1,2,3",
        ):
            assert _chosen(tmp_path, colours=UNNAMED[:3]) == (1, 2, 3)

    def test_names_that_mean_nothing_to_the_model_are_told(self, tmp_path: Path) -> None:
        with pytest.warns(
            DoubtfulInputWarning, match=r"calls its bands 1 B4, 2 B3, 3 B2: bands 1,2,3 are taken for"
        ):
            assert _chosen(tmp_path, names=("B4", "B3", "B2")) == (1, 2, 3)

    def test_alpha_is_not_counted(self, tmp_path: Path) -> None:
        with pytest.warns(DoubtfulInputWarning, match="bands 1,2,4 are taken"):
            assert _chosen(tmp_path, colours=("undefined", "undefined", "alpha", "undefined")) == (1, 2, 4)

    def test_one_band_for_one_is_not_doubted(self, tmp_path: Path) -> None:
        assert _chosen(tmp_path, colours=("gray",), wanted=("panchromatic",)) == (1,)

    def test_nothing_speaks_against_bands_that_a_model_knows_by_their_numbers_alone(
        self, tmp_path: Path
    ) -> None:
        """Many a file of seven bands says of the first three that they are red, green and blue."""
        wanted = ("band 4", "band 1", "red", "band 7")
        with pytest.warns(
            DoubtfulInputWarning, match=r"bands 1,2,3,4 are taken for band 4, band 1, red, band 7"
        ):
            assert _chosen(tmp_path, colours=("blue", "green", "red", "nir"), wanted=wanted) == (1, 2, 3, 4)
        assert _chosen(tmp_path, names=("Band 7", "Band 1"), wanted=("band 1", "band 7")) == (2, 1)
        with pytest.raises(SceneError, match="the model needs 2"):
            _chosen(tmp_path, names=("red", "blue"), wanted=("band 1", "red"))

    @pytest.mark.parametrize(
        ("names", "listed"),
        [
            (("nir", "red", "green"), "1 nir, 2 red, 3 green"),
            (("red", "red edge", "nir"), "1 red, 2 red edge, 3 nir"),
        ],
    )
    def test_bands_that_say_they_are_others_are_not_taken(
        self, tmp_path: Path, names: Sequence[str], listed: str
    ) -> None:
        """Colour infrared looks like a picture and would be classified without complaint."""
        with pytest.raises(
            SceneError,
            match=rf"scene\.tif has the bands {listed} and the model needs 3 \(red, green, blue\): give",
        ):
            _chosen(tmp_path, names=names)


class TestNotFound:
    @pytest.mark.parametrize(
        ("colours", "wanted", "sentence"),
        [
            (
                UNNAMED[:4],
                RGB,
                "scene.tif has 4 bands and the model needs 3 (red, green, blue): name them in this order, such as --bands 1,2,3",
            ),
            (
                ("gray",),
                RGB,
                "scene.tif has 1 band and the model needs 3 (red, green, blue): give a scene that has them all",
            ),
            (
                ("red", "green", "blue", "alpha"),
                RGBN,
                (
                    "scene.tif has 3 bands and an alpha band (1 red, 2 green, 3 blue) and the model needs 4 "
                    "(red, green, blue, nir): name them in this order, such as --bands 1,2,3,4"
                ),
            ),
        ],
    )
    def test_more_or_fewer_bands_are_refused(
        self, tmp_path: Path, colours: Sequence[str], wanted: Sequence[str], sentence: str
    ) -> None:
        with pytest.raises(SceneError, match=f"^{re.escape(sentence)}$"):
            _chosen(tmp_path, colours=colours, wanted=wanted)

    def test_a_model_that_does_not_exist_yet_may_have_the_bands_that_there_are(self, tmp_path: Path) -> None:
        write(tmp_path / "gray.tif", np.ones((1, 2, 2), np.uint8), photometric="minisblack")
        with pytest.raises(
            SceneError,
            match=r"^gray\.tif has 1 band and the model needs 3 \(red, green, blue\): give a scene that has them all, or make a "
            r"model of the bands that are there with --bands 1$",
        ):
            open_scene(tmp_path / "gray.tif", wanted=RGB, adaptable=True)

    def test_names_are_listed(self, tmp_path: Path) -> None:
        with pytest.raises(
            SceneError,
            match=r"has 4 bands \(1 B2, 2 B3, 3 B4, 4 B8\) and the model needs 3 .* in this order, such as --bands",
        ):
            _chosen(tmp_path, names=("B2", "B3", "B4", "B8"))

    def test_two_bands_of_one_name_are_not_guessed_between(self, tmp_path: Path) -> None:
        with pytest.raises(SceneError, match=r"has 4 bands .* name them with --bands 1,3,4"):
            _chosen(tmp_path, names=("red", "red", "green", "blue"))

    @pytest.mark.parametrize(("wanted", "kind"), [(RGB, "rgb"), (("gray",), "gray")])
    @pytest.mark.parametrize("bands", [None, "1"])
    def test_a_table_of_colours_is_refused_with_the_remedy(
        self, tmp_path: Path, wanted: Sequence[str], kind: str, bands: str | None
    ) -> None:
        path = tmp_path / "table.tif"
        write(path, np.zeros((1, 2, 2), np.uint8), photometric="palette")
        with rasterio.open(path, "r+") as dataset:
            dataset.write_colormap(1, {0: (1, 2, 3, 255)})
        with rasterio.open(path) as dataset:
            assert dataset.colorinterp == (ColorInterp.palette,)
            with pytest.raises(
                SceneError,
                match=rf"^table\.tif holds numbers of colours in a table.*gdal_translate -expand {kind}\)$",
            ):
                choose_bands(dataset, bands, wanted, "table.tif")

    def test_a_map_is_no_scene(self, tmp_path: Path) -> None:
        path = write(tmp_path / "map.tif", np.zeros((1, 2, 2), np.uint8), photometric="palette")
        with rasterio.open(path, "r+") as dataset:
            dataset.write_colormap(1, {0: (1, 2, 3, 255)})
            dataset.update_tags(GLNET_GEO_VERSION="1")
        with (
            rasterio.open(path) as dataset,
            pytest.raises(SceneError, match=r"^map\.tif is a map of classes .* vectorize"),
        ):
            choose_bands(dataset, None, RGB, "map.tif")


class TestAskedFor:
    @pytest.mark.parametrize(
        ("bands", "expected"),
        [
            ("1,2,3", (1, 2, 3)),
            ("4,3,2", (4, 3, 2)),
            (" 3 , 2,1 ", (3, 2, 1)),
            ("nir,RED,b", (4, 1, 3)),
            ("nir,1,2", (4, 1, 2)),
        ],
    )
    def test_numbers_and_names_in_any_order(
        self, tmp_path: Path, bands: str, expected: tuple[int, ...]
    ) -> None:
        assert _chosen(tmp_path, names=RGBN, bands=bands) == expected

    def test_bands_that_say_they_are_others_are_taken_when_asked_for(self, tmp_path: Path) -> None:
        assert _chosen(tmp_path, names=("nir", "red", "green"), bands="1,2,3") == (1, 2, 3)

    @pytest.mark.parametrize(
        ("bands", "sentence"),
        [
            ("1,2,7", "scene.tif has no band 7, its bands are 1 to 4: correct --bands"),
            ("0,1,2", "scene.tif has no band 0, its bands are 1 to 4: correct --bands"),
            ("-1,1,2", "scene.tif has no band -1, its bands are 1 to 4: correct --bands"),
            ("1,1,2", "--bands 1,1,2 names band 1 of scene.tif twice: name each band once"),
            ("red,1,2", "--bands red,1,2 names band 1 of scene.tif twice: name each band once"),
            (
                "1,2",
                "--bands 1,2 names 2 of scene.tif and the model needs 3 (red, green, blue): name as many, in this order",
            ),
            (
                "red,green,swir",
                "scene.tif has no band named 'swir', it has 1 red, 2 green, 3 blue, 4 nir: give its number in --bands",
            ),
            (
                "red,,blue",
                "scene.tif has no band named '', it has 1 red, 2 green, 3 blue, 4 nir: give its number in --bands",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, tmp_path: Path, bands: str, sentence: str) -> None:
        with pytest.raises(OptionError, match=f"^{re.escape(sentence)}$"):
            _chosen(tmp_path, names=RGBN, bands=bands)

    def test_a_name_in_a_nameless_scene_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(
            OptionError, match=r"has no band named 'red', its bands have no names: give its number"
        ):
            _chosen(tmp_path, colours=UNNAMED[:4], bands="red,green,blue")

    def test_a_name_of_several_bands_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OptionError, match=r"'red' may mean several bands of scene\.tif \(1 red, 2 red\)"):
            _chosen(tmp_path, names=("red", "red", "green", "blue"), bands="red,green,blue")
