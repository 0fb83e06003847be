"""The outlines of all regions in a block of rows, as sides and the uprights between them.

A region is walked with its pixels on the right hand as seen on the map (rows grow downward). Its outline is a
ring of *sides* (horizontal, from corner to corner) and *uprights* (vertical, from corner to corner):

    0   1   2   3   4
  0 +>>>>>>>>>>>+            side 0: on line 0, its owner below, from column 0 to column 3
    ^ A   A   A v            side 1: on line 1, its owner above, from column 2 to column 0
  1 +<<<<<<<+   v            side 2: on line 2, its owner above, from column 3 to column 2
    . . . . ^ A v
  2 . . . . +<<<+            uprights: down column 3, up column 2, up column 0

Sides come out of a raster in pairs of corners: on one line, for owners on one hand, every start is followed by
its end. So do uprights: of those walked up in a column, the ``i``-th that leaves a side arrives at the ``i``-th
side that is reached upward, and likewise downward. Both pairings are a matter of counting; nothing is followed
step by step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Corners:
    """Lattice points where some outline turns, from line to line and on each from left to right.

    Attributes:
        line: (corners,) line of the block; line ``i`` lies between its rows ``i`` and ``i + 1``.
        column: (corners,) column of the lattice.
        north_west: (corners,) uint8, the value of the pixel there; and so on around the corner.
    """

    line: NDArray[np.int64]
    column: NDArray[np.int64]
    north_west: NDArray[np.uint8]
    north_east: NDArray[np.uint8]
    south_west: NDArray[np.uint8]
    south_east: NDArray[np.uint8]

    @property
    def crossing(self) -> NDArray[np.bool_]:
        """Where outlines leave in all four directions: there a region may touch itself."""
        west_to_east = (self.north_west != self.north_east) & (self.south_west != self.south_east)
        north_to_south = (self.north_west != self.south_west) & (self.north_east != self.south_east)
        both: NDArray[np.bool_] = west_to_east & north_to_south
        return both


@dataclass(frozen=True, slots=True)
class Sides:
    """Horizontal stretches of outline from corner to corner, in order of lines; all arrays are (sides,).

    Attributes:
        class_id: uint8, the value of the owner's pixels.
        below: True where the owner lies below the line; such a side is walked to the right, others to the left.
        tail: corner where the walk enters the side.
        head: corner where the walk leaves it.
        tail_up: True where the walk comes to the tail upward, False where downward.
        head_up: True where the walk goes on from the head upward, False where downward.
    """

    class_id: NDArray[np.uint8]
    below: NDArray[np.bool_]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    tail_up: NDArray[np.bool_]
    head_up: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.below.size

    @property
    def left(self) -> NDArray[np.int64]:
        """The corner at the left end."""
        return np.where(self.below, self.tail, self.head)


class Block:
    """Some rows of a map, below a row that has been traced already.

    Attributes:
        rows: (1 + rows, width + 2) uint8, the row above first, and a column of nodata left and right.
        edge: (1 + rows, width + 1) True where a row changes its value at a column of the lattice.
        corners: the corners on the line above each new row.
        sides: the sides between them.
    """

    __slots__ = ("_nodata", "corners", "edge", "rows", "sides")

    def __init__(self, above: NDArray[np.uint8], classes: NDArray[np.uint8], nodata: int) -> None:
        height, width = classes.shape
        self._nodata = np.uint8(nodata)
        self.rows = np.full((1 + height, width + 2), nodata, np.uint8)
        self.rows[0, 1:-1], self.rows[1:, 1:-1] = above, classes
        self.edge = self.rows[:, 1:] != self.rows[:, :-1]
        self.corners = _corners(self.rows, self.edge)
        self.sides = _sides(self.corners, self._nodata)

    def uprights(self, row: int, *, upward: bool) -> NDArray[np.int64]:
        """The columns in which an outline runs up (or down) along a row of the block, from left to right."""
        owner = self.rows[row, 1:] if upward else self.rows[row, :-1]
        return np.flatnonzero(self.edge[row] & (owner != self._nodata))

    def left_ends(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where one arrives by walking left from pixels as far as their value goes.

        Args:
            row: (pixels,) rows of the block.
            column: (pixels,) columns of the map.

        Returns:
            (pixels,) columns of the lattice.
        """
        row_start: NDArray[np.int64] = row * self.edge.shape[1]
        edges = np.flatnonzero(self.edge)
        return edges[np.searchsorted(edges, row_start + column, side="right") - 1] - row_start


def _corners(rows: NDArray[np.uint8], edge: NDArray[np.bool_]) -> Corners:
    """Finds the points where an edge between columns meets one between rows."""
    step = rows[1:] != rows[:-1]
    turning = edge[:-1] | edge[1:]
    turning &= step[:, :-1] | step[:, 1:]
    point = np.flatnonzero(turning)
    line, column = np.divmod(point, turning.shape[1])
    # Rows are one pixel longer than lines have points.
    north = point + line
    south = north + rows.shape[1]
    pixels = rows.ravel()
    return Corners(line, column, pixels[north], pixels[north + 1], pixels[south], pixels[south + 1])


def _sides(corners: Corners, nodata: np.uint8) -> Sides:
    """Pairs the corners into sides."""
    north_west, north_east = corners.north_west, corners.north_east
    south_west, south_east = corners.south_west, corners.south_east

    def stops(
        own: NDArray[np.uint8],
        across: NDArray[np.uint8],
        beside: NDArray[np.uint8],
        opposite: NDArray[np.uint8],
    ) -> NDArray[np.bool_]:
        """Whether the side between a pixel and the one across the line stops at the corner."""
        stop: NDArray[np.bool_] = (own != across) & (own != nodata) & ((own != beside) | (beside == opposite))
        return stop

    # Every array is (corners, 2), for the owner above and the owner below, and is searched in that order.
    starts = (
        stops(north_east, south_east, north_west, south_west),
        stops(south_east, north_east, south_west, north_west),
    )
    ends = (
        stops(north_west, south_west, north_east, south_east),
        stops(south_west, north_west, south_east, north_east),
    )
    convex = np.stack([north_west != north_east, south_west != south_east], axis=1).ravel()
    owner = np.stack([north_east, south_east], axis=1).ravel()
    left, found = np.flatnonzero(np.stack(starts, axis=1)), np.flatnonzero(np.stack(ends, axis=1))
    below, found_below = left % 2 == 1, found % 2 == 1
    right = np.empty_like(left)
    right[below], right[~below] = found[found_below], found[~found_below]

    tail, head = np.where(below, left, right), np.where(below, right, left)
    return Sides(
        class_id=owner[left],
        below=below,
        tail=tail // 2,
        head=head // 2,
        tail_up=convex[tail] == below,
        head_up=convex[head] != below,
    )
