"""Straightens and rounds the borders of a map that comes in rows, by marking their corners.

rows -> points of borders (border_points) -> vertices that stay (thinning) -> marks (marks)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.polygons.border_points import (
    CORNER,
    MIDDLE_OF_COLUMN,
    MIDDLE_OF_ROW,
    NODE,
    NONE,
    Bools,
    BorderPoints,
    Found,
    Ints,
    find_points,
)
from glnet_geo.core.polygons.marks import (
    DROPPED,
    MIDDLE_EAST,
    MIDDLE_SOUTH,
    ROUND,
    ROUND_EAST,
    ROUND_SOUTH,
)
from glnet_geo.core.polygons.thinning import Crowd, Thinning
from glnet_geo.core.slabs import slab_rows, split_rows
from glnet_geo.errors import OptionError


@dataclass(frozen=True, slots=True)
class MarkedRows:
    """Rows and what becomes of the lattice points above each.

    Attributes:
        classes: (rows, width) uint8.
        marks: (rows, width + 1) uint8 (marks).
    """

    classes: NDArray[np.uint8]
    marks: NDArray[np.uint8]


class Simplifier:
    """Rows in; the same rows out, with marks that straighten their borders.

    No point of a border moves by more than the tolerance. Borders stay shared by their two sides, and never cross or
    touch each other anew; no region is lost. Where three or four borders meet they stay, and so do borders of nodata and
    of the map. A staircase becomes the line through the middles of its steps, which favours neither side.

    Borders are thinned in windows of some hundred rows, first between fixed lines and then between the lines halfway,
    which depend on the map's width alone: the result does not depend on how the rows are cut into calls.

    Args:
        width: columns of the map.
        tolerance: in the unit of ``pixel``; 0 to straighten nothing.
        pixel: height and width of a pixel.
        smooth: whether vertices are to be rounded where nothing else is near.
        split: whether the tracer may cut regions on multiples of ``split_rows(width)``; borders there stay.

    Raises:
        OptionError: the tolerance or a side of a pixel is out of its range.
    """

    def __init__(
        self,
        width: int,
        *,
        tolerance: float,
        pixel: tuple[float, float] = (1.0, 1.0),
        smooth: bool = False,
        split: bool = False,
    ) -> None:
        if not (math.isfinite(tolerance) and tolerance >= 0):
            raise OptionError(f"the tolerance must be zero or more, got {tolerance}")
        if not all(math.isfinite(side) and side > 0 for side in pixel):
            raise OptionError(f"the sides of a pixel must be positive, got {pixel}")
        self._width = width
        self._tolerance, self._pixel, self._smooth = tolerance, pixel, smooth
        self._slab, self._split = slab_rows(width), split_rows(width) if split else None
        self._start_over()

    def feed(self, classes: NDArray[np.uint8]) -> Iterator[MarkedRows]:
        """Takes the next rows down, (rows, width) uint8; gives those whose marks are settled."""
        while len(classes):
            wanted = self._slab - self._lines % self._slab
            rows, classes = classes[:wanted], classes[wanted:]
            self._add(rows)
            if self._lines % self._slab == 0:
                yield from self._settle()

    def finish(self) -> tuple[list[MarkedRows], NDArray[np.uint8]]:
        """Ends the map below the last row.

        Returns:
            The rows that were still held back, and the marks of the last line, (width + 1,).
        """
        height, half = self._lines, self._slab // 2
        self._add(np.full((1, self._width), NODATA, np.uint8))
        done = height - height % self._slab
        self._thin((done, height), (done - half, done + half - 1), (done + half, height))
        marks = self._marks(self._given, height + 1, settled=height)
        rows = np.concatenate(self._held)[:-1]
        self._start_over()
        return [MarkedRows(rows, marks[:-1])] if len(rows) else [], marks[-1]

    def _start_over(self) -> None:
        self._points = BorderPoints.none()
        self._edges = np.empty((2, 0), np.int64)
        # Points from which a border leads down to what has not come yet.
        self._open = np.full(self._width + 1, NONE)
        self._above = np.full(self._width, NODATA, np.uint8)
        self._held: list[NDArray[np.uint8]] = []
        self._lines, self._given = 0, 0

    def _add(self, rows: NDArray[np.uint8]) -> None:
        """Add the points on the lines above some rows, and lead borders to them."""
        lines = np.arange(self._lines, self._lines + len(rows))
        fixed = lines % self._split == 0 if self._split else np.zeros(len(rows), np.bool_)
        found = find_points(self._above, rows, self._lines, fixed)
        first = len(self._points)
        self._points = p = self._points.extended(found.points)
        along = _along_lines(found) + first
        down = self._down_columns(found, first)
        for (one, other), links in ((along, p.before), (down, p.after)):
            corner = p.kind[one] == CORNER
            links[one[corner]] = other[corner]
            corner = p.kind[other] == CORNER
            links[other[corner]] = one[corner]
        straight = np.concatenate([along, down], axis=1)
        nodes = (p.kind[straight] == NODE).all(axis=0)
        # Which regions will be cut nobody knows yet: what bulges over the line needs a vertex beside it.
        line = found.points.home_y
        cuts = _along_cuts(line, fixed[line - self._lines]) + first
        self._edges = np.concatenate([self._edges, straight[:, nodes], cuts], axis=1)
        if self._tolerance:
            self._add_middles(along, down)
        self._above = rows[-1].copy()
        self._held.append(rows)
        self._lines += len(rows)

    def _down_columns(self, found: Found, first: int) -> Ints:
        """Pairs of points between which a border runs down a column, (2, pairs), the upper first."""
        points = found.points
        order = np.lexsort((points.y, points.x))
        column = points.x[order] // 2
        same = column[1:] == column[:-1]
        pairs = np.stack([order[:-1], order[1:]])[:, same & found.south[order[:-1]]] + first
        heads, tails = (
            order[np.append(True, ~same)[: order.size]],
            order[np.append(~same, True)[: order.size]],
        )
        reached = heads[found.north[heads]]
        late = np.stack([self._open[points.x[reached] // 2], reached + first])
        self._open[points.x[tails] // 2] = np.where(found.south[tails], tails + first, NONE)
        return np.concatenate([pairs, late], axis=1)

    def _add_middles(self, along: Ints, down: Ints) -> None:
        """Give the runs of staircases, whose ends turn to different hands, a vertex in the middle."""
        p = self._points
        free = p.free & (p.kind == CORNER)
        # From a run along a line borders go on down or up, from one down a column to the east or west.
        for (one, other), turns, kind in ((along, p.south, MIDDLE_OF_ROW), (down, p.east, MIDDLE_OF_COLUMN)):
            steps = free[one] & free[other] & (turns[one] != turns[other])
            if kind == MIDDLE_OF_COLUMN:
                # A mark stands at the northern end, which leaves before a middle far below is settled.
                steps &= p.y[other] - p.y[one] <= 2 * self._slab
            self._insert(one[steps], other[steps], kind)

    def _insert(self, one: Ints, other: Ints, kind: int) -> None:
        """Add vertices in the middle between points that lead to each other."""
        p = self._points
        first = len(p)
        middle = BorderPoints.at(
            (p.x[one] + p.x[other]) // 2,
            (p.y[one] + p.y[other]) // 2,
            free=np.ones(one.size, np.bool_),
            kind=np.full(one.size, kind, np.uint8),
            home=(p.home_x[one], p.home_y[one]),
        )
        middle.before, middle.after = one, other
        number = np.arange(first, first + one.size)
        links = p.before if kind == MIDDLE_OF_ROW else p.after
        links[one], links[other] = number, number
        self._points = p.extended(middle)

    def _settle(self) -> Iterator[MarkedRows]:
        """Thin what can be thinned, and give out the rows that nothing can change any more."""
        stop, half = self._lines, self._slab // 2
        self._thin((stop - self._slab, stop - 1), (stop - self._slab - half, stop - half - 1))
        settled = stop - self._slab - half
        if settled <= self._given:
            return
        marks = self._marks(self._given, settled, settled=stop - half - 1)
        rows = np.concatenate(self._held)
        count = settled - self._given
        yield MarkedRows(rows[:count], marks)
        self._held, self._given = [rows[count:]], settled
        self._forget()

    def _thin(self, *windows: tuple[int, int]) -> None:
        """Thin the borders between lines, window by window."""
        if not self._tolerance:
            return
        thinning = Thinning(self._points, self._tolerance, self._pixel, self._edges)
        for top, bottom in windows:
            thinning.window(2 * top, 2 * bottom)
        self._edges = thinning.edges

    def _marks(self, start: int, stop: int, *, settled: int) -> NDArray[np.uint8]:
        """What becomes of the points on some lines, (lines, width + 1); vertices up to a line are settled."""
        p = self._points
        marks = np.zeros((stop - start, self._width + 1), np.uint8)
        mine = np.flatnonzero((p.home_y >= start) & (p.home_y < stop))
        gone = mine[~p.alive[mine] & (p.kind[mine] == CORNER)]
        marks[p.home_y[gone] - start, p.home_x[gone]] |= DROPPED
        rounded = np.zeros(len(p), np.bool_)
        if self._smooth:
            rounded[self._roundable(mine, settled)] = True
        for kind, there, rounding in (
            (CORNER, 0, ROUND),
            (MIDDLE_OF_ROW, MIDDLE_EAST, ROUND_EAST),
            (MIDDLE_OF_COLUMN, MIDDLE_SOUTH, ROUND_SOUTH),
        ):
            kept = mine[p.alive[mine] & (p.kind[mine] == kind)]
            marks[p.home_y[kept] - start, p.home_x[kept]] |= np.uint8(there) | rounded[kept] * np.uint8(
                rounding
            )
        return marks

    def _roundable(self, vertices: Ints, settled: int) -> Ints:
        """Those of some vertices near which nothing else lies."""
        p = self._points
        b = vertices[p.alive[vertices] & p.free[vertices]]
        b = b[(p.before[b] != NONE) & (p.after[b] != NONE)]
        a, c = p.before[b], p.after[b]
        known = np.maximum(p.y[a], p.y[c]) <= 2 * settled
        known &= np.minimum(p.y[a], p.y[c]) + p.y[b] >= 4 * self._remembered
        a, b, c = a[known], b[known], c[known]
        # In quarters of pixels, middles of edges between half pixels are whole.
        corners = [
            (p.x[a] + p.x[b], p.y[a] + p.y[b]),
            (2 * p.x[b], 2 * p.y[b]),
            (p.x[b] + p.x[c], p.y[b] + p.y[c]),
        ]
        crowd = Crowd(p, np.flatnonzero(p.alive))
        alone: Ints = b[~crowd.held(corners, b[None], 2)]
        return alone

    @property
    def _remembered(self) -> int:
        """The first line of which all vertices are still known: a slab above the lines not given out yet."""
        return self._given - self._slab

    def _forget(self) -> None:
        """Drop points above the lines not given out yet, but for those to which others lead, or near which none is rounded."""
        p = self._points
        self._edges = self._edges[:, p.y[self._edges].max(axis=0) >= 2 * self._given]
        keep = (p.y >= 2 * self._given) | (p.home_y >= self._given)
        if self._smooth:
            keep |= p.alive & (p.y >= 2 * self._remembered)
        alive = keep & p.alive
        needed = np.concatenate([p.before[alive], p.after[alive], self._open, self._edges.ravel()])
        keep[needed[needed != NONE]] = True
        self._points, number = p.kept(keep)
        names = np.append(number, NONE)
        self._open, self._edges = names[self._open], names[self._edges]


def _along_cuts(lines: Ints, on_cut: Bools) -> Ints:
    """Pairs of points between which a border would run if a region were cut on their line, (2, pairs).

    Args:
        lines: (points,) the line of each point; points are in order, line by line.
        on_cut: (points,) whether regions may be cut on it.
    """
    west = np.flatnonzero(on_cut[1:] & (lines[1:] == lines[:-1]))
    return np.stack([west, west + 1])


def _along_lines(found: Found) -> Ints:
    """Pairs of points between which a border runs along a line, (2, pairs), the western first."""
    west = np.flatnonzero(found.east)
    return np.stack([west, west + 1])
