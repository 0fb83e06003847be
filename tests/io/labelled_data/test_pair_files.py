from __future__ import annotations

from pathlib import Path

import pytest

from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from glnet_geo.io.labelled_data.pair_files import find_pairs


def _folder(path: Path, *names: str) -> Path:
    path.mkdir(exist_ok=True)
    for name in names:
        (path / name).touch()
    return path


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (["1.tif", "2.JPG", "2.jgw", "notes.txt"], ["2.png", "1.tif", "1.tif.aux.xml", "1.qml"]),
        (["1_sat.jpg", "2_sat.jpg"], ["1_mask.png", "2_mask.png"]),
        (["1.jpg", "2.jpg"], ["1_label.png", "2_label.png"]),
        (["1_sat.jpg", "2_sat.jpg"], ["1.png", "2.png"]),
        (["1.jpg", "2.jpg"], ["1_segmentation.png", "2_segmentation.png"]),
    ],
)
def test_files_of_one_name_belong_together(tmp_path: Path, images: list[str], labels: list[str]) -> None:
    pairs = find_pairs(
        _folder(tmp_path / "i", *images), _folder(tmp_path / "l", *labels), error=EvaluationError
    )
    assert [(image.name[0], label.name[0]) for image, label in pairs] == [("1", "1"), ("2", "2")]
    assert all(image.parent.name == "i" and label.parent.name == "l" for image, label in pairs)


def test_label_maps_without_an_image_are_told(tmp_path: Path) -> None:
    images = _folder(tmp_path / "i", "1.tif")
    labels = _folder(tmp_path / "l", "1.tif", "2.png", "3.png", "4.png", "5.png", "5.qml")
    said = r"^4 label maps in .*l have no image of the same name in .*i \(2.png, 3.png, 4.png and 1 more\): they are left out$"
    with pytest.warns(DoubtfulInputWarning, match=said):
        assert len(find_pairs(images, labels, error=EvaluationError)) == 1


def test_a_label_map_without_an_image_in_one_folder_is_told(tmp_path: Path) -> None:
    both = _folder(tmp_path / "train", "1_sat.jpg", "1_mask.png", "2_mask.png")
    with pytest.warns(
        DoubtfulInputWarning, match=r"1 label map in .* has no image .* \(2_mask\.png\): it is left out"
    ):
        assert len(find_pairs(both, both, error=EvaluationError)) == 1


def test_images_and_labels_may_share_a_folder(tmp_path: Path) -> None:
    both = _folder(tmp_path / "train", "1_sat.jpg", "1_mask.png", "2_sat.jpg", "2_mask.png")
    pairs = find_pairs(both, both, error=EvaluationError)
    assert [(i.name, m.name) for i, m in pairs] == [("1_sat.jpg", "1_mask.png"), ("2_sat.jpg", "2_mask.png")]


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (["1.tif"], [], "has 0 label files named 1"),
        (["1.tif"], ["1.png", "1.tif"], "has 2 label files named 1"),
        (["1.tif"], ["2.png"], "has 0 label files named 1"),
        (
            ["1.tif", "1.jpg"],
            ["1.png"],
            r"1\.tif and .*1\.jpg have one label file, .*1\.png: give each",
        ),
        (["1.tif", "1_sat.tif"], ["1.png"], "have one label file"),
        (["readme.txt"], ["1.png"], r"holds no image \(.tif"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, images: list[str], labels: list[str], words: str
) -> None:
    with pytest.raises(EvaluationError, match=words):
        find_pairs(_folder(tmp_path / "i", *images), _folder(tmp_path / "l", *labels), error=EvaluationError)


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="is not a folder"):
        find_pairs(tmp_path / "none", tmp_path, error=EvaluationError)
