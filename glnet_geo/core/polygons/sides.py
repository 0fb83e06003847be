"""The outlines of all regions in a block of rows, as sides and the uprights between them.

A region is walked with its pixels on the right hand as seen on the map (rows grow downward). Its outline is a
ring of *sides* (horizontal, from turn to turn) and *uprights* (vertical, from side to side):

    0   1   2   3   4
  0 +>>>>>>>>>>>+            side 0: on line 0, its owner below, from column 0 to column 3
    ^ A   A   A v            side 1: on line 1, its owner above, from column 2 to column 0
  1 +<<<<<<<+   o . .        side 2: on line 1, of no length: others meet the outline there
    . . . . ^ A v B B        side 3: on line 2, its owner above, from column 3 to column 2
  2 . . . . +<<<+ B B        uprights: down column 3 in two parts, up column 2, up column 0

An outline has a point wherever it turns and at every *node*, where three or four edges between pixels meet. A node
that it passes on a side is a point of that side, and one that it passes on its way up or down is a side of its own.

Sides come out of a raster in pairs of ends: on one line, for owners on one hand, every start is followed by its
end. So do uprights: of those walked up in a column, the ``i``-th that leaves a side arrives at the ``i``-th
side that is reached upward, and likewise downward. Both pairings are a matter of counting; nothing is followed
step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.ragged import Ragged, offsets_of

Values = NDArray[np.uint8] | NDArray[np.uint16]
"""Pixels: class ids, or more than 255 for regions that are cut off below them (split)."""

_ABOVE, _BELOW, _UP, _DOWN = range(4)


@dataclass(frozen=True, slots=True)
class Corners:
    """Lattice points where some outline has a point, from line to line and on each from left to right.

    Attributes:
        line: (corners,) line of the block; line ``i`` lies between its rows ``i`` and ``i + 1``.
        column: (corners,) column of the lattice.
        north_west: (corners,) the value of the pixel there; and so on around the corner.
    """

    line: NDArray[np.int64]
    column: NDArray[np.int64]
    north_west: Values
    north_east: Values
    south_west: Values
    south_east: Values

    @property
    def edges(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether an edge between values leaves to the north, the south, the west and the east."""
        return (
            self.north_west != self.north_east,
            self.south_west != self.south_east,
            self.north_west != self.south_west,
            self.north_east != self.south_east,
        )

    @property
    def node(self) -> NDArray[np.bool_]:
        """Where edges leave in three or four directions."""
        north, south, west, east = self.edges
        three: NDArray[np.bool_] = (north & south & (west | east)) | (west & east & (north | south))
        return three

    @property
    def crossing(self) -> NDArray[np.bool_]:
        """Where edges leave in all four directions: there a region may touch itself."""
        north, south, west, east = self.edges
        four: NDArray[np.bool_] = north & south & west & east
        return four


@dataclass(frozen=True, slots=True)
class Sides:
    """Horizontal stretches of outline from turn to turn, in order of lines and of left ends; all arrays are (sides,).

    Attributes:
        class_id: uint8, the class of the owner.
        below: True where the owner lies below the line; such a side is walked to the right, others to the left.
        points: the corners of each side in the order of walking, from tail to head; one if it has no length.
        tail: corner where the walk enters the side.
        head: corner where the walk leaves it.
        tail_up: True where the walk comes to the tail upward, False where downward.
        head_up: True where the walk goes on from the head upward, False where downward.
    """

    class_id: NDArray[np.uint8]
    below: NDArray[np.bool_]
    points: Ragged
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    tail_up: NDArray[np.bool_]
    head_up: NDArray[np.bool_]

    def __len__(self) -> int:
        return self.below.size

    @property
    def left(self) -> NDArray[np.int64]:
        """The corner at its left end."""
        return np.where(self.below, self.tail, self.head)

    @property
    def right(self) -> NDArray[np.int64]:
        """The corner at its right end."""
        return np.where(self.below, self.head, self.tail)


