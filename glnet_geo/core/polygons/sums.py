"""Sums over regions from what lies along their outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.polygons.sides import Block

UNKNOWN = NODATA
"""The weight of a pixel whose weight is not known, as the confidence of a pixel that was not classified."""


class RunningSums:
    """The sums of weights over regions, and how many are unknown, for rows that come block by block.

    Args:
        width: columns of the map.
    """

    __slots__ = ("_known", "_unknown")

    def __init__(self, width: int) -> None:
        self._known, self._unknown = _Running(width), _Running(width)

    def feed(self, block: Block, weights: NDArray[np.uint8] | None) -> NDArray[np.int64]:
        """Takes the weights of the next rows.

        Args:
            block: these rows.
            weights: (rows, width) uint8, 255 where they are not known; None where all are 0.

        Returns:
            (sides, 2) what each side of the block adds to the sum of the known weights of its owner, and to the number
            of its pixels whose weight is unknown.
        """
        unknown = None
        if weights is not None:
            missing = weights == UNKNOWN
            # What lies outside of all regions falls out of every sum.
            inside = missing & block.valid
            if inside.any():
                weights, unknown = np.where(missing, 0, weights).astype(np.uint8), inside
        return np.stack([self._known.feed(block, weights), self._unknown.feed(block, unknown)], axis=1)


class _Running:
    """The sum of all numbers above and left of every lattice point.

    The sum over a region is that of these sums along its outline: of each side, right end less left end, taken from
    the total if the owner lies below the side and added to it if the owner lies above.
    """

    __slots__ = ("_columns",)

    def __init__(self, width: int) -> None:
        self._columns = np.zeros(width, np.int64)

    def feed(self, block: Block, numbers: NDArray[np.uint8] | NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """(sides,) what each side adds to the sum over its owner, given the numbers of all rows, or None for 0."""
        sides, corners = block.sides, block.corners
        if numbers is None and not self._columns.any():
            return np.zeros(len(sides), np.int64)
        rows = block.rows.shape[0] - 1
        sums = np.zeros((rows, self._columns.size + 1), np.int64)
        sums[0, 1:] = self._columns
        if numbers is not None:
            np.cumsum(numbers[:-1], axis=0, dtype=np.int64, out=sums[1:, 1:])
            sums[1:, 1:] += self._columns
            self._columns = sums[-1, 1:] + numbers[-1]
        elif rows > 1:
            sums[1:, 1:] = self._columns
        np.cumsum(sums, axis=1, out=sums)
        left, right = sides.left, sides.right
        line = corners.line[left]
        stretch = sums[line, corners.column[right]] - sums[line, corners.column[left]]
        return np.where(sides.below, -stretch, stretch)
