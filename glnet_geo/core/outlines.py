"""Outlines of regions: where they run, and what polygons they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.core.graph import cycles
from glnet_geo.core.ragged import Ragged

_LINE_SHIFT = 33
_COLUMN_MASK = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings, or stretches of rings that are still open.

    Attributes:
        points: corners of each in the order of walking; the first two are the ends of a horizontal side, and so
            on in pairs. A ring does not repeat its first corner.
        region: (outlines,) equal for outlines of one region.
        class_id: (outlines,) uint8, the value of the region's pixels.
    """

    points: Ragged
    region: NDArray[np.int64]
    class_id: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def empty(cls) -> Outlines:
        """No outlines."""
        return cls(Ragged.empty(), np.empty(0, np.int64), np.empty(0, np.uint8))

    @classmethod
    def stacked(cls, parts: Sequence[Outlines]) -> Outlines:
        """The outlines of all parts, in order."""
        return cls(
            Ragged.stacked([part.points for part in parts]),
            np.concatenate([part.region for part in parts]),
            np.concatenate([part.class_id for part in parts]),
        )

    def take(self, rows: NDArray[np.int64]) -> Outlines:
        """The given outlines, in the given order."""
        return Outlines(self.points.take(rows), self.region[rows], self.class_id[rows])

    def renamed(self, names: NDArray[np.int64]) -> Outlines:
        """The same outlines, with region ``i`` called ``names[i]``."""
        return Outlines(self.points, names[self.region], self.class_id)


def packed(
    line: NDArray[np.int64], column: NDArray[np.int64], crossing: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Corners as one number each: line, column, and whether another outline may touch this one there."""
    return (line << _LINE_SHIFT) | (column << 1) | crossing


def unpacked(points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Line and column of packed corners."""
    return points >> _LINE_SHIFT, (points >> 1) & _COLUMN_MASK


def areas(rings: Ragged) -> NDArray[np.int64]:
    """Signed area of rings in pixels: positive where pixels lie inside, negative for holes."""
    line, column = unpacked(rings.values)
    under_side = line[::2] * (column[::2] - column[1::2])
    return np.add.reduceat(under_side, rings.offsets[:-1] // 2) if len(rings) else under_side


def polygons(rings: Ragged, bounds: NDArray[np.int64]) -> NDArray[np.object_]:
    """Polygons from their rings.

    Args:
        rings: the rings of each polygon side by side, the outer one first.
        bounds: (polygons + 1,) where the rings of each polygon begin, and where those of the last one end.

    Returns:
        (polygons,) shapely Polygons, x = column, y = line.
    """
    closed = np.insert(rings.values, rings.offsets[1:], rings.values[rings.offsets[:-1]])
    line, column = unpacked(closed)
    coordinates = np.stack([column, line], axis=1).astype(np.float64)
    offsets = rings.offsets + np.arange(rings.offsets.size)
    made: NDArray[np.object_] = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, coordinates, (offsets, bounds)
    )
    return made


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
    successor = np.arange(1, points.values.size + 1)
    successor[points.offsets[1:] - 1] = points.offsets[:-1]
    first, second = _pinches(points)
    successor[first], successor[second] = successor[second], successor[first]
    # Places in a ring are even where a side begins, before the change and after it.
    order, starts = cycles(successor, heads=np.arange(successor.size) % 2 == 0)
    source = points.row_of_value[order[starts]]
    pieces = Ragged(points.values[order], np.append(starts, order.size))
    return Outlines.stacked([whole, Outlines(pieces, cut.region[source], cut.class_id[source])])


def _pinches(rings: Ragged) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of places in which one ring runs through the same corner."""
    place = np.flatnonzero(rings.values & 1)
    ring = rings.row_of_value[place]
    order = np.lexsort((rings.values[place], ring))
    place, ring = place[order], ring[order]
    twice = (ring[1:] == ring[:-1]) & (rings.values[place[1:]] == rings.values[place[:-1]])
    return place[:-1][twice], place[1:][twice]
