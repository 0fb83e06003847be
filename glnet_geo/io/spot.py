"""A rectangle of a scene at any zoom."""

from __future__ import annotations

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
