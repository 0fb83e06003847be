"""Where the classes lie in the training scenes, so that rare ones are seen often enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError
from glnet_geo.io.pairs import Pair
from glnet_geo.io.spot import Spot
from glnet_geo.training.losses import IGNORED

TILE = 32
"""Side of the squares in which labels are counted, in pixels."""

_TILE_ROWS_AT_ONCE = 8

Point = tuple[float, float]
"""Row and column in a pair's pixels."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Labelled pixels of a pair by square and class.

    Attributes:
        tiles: (rows of squares, cols of squares, classes) uint16.
    """

    tiles: NDArray[np.uint16]

    @classmethod
    def of(cls, pair: Pair, channel: NDArray[np.int64], classes: int) -> ClassCounts:
        """Count all labels of a pair; ``channel`` tells that of every value 0..255, ``IGNORED`` where it has none."""
        height, width = pair.shape
        rows, cols = -(-height // TILE), -(-width // TILE)
        tiles = np.zeros((rows, cols, classes), np.uint16)
        across = np.arange(width) // TILE
        for first in range(0, rows, _TILE_ROWS_AT_ONCE):
            last = min(first + _TILE_ROWS_AT_ONCE, rows)
            window = Window(
                row=first * TILE, col=0, height=min(last * TILE, height) - first * TILE, width=width
            )
            found = channel[pair.label(Spot.of(window))]
            down = np.arange(window.height) // TILE
            known = found != IGNORED
            cell = (down[:, None] * cols + across[None])[known] * classes + found[known]
            counted = np.bincount(cell, minlength=(last - first) * cols * classes)
            tiles[first:last] = counted.reshape(last - first, cols, classes)
        return cls(tiles)

    @property
    def totals(self) -> NDArray[np.int64]:
        """(classes,) labelled pixels."""
        totals: NDArray[np.int64] = self.tiles.sum(axis=(0, 1), dtype=np.int64)
        return totals

    def inside(self, window: Window) -> NDArray[np.int64]:
        """(classes,) labelled pixels of the squares that a window of whole squares holds."""
        rows = slice(window.row // TILE, -(-window.row_stop // TILE))
        cols = slice(window.col // TILE, -(-window.col_stop // TILE))
        totals: NDArray[np.int64] = self.tiles[rows, cols].sum(axis=(0, 1), dtype=np.int64)
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
            [np.cumsum(count.tiles[..., c], dtype=np.int64) for c in range(len(totals))] for count in counts
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
        tile = int(np.searchsorted(along, rng.integers(along[-1]), side="right"))
        return pair, _in_tile(divmod(tile, self._counts[pair].tiles.shape[1]), rng)

    def points_inside(self, pair: int, window: Window, count: int, rng: np.random.Generator) -> list[Point]:
        """So many points of the squares that a part of a pair reaches into; none where nothing is labelled there."""
        top, left = max(window.row, 0) // TILE, max(window.col, 0) // TILE
        rows = slice(top, max(-(-window.row_stop // TILE), top + 1))
        cols = slice(left, max(-(-window.col_stop // TILE), left + 1))
        part = self._counts[pair].tiles[rows, cols]
        totals = part.sum(axis=(0, 1), dtype=np.int64)
        weights = np.where(totals > 0, self._weights, 0)
        if not weights.any():
            return []
        points = []
        for chosen in rng.choice(len(weights), count, p=weights / weights.sum()):
            along = np.cumsum(part[..., chosen], dtype=np.int64)
            tile = int(np.searchsorted(along, rng.integers(along[-1]), side="right"))
            row, col = divmod(tile, part.shape[1])
            points.append(_in_tile((rows.start + row, cols.start + col), rng))
        return points


def _in_tile(tile: tuple[int, int], rng: np.random.Generator) -> Point:
    row, col = rng.uniform(0, TILE, 2)
    return float(tile[0] * TILE + row), float(tile[1] * TILE + col)
