"""Tells how far a map has flowed by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import Strip
from glnet_geo.errors import CancelledError


@dataclass(frozen=True, slots=True)
class Watched:
    """Strips on their way past somebody who wants to know how far they are, and may stop them.

    Attributes:
        progress: who is told.
    """

    progress: Progress

    def strips(self, what: str, height: int, strips: Iterable[Strip]) -> Iterator[Strip]:
        """The same strips.

        Args:
            what: is done with them.
            height: rows of the map.
            strips: all of the map.

        Raises:
            CancelledError: the person asked to stop.
        """
        self.progress.begin(what, height)
        for strip in strips:
            if self.progress.cancelled():
                raise CancelledError("stopped as asked: nothing was written")
            yield strip
            self.progress.advance(len(strip.classes))
