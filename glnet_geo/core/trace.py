"""Polygons from a map of classes that comes in rows, keeping in memory only what is still open.

    rows -> sides (core.sides) -> rings and chains (core.stitch) -> polygons (core.outlines)

A block of rows is turned into the sides of all its regions, the sides are linked to rings, and rings of one
region are put together, all of it for the whole block at once. Outlines that leave the block at its lower end
wait for the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.outlines import Outlines, areas, polygons
from glnet_geo.core.sides import Block
from glnet_geo.core.stitch import Frontier, advance
from glnet_geo.errors import OptionError

_BLOCK_PIXELS = 1 << 20
"""Pixels traced at once: enough to make the cost per call small, few enough to stay near the processor."""


@dataclass(frozen=True, slots=True)
class Regions:
    """Largest sets of pixels of one class that hang together by their edges, in no promised order.

    Attributes:
        class_ids: (regions,) uint8, the class of each.
        polygons: (regions,) shapely Polygons, valid, with holes; x is the column, y the row (growing downward),
            both counted at pixel edges. Every vertex is a corner, and outer rings run clockwise on the map.
        pixels: (regions,) int64, number of pixels in each.
    """

    class_ids: NDArray[np.uint8]
    polygons: NDArray[np.object_]
    pixels: NDArray[np.int64]

    def __len__(self) -> int:
        return self.class_ids.size

    @classmethod
    def enclosed(cls, rings: Outlines) -> Regions:
        """The regions that complete sets of rings enclose."""
        area = areas(rings.points)
        order = np.lexsort((area < 0, rings.region))
        rings, area = rings.take(order), area[order]
        shells = np.flatnonzero(area > 0)
        bounds = np.append(shells, len(rings))
        pixels = np.add.reduceat(area, shells) if shells.size else area
        return cls(rings.class_id[shells], polygons(rings.points, bounds), pixels)

    @classmethod
    def stacked(cls, parts: Sequence[Regions]) -> Regions:
        """The regions of all parts, in order."""
        return cls(
            np.concatenate([part.class_ids for part in parts]),
            np.concatenate([part.polygons for part in parts]),
            np.concatenate([part.pixels for part in parts]),
        )


class Tracer:
    """Finished rows of classes in, finished polygons out.

    The polygons cover every pixel that is not nodata exactly once, and do not depend on how the rows are cut into
    calls. A region is handed out by the first call after which no further row can touch it. Memory holds the
    outlines of regions that are still open, and a block of a million pixels.

    Args:
        width: columns of the map.
        nodata: the value that belongs to no region.

    Raises:
        OptionError: ``width`` is not positive, or ``nodata`` is not in 0..255.
    """

    def __init__(self, width: int, *, nodata: int = NODATA) -> None:
        if width <= 0:
            raise OptionError(f"width must be positive, got {width}")
        if not 0 <= nodata <= np.iinfo(np.uint8).max:
            raise OptionError(f"nodata must be in 0..255, got {nodata}")
        self._width, self._nodata = width, nodata
        self._start_over()

    def feed(self, classes: NDArray[np.uint8]) -> Regions:
        """Takes the next rows down.

        A call costs some milliseconds, whatever it is given: hand over hundreds of rows, not one by one.

        Args:
            classes: (rows, width) uint8, at least one row.

        Returns:
            The regions that these rows complete.

        Raises:
            OptionError: ``classes`` has another shape or type.
        """
        rows = classes.size // self._width
        if not rows or classes.shape != (rows, self._width) or classes.dtype != np.uint8:
            raise OptionError(
                f"the tracer takes uint8 rows of {self._width} columns, "
                f"got {classes.dtype} of shape {classes.shape}: hand over whole rows of class ids"
            )
        step = max(1, _BLOCK_PIXELS // self._width)
        return Regions.stacked([self._advance(classes[row : row + step]) for row in range(0, rows, step)])

    def finish(self) -> Regions:
        """Ends the map below the last row, and starts over for another one.

        Returns:
            The regions that were still open.
        """
        last = self._advance(np.full((1, self._width), self._nodata, np.uint8))
        self._start_over()
        return last

    def _start_over(self) -> None:
        self._above = np.full(self._width, self._nodata, np.uint8)
        self._line = 0
        self._frontier = Frontier.empty()

    def _advance(self, classes: NDArray[np.uint8]) -> Regions:
        block = Block(self._above, classes, self._nodata)
        self._frontier, complete = advance(self._frontier, block, self._line)
        self._above = classes[-1].copy()
        self._line += classes.shape[0]
        return Regions.enclosed(complete)
