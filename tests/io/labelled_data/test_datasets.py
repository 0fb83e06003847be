from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glnet_geo.core.legend import DEEPGLOBE
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.datasets import lessons_of_dataset
from glnet_geo.io.labelled_data.lessons import Lessons
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.io.labelled_data.training_image import Reading
from tests.rasters import write_plain

READING = Reading(wanted=("red", "green", "blue"))
IMAGE = np.zeros((3, 8, 8), np.uint8)
BINARY = np.zeros((8, 8), np.uint8)
BINARY[2:5, 2:5] = 255


def _parts(lessons: Lessons) -> dict[str, str]:
    return {pair.name: part for pair, part in zip(lessons.pairs, lessons.parts or (), strict=True)}


def _ids(lessons: Lessons, number: int = 0) -> np.ndarray:
    return lessons.pairs[number].label(Spot.of(Window(row=0, col=0, height=8, width=8)))


def _deepglobe(folder: Path, count: int, *, dark: int = 0, bright: int = 255) -> None:
    colours = np.full((3, 8, 8), dark, np.uint8)
    for c in DEEPGLOBE:
        colours[:, c.id] = np.where(np.array(c.rgb) > 0, bright, dark)[:, None]
    (folder / "train").mkdir()
    for number in range(count):
        write_plain(folder / "train" / f"{number + 100}_sat.png", IMAGE)
        write_plain(folder / "train" / f"{number + 100}_mask.png", colours)


def test_deepglobe(tmp_path: Path) -> None:
    _deepglobe(tmp_path, 10)
    lessons = lessons_of_dataset("deepglobe", tmp_path, READING)
    assert lessons.background is None
    assert _ids(lessons)[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert lessons.judged == (1, 2, 3, 4, 5, 6)
    assert sorted(_parts(lessons).values()).count("validate") == 3


def test_colours_of_deepglobe_need_not_be_pure(tmp_path: Path) -> None:
    """Its authors ask to tell them apart at 128."""
    _deepglobe(tmp_path, 1, dark=127, bright=128)
    lessons = lessons_of_dataset("deepglobe", tmp_path, READING)
    assert _ids(lessons)[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


def test_deepglobe_by_the_lists_in_the_folder(tmp_path: Path) -> None:
    _deepglobe(tmp_path, 3)
    (tmp_path / "train.txt").write_text("100\n")
    (tmp_path / "crossval.txt").write_text("101_sat.jpg\n")
    parts = _parts(lessons_of_dataset("deepglobe", tmp_path, READING))
    assert parts == {"100_sat": "train", "101_sat": "validate", "102_sat": "unused"}


def test_lists_as_windows_writes_them(tmp_path: Path) -> None:
    """With a mark of their coding before the first id."""
    _deepglobe(tmp_path, 2)
    (tmp_path / "train.txt").write_text("100\n", encoding="utf-8-sig")
    (tmp_path / "crossval.txt").write_text("101\n", encoding="utf-8-sig")
    parts = _parts(lessons_of_dataset("deepglobe", tmp_path, READING))
    assert parts == {"100_sat": "train", "101_sat": "validate"}
    (tmp_path / "train.txt").write_text("100\n", encoding="utf-16")
    with pytest.raises(TrainingError, match=r"train\.txt cannot be read \(it is no text in UTF-8\)"):
        lessons_of_dataset("deepglobe", tmp_path, READING)


def test_lists_must_name_what_lies_there(tmp_path: Path) -> None:
    _deepglobe(tmp_path, 3)
    (tmp_path / "train.txt").write_text("7\n8\n")
    with pytest.raises(TrainingError, match=r"the lists in .* name none of the 3 images to learn from"):
        lessons_of_dataset("deepglobe", tmp_path, READING)


def test_test_images_are_not_used_where_no_list_tells_what_validates(tmp_path: Path) -> None:
    _deepglobe(tmp_path, 4)
    (tmp_path / "train.txt").write_text("100\n101\n102\n")
    (tmp_path / "test.txt").write_text("103\n")
    lessons = lessons_of_dataset("deepglobe", tmp_path, READING)
    assert lessons.parts is None
    assert [pair.name for pair in lessons.pairs] == ["100_sat", "101_sat", "102_sat"]
    assert lessons.about.endswith(": 3 images")


def test_inria(tmp_path: Path) -> None:
    home = tmp_path / "AerialImageDataset" / "train"
    for name in ("images", "gt"):
        (home / name).mkdir(parents=True)
    for name in ("austin1", "austin5", "austin6", "tyrol-w36"):
        write_plain(home / "images" / f"{name}.tif", IMAGE)
        write_plain(home / "gt" / f"{name}.tif", BINARY)
    lessons = lessons_of_dataset("inria", tmp_path, READING)
    assert lessons.background == 0
    assert _parts(lessons) == {
        "austin1": "validate",
        "austin5": "validate",
        "austin6": "train",
        "tyrol-w36": "train",
    }
    np.testing.assert_array_equal(_ids(lessons), BINARY // 255)
    assert [c.name for c in lessons.legend if c.id in lessons.judged] == ["building"]


def test_values_that_the_data_set_does_not_have_are_refused(tmp_path: Path) -> None:
    for name, pixels in (("images", IMAGE), ("gt", BINARY // 255)):
        (tmp_path / name).mkdir()
        write_plain(tmp_path / name / "austin1.tif", pixels)
    with pytest.raises(
        TrainingError, match=r"austin1\.tif holds the value 1, .*: take the masks as they are distributed"
    ):
        _ids(lessons_of_dataset("inria", tmp_path, READING))


def test_isic(tmp_path: Path) -> None:
    for word, number in (("Training", 1), ("Validation", 2)):
        images = tmp_path / f"ISIC2018_Task1-2_{word}_Input"
        truths = tmp_path / f"ISIC2018_Task1_{word}_GroundTruth"
        images.mkdir()
        truths.mkdir()
        write_plain(images / f"ISIC_000000{number}.png", IMAGE)
        write_plain(truths / f"ISIC_000000{number}_segmentation.png", BINARY)
    lessons = lessons_of_dataset("isic", tmp_path, READING)
    assert lessons.background == 0
    assert _parts(lessons) == {"ISIC_0000001": "train", "ISIC_0000002": "validate"}
    np.testing.assert_array_equal(_ids(lessons), BINARY // 255)


@pytest.mark.parametrize("name", ["deepglobe", "inria", "isic"])
def test_another_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingError, match="give the folder"):
        lessons_of_dataset(name, tmp_path, READING)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="is not a folder"):
        lessons_of_dataset(name, tmp_path / "absent", READING)  # type: ignore[arg-type]


def test_an_image_that_is_missing_is_named(tmp_path: Path) -> None:
    _deepglobe(tmp_path, 2)
    (tmp_path / "train" / "101_sat.png").unlink()
    with pytest.raises(TrainingError, match=r"holds 0 images named 101_sat\.\*"):
        lessons_of_dataset("deepglobe", tmp_path, READING)
