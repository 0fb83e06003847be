"""Scenes that are put together of pictures which networks have labelled."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from glnet_geo.model.architecture import light
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.checkpoint import save_weights
from tools.urban.assemble import IGNORED, write
from tools.urban.package import read_band
from tools.urban.teach import Teacher, agreed, main
from tools.urban.train import ARCHITECTURE

SIDE = 256
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four of one colour each, one of them a few pixels too small."""
    folder = tmp_path / "pictures" / "fields"
    folder.mkdir(parents=True)
    for number, side in enumerate([SIDE, SIDE, SIDE, SIDE - 5]):
        Image.new("RGB", (side, side), (60 * number, 200, 30)).save(folder / f"{number}.jpg", quality=100)
    return folder.parent


def taught(pictures: Path, *more: str, out: str = "out") -> Path:
    made, data = pictures.parent / out, pictures.parent / "data"
    (data / "labels").mkdir(parents=True, exist_ok=True)
    write(data / "labels" / "t1.tif", np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    torch.manual_seed(1)
    for name, architecture in (("glnet", ARCHITECTURE), ("local", light(classes=5, sharing="none"))):
        save_weights(pictures.parent / f"{name}.safetensors", GLNet(architecture))
        more = (*more, f"--{name}", str(pictures.parent / f"{name}.safetensors"))
    told = CliRunner().invoke(main, [str(pictures), str(made), "--data", str(data), "--across", "2", *more])
    assert told.exit_code == 0, told.output
    return made


def test_every_picture_has_its_place_in_a_scene(pictures: Path) -> None:
    out = taught(pictures, "--least", "0")
    red = read_band(out / "images" / "together_00.tif")
    labels = read_band(out / "labels" / "together_00.tif")
    assert red.shape == labels.shape == (2 * SIDE, 2 * SIDE)
    middles = red[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE].ravel()
    assert np.abs(np.sort(middles.astype(int)) - [0, 60, 120, 180]).max() < 5
    assert (labels != IGNORED).all()


def test_what_rules_contradict_is_not_labelled(pictures: Path) -> None:
    rules = pictures.parent / "rules"
    (rules / "labels").mkdir(parents=True)
    out = taught(pictures, "--least", "0")
    told = read_band(out / "labels" / "together_00.tif")
    # The left half of one picture is said to be vegetation.
    label = np.full((1, SIDE, SIDE), IGNORED, np.uint8)
    label[:, :, : SIDE // 2] = 4
    write(rules / "labels" / "2.tif", label)
    again = taught(pictures, "--least", "0", "--rules", str(rules), out="vetoed")
    vetoed = read_band(again / "labels" / "together_00.tif")
    changed = vetoed != told
    assert (vetoed[changed] == IGNORED).all()
    red = read_band(out / "images" / "together_00.tif")[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE]
    row, col = SIDE * np.argwhere(np.abs(red.astype(int) - 120) < 5)[0]
    ruled = np.zeros_like(changed)
    ruled[row : row + SIDE, col : col + SIDE // 2] = True
    assert (changed == (ruled & (told != 4))).all()


def test_scenes_that_are_there_stay(pictures: Path) -> None:
    kept = taught(pictures, "--least", "0") / "labels" / "together_00.tif"
    before = kept.stat().st_mtime_ns
    taught(pictures, "--least", "1.01")
    assert kept.stat().st_mtime_ns == before


def test_what_no_teacher_is_sure_of_is_not_labelled(pictures: Path) -> None:
    out = taught(pictures, "--least", "1.01")
    assert (read_band(out / "labels" / "together_00.tif") == IGNORED).all()


def _says(name: int, sure: float) -> Teacher:
    """A teacher that finds one class where a picture is bright, water in the rest."""

    def teacher(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        bright = pixels[0] > 0
        likely = np.full((5, *bright.shape), (1 - sure) / 4, np.float32)
        likely[name][bright], likely[0][~bright] = sure, sure
        return likely

    return teacher


def test_views_are_turned_back() -> None:
    pixels = np.zeros((3, SIDE, SIDE), np.uint8)
    pixels[:, 10:30, 40:200] = 255
    label = agreed([_says(3, 0.9)], pixels, np.ones(5), 0.5)
    assert (label == np.where(pixels[0] > 0, 3, 0)).all()


def test_teachers_that_contradict_each_other_label_nothing_unless_one_is_surer_or_its_class_favoured() -> (
    None
):
    pixels = np.full((3, SIDE, SIDE), 255, np.uint8)
    two = [_says(1, 0.8), _says(2, 0.8)]
    assert (agreed(two, pixels, np.ones(5), 0.5) == IGNORED).all()
    assert (agreed([_says(1, 0.7), _says(2, 0.95)], pixels, np.ones(5), 0.5) == 2).all()
    assert (agreed(two, pixels, np.array([1, 3, 1, 1, 1.0]), 0.5) == 1).all()
