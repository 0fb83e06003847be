"""Polygons from a map of classes that comes in rows, keeping in memory only what is still open.

    rows -> sides (sides) -> rings and chains (stitch) -> polygons (rings)

A block of rows is turned into the sides of all its regions, the sides are linked to rings, and rings of one
region are put together, all of it for the whole block at once. Outlines that leave the block at its lower end
wait for the next one. Where a limit is set, what has grown too large is cut off on certain lines (split).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.polygons.outlines import MOST_COLUMNS, packed
from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.polygons.sides import Block, Values
from glnet_geo.core.polygons.split import Names, continuations, cut
from glnet_geo.core.polygons.stitch import Frontier, Kept, advance
from glnet_geo.core.polygons.sums import RunningSums
from glnet_geo.core.slabs import split_rows
from glnet_geo.errors import OptionError

_BLOCK_PIXELS = 1 << 20
"""Pixels traced at once: enough to make the cost per call small, few enough to stay near the processor."""


class Tracer:
    """Finished rows of classes in, finished polygons out.

    The polygons cover every pixel that is not nodata exactly once, and do not depend on how the rows are cut into
    calls. They are a coverage: a lattice point where three or four borders meet is a vertex of every ring that runs
    through it. A region is handed out by the first call after which no further row can touch it. Memory holds the
    outlines of regions that are still open, and a block of a million pixels.

    Args:
        width: columns of the map.
        connectivity: 4 if pixels of a region hang together by their edges, 8 if corners are enough.
        max_vertices: a region whose outlines have more points than this is cut on the next line that is a multiple
            of ``split_rows(width)``, and handed out in parts; None where no region is ever cut. If given, every
            border has a vertex on each of these lines, which marks do not move.

    Raises:
        OptionError: an argument is out of range.
    """

    def __init__(
        self,
        width: int,
        *,
        connectivity: Literal[4, 8] = 4,
        max_vertices: int | None = None,
    ) -> None:
        if not 0 < width <= MOST_COLUMNS:
            raise OptionError(f"width must be in 1..{MOST_COLUMNS}, got {width}")
        if connectivity not in (4, 8):
            raise OptionError(f"connectivity must be 4 or 8, got {connectivity}")
        if max_vertices is not None and max_vertices <= 0:
            raise OptionError(f"max_vertices must be positive, got {max_vertices}")
        self._width = width
        self._diagonal, self._max_vertices = connectivity == 8, max_vertices
        self._names = Names()
        self._start_over()

    @property
    def aliases(self) -> Mapping[int, int]:
        """The final id for every region id handed out that proved not to be one, complete after ``finish``.

        Arms of a region that are cut and handed out before they join further down come with an id each; the least
        of them is that of the whole.
        """
        return self._names.aliases

    @property
    def open_points(self) -> int:
        """Points of outlines that are kept for regions that are not complete."""
        frontier = self._frontier
        return sum(outlines.points.values.size for outlines in (frontier.chains, *frontier.rings))

    def feed(
        self,
        classes: NDArray[np.uint8],
        *,
        marks: NDArray[np.uint8] | None = None,
        weights: NDArray[np.uint8] | None = None,
    ) -> Regions:
        """Takes the next rows down.

        A call costs some milliseconds, whatever it is given: hand over hundreds of rows, not one by one.

        Args:
            classes: (rows, width) uint8, at least one row.
            marks: (rows, width + 1) uint8, what becomes of the corners on the line above each row (marks); they
                must leave each ring three vertices. None where all stay.
            weights: (rows, width) uint8, to be summed over each region, 255 where they are not known; None where there
                are none.

        Returns:
            The regions that these rows complete.

        Raises:
            OptionError: an array has another shape or type.
        """
        rows = classes.size // self._width
        self._check("classes", classes, (max(rows, 1), self._width))
        if marks is not None:
            self._check("marks", marks, (rows, self._width + 1))
        if weights is not None:
            self._check("weights", weights, (rows, self._width))
        if not self._line:
            self._names = Names()
        parts = []
        row = 0
        while row < rows:
            end = min(rows, row + self._block_rows())
            taken = slice(row, end)
            parts.append(
                self._advance(
                    classes[taken],
                    None if marks is None else marks[taken],
                    None if weights is None else weights[taken],
                )
            )
            row = end
        return Regions.stacked(parts)

    def finish(self, *, marks: NDArray[np.uint8] | None = None) -> Regions:
        """Ends the map below the last row, and starts over for another one.

        Args:
            marks: (width + 1,) uint8, what becomes of the corners on the last line.

        Returns:
            The regions that were still open.

        Raises:
            OptionError: ``marks`` has another shape or type.
        """
        if marks is not None:
            self._check("marks", marks, (self._width + 1,))
            marks = marks[np.newaxis]
        last = self._advance(np.full((1, self._width), NODATA, np.uint8), marks, None)
        self._start_over()
        return last

    def _check(self, name: str, rows: NDArray[np.generic], shape: tuple[int, ...]) -> None:
        if rows.shape != shape or rows.dtype != np.uint8:
            raise OptionError(
                f"the tracer takes uint8 rows of {self._width} columns, with {self._width + 1} marks each, "
                f"got {name} as {rows.dtype} of shape {rows.shape}: hand over whole rows"
            )

    def _start_over(self) -> None:
        self._above = np.full(self._width, NODATA, np.uint8)
        self._line = 0
        self._frontier = Frontier.empty()
        self._sums: RunningSums | None = None

    def _block_rows(self) -> int:
        """Rows of the next block: where regions may be cut, a block begins."""
        rows = max(1, _BLOCK_PIXELS // self._width)
        if self._max_vertices is None:
            return rows
        split = split_rows(self._width)
        return min(rows, split - self._line % split)

    def _advance(
        self,
        classes: NDArray[np.uint8],
        marks: NDArray[np.uint8] | None,
        weights: NDArray[np.uint8] | None,
    ) -> Regions:
        may_split = self._max_vertices is not None and self._line % split_rows(self._width) == 0
        above = self._above_cut() if may_split else self._above
        block = Block(above, classes, marked=may_split)
        going_on = None
        if above is not self._above:
            going_on = continuations(block, diagonal=self._diagonal)
            self._names.cut(self._frontier.chains.first[going_on.chain])
        kept = self._kept(block, marks, weights, fixed=may_split)
        made = advance(self._frontier, block, kept, going_on, diagonal=self._diagonal)
        self._names.join(*made.met)
        self._frontier = made.frontier
        self._above = classes[-1].copy()
        self._line += classes.shape[0]
        regions = Regions.enclosed(made.rings, made.region, multi=self._diagonal)
        self._names.use(regions.region_ids)
        return regions

    def _above_cut(self) -> Values:
        """The last row, with regions cut off that have grown too large; names are brought up to date."""
        frontier = self._frontier
        chains = replace(frontier.chains, first=self._names.resolved(frontier.chains.first))
        self._frontier = replace(frontier, chains=chains)
        too_large = frontier.points > (self._max_vertices or 0)
        return cut(self._above, too_large) if too_large.any() else self._above

    def _kept(
        self,
        block: Block,
        marks: NDArray[np.uint8] | None,
        weights: NDArray[np.uint8] | None,
        *,
        fixed: bool,
    ) -> Kept:
        corners, sides = block.corners, block.sides
        line, column = corners.line, corners.column
        marked = np.zeros(line.size, np.uint8) if marks is None else marks[line, column]
        if self._sums is None and weights is not None:
            self._sums = RunningSums(self._width)
        # The owner lies in the row below the line, or in the one above.
        row = self._line + line[sides.left] - ~sides.below
        return Kept(
            points=packed(corners, self._line, marked, fixed=fixed),
            first=row * self._width + column[sides.left],
            weight=np.zeros((len(sides), 2), np.int64)
            if self._sums is None
            else self._sums.feed(block, weights),
        )
