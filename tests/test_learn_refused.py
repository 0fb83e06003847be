"""What cannot be learnt from is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glnet_geo.errors import ModelError, OptionError, OutputError, SceneError, TrainingError
from glnet_geo.learn import train
from glnet_geo.learn_options import LabelMaps, TrainOptions
from tests import lessons
from tests.rasters import write_plain

_OPEN = Path("/proc/self/fd")


def test_bad_outputs_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    lesson = LabelMaps(images=tmp_path, labels=tmp_path)
    (tmp_path / "there.safetensors").touch()
    (tmp_path / "folder.safetensors").mkdir()
    for out, message in (
        ("mine.pth", "end it with .safetensors"),
        ("there.safetensors", "add --overwrite"),
        ("absent/mine.safetensors", "does not exist"),
        ("folder.safetensors", "is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            train(lesson, tmp_path / out)
    with pytest.raises(OutputError, match=r"use \.png$"):
        train(lesson, tmp_path / "mine.safetensors", curves=tmp_path / "curves.svg")
    (tmp_path / "curves.png").write_text("theirs")
    with pytest.raises(OutputError, match=r"curves\.png exists: add --overwrite"):
        train(lesson, tmp_path / "mine.safetensors", curves=tmp_path / "curves.png")


@pytest.mark.parametrize(("kind", "what"), [("images", "image"), ("labels", "label map")])
def test_the_curves_replace_nothing_that_is_learnt_from(tmp_path: Path, kind: str, what: str) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib draws the curves")
    lesson = lessons.pair_folders(tmp_path)
    taken = tmp_path / kind / "west.png"
    before = taken.read_bytes()
    with pytest.raises(OutputError, match=rf"west\.png would replace the {what}, which this job reads"):
        train(
            lesson,
            tmp_path / "mine.safetensors",
            options=lessons.options(tmp_path, stages=("global",)),
            curves=taken,
            overwrite=True,
        )
    assert taken.read_bytes() == before


@pytest.mark.skipif(not _OPEN.is_dir(), reason="this system does not list open files")
def test_a_refusal_leaves_no_file_open(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    write_plain(tmp_path / "labels" / "west.png", np.ones((1, 8, 8), np.uint8))
    with pytest.raises(TrainingError, match=r"west"):
        train(lesson, tmp_path / "mine.safetensors", options=lessons.options(tmp_path, stages=("global",)))
    assert [one for one in _OPEN.iterdir() if one.exists() and tmp_path in one.readlink().parents] == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 2, "minutes": 3}, "give one of them"),
        ({"epochs": 0}, "at least 1"),
        ({"minutes": 0}, "more than 0"),
        ({"minutes": float("inf")}, "inf minutes were asked for"),
        ({"minutes": float("nan")}, "nan minutes were asked for"),
        ({"balance": 2}, r"0\.\.1"),
        ({"seed": 2**32}, r"the seed must lie in 0\.\."),
        ({"stages": ("last",)}, "no stage 'last'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        TrainOptions(**changed)  # type: ignore[arg-type]


def test_half_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="choose --precision bf16 or fp32"):
        train(
            LabelMaps(images=tmp_path, labels=tmp_path),
            tmp_path / "m.safetensors",
            options=TrainOptions(precision="fp16"),
        )


def test_an_unknown_beginning_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    for init, message in (
        ("nobody", "no model is called nobody"),
        ("timm:resnet50", "add --download"),
        ("timm:resnet5", "timm knows no backbone 'resnet5': .* such as resnet50"),
        ("timm:resnet50=absent.safetensors", "does not exist"),
    ):
        with pytest.raises(ModelError, match=message):
            train(lesson, tmp_path / "m.safetensors", options=TrainOptions(init=init, device="cpu"))


def _overwrite(folder: Path, band: NDArray[np.uint8]) -> None:
    """Make every file of a folder an image of one band."""
    for path in folder.iterdir():
        write_plain(path, band)


def test_a_backbone_may_begin_with_the_bands_that_there_are(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    _overwrite(tmp_path / "images", np.ones((96, 128), np.uint8))
    weights = tmp_path / "weights.safetensors"
    weights.touch()
    for init, said in (
        (f"timm:resnet18={weights}", r", or make a model .* with --bands 1$"),
        ("urban", "them all$"),
    ):
        with pytest.raises(SceneError, match=said):
            train(lesson, tmp_path / "m.safetensors", options=TrainOptions(init=init, device="cpu"))


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    _overwrite(tmp_path / "labels", np.zeros((96, 128), np.uint8))
    with pytest.raises(TrainingError, match=r"only one class is labelled \(land\)"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))


def test_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    write_plain(tmp_path / "labels" / "west.png", np.zeros((96, 127), np.uint8))
    with pytest.raises(TrainingError, match=r"west\.png has 96 x 128 pixels and .*west\.png has 96 x 127"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))


def test_a_value_outside_the_legend_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    ids = lessons.halves()[1]
    ids[0, 0] = 9
    write_plain(tmp_path / "labels" / "west.png", ids)
    with pytest.raises(TrainingError, match=r"west\.png holds the value 9, which the legend does not know"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))
