"""The pictures elsewhere than Dubai that were labelled by eye, to learn from."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tools.urban.assemble import IGNORED
from tools.urban.by_eye import main, read_labels
from tools.urban.elsewhere import measuring_pictures
from tools.urban.package import read_band
from tools.urban.together import SIDE
from tools.urban.train import LEGEND


def test_every_picture_has_labels_of_the_model_s_classes() -> None:
    labels = read_labels()
    for name, ids in labels.items():
        assert ids.shape == (SIDE, SIDE), name
        assert set(np.unique(ids)) <= {*LEGEND.ids.tolist(), IGNORED}, name
    assert sum(bool((ids != IGNORED).any()) for ids in labels.values()) >= 100


def test_none_of_them_measures() -> None:
    assert {Path(name).name for name in read_labels()}.isdisjoint(measuring_pictures())


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_labels_lie_under_their_pictures_however_these_are_turned(tmp_path: Path) -> None:
    labels = read_labels()
    # Pictures that show nothing but their own labels.
    for name, ids in labels.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(ids).convert("RGB").save(tmp_path / f"{name}.jpg", quality=100)
    out = tmp_path / "out"
    made = CliRunner().invoke(main, [str(tmp_path), str(out), "--scenes", "2", "--across", "3"])
    assert made.exit_code == 0, made.output
    scenes = [
        (read_band(out / "images" / f"by_eye_0{k}.tif"), read_band(out / "labels" / f"by_eye_0{k}.tif"))
        for k in range(2)
    ]
    assert not np.array_equal(scenes[0][1], scenes[1][1])
    for shown, told in scenes:
        assert shown.shape == told.shape == (3 * SIDE, 3 * SIDE)
        assert ((shown > 128) == (told == IGNORED)).mean() > 0.99
