"""Where the classes lie in the training scenes, so that rare ones are seen often enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.training.losses import IGNORED

SQUARE = 32
"""Side of the squares in which labels are counted, in pixels."""

_ROWS_AT_ONCE = 8
"""Rows of squares in which labels are counted at a time."""

Point = tuple[float, float]
"""Row and column in a pair's pixels."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Labelled pixels of a pair by square and class.

    Attributes:
        squares: (rows of squares, cols of squares, classes) uint16.
    """

    squares: NDArray[np.uint16]

    @classmethod
    def of(cls, pair: Pair, channel: NDArray[np.int64], classes: int) -> ClassCounts:
        """Count all labels of a pair; ``channel`` tells that of every value 0..255, ``IGNORED`` where it has none."""
        height, width = pair.shape
        rows, cols = -(-height // SQUARE), -(-width // SQUARE)
        squares = np.zeros((rows, cols, classes), np.uint16)
        across = np.arange(width) // SQUARE
        for first in range(0, rows, _ROWS_AT_ONCE):
            last = min(first + _ROWS_AT_ONCE, rows)
            window = Window(
                row=first * SQUARE, col=0, height=min(last * SQUARE, height) - first * SQUARE, width=width
            )
            found = channel[pair.label(Spot.of(window))]
            down = np.arange(window.height) // SQUARE
            known = found != IGNORED
            cell = (down[:, None] * cols + across[None])[known] * classes + found[known]
            counted = np.bincount(cell, minlength=(last - first) * cols * classes)
            squares[first:last] = counted.reshape(last - first, cols, classes)
        return cls(squares)

    @property
    def totals(self) -> NDArray[np.int64]:
        """(classes,) labelled pixels."""
        totals: NDArray[np.int64] = self.squares.sum(axis=(0, 1), dtype=np.int64)
        return totals

    def inside(self, window: Window) -> NDArray[np.int64]:
        """(classes,) labelled pixels of the squares that a window of whole squares holds."""
        rows = slice(window.row // SQUARE, -(-window.row_stop // SQUARE))
        cols = slice(window.col // SQUARE, -(-window.col_stop // SQUARE))
        totals: NDArray[np.int64] = self.squares[rows, cols].sum(axis=(0, 1), dtype=np.int64)
        return totals


class Focus:
    """Chooses the points that samples are drawn around.

    Args:
        counts: of every pair, in order.
        balance: 0 draws classes as often as they are labelled, 1 all alike; between, the chance of a class goes with
            its share to the power of ``1 - balance``.

    Raises:
        OptionError: the balance is not in 0..1.
    """

    def __init__(self, counts: Sequence[ClassCounts], *, balance: float) -> None:
        if not 0 <= balance <= 1:
            raise OptionError(f"the balance must lie in 0..1, got {balance}")
        self._counts = counts
        self._per_pair = np.stack([count.totals for count in counts]).astype(np.float64)
        totals = self._per_pair.sum(axis=0)
        weights = np.zeros_like(totals)
        weights[totals > 0] = (totals[totals > 0] / totals.sum()) ** (1 - balance)
        self._weights = weights
        # The chance of a square grows along this list: to draw one is to look a number up in it.
        self._along = [
            [np.cumsum(count.squares[..., c], dtype=np.int64) for c in range(len(totals))] for count in counts
        ]

    @property
    def chances(self) -> NDArray[np.float64]:
        """(classes,) how often each is drawn."""
        chances: NDArray[np.float64] = self._weights / self._weights.sum()
        return chances

    def point(self, rng: np.random.Generator) -> tuple[int, Point]:
        """A pair's number and a point in it."""
        chosen = rng.choice(len(self._weights), p=self.chances)
        per_pair = np.sqrt(self._per_pair[:, chosen])
        pair = int(rng.choice(len(per_pair), p=per_pair / per_pair.sum()))
        along = self._along[pair][chosen]
        square = int(np.searchsorted(along, rng.integers(along[-1]), side="right"))
        return pair, _in_square(divmod(square, self._counts[pair].squares.shape[1]), rng)

    def points_inside(self, pair: int, window: Window, count: int, rng: np.random.Generator) -> list[Point]:
        """So many points of the squares that a part of a pair reaches into; none where nothing is labelled there."""
        top, left = max(window.row, 0) // SQUARE, max(window.col, 0) // SQUARE
        rows = slice(top, max(-(-window.row_stop // SQUARE), top + 1))
        cols = slice(left, max(-(-window.col_stop // SQUARE), left + 1))
        part = self._counts[pair].squares[rows, cols]
        totals = part.sum(axis=(0, 1), dtype=np.int64)
        weights = np.where(totals > 0, self._weights, 0)
        if not weights.any():
            return []
        points = []
        for chosen in rng.choice(len(weights), count, p=weights / weights.sum()):
            along = np.cumsum(part[..., chosen], dtype=np.int64)
            square = int(np.searchsorted(along, rng.integers(along[-1]), side="right"))
            row, col = divmod(square, part.shape[1])
            points.append(_in_square((rows.start + row, cols.start + col), rng))
        return points


def _in_square(square: tuple[int, int], rng: np.random.Generator) -> Point:
    row, col = rng.uniform(0, SQUARE, 2)
    return float(square[0] * SQUARE + row), float(square[1] * SQUARE + col)