class Block:
    """Some rows of a map, below a row that has been traced already.

    Args:
        above: (width,) the row above.
        classes: (rows, width) uint8, the new rows.
        marked: True if every edge that crosses the first line is to have a corner there.

    Attributes:
        rows: (1 + rows, width + 2) the row above first, and a column of nodata left and right.
        edge: (1 + rows, width + 1) True where a row changes its value at a column of the lattice.
        corners: the corners on the line above each new row.
        sides: the sides between them.
    """

    def __init__(self, above: Values, classes: NDArray[np.uint8], *, marked: bool = False) -> None:
        height, width = classes.shape
        self.rows: Values = np.full((1 + height, width + 2), NODATA, above.dtype)
        self.rows[0, 1:-1], self.rows[1:, 1:-1] = above, classes
        self.edge = self.rows[:, 1:] != self.rows[:, :-1]
        self.corners = _corners(self.rows, self.edge, marked=marked)
        self.sides = _sides(self.corners)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(rows, width) True where a pixel of the new rows belongs to a region."""
        valid: NDArray[np.bool_] = self.rows[1:, 1:-1] != NODATA
        return valid

    def uprights(self, row: int, *, upward: bool) -> NDArray[np.int64]:
        """The columns in which an outline runs up (or down) along a row of the block, from left to right."""
        owner = self.rows[row, 1:] if upward else self.rows[row, :-1]
        return np.flatnonzero(self.edge[row] & (owner != NODATA))

    @property
    def diagonals(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The corners where a region touches itself or its like: from north-west to south-east, and the other way."""
        corners = self.corners
        falling = (corners.north_west == corners.south_east) & (corners.north_west != NODATA)
        rising = (corners.north_east == corners.south_west) & (corners.north_east != NODATA)
        return np.flatnonzero(falling & corners.crossing), np.flatnonzero(rising & corners.crossing)

    def left_ends(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where one arrives by walking left from pixels as far as their value goes.

        Args:
            row: (pixels,) rows of the block.
            column: (pixels,) columns of the map.

        Returns:
            (pixels,) columns of the lattice.
        """
        row_start: NDArray[np.int64] = row * self.edge.shape[1]
        return self._edges[np.searchsorted(self._edges, row_start + column, side="right") - 1] - row_start

    @cached_property
    def _edges(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.edge)


def _corners(rows: Values, edge: NDArray[np.bool_], *, marked: bool) -> Corners:
    """Finds the points where an edge between columns meets one between rows."""
    step = rows[1:] != rows[:-1]
    turning = edge[:-1] | edge[1:]
    turning &= step[:, :-1] | step[:, 1:]
    if marked:
        turning[0] |= edge[0] & edge[1]
    point = np.flatnonzero(turning)
    line, column = np.divmod(point, turning.shape[1])
    # Rows are one pixel longer than lines have points.
    north = point + line
    south = north + rows.shape[1]
    pixels = rows.ravel()
    return Corners(line, column, pixels[north], pixels[north + 1], pixels[south], pixels[south + 1])


def _sides(corners: Corners) -> Sides:
    """Pairs the corners into sides.

    Every matrix is (corners, 4) and is searched in that order: one column for owners above the line, one for owners
    below it, and one each for outlines that pass the corner on their way up and down.
    """
    north, south, west, east = corners.edges
    owner_west = [corners.north_west, corners.south_west]
    owner_east = [corners.north_east, corners.south_east, corners.north_east, corners.north_west]
    left_of = [value != NODATA for value in owner_west]
    right_of = [value != NODATA for value in owner_east]
    straight = north & south
    passes_up, passes_down = straight & ~east & right_of[_UP], straight & ~west & right_of[_DOWN]
    starts = [
        east & (north | ~west) & right_of[_ABOVE],
        east & (south | ~west) & right_of[_BELOW],
        passes_up,
        passes_down,
    ]
    ends = [west & (north | ~east) & left_of[_ABOVE], west & (south | ~east) & left_of[_BELOW]]
    inner = [east & west & ~north & right_of[_ABOVE], east & west & ~south & right_of[_BELOW]]

    start = np.flatnonzero(np.stack(starts, axis=1))
    left, kind = start >> 2, start & 3
    right = left.copy()
    passed = np.zeros(left.size, np.int64)
    for hand in (_ABOVE, _BELOW):
        own, end = np.flatnonzero(kind == hand), np.flatnonzero(ends[hand])
        before = np.cumsum(inner[hand])
        right[own], passed[own] = end, before[end] - before[left[own]]
    below, upright = kind == _BELOW, kind >= _UP
    tail, head = np.where(below, left, right), np.where(below, right, left)
    return Sides(
        class_id=np.stack(owner_east, axis=1).ravel()[start].astype(np.uint8),
        below=below,
        points=_points(tail, head, passed, below, inner),
        tail=tail,
        head=head,
        tail_up=np.where(upright, kind == _UP, below == np.where(below, south[tail], north[tail])),
        head_up=np.where(upright, kind == _UP, below != np.where(below, south[head], north[head])),
    )


def _points(
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    passed: NDArray[np.int64],
    below: NDArray[np.bool_],
    inner: Sequence[NDArray[np.bool_]],
) -> Ragged:
    """The corners of every side: its ends and the ``passed`` nodes between, which lie in ``inner`` in order."""
    offsets = offsets_of(np.where(tail == head, 1, 2 + passed))
    values = np.empty(offsets[-1], np.int64)
    first, last = offsets[:-1], offsets[1:] - 1
    values[first], values[last] = tail, head
    for hand, end, step in ((_ABOVE, last, -1), (_BELOW, first, 1)):
        side = np.flatnonzero((below == (hand == _BELOW)) & (passed > 0))
        count = passed[side]
        rank = np.arange(1, count.sum() + 1) - np.repeat(offsets_of(count)[:-1], count)
        values[np.repeat(end[side], count) + step * rank] = np.flatnonzero(inner[hand])
    return Ragged(values, offsets)
