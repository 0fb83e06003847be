"""Sums over regions from what lies along their outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.sides import Block


class RunningSums:
    """The sum of all weights above and left of every lattice point, for rows that come block by block.

    The sum over a region is that of these sums along its outline: of each side, right end less left end, taken from
    the total if the owner lies below the side and added to it if the owner lies above.

    Args:
        width: columns of the map.
    """

    __slots__ = ("_columns",)

    def __init__(self, width: int) -> None:
        self._columns = np.zeros(width, np.int64)

    def feed(self, block: Block, weights: NDArray[np.uint8] | None) -> NDArray[np.int64]:
        """Takes the weights of the next rows.

        Args:
            block: these rows.
            weights: (rows, width) uint8; None where all are 0.

        Returns:
            (sides,) what each side of the block adds to the sum over its owner.
        """
        rows = block.rows.shape[0] - 1
        sums = np.zeros((rows, self._columns.size + 1), np.int64)
        sums[0, 1:] = self._columns
        if weights is not None:
            np.cumsum(weights[:-1], axis=0, dtype=np.int64, out=sums[1:, 1:])
            sums[1:, 1:] += self._columns
            self._columns = sums[-1, 1:] + weights[-1]
        elif rows > 1:
            sums[1:, 1:] = self._columns
        np.cumsum(sums, axis=1, out=sums)
        sides, corners = block.sides, block.corners
        left, right = sides.left, sides.right
        line = corners.line[left]
        stretch = sums[line, corners.column[right]] - sums[line, corners.column[left]]
        return np.where(sides.below, -stretch, stretch)
