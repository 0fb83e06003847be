"""Rows of classes in, polygons out: simplified and smoothed where asked for, then traced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.polygons.simplify import MarkedRows, Simplifier
from glnet_geo.core.polygons.trace import Tracer


class RegionStream:
    """Finished rows of classes in, finished regions out, drawn as a drawing asks.

    Args:
        width: columns of the map.
        drawing: how to draw.
        pixel: height and width of a pixel in metres; only needed to simplify.
    """

    def __init__(self, width: int, drawing: Drawing, pixel: tuple[float, float] = (1.0, 1.0)) -> None:
        split_past = drawing.split_past
        self._tracer = Tracer(width, connectivity=drawing.connectivity, max_vertices=split_past)
        self._simplifier = None
        if drawing.simplify or drawing.smooth:
            self._simplifier = Simplifier(
                width,
                tolerance=drawing.simplify,
                pixel=pixel,
                smooth=drawing.smooth,
                split=split_past is not None,
            )
        # Rows that wait for their marks.
        self._weights = _Rows()

    @property
    def aliases(self) -> Mapping[int, int]:
        """See `Tracer.aliases`."""
        return self._tracer.aliases

    @property
    def open_points(self) -> int:
        """See `Tracer.open_points`."""
        return self._tracer.open_points

    def feed(self, classes: NDArray[np.uint8], weights: NDArray[np.uint8] | None = None) -> Iterator[Regions]:
        """Takes the next rows down, (rows, width), and what is to be summed over each region."""
        if self._simplifier is None:
            yield self._tracer.feed(classes, weights=weights)
            return
        if weights is not None:
            self._weights.add(weights)
        yield from self._traced(self._simplifier.feed(classes))

    def finish(self) -> Iterator[Regions]:
        """Ends the map below the last row."""
        marks = None
        if self._simplifier is not None:
            rest, marks = self._simplifier.finish()
            yield from self._traced(rest)
        yield self._tracer.finish(marks=marks)

    def _traced(self, blocks: Iterable[MarkedRows]) -> Iterator[Regions]:
        for block in blocks:
            weights = self._weights.take(len(block.classes))
            yield self._tracer.feed(block.classes, marks=block.marks, weights=weights)


class _Rows:
    """Rows that come and go in blocks of any height."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []

    def add(self, rows: NDArray[np.uint8]) -> None:
        self._blocks.append(rows)

    def take(self, rows: int) -> NDArray[np.uint8] | None:
        """The first rows, or None where none ever came."""
        if not self._blocks:
            return None
        whole = np.concatenate(self._blocks)
        self._blocks = [whole[rows:]]
        return whole[:rows]
