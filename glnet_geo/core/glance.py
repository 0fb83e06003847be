"""Where something seems to have data, seen from afar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.window import Window

Shows: TypeAlias = Callable[[Window], bool]
"""Whether a window of a scene seems to show anything: good enough to tell how long a job takes, not to leave it out."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A coarse view of which pixels are usable; a `Shows`.

    Attributes:
        seen: (rows, cols) True = usable, of a sample of pixels spread evenly over all.
        shape: rows and columns of all pixels.
    """

    seen: NDArray[np.bool_]
    shape: tuple[int, int]

    def __call__(self, window: Window) -> bool:
        """Whether any pixel of the sample in a window, or next to it, is usable."""
        rows, cols = (
            # Between a pixel of the sample and the next, the edge of the data may lie anywhere.
            slice(max(0, start * seen // side - (seen < side)), -(-stop * seen // side) + (seen < side))
            for start, stop, seen, side in (
                (window.row, window.row_stop, self.seen.shape[0], self.shape[0]),
                (window.col, window.col_stop, self.seen.shape[1], self.shape[1]),
            )
        )
        return bool(self.seen[rows, cols].any())
