"""Scenes that are put together of pictures which a model has labelled."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tests.scenes import write_model
from tools.urban.assemble import IGNORED, write
from tools.urban.package import read_band
from tools.urban.teach import main

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


def taught(pictures: Path, *more: str) -> Path:
    out = pictures.parent / "out"
    model = write_model(pictures.parent / "teacher.safetensors")
    told = CliRunner().invoke(main, [str(pictures), str(out), "--model", str(model), "--across", "2", *more])
    assert told.exit_code == 0, told.output
    return out


def test_every_picture_has_its_place_in_a_scene(pictures: Path) -> None:
    out = taught(pictures, "--least", "0")
    red = read_band(out / "images" / "together_00.tif")
    labels = read_band(out / "labels" / "together_00.tif")
    assert red.shape == labels.shape == (2 * SIDE, 2 * SIDE)
    middles = red[SIDE // 2 :: SIDE, SIDE // 2 :: SIDE].ravel()
    assert np.abs(np.sort(middles.astype(int)) - [0, 60, 120, 180]).max() < 5
    assert (labels != IGNORED).all()


def test_what_no_teacher_is_sure_of_is_not_labelled(pictures: Path) -> None:
    out = taught(pictures, "--least", "1.01")
    assert (read_band(out / "labels" / "together_00.tif") == IGNORED).all()


def test_rough_labels_count_more_than_teachers(pictures: Path) -> None:
    rough = pictures.parent / "rough"
    (rough / "labels").mkdir(parents=True)
    # Its left half says something.
    label = np.full((1, SIDE - 5, SIDE - 5), IGNORED, np.uint8)
    label[:, :, : SIDE // 2] = 4
    write(rough / "labels" / "3.tif", label)
    out = taught(pictures, "--least", "1.01", "--rough", str(rough))
    labels = read_band(out / "labels" / "together_00.tif")
    assert set(np.unique(labels)) == {4, IGNORED}
    where = np.argwhere(labels == 4)
    reds = read_band(out / "images" / "together_00.tif")[tuple(where.T)]
    assert np.abs(reds.astype(int) - 180).max() < 5
    assert abs(len(where) - SIDE * SIDE / 2) <= 3 * SIDE
