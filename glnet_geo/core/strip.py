"""Finished rows of a map on their way to the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.progress import Progress
from glnet_geo.errors import CancelledError


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Whole rows of the answer, from the first column to the last.

    Attributes:
        row: scene row of the strip's first row.
        classes: (rows, width) uint8, class ids, 255 where nothing was classified.
        confidence: (rows, width) uint8, percent, 255 where it is not known; None where not asked for.
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


def watched(what: str, height: int, strips: Iterable[Strip], progress: Progress) -> Iterator[Strip]:
    """The same strips, on their way past somebody who wants to know how far they are, and may stop them.

    Args:
        what: is done with them.
        height: rows of the map.
        strips: all of the map.
        progress: who is told.

    Raises:
        CancelledError: the person asked to stop.
    """
    progress.begin(what, height)
    for strip in strips:
        if progress.cancelled():
            # Outputs appear when all strips have passed.
            raise CancelledError("nothing was written")
        yield strip
        progress.advance(len(strip.classes))
