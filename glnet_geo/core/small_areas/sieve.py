"""Merges regions that are too small into their neighbours, in a map that comes in rows.

    strips -> runs (runs) -> regions (region_table) -> rounds (absorb) -> strips

On fixed lines the rows that have come are added to the graph of regions, small regions act, and the rows leave in
which nothing can change any more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.slabs import slab_rows
from glnet_geo.core.small_areas.absorb import absorb
from glnet_geo.core.small_areas.backlog import Backlog
from glnet_geo.core.small_areas.recut import Recut
from glnet_geo.core.small_areas.region_table import OUTSIDE, RegionTable, grown
from glnet_geo.core.small_areas.runs import Contacts, runs_of
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OptionError

_ROUNDING = 1e-9
"""Share of the least area that a region may lack: sums of rounded areas decide nothing."""


class Sieve:
    """Strips in, the same strips out, but without regions that are too small.

    A region is a largest set of pixels of one class that hangs together. Its neighbours are the regions with which
    it shares pixel edges. A region with less than the least area takes the class of the neighbour with which it
    shares the most edges (among equals the larger, then the one whose first pixel comes first in reading order),
    and is one with it from then on. This goes on until every region is large enough or has no neighbour. Regions
    with fewer pixels act first; `glnet_geo.core.small_areas.absorb` says which act at once. A region that is large enough never
    changes its class, and nodata is no neighbour.

    Decisions are made only on lines that lie a whole number of slabs below the first row, and at the end, so the
    result does not depend on how the rows are cut into strips. On a line, a region may act if it ends at least one
    slab above. One that comes after a small neighbour waits for it, also where that neighbour is not yet complete.

    A map of less than two slabs is therefore decided as a whole: 4096 rows, or four million pixels at least where
    it is wider than 2048 columns. In a longer one, a neighbour that goes on further down counts as what is known of
    it one to two slabs below the region that acts, and what is decided on one line comes before what is decided on
    the next. Compared with the whole map decided at once, this can change which neighbour is the larger at a tie,
    and whether two arms of one class already are one neighbour. All that is said above holds in any case.

    With ``connectivity`` 8, regions hang together by corners too, but borders are still counted in edges. A region
    that touches others at corners only has no neighbour: it stays, and other regions do not become one with it.

    Memory holds one slab of rows, the rows that wait as runs (with their confidence), and the regions that are open.

    Args:
        width: columns of the map.
        least: regions with less area than this are merged.
        pixel_area: gives the area of one pixel in each of the given rows, (rows,) float64, in the unit of ``least``; or
            (rows, groups), in each group of columns too.
        columns: (groups + 1,) where the groups of columns begin and end; None for one.
        connectivity: 4 if pixels hang together by edges, 8 if by corners too.

    Raises:
        OptionError: an argument is out of its range.
    """

    def __init__(
        self,
        width: int,
        *,
        least: float,
        pixel_area: Callable[[slice], NDArray[np.float64]],
        columns: NDArray[np.int64] | None = None,
        connectivity: Literal[4, 8] = 4,
    ) -> None:
        if width <= 0:
            raise OptionError(f"width must be positive, got {width}")
        if not (math.isfinite(least) and least >= 0):
            raise OptionError(f"the least area must be zero or more, got {least}")
        if connectivity not in {4, 8}:
            raise OptionError(f"connectivity must be 4 or 8, got {connectivity}")
        self._width, self._corners = width, connectivity == 8
        self._least, self._pixel_area = least * (1 - _ROUNDING), pixel_area
        self._columns = np.array([0, width]) if columns is None else columns
        self._slab = slab_rows(width)
        self._start_over()

    def feed(self, strip: Strip) -> list[Strip]:
        """Takes the next rows down.

        Args:
            strip: begins where the last one ended; the first may begin anywhere.

        Returns:
            Strips of the rows that are settled now, in order, with their confidence.

        Raises:
            OptionError: the strip does not fit the map, or those before it; or a pixel area is not positive.
        """
        settled = []
        for slab in self._recut.feed(strip):
            self._add(slab)
            settled += self._settle(before=self._line - self._slab)
        return settled

    def finish(self) -> list[Strip]:
        """Ends the map below the last row, and starts over for another one.

        Returns:
            Strips of the rows that were still held back, in order, with their confidence.
        """
        for rest in self._recut.finish():
            self._add(rest)
        settled = self._settle(before=self._line)
        self._start_over()
        return settled

    def _start_over(self) -> None:
        self._recut = Recut(self._width, self._slab)
        self._backlog = Backlog(self._width)
        self._table, self._contacts = RegionTable.empty(), Contacts.empty()
        # The row above the line, and the regions of its runs.
        self._above = np.full((1, self._width), NODATA, np.uint8)
        self._region_above = np.array([OUTSIDE])
        # The line is counted from the first row, which may be any row of the scene.
        self._line, self._unit = 0, math.nan

    def _add(self, slab: Strip) -> None:
        """Adds rows to the regions that they belong to."""
        rows, known = slab.classes.shape[0], len(self._table)
        runs, contacts = runs_of(np.concatenate([self._above, slab.classes]), corners=self._corners)
        runs = runs.below_first_row()
        number = np.concatenate([self._region_above, np.arange(known, known + len(runs))])
        area = self._areas(slice(slab.row, slab.row + rows))
        self._table, contacts, number = grown(
            self._table,
            RegionTable.of_runs(runs, area, self._line, self._columns),
            Contacts.stacked([self._contacts, contacts.renamed(number)]),
        )
        self._contacts = contacts
        self._backlog.renumber(number)
        self._backlog.hold(slab, runs, number[known:])
        self._above = slab.classes[-1:]
        self._region_above = number[known:][runs.start >= (rows - 1) * self._width]
        self._line += rows

    def _areas(self, rows: slice) -> NDArray[np.float64]:
        """The area of a pixel in each row and group, counted in the largest of the first row: whole numbers add up exactly."""
        area = np.asarray(self._pixel_area(rows), np.float64)
        groups = len(self._columns) - 1
        area = area[:, None] if area.ndim == 1 else area
        if area.shape != (rows.stop - rows.start, groups) or not (np.isfinite(area) & (area > 0)).all():
            raise OptionError(
                f"the areas of pixels in rows {rows.start} to {rows.stop} must be one positive number a row"
                + (f" and group of columns, of which there are {groups}" if groups > 1 else "")
            )
        if not self._line:
            self._unit = float(area[0].max())
        return area / self._unit

    def _settle(self, before: int) -> list[Strip]:
        """Lets regions act that end above the row ``before``, and gives out what is settled then."""
        done = absorb(self._table, self._contacts, least=self._least / self._unit, before=before)
        strips = self._backlog.leave(done.settled, self._table.class_id[done.number], self._slab)
        self._backlog.renumber(done.number)
        self._region_above = done.number[self._region_above]

        used = np.zeros(len(self._table), np.bool_)
        used[OUTSIDE] = True
        for regions in (self._backlog.region, self._region_above, done.contacts.ends):
            used[regions] = True
        number = np.cumsum(used) - 1
        self._table, self._contacts = self._table.take(used), done.contacts.renamed(number)
        self._backlog.renumber(number)
        self._region_above = number[self._region_above]
        return strips
