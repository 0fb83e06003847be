from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glnet_geo.core.lattice import CELL, in_pixels
from glnet_geo.core.window import Window
from glnet_geo.errors import ModelError
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.card import Card
from glnet_geo.model.coarse_to_fine import fine_inside, foreground_box
from glnet_geo.model.machine import Machine
from glnet_geo.model.predict import Predictor
from tests.model import tiny

SHAPE = (96, 128)
PATCHES = tiny.TILING.patches(SHAPE)
PIXELS = np.random.default_rng(3).normal(size=(3, *SHAPE)).astype(np.float32)


def _logits(sharing: Sharing, background: int | None, told: list[int] | None = None) -> NDArray[np.float32]:
    machine = Machine(device="cpu", dtype=torch.float32, batch=2)
    predictor = Predictor(tiny.network(sharing), tiny.TILING, machine, background=background)
    return predictor.logits(PIXELS, PATCHES, (told if told is not None else []).append)


def _drawn(picture: list[str]) -> torch.Tensor:
    """Logits of two classes, # for the second."""
    sought = torch.tensor([[c == "#" for c in row] for row in picture])
    return torch.stack([(~sought).float(), sought.float()])


def test_the_least_box_around_a_drawn_foreground() -> None:
    drawn = _drawn([".....", ".#...", "...#.", "....."])
    box = foreground_box(drawn, 0)
    assert box == Window(row=1, col=1, height=2, width=3)
    assert in_pixels(box) == Window(row=4, col=4, height=8, width=12)
    assert foreground_box(_drawn(["....."]), 0) is None


def test_the_fine_word_counts_inside_the_box_alone() -> None:
    coarse, fine = torch.zeros(2, 3, 3), torch.ones(2, 3, 3)
    merged = fine_inside(coarse, fine, Window(row=1, col=0, height=1, width=2))
    assert merged[0].tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert fine_inside(coarse, fine, None) is coarse
    assert not coarse.any()


@pytest.mark.parametrize("sharing", ["global_to_local", "bidirectional"])
@pytest.mark.parametrize("background", [0, 1, 2])
def test_outside_the_box_a_frame_is_as_the_global_branch_sees_it(sharing: Sharing, background: int) -> None:
    told: list[int] = []
    found = _logits(sharing, background, told)
    coarse = _coarse(sharing)
    box = foreground_box(torch.from_numpy(coarse), background)
    assert sum(told) == len(PATCHES)
    outside = np.ones(found.shape[1:], dtype=bool)
    if box is not None:
        outside[box.rows, box.cols] = False
    np.testing.assert_allclose(found[:, outside], coarse[:, outside], atol=1e-5)
    assert (found.argmax(axis=0)[outside] == background).all()


@pytest.mark.parametrize("sharing", ["global_to_local", "bidirectional"])
def test_a_box_over_the_whole_frame_changes_nothing(sharing: Sharing) -> None:
    coarse = torch.from_numpy(_coarse(sharing))
    whole = Window(row=0, col=0, height=SHAPE[0] // CELL, width=SHAPE[1] // CELL)
    backgrounds = [b for b in range(3) if foreground_box(coarse, b) == whole]
    assert backgrounds
    for background in backgrounds:
        np.testing.assert_array_equal(_logits(sharing, background), _logits(sharing, None))


def _coarse(sharing: Sharing) -> NDArray[np.float32]:
    """What the global branch of the network says: it is the same whatever is shared."""
    machine = Machine(device="cpu", dtype=torch.float32, batch=2)
    network, alone = tiny.network(sharing), tiny.network("none")
    alone.load_state_dict({name: network.state_dict()[name] for name in alone.state_dict()})
    return Predictor(alone, tiny.TILING, machine).logits(PIXELS, PATCHES)


def test_a_background_must_be_one_of_the_classes() -> None:
    card = tiny.card(tiny.network(), background=17)
    assert card.background_channel == 2
    assert Card.from_json(card.to_json()).background == 17
    with pytest.raises(ModelError, match="background of the model card, 5"):
        Card.from_json(tiny.card(tiny.network(), background=5).to_json())
