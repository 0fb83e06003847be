from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.errors import DoubtfulInputWarning, TrainingError
from glnet_geo.io.labelled_data.label_legend import (
    LabelLegend,
    for_masks,
    found_legend,
    open_labels,
    warn_of_doubtful,
)
from tests.io.geotiffs import write
from tests.maps import write_map
from tests.rasters import write_plain


def halves(folder: Path, values: NDArray[np.integer], bands: int = 1) -> list[Path]:
    """Two label maps that hold these values, or blues, half each."""
    paths = []
    for name, half in zip("ab", np.array_split(values.astype(np.uint8), 2), strict=True):
        pixels = np.zeros((bands, 1, len(half)), np.uint8)
        pixels[-1] = half
        paths.append(write_plain(folder / f"{name}.tif", pixels if bands > 1 else pixels[0]))
    return paths


def test_as_many_classes_as_a_byte_holds_beside_nodata(tmp_path: Path) -> None:
    legend = found_legend(halves(tmp_path, np.arange(256))).legend
    assert [c.id for c in legend] == list(range(255))


def test_as_many_colours(tmp_path: Path) -> None:
    with pytest.warns(DoubtfulInputWarning, match="hardly differ"):
        legend = found_legend(halves(tmp_path, np.arange(255), bands=3)).legend
    assert [c.id for c in legend] == list(range(255))


def test_colours_that_hardly_differ_raise_doubt(tmp_path: Path) -> None:
    """Smoothed edges and pictures saved with loss leave such."""
    pixels = np.array([[[0, 0, 200, 201]], [[0, 9, 0, 0]], [[0, 0, 0, 0]]], np.uint8)
    with pytest.warns(DoubtfulInputWarning, match=r"hardly differ \(#c80000 and #c90000\).*--legend"):
        assert len(found_legend([write_plain(tmp_path / "a.png", pixels)]).legend) == 4
    found_legend([write_plain(tmp_path / "b.png", pixels[..., :3])])


def test_more_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"b\.tif hold more than 255 classes: give label maps"):
        found_legend(halves(tmp_path, np.arange(256), bands=3))


TWO = Legend((LandClass(id=0, name="land", color="#aa8800"), LandClass(id=1, name="water", color="#0000ff")))


def test_masks_mark_a_class_with_255(tmp_path: Path) -> None:
    """Also where one of them marks nothing."""
    paths = halves(tmp_path, np.array([0, 0, 0, 255]))
    with pytest.warns(DoubtfulInputWarning, match=r"a\.tif hold 0 and 255 alone: 255 is taken for class 1"):
        found = found_legend(paths)
    assert found.legend.ids.tolist() == [0, 1]
    assert found.values(colours=False) == {0: 0, 1: 1, 255: 1}
    with pytest.warns(DoubtfulInputWarning, match=r"255 is taken for water; declare it as nodata"):
        assert for_masks(LabelLegend(TWO), paths).values(colours=False)[255] == 1


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ([0, 1, 0, 255], LabelLegend(TWO)),
        ([0, 0, 0, 0], LabelLegend(TWO)),
        ([255, 255, 255, 255], LabelLegend(TWO)),
        ([0, 0, 0, 255], LabelLegend(TWO, ignored=(255,))),
        ([0, 0, 0, 255], LabelLegend(Legend((*TWO, LandClass(id=2, name="road", color="#444444"))))),
    ],
)
def test_else_255_is_not_labelled(tmp_path: Path, values: list[int], known: LabelLegend) -> None:
    assert for_masks(known, halves(tmp_path, np.array(values))) == known


def test_what_masks_declare_as_nodata_is_not_labelled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.array([[[0, 255]]], np.uint8), nodata=255)
    assert for_masks(LabelLegend(TWO), [path]) == LabelLegend(TWO)
    assert found_legend([path]).legend.ids.tolist() == [0]


def painted(path: Path, ids: NDArray[np.uint8], colors: dict[int, tuple[int, int, int]]) -> Path:
    """A label map with a colour table."""
    write(path, ids[None])
    with rasterio.open(path, "r+") as raster:
        raster.write_colormap(1, {value: (*rgb, 255) for value, rgb in colors.items()})
    return path


BLUE, GREY = (0, 0, 255), (68, 68, 68)
HALVES = np.array([[0, 1]], np.uint8)


def test_palettes_that_differ_raise_doubt(tmp_path: Path) -> None:
    """Pictures of few colours are often saved with a palette of their own each."""
    paths = [
        painted(tmp_path / "a.tif", HALVES, {0: BLUE, 1: GREY}),
        painted(tmp_path / "b.tif", HALVES, {0: GREY, 1: BLUE}),
    ]
    with pytest.warns(
        DoubtfulInputWarning, match=r"b\.tif draws the value 0 in #444444, .*a\.tif in #0000ff"
    ):
        found_legend(paths)


def test_what_palettes_say_of_values_that_do_not_occur_is_nothing(tmp_path: Path) -> None:
    found = found_legend(
        [
            painted(tmp_path / "a.tif", HALVES, {0: BLUE, 1: GREY, 2: GREY}),
            painted(tmp_path / "b.tif", HALVES, {0: BLUE, 1: GREY, 2: BLUE}),
        ]
    )
    assert found.legend.ids.tolist() == [0, 1]


def test_a_palette_against_the_legend_raises_doubt_once(tmp_path: Path) -> None:
    known = LabelLegend(
        Legend(
            (LandClass(id=0, name="water", color="#0000ff"), LandClass(id=1, name="road", color="#444444"))
        )
    )
    right = painted(tmp_path / "right.tif", HALVES, {0: BLUE, 1: GREY})
    wrong = [painted(tmp_path / f"{name}.tif", HALVES, {0: GREY, 1: BLUE}) for name in "abc"]
    warn_of_doubtful([open_labels(right, known)], known)
    with pytest.warns(
        DoubtfulInputWarning, match=r"a\.tif and 2 others draw the value 0 in the colour of road.* water"
    ) as doubts:
        warn_of_doubtful([open_labels(path, known) for path in (right, *wrong)], known)
    assert len(doubts) == 1


def test_a_value_of_two_names_is_refused(tmp_path: Path) -> None:
    paths = []
    for name, classes in (("a", ["water", "road"]), ("b", ["road", "water"])):
        legend = Legend(
            tuple(
                LandClass(id=i, name=c, color=f"#{'0' if c == 'water' else '4'}00000")
                for i, c in enumerate(classes)
            )
        )
        paths.append(write_map(tmp_path / f"{name}.tif", HALVES, legend=legend))
    with pytest.raises(TrainingError, match=r"b\.tif calls the value 0 road, .*a\.tif calls it water"):
        found_legend(paths)


def test_values_that_are_no_ids_are_told_with_their_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.array([[[111, 523]]], np.uint16))
    with pytest.raises(TrainingError, match=r"a\.tif holds the value 523, .* number the classes anew"):
        found_legend([path])
