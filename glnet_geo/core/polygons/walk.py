"""The walk along all outlines of a block at once, from stretch to stretch.

Above the block, every outline that was left open is a *chain*: it goes up through the last row somewhere and
comes down through it somewhere else. So for the block a chain is one more stretch to be linked, like a side:

        ______chain 0______
       ^   _chain 1_       v         the world above
    ---^--^---------v------v---      the seam: chains are counted by where they go up
       ^  +<<<<<<<<<+      v         the block: a side leads chain 1 back to itself, and a ring is closed
    ---^-------------------v---      the next seam
       (  what is to come  )         the world below, standing in for the rest of chain 0

The world below is linked in the same way, by pretending that the ``i``-th outline to go down comes up again as
the ``i``-th. So sides, chains and the world below follow each other in a permutation, and the outlines of the
block are its cycles; cut at the world below, some of them give the chains of the next block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import cycles
from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.ragged import Ragged

_ROW_BITS = 32


@dataclass(frozen=True, slots=True)
class Links:
    """Which stretch follows which: sides are counted first, then chains, then the world below.

    Attributes:
        successor: (stretches,) the stretch that a walk takes after each.
        chains: the first chain.
        below: the first stretch of the world below.
        uprights: (stretches,) in rising order, each as its column, its direction (1 up), and the row below the
            line or seam where it is reached from above or, walked down, where it ends.
        reached: (stretches,) the stretch that each upright leads to.
    """

    successor: NDArray[np.int64]
    chains: int
    below: int
    uprights: NDArray[np.int64]
    reached: NDArray[np.int64]

    def above(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stretches to which uprights lead that are walked up along rows of the block in these columns."""
        upright = ((2 * column + 1) << _ROW_BITS) | row
        return self.reached[np.searchsorted(self.uprights, upright, side="right") - 1]


def link(block: Block, exits: NDArray[np.int64]) -> Links:
    """Pairs the ends of all stretches, in every column and direction from top to bottom.

    Args:
        block: the rows.
        exits: (chains,) which chain comes down through the row above, from left to right.
    """
    sides, line, column = block.sides, block.corners.line, block.corners.column
    up, down = block.uprights(0, upward=True), block.uprights(0, upward=False)
    last_up, last_down = block.uprights(-1, upward=True), block.uprights(-1, upward=False)
    chains, below = len(sides), len(sides) + up.size
    side, chain, rest = np.split(np.arange(below + last_up.size), [chains, below])

    # Column and direction in one number. All are listed from top to bottom, and a stable sort keeps that order.
    tails = np.concatenate([2 * up + 1, 2 * column[sides.tail] + sides.tail_up, 2 * last_down])
    heads = np.concatenate([2 * down, 2 * column[sides.head] + sides.head_up, 2 * last_up + 1])
    # NumPy sorts numbers of 16 bits by counting, many times faster than longer ones.
    number = np.min_scalar_type(2 * block.edge.shape[1])
    by_tail = np.argsort(tails.astype(number), kind="stable")
    by_head = np.argsort(heads.astype(number), kind="stable")
    reached = np.concatenate([chain, side, rest])[by_tail]
    successor = np.empty_like(reached)
    successor[np.concatenate([chain[exits], side, rest])[by_head]] = reached

    # Below line ``i`` lies row ``i + 1``; above all lines, row 0.
    above, beyond = np.zeros_like(up), np.full_like(last_up, block.rows.shape[0])
    first_row = np.concatenate([above, line[sides.tail] + 1, beyond])
    uprights = (tails[by_tail] << _ROW_BITS) | first_row[by_tail]
    return Links(successor, chains, below, uprights, reached)


@dataclass(frozen=True, slots=True)
class Walks:
    """The outlines of a block as stretches in the order of walking.

    Attributes:
        order: (stretches,) outline after outline; those that lead to the world below start there.
        bounds: (outlines + 1,) where each outline begins in that order, and where the last one ends.
        outline: (stretches,) the outline that each stretch is part of.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]
    outline: NDArray[np.int64]

    def __len__(self) -> int:
        return self.bounds.size - 1

    @property
    def first(self) -> NDArray[np.int64]:
        """(outlines,) the first stretch of each."""
        return self.order[self.bounds[:-1]]

    @property
    def last(self) -> NDArray[np.int64]:
        """(outlines,) the last stretch of each."""
        return self.order[self.bounds[1:] - 1]

    @property
    def lowest(self) -> NDArray[np.int64]:
        """(outlines,) the stretch of each with the lowest number."""
        return self._reduced(np.minimum, self.order)

    def least(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """(outlines,) the least of the values, (stretches,), along each."""
        return self._reduced(np.minimum, values[self.order])

    def total(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """(outlines, n) the sums of the values, (stretches, n), along each."""
        return self._reduced(np.add, values[self.order])

    def values(self, stretches: Ragged) -> Ragged:
        """The values of each outline's stretches, in the order of walking."""
        walked = stretches.take(self.order)
        return Ragged(walked.values, walked.offsets[self.bounds])

    def _reduced(self, operation: np.ufunc, walked: NDArray[np.int64]) -> NDArray[np.int64]:
        made: NDArray[np.int64] = operation.reduceat(walked, self.bounds[:-1]) if len(self) else walked
        return made


def walk(links: Links) -> Walks:
    """Walks all outlines, those that lead to the world below from there and back."""
    is_below = np.arange(links.successor.size) >= links.below
    order, starts = cycles(links.successor, heads=is_below)
    begins = is_below[order]
    begins[starts] = True
    outline = np.empty_like(order)
    outline[order] = np.cumsum(begins) - 1
    return Walks(order, np.append(np.flatnonzero(begins), order.size), outline)
