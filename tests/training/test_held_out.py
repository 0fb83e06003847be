from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from glnet_geo.core.image_extents import ImageExtents
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, TrainingError
from glnet_geo.io.labelled_data.lessons import Lessons
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.training.held_out import split
from tests.rasters import write_plain

LEGEND = Legend(
    (LandClass(id=0, name="land", color="#aa8800"), LandClass(id=1, name="road", color="#888888"))
)


def _lessons(
    folder: Path,
    *labels: np.ndarray,
    places: tuple[str, ...] | None = None,
    parts: object = None,
    extents: ImageExtents | None = None,
) -> Lessons:
    pairs = []
    for number, label in enumerate(labels):
        image = write_plain(folder / f"image{number}.png", np.zeros((3, *label.shape), np.uint8))
        pairs.append(Pair(image, write_plain(folder / f"label{number}.png", label)))
    names = tuple(pair.name for pair in pairs)
    return Lessons(
        pairs=pairs,
        places=places or names,
        parts=parts,  # type: ignore[arg-type]
        legend=LEGEND,
        judged=(0, 1),
        distances=(),
        sparse=False,
        about="toys",
        extents=extents,
    )


def _stripes(side: int = 320) -> np.ndarray:
    return (np.add.outer(np.arange(side), np.arange(side)) // 16 % 2).astype(np.uint8)


def _labelled(pair: Pair) -> np.ndarray:
    rows, cols = pair.shape
    labelled: np.ndarray = pair.label(Spot.of(Window(row=0, col=0, height=rows, width=cols))) != 255
    return labelled


def test_pictures_of_one_place_stay_together(tmp_path: Path) -> None:
    lessons = _lessons(tmp_path, *[_stripes(64)] * 6, places=("a", "a", "b", "b", "c", "c"))
    found = split(lessons)
    assert len(found.judged) == 2
    assert len(found.learnt) == 4
    held = {pair.name for pair in found.judged}
    assert held in ({"image0", "image1"}, {"image2", "image3"}, {"image4", "image5"})


def test_one_scene_is_split_by_blocks_with_a_margin(tmp_path: Path) -> None:
    found = split(_lessons(tmp_path, _stripes()))
    learnt, judged = _labelled(found.learnt[0]), _labelled(found.judged[0])
    assert not (learnt & judged).any()
    assert 0.1 < judged.mean() < 0.35
    rows, cols = np.nonzero(judged)
    # No pixel that is learnt lies within the margin of one that is judged.
    near = np.zeros_like(judged)
    for row, col in zip(rows[::7], cols[::7], strict=True):
        near[max(0, row - 30) : row + 31, max(0, col - 30) : col + 31] = True
    assert not (learnt & near).any()
    assert found.how.startswith("validated on")
    assert "blocks" in found.how


def _shown_twice(folder: Path, col: int) -> Lessons:
    """Two scenes of 320 pixels, the second one so many columns east."""
    transforms = (Affine.identity(), Affine.translation(col, 0))
    extents = ImageExtents(shapes=((320, 320),) * 2, transforms=transforms)
    return _lessons(folder, _stripes(), _stripes(), places=("a", "a"), extents=extents)


@pytest.mark.parametrize("col", [0, 70, 320])
def test_no_scene_teaches_ground_on_which_another_one_is_judged(tmp_path: Path, col: int) -> None:
    found = split(_shown_twice(tmp_path, col))
    learnt, judged = np.zeros((2, 320, 640 + col), np.bool_)
    for pairs, ground in ((found.learnt, learnt), (found.judged, judged)):
        for pair in pairs:
            at = 0 if pair.name == "image0" else col
            ground[:, at : at + 320] |= _labelled(pair)
    assert 0.1 < judged.sum() / (320 * (320 + col)) < 0.35
    # Nor next to it, beyond a scene's edge.
    for rows, cols in ((0, 30), (30, 0), (0, -30), (-30, 0)):
        assert not (learnt & np.roll(judged, (rows, cols), (0, 1)))[30:-30, 30:-30].any()


def test_a_choice_that_leaves_ground_to_learn_from_raises_doubt(tmp_path: Path) -> None:
    with pytest.warns(
        DoubtfulInputWarning, match="image1, to validate on, shows ground that image0 shows too"
    ):
        split(_shown_twice(tmp_path, 70), ["image1"])
    split(_shown_twice(tmp_path, 320), ["image1"])


def test_margins_take_no_class_away(tmp_path: Path) -> None:
    """A block holds a third of the roads, and its margin the others."""
    label = np.full((320, 320), 255, np.uint8)
    label[128:] = 0
    for col in (50, 66, 82):
        label[20:30, col : col + 10] = 1
    with pytest.warns(DoubtfulInputWarning, match="lie so close together that none can be held out"):
        assert split(_lessons(tmp_path, label)).judged == []


def test_the_split_of_the_data_set_counts(tmp_path: Path) -> None:
    lessons = _lessons(tmp_path, *[_stripes(64)] * 3, parts=["validate", "unused", "train"])
    found = split(lessons)
    assert [pair.name for pair in found.judged] == ["image0"]
    assert [pair.name for pair in found.learnt] == ["image2"]


def test_a_person_may_choose(tmp_path: Path) -> None:
    lessons = _lessons(tmp_path, *[_stripes(64)] * 3)
    found = split(lessons, ["image[12]"])
    assert [pair.name for pair in found.judged] == ["image1", "image2"]
    assert split(lessons, ["none"]).judged == []
    with pytest.raises(TrainingError, match="no image is called image9"):
        split(lessons, ["image9"])
    with pytest.raises(TrainingError, match="none is left to learn from"):
        split(lessons, ["*"])


def test_a_name_with_brackets_is_itself(tmp_path: Path) -> None:
    lessons = _lessons(tmp_path, *[_stripes(64)] * 3)
    lessons.pairs[1].name = "scene[3]"
    assert [pair.name for pair in split(lessons, ["scene[3]"]).judged] == ["scene[3]"]


def test_what_a_person_chooses_must_be_labelled_and_leave_every_class(tmp_path: Path) -> None:
    """Else nothing is measured, or a class is never seen."""
    nothing, roads = np.full((64, 64), 255, np.uint8), np.ones((64, 64), np.uint8)
    lessons = _lessons(tmp_path, _stripes(64), nothing, roads)
    with pytest.raises(TrainingError, match="nothing is labelled in image1, to validate on: name others"):
        split(lessons, ["image1"])
    assert len(split(lessons, ["image[12]"]).judged) == 2
    with pytest.warns(
        DoubtfulInputWarning, match="land is labelled in what is validated on only: the model will not"
    ):
        split(lessons, ["image0"])
    with pytest.raises(TrainingError, match="nothing is labelled in what is left to learn from: name fewer"):
        split(lessons, ["image0", "image2"])


def test_labels_too_close_together_are_all_learnt_with_a_warning(tmp_path: Path) -> None:
    label = np.full((320, 320), 255, np.uint8)
    label[:8, :8], label[:8, 8:16] = 0, 1
    with pytest.warns(DoubtfulInputWarning, match="none can be held out"):
        found = split(_lessons(tmp_path, label))
    assert found.judged == []
    assert _labelled(found.learnt[0]).sum() == 128


@pytest.mark.parametrize(
    ("value", "message"),
    [(0, "only one class is labelled .*the value 255 means not labelled"), (255, "no pixel is labelled")],
)
def test_one_class_is_not_enough(tmp_path: Path, value: int, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        split(_lessons(tmp_path, np.full((64, 64), value, np.uint8)))
