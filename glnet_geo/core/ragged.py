"""Rows of unequal length in two flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ragged:
    """Row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Attributes:
        values: all rows, one after the other.
        offsets: (rows + 1,) where each row starts; the last entry is where the last row ends.
    """

    values: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return self.offsets.size - 1

    @classmethod
    def empty(cls) -> Ragged:
        """No rows."""
        return cls(np.empty(0, np.int64), np.zeros(1, np.int64))

    @classmethod
    def stacked(cls, parts: Sequence[Ragged]) -> Ragged:
        """The rows of all parts, in order."""
        lengths = np.concatenate([part.lengths for part in parts])
        return cls(np.concatenate([part.values for part in parts]), offsets_of(lengths))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of values in each row."""
        return np.diff(self.offsets)

    @property
    def row_of_value(self) -> NDArray[np.int64]:
        """Which row each value lies in."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def after(self) -> NDArray[np.int64]:
        """The place of the value after each, in a row that is a ring; no row may be empty."""
        place = np.arange(1, self.values.size + 1)
        place[self.offsets[1:] - 1] = self.offsets[:-1]
        return place

    def take(self, rows: NDArray[np.int64]) -> Ragged:
        """The given rows, in the given order."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        offsets = offsets_of(lengths)
        places = np.arange(offsets[-1])
        places += np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Ragged(self.values[places], offsets)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where rows of these lengths start, and where the last one ends: (rows + 1,)."""
    offsets = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
