"""Outlines of regions: where they run, what they enclose, and where they touch themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import cycles
from glnet_geo.core.polygons.marks import DROPPED, ROUND
from glnet_geo.core.polygons.sides import Corners
from glnet_geo.core.ragged import Ragged

_FLAG_BITS, _COLUMN_BITS = 7, 28
_CROSSING = 1 << (_FLAG_BITS - 1)
_MARKS = _CROSSING - 1

MOST_COLUMNS = (1 << _COLUMN_BITS) - 1
"""Columns of the widest map whose points can be packed."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings, or stretches of rings that are still open.

    Attributes:
        points: packed points of each in the order of walking. A ring does not repeat its first point.
        piece: (outlines,) equal for outlines of pixels that hang together by their edges.
        class_id: (outlines,) uint8, the value of these pixels.
        first: (outlines,) index in the map of one of these pixels, or of an earlier pixel of their region; the least
            of a region is that of its first pixel.
        weight: (outlines, 2) what each adds to the known weights of its piece, and to the number of the unknown ones.
    """

    points: Ragged
    piece: NDArray[np.int64]
    class_id: NDArray[np.uint8]
    first: NDArray[np.int64]
    weight: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def empty(cls) -> Outlines:
        """No outlines."""
        none = np.empty(0, np.int64)
        return cls(Ragged.empty(), none, np.empty(0, np.uint8), none, np.empty((0, 2), np.int64))

    @classmethod
    def stacked(cls, parts: Sequence[Outlines]) -> Outlines:
        """The outlines of all parts, in order."""
        return cls(
            Ragged.stacked([part.points for part in parts]),
            np.concatenate([part.piece for part in parts]),
            np.concatenate([part.class_id for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.weight for part in parts]),
        )

    def take(self, rows: NDArray[np.int64]) -> Outlines:
        """The given outlines, in the given order."""
        return Outlines(
            self.points.take(rows), self.piece[rows], self.class_id[rows], self.first[rows], self.weight[rows]
        )

    def renamed(self, names: NDArray[np.int64]) -> Outlines:
        """The same outlines, with piece ``i`` called ``names[i]``."""
        return replace(self, piece=names[self.piece])


def packed(corners: Corners, line: int, marks: NDArray[np.uint8], *, fixed: bool) -> NDArray[np.int64]:
    """Corners as one number each, which rises from line to line and from left to right.

    Args:
        corners: of a block.
        line: lattice line of the map on which the block begins.
        marks: (corners,) what becomes of them (marks).
        fixed: True if all corners on that line stay as they are.

    Returns:
        (corners,) line, column, whether outlines cross there, and the marks: those of nodes and of fixed corners
        without what would move them.
    """
    flags = marks.astype(np.int64)
    flags[corners.node | (fixed & (corners.line == 0))] &= ~(DROPPED | ROUND)
    flags[corners.crossing] |= _CROSSING
    return ((((corners.line + line) << _COLUMN_BITS) | corners.column) << _FLAG_BITS) | flags


def unpacked(points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Line and column of packed points."""
    return points >> (_COLUMN_BITS + _FLAG_BITS), (points >> _FLAG_BITS) & MOST_COLUMNS


def marks_of(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """What becomes of packed points (marks)."""
    return points & _MARKS


def areas(rings: Ragged) -> NDArray[np.int64]:
    """Signed area of rings in pixels: positive where pixels lie inside, negative for holes."""
    line, column = unpacked(rings.values)
    under_step = line * (column - column[rings.after])
    return np.add.reduceat(under_step, rings.offsets[:-1]) if len(rings) else under_step


def split_at_pinches(rings: Outlines) -> Outlines:
    """Cuts rings that touch themselves at a corner into rings that touch each other there.

    A A A          One ring runs around A, through x, around the hole and through x again; a valid polygon
    A . A          has the hole as a ring of its own. At x the walk changes over to the other
    A A x .        continuation, and so at all such corners at once: since the touching parts of a
    A A . .        ring cannot cross, each change cuts one ring into two and never joins any.
    """
    first, _ = _pinches(rings.points)
    if not first.size:
        return rings
    pinched = np.zeros(len(rings), np.bool_)
    pinched[rings.points.row_of_value[first]] = True
    whole, cut = rings.take(np.flatnonzero(~pinched)), rings.take(np.flatnonzero(pinched))

    points = cut.points
    successor = points.after
    first, second = _pinches(points)
    successor[first], successor[second] = successor[second], successor[first]
    order, starts = cycles(successor, heads=np.zeros(successor.size, np.bool_))
    source = points.row_of_value[order[starts]]
    # The weight of a ring is that of one of its parts, whichever that is.
    weight = np.zeros((source.size, 2), np.int64)
    weight[np.unique(source, return_index=True)[1]] = cut.weight
    pieces = Ragged(points.values[order], np.append(starts, order.size))
    parts = Outlines(pieces, cut.piece[source], cut.class_id[source], cut.first[source], weight)
    return Outlines.stacked([whole, parts])


def _pinches(rings: Ragged) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of places in which one ring runs through the same corner."""
    place = np.flatnonzero(rings.values & _CROSSING)
    ring = rings.row_of_value[place]
    order = np.lexsort((rings.values[place], ring))
    place, ring = place[order], ring[order]
    twice = (ring[1:] == ring[:-1]) & (rings.values[place[1:]] == rings.values[place[:-1]])
    return place[:-1][twice], place[1:][twice]
