"""The points of all borders in some rows of a map, and how borders lead from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

NONE = -1
"""Where a border leads on to no point, or to one that has not come yet."""

CORNER, MIDDLE_OF_ROW, MIDDLE_OF_COLUMN, NODE = range(4)


@dataclass(slots=True)
class BorderPoints:
    """Points of borders; each array is (points,).

    A *node*, where three or four borders meet, leads nowhere: only points between two sides have a border that goes on.

    Attributes:
        x: column, in half pixels.
        y: line, in half pixels.
        free: whether the point may go or move.
        alive: whether it is a vertex.
        before: the next point along the border on one hand; at first, along the line.
        after: the same on the other hand; at first, along the column.
        error_before: how far at most the border was from the edge to ``before``, float64.
        error_after: the same for ``after``.
        east: of corners, whether their border leaves to the east rather than to the west.
        south: whether it leaves to the south rather than to the north.
        kind: uint8, a corner, the middle of a run along a line or down a column, or a node.
        home_x: column of the point itself or, of a middle, of the western or northern end of its run.
        home_y: line of the same.
    """

    x: Ints
    y: Ints
    free: Bools
    alive: Bools
    before: Ints
    after: Ints
    error_before: NDArray[np.float64]
    error_after: NDArray[np.float64]
    east: Bools
    south: Bools
    kind: NDArray[np.uint8]
    home_x: Ints
    home_y: Ints

    def __len__(self) -> int:
        return self.x.size

    @classmethod
    def at(
        cls,
        x: Ints,
        y: Ints,
        *,
        free: Bools,
        kind: NDArray[np.uint8],
        ways: tuple[Bools, Bools] | None = None,
        home: tuple[Ints, Ints] | None = None,
    ) -> BorderPoints:
        """Vertices that lead nowhere yet; without a home, they are their own. Ways are those to the east and south."""
        none = np.full(x.size, NONE)
        home_x, home_y = (x // 2, y // 2) if home is None else home
        east, south = (np.zeros(x.size, np.bool_),) * 2 if ways is None else ways
        return cls(
            x=x,
            y=y,
            free=free,
            alive=np.ones(x.size, np.bool_),
            before=none,
            after=none.copy(),
            error_before=np.zeros(x.size),
            error_after=np.zeros(x.size),
            east=east,
            south=south,
            kind=kind,
            home_x=home_x,
            home_y=home_y,
        )

    @classmethod
    def none(cls) -> BorderPoints:
        """No points."""
        empty = np.empty(0, np.int64)
        return cls.at(empty, empty.copy(), free=np.empty(0, np.bool_), kind=np.empty(0, np.uint8))

    def extended(self, more: BorderPoints) -> BorderPoints:
        """These points and others, which are numbered after them."""
        joined = {
            field.name: np.concatenate([getattr(self, field.name), getattr(more, field.name)])
            for field in fields(self)
        }
        return BorderPoints(**joined)

    def kept(self, keep: Bools) -> tuple[BorderPoints, Ints]:
        """Some of the points, and the new number of each of all."""
        number = np.where(keep, np.cumsum(keep) - 1, NONE)
        chosen = BorderPoints(**{field.name: getattr(self, field.name)[keep] for field in fields(self)})
        names = np.append(number, NONE)
        return replace(chosen, before=names[chosen.before], after=names[chosen.after]), number


@dataclass(frozen=True, slots=True)
class Found:
    """What rows show of borders.

    Attributes:
        points: from line to line, and on each from left to right.
        north: (points,) whether an edge leaves to the north; and so on.
    """

    points: BorderPoints
    north: Bools
    south: Bools
    east: Bools


def find_points(above: NDArray[np.uint8], rows: NDArray[np.uint8], first: int, fixed: Bools) -> Found:
    """The points on the line above each of some rows.

    Args:
        above: (width,) the row above them.
        rows: (rows, width).
        first: the line above the first of the rows.
        fixed: (rows,) lines on which no point is free, and every border that crosses has one.
    """
    height, width = rows.shape
    pixels = np.full((height + 1, width + 2), NODATA, np.uint8)
    pixels[0, 1:-1], pixels[1:, 1:-1] = above, rows
    upright = pixels[:, 1:] != pixels[:, :-1]
    level = pixels[1:] != pixels[:-1]
    bends = (upright[:-1] | upright[1:]) & (level[:, :-1] | level[:, 1:])
    bends |= fixed[:, None] & upright[:-1] & upright[1:]
    line, col = np.nonzero(bends)
    north, south = upright[line, col], upright[line + 1, col]
    west, east = level[line, col], level[line, col + 1]
    corners = (pixels[line, col], pixels[line, col + 1], pixels[line + 1, col], pixels[line + 1, col + 1])
    beside_nothing = np.logical_or.reduce([corner == NODATA for corner in corners])
    turns = (north ^ south) & (west ^ east)
    points = BorderPoints.at(
        2 * col,
        2 * (line + first),
        free=turns & ~beside_nothing & ~fixed[line],
        kind=np.where(turns, CORNER, NODE).astype(np.uint8),
        ways=(east, south),
    )
    return Found(points, north, south, east)
