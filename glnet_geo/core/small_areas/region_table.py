"""Regions of a map that comes in rows: how large each is, how far down it reaches, and which of them touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import components
from glnet_geo.core.legend import NODATA
from glnet_geo.core.small_areas.runs import Contacts, Runs

OUTSIDE = 0
"""The number of what belongs to no region: nodata."""


@dataclass(frozen=True, slots=True)
class RegionTable:
    """What is known of each region, numbered in the order of their first pixels; number 0 stands for nodata.

    Attributes:
        class_id: (regions,) uint8.
        pixels: (regions,) int64, known so far.
        area: (regions,) float64, known so far; infinite for number 0.
        lot: (regions,) uint64, a number drawn for the first pixel of each; no two are equal.
        last: (regions,) int64, the lowest row known so far.
    """

    class_id: NDArray[np.uint8]
    pixels: NDArray[np.int64]
    area: NDArray[np.float64]
    lot: NDArray[np.uint64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        return self.class_id.size

    @classmethod
    def empty(cls) -> RegionTable:
        """No regions."""
        return cls(
            np.full(1, NODATA, np.uint8),
            np.zeros(1, np.int64),
            np.full(1, np.inf),
            np.zeros(1, np.uint64),
            np.full(1, -1, np.int64),
        )

    @classmethod
    def of_runs(
        cls,
        runs: Runs,
        pixel_area: NDArray[np.float64],
        first_row: int,
        columns: NDArray[np.int64] | None = None,
    ) -> RegionTable:
        """Every run as a region of its own.

        Args:
            runs: runs of a block.
            pixel_area: (rows,) area of a pixel in each row of the block, or (rows, groups) in groups of columns too.
            first_row: row of the map in which the block begins.
            columns: (groups + 1,) where the groups begin and end; None for one.
        """
        row, length = runs.row, runs.length
        lot = lots(runs.start + first_row * runs.shape[1])
        if columns is None or len(columns) == 2:
            area = length * pixel_area.reshape(-1)[row]
        else:
            start = runs.start % runs.shape[1]
            left = np.cumsum(pixel_area * np.diff(columns), axis=1) - pixel_area * np.diff(columns)
            begin, end = (_left_of(col, row, left, pixel_area, columns) for col in (start, start + length))
            area = end - begin
        return cls(runs.class_id, length, area, lot, row + first_row)

    @classmethod
    def stacked(cls, above: RegionTable, below: RegionTable) -> RegionTable:
        """The regions of both, in order."""
        return cls(
            np.concatenate([above.class_id, below.class_id]),
            np.concatenate([above.pixels, below.pixels]),
            np.concatenate([above.area, below.area]),
            np.concatenate([above.lot, below.lot]),
            np.concatenate([above.last, below.last]),
        )

    def take(self, regions: NDArray[np.int64] | NDArray[np.bool_]) -> RegionTable:
        """The given regions, in order."""
        return RegionTable(
            self.class_id[regions],
            self.pixels[regions],
            self.area[regions],
            self.lot[regions],
            self.last[regions],
        )

    def unite(self, part: NDArray[np.int64], whole: NDArray[np.int64]) -> None:
        """Adds each part to a whole, in place; the first pixel of a whole comes before those of its parts."""
        np.add.at(self.pixels, whole, self.pixels[part])
        np.add.at(self.area, whole, self.area[part])
        np.maximum.at(self.last, whole, self.last[part])


def _left_of(
    col: NDArray[np.int64],
    row: NDArray[np.int64],
    left: NDArray[np.float64],
    pixel_area: NDArray[np.float64],
    columns: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The area of a row from its begin to a column, where (rows, groups) lies left of each group of columns."""
    group = np.minimum(np.searchsorted(columns, col, side="right"), len(columns) - 1) - 1
    reached: NDArray[np.float64] = left[row, group] + (col - columns[group]) * pixel_area[row, group]
    return reached


def lots(pixels: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Draws a number for each pixel: the same one always, without any pattern, and never one twice.

    Args:
        pixels: place in the map, in reading order.

    Source: the finalizer of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    lot = pixels.astype(np.uint64)
    lot += np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        lot ^= lot >> np.uint64(shift)
        lot *= np.uint64(factor)
    lot ^= lot >> np.uint64(31)
    return lot


def grown(
    table: RegionTable, runs: RegionTable, contacts: Contacts
) -> tuple[RegionTable, Contacts, NDArray[np.int64]]:
    """Adds the runs of further rows to the regions that they belong to.

    Args:
        table: the regions known so far.
        runs: every new run as a region of its own.
        contacts: between regions known so far and new runs, which are numbered after them.

    Returns:
        The regions, contacts between different ones, and the new number of every region and run given.
    """
    both = RegionTable.stacked(table, runs)
    upper, lower = both.class_id[contacts.ends]
    root = components(len(both), contacts.ends[:, (upper == lower) & (upper != NODATA)])
    root[both.class_id == NODATA] = OUTSIDE
    part = np.flatnonzero(root != np.arange(root.size))
    both.unite(part, root[part])

    keep = np.ones(root.size, np.bool_)
    keep[part] = False
    number = (np.cumsum(keep) - 1)[root]
    apart = contacts.where((upper != lower) & (upper != NODATA) & (lower != NODATA))
    return both.take(keep), apart.renamed(number), number
