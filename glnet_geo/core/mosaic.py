"""Sums the logits of overlapping frames and lets finished rows go.

Only the rows that later frames can still touch are held, so memory grows with the width of a scene and never with
its height.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.grid import Frame
from glnet_geo.core.lattice import CELL, Axis
from glnet_geo.core.window import Window
from glnet_geo.errors import WindowError


class Mosaic:
    """Weighted sums of logits, one per cell of an area, for the rows still open.

    Args:
        area: in cells.
        classes: number of classes.
    """

    def __init__(self, area: Window, classes: int) -> None:
        self._area = area
        self._top = area.row
        self._open = np.zeros((classes, 0, area.width), dtype=np.float32)

    def add(self, frame: Frame, logits: NDArray[np.float32]) -> None:
        """Add a frame's logits with its blending weights.

        Args:
            frame: where it lies; its rows must still be open.
            logits: (classes, rows, cols), one per cell of the frame's window.

        Raises:
            WindowError: the frame touches rows that were let go.
        """
        share, window = frame.share, frame.window
        if share.row < self._top:
            raise WindowError(f"cell row {share.row} was let go: the mosaic now begins at {self._top}")
        self._reach(share.row_stop)
        part = share.moved(-(window.row // CELL), -(window.col // CELL))
        spot = share.moved(-self._top, -self._area.col)
        rows, cols = frame.weights
        self._open[:, spot.rows, spot.cols] += logits[:, part.rows, part.cols] * rows[:, None] * cols

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """The sums of the cell rows ``start`` to ``stop``: (classes, rows, cols); zero where no frame was added."""
        if start < self._top:
            raise WindowError(f"cell row {start} was let go: the mosaic now begins at {self._top}")
        held = self._open[:, start - self._top : stop - self._top]
        # Rows that no frame has reached are not held: where little of a scene is mapped, they are most of it.
        lacking = stop - start - held.shape[1]
        return np.pad(held, ((0, 0), (0, lacking), (0, 0))) if lacking else held

    def let_go(self, before: int) -> None:
        """Forget all cell rows before this one."""
        if before > self._top:
            self._open = self._open[:, before - self._top :].copy()
            self._top = before

    def _reach(self, stop: int) -> None:
        lacking = stop - self._top - self._open.shape[1]
        if lacking > 0:
            classes, _, width = self._open.shape
            more = np.zeros((classes, lacking, width), dtype=np.float32)
            self._open = np.concatenate([self._open, more], axis=1)


class Enlargement:
    """From cells to the scene's own pixels along one axis: every pixel lies between two cells.

    Attributes:
        lower: (pixels,) int64, the cell whose centre is at or before the pixel's, kept inside the area.
        upper: (pixels,) int64, the next cell, kept inside the area.
        weight: (pixels,) float32, how far the pixel's centre has come from lower to upper.
    """

    def __init__(self, axis: Axis) -> None:
        pixels = np.arange(axis.length, dtype=np.float64)
        place = (axis.phase + axis.scale * (pixels + 0.5)) / CELL - 0.5
        first, last = axis.start // CELL, axis.stop // CELL - 1
        floor = np.floor(place).astype(np.int64)
        self.weight = (place - floor).astype(np.float32)
        self.lower = np.clip(floor, first, last)
        self.upper = np.clip(floor + 1, first, last)

    def ready(self, cell: int) -> int:
        """How many pixels, from the first, need no cell from ``cell`` on."""
        return int(np.searchsorted(self.upper, cell, side="left"))
