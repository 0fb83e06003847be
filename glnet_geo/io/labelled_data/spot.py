"""A rectangle of a scene at any zoom."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window as RasterWindow

from glnet_geo.core.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A rectangle of a pair, in fractions of pixels, and the size (rows, cols) to read it at."""

    row: float
    col: float
    height: float
    width: float
    shape: tuple[int, int]

    @classmethod
    def of(cls, window: Window) -> Spot:
        """A window at its own size."""
        return cls(
            row=window.row, col=window.col, height=window.height, width=window.width, shape=window.shape
        )

    @property
    def window(self) -> RasterWindow:
        """The rectangle as rasterio takes it."""
        return RasterWindow(self.col, self.row, self.width, self.height)

    @property
    def around(self) -> Window:
        """The whole pixels that it reaches into."""
        row, col = math.floor(self.row), math.floor(self.col)
        return Window(
            row=row,
            col=col,
            height=math.ceil(self.row + self.height) - row,
            width=math.ceil(self.col + self.width) - col,
        )

    @property
    def at_own_size(self) -> bool:
        """Whether it is a window of whole pixels, to be read as they are."""
        return Spot.of(self.around) == self

    @property
    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows and columns, in the pair's pixels, of the centres of what is read."""
        rows, cols = self.shape
        down: NDArray[np.float64] = self.row + (np.arange(rows, dtype=np.float64) + 0.5) * (
            self.height / rows
        )
        across: NDArray[np.float64] = self.col + (np.arange(cols, dtype=np.float64) + 0.5) * (
            self.width / cols
        )
        return down, across

    def nearest(self, scene: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the pair's pixels that hold the centres of what is read; both rise.

        Args:
            scene: rows and columns of the pair.
        """
        down, across = (
            np.clip(np.floor(places), 0, length - 1).astype(np.int64)
            for places, length in zip(self.centres, scene, strict=True)
        )
        return down, across

    def edges(self, scene: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows and columns, in the pair's pixels, of the edges of what is read; a spot ends where its scene does.

        Args:
            scene: rows and columns of the pair.
        """
        starts = max(self.row, 0.0), max(self.col, 0.0)
        stops = min(self.row + self.height, scene[0]), min(self.col + self.width, scene[1])
        down, across = (
            np.linspace(start, stop, count + 1)
            for start, stop, count in zip(starts, stops, self.shape, strict=True)
        )
        return down, across


def window_over(
    rows: NDArray[np.int64], cols: NDArray[np.int64]
) -> tuple[Window, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The window that reaches over some rows and columns, which rise, and where in it they lie: an index for its pixels."""
    top, left = int(rows[0]), int(cols[0])
    window = Window(row=top, col=left, height=int(rows[-1]) - top + 1, width=int(cols[-1]) - left + 1)
    down, across = np.ix_(rows - top, cols - left)
    return window, (down, across)
