"""Rows of a map that wait until all their regions are settled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.small_areas.runs import Runs
from glnet_geo.core.strip import Strip


class Backlog:
    """Rows held back as runs, each with the number of its region, and their confidence.

    Args:
        width: columns of the map.

    Attributes:
        region: (runs,) int64, the region of each run, in reading order.
    """

    def __init__(self, width: int) -> None:
        self.region = np.empty(0, np.int64)
        self._start = np.empty(0, np.int64)
        self._width, self._rows, self._row_stop = width, 0, 0
        self._confidence: NDArray[np.uint8] | None = None

    def hold(self, strip: Strip, runs: Runs, region: NDArray[np.int64]) -> None:
        """Takes further rows.

        Args:
            strip: the rows; of its pixels, only the confidence is kept.
            runs: its runs.
            region: (runs,) the region of each.
        """
        self._start = np.concatenate([self._start, runs.start + self._rows * self._width])
        self.region = np.concatenate([self.region, region])
        self._rows += runs.shape[0]
        self._row_stop = strip.row + runs.shape[0]
        if strip.confidence is not None:
            held = [] if self._confidence is None else [self._confidence]
            self._confidence = np.concatenate([*held, strip.confidence])

    def renumber(self, number: NDArray[np.int64]) -> None:
        """Takes new numbers for all regions."""
        self.region = number[self.region]

    def leave(self, settled: NDArray[np.bool_], class_id: NDArray[np.uint8], height: int) -> list[Strip]:
        """Lets the rows go above the first one with a region that is not settled.

        Args:
            settled: (regions,) by number.
            class_id: (regions,) by number.
            height: most rows in a strip.
        """
        waiting = np.flatnonzero(~settled[self.region])
        rows = int(self._start[waiting[0]]) // self._width if waiting.size else self._rows
        strips = [self._strip(top, min(top + height, rows), class_id) for top in range(0, rows, height)]
        runs = np.searchsorted(self._start, rows * self._width)
        self._start = self._start[runs:] - rows * self._width
        self.region = self.region[runs:].copy()
        self._rows -= rows
        if self._confidence is not None:
            self._confidence = self._confidence[rows:].copy()
        return strips

    def _strip(self, top: int, stop: int, class_id: NDArray[np.uint8]) -> Strip:
        """The rows held from ``top`` to ``stop`` as pixels."""
        first, last = top * self._width, stop * self._width
        runs = slice(*np.searchsorted(self._start, [first, last]))
        length = np.diff(self._start[runs], append=last)
        return Strip(
            row=self._row_stop - self._rows + top,
            classes=np.repeat(class_id[self.region[runs]], length).reshape(-1, self._width),
            confidence=None if self._confidence is None else self._confidence[top:stop].copy(),
        )
