from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.training.focus import SQUARE, ClassCounts, Focus
from glnet_geo.training.samples import Sampler, channels
from tests.model import tiny
from tests.training import toys

CHANNEL = channels(range(3))


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A large field of class 0, a small one of class 1, one pixel of class 2; half is not labelled."""
    label = np.full((100, 150), 255, np.uint8)
    label[:, :75] = 0
    label[40:44, 90:98] = 1
    label[99, 149] = 2
    return toys.pair(tmp_path, np.zeros((3, 100, 150), np.float32), label)


def test_every_labelled_pixel_is_counted_in_its_square(pair: Pair) -> None:
    counts = ClassCounts.of(pair, CHANNEL, 3)
    assert counts.squares.shape == (4, 5, 3)
    assert counts.totals.tolist() == [7500, 32, 1]
    assert counts.squares[0, 0].tolist() == [SQUARE * SQUARE, 0, 0]
    assert counts.squares[3, 4].tolist() == [0, 0, 1]
    assert counts.inside(Window(row=32, col=64, height=32, width=86)).tolist() == [11 * 32, 32, 0]


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_classes_are_drawn_by_their_share_to_a_power(pair: Pair, balance: float) -> None:
    focus = Focus([ClassCounts.of(pair, CHANNEL, 3)], balance=balance)
    weights = np.array([7500, 32, 1]) ** (1 - balance)
    np.testing.assert_allclose(focus.chances, weights / weights.sum())


def test_points_lie_where_something_is_labelled(pair: Pair) -> None:
    counts = ClassCounts.of(pair, CHANNEL, 3)
    focus = Focus([counts], balance=1)
    rng = np.random.default_rng(0)
    squares = set()
    for _ in range(60):
        number, (row, col) = focus.point(rng)
        square = int(row // SQUARE), int(col // SQUARE)
        squares.add(square)
        assert number == 0
        assert counts.squares[square].any()
    assert (3, 4) in squares
    seen = Window(row=33, col=70, height=30, width=40)
    for row, col in focus.points_inside(0, seen, 9, rng):
        assert (int(row // SQUARE), int(col // SQUARE)) in {(1, 2), (1, 3)}
    assert focus.points_inside(0, Window(row=0, col=96, height=60, width=50), 3, rng) != []
    assert focus.points_inside(0, Window(row=0, col=130, height=10, width=20), 3, rng) == []


def test_a_balance_beyond_its_range_is_refused(pair: Pair) -> None:
    with pytest.raises(OptionError, match=r"0\.\.1"):
        Focus([ClassCounts.of(pair, CHANNEL, 3)], balance=1.5)


def test_patches_show_labels_where_there_are_few(pair: Pair) -> None:
    """Half of the scene is not labelled; drawn anywhere, patches of 16 pixels often show nothing."""
    sampler = Sampler(
        [pair],
        tiling=tiny.TILING,
        normalization=toys.UNIT,
        class_ids=range(3),
        augmentation=toys.AS_IT_IS,
        seed=0,
        balance=1,
    )
    classes = set()
    for number in range(20):
        sample = sampler.draw(number, 4, side=32)
        assert sample.patches.shape == (4, 3, 32, 32)
        assert (sample.patch_labels != 255).any()
        classes |= set(sample.patch_labels.flatten().tolist())
    assert {0, 1} <= classes
