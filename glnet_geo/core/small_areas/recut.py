"""Strips of any height made into slabs of one height."""

from __future__ import annotations

import numpy as np

from glnet_geo.core.strip import Strip
from glnet_geo.errors import OptionError


class Recut:
    """Strips of any height in, the same rows out as strips of one height; only the last may be lower.

    Args:
        width: columns of the map.
        height: rows of a strip that goes out.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._parts: list[Strip] = []
        self._next: int | None = None
        self._has_confidence = False

    def feed(self, strip: Strip) -> list[Strip]:
        """Takes the next rows down.

        Args:
            strip: begins where the last one ended; the first may begin anywhere. It is copied as far as it waits.

        Returns:
            The strips that are full now.

        Raises:
            OptionError: the strip does not fit the map, or those before it.
        """
        self._check(strip)
        full = []
        top, rows = 0, strip.classes.shape[0]
        self._next, self._has_confidence = strip.row + rows, strip.confidence is not None
        while top < rows:
            stop = min(rows, top + self._height - self._waiting)
            self._parts.append(_piece(strip, top, stop))
            top = stop
            if self._waiting == self._height:
                full += self.finish()
        return full

    def finish(self) -> list[Strip]:
        """Gives out the rows that wait: one strip, or none."""
        parts, self._parts = self._parts, []
        if not parts:
            return []
        confidences = [part.confidence for part in parts if part.confidence is not None]
        return [
            Strip(
                row=parts[0].row,
                classes=np.concatenate([part.classes for part in parts]),
                confidence=np.concatenate(confidences) if confidences else None,
            )
        ]

    @property
    def _waiting(self) -> int:
        return sum(part.classes.shape[0] for part in self._parts)

    def _check(self, strip: Strip) -> None:
        classes, confidence = strip.classes, strip.confidence
        rows = classes.size // self._width
        if not rows or classes.shape != (rows, self._width) or classes.dtype != np.uint8:
            raise OptionError(
                f"strips must hold uint8 rows of {self._width} columns, "
                f"got {classes.dtype} of shape {classes.shape}: hand over whole rows of class ids"
            )
        if confidence is not None and confidence.shape != classes.shape:
            raise OptionError(
                f"confidence has shape {confidence.shape} and classes {classes.shape}: hand over one for each pixel"
            )
        if self._next is None:
            return
        if strip.row != self._next:
            raise OptionError(
                f"rows up to {self._next} are known and the next strip begins at {strip.row}: "
                "hand over all rows in order"
            )
        if (confidence is not None) != self._has_confidence:
            raise OptionError("only some strips have confidence: hand it over with all of them or with none")


def _piece(strip: Strip, top: int, stop: int) -> Strip:
    """Some rows of a strip, copied, so that the giver may use its memory again."""
    return Strip(
        row=strip.row + top,
        classes=strip.classes[top:stop].copy(),
        confidence=None if strip.confidence is None else strip.confidence[top:stop].copy(),
    )
