"""Finished rows of a map on their way to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Whole rows of the answer, from the first column to the last.

    Attributes:
        row: scene row of the strip's first row.
        classes: (rows, width) uint8, class ids, 255 where nothing was classified.
        confidence: (rows, width) uint8, percent, 255 where nothing was classified; None where not asked for.
    """

    row: int
    classes: NDArray[np.uint8]
    confidence: NDArray[np.uint8] | None = None


class Sink(Protocol):
    """Takes strips from the top row to the bottom row, each row once, and makes an output of them."""

    def write(self, strip: Strip) -> None:
        """Take the next rows."""

    def finish(self) -> None:
        """Complete the output; called once, after the last strip."""

    def close(self) -> None:
        """Let go of open files, finished or not; may be called more than once."""
