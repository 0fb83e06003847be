"""Rows of a map as runs, and which runs touch: far fewer things to count than pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Runs:
    """The longest stretches of one class in each row of a block, in reading order.

    Attributes:
        start: (runs,) int64, the first pixel of each, counted through the block in reading order.
        class_id: (runs,) uint8.
        shape: rows and columns of the block.
    """

    start: NDArray[np.int64]
    class_id: NDArray[np.uint8]
    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.start.size

    @property
    def row(self) -> NDArray[np.int64]:
        """The row of each run, counted from the top of the block."""
        return self.start // self.shape[1]

    @property
    def length(self) -> NDArray[np.int64]:
        """Pixels in each run."""
        return np.diff(self.start, append=self.shape[0] * self.shape[1])

    def below_first_row(self) -> Runs:
        """The runs of all rows but the first, counted from the second row."""
        rows, width = self.shape
        first = np.searchsorted(self.start, width)
        return Runs(self.start[first:] - width, self.class_id[first:], (rows - 1, width))


@dataclass(frozen=True, slots=True)
class Contacts:
    """Pairs of things that touch; a pair may be listed more than once, and its edges add up.

    Attributes:
        ends: (2, contacts) int64, the numbers of the two.
        edges: (contacts,) int64, how many pixel edges they share there; 0 where they touch at a corner only.
    """

    ends: NDArray[np.int64]
    edges: NDArray[np.int64]

    def __len__(self) -> int:
        return self.edges.size

    @classmethod
    def empty(cls) -> Contacts:
        """Nothing touches."""
        return cls(np.empty((2, 0), np.int64), np.empty(0, np.int64))

    @classmethod
    def stacked(cls, parts: list[Contacts]) -> Contacts:
        """The contacts of all parts, in order."""
        return cls(
            np.concatenate([part.ends for part in parts], axis=1),
            np.concatenate([part.edges for part in parts]),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Contacts:
        """Those that are chosen."""
        if chosen.all():
            return self
        places = np.flatnonzero(chosen)
        return Contacts(self.ends.take(places, axis=1), self.edges.take(places))

    def renamed(self, name: NDArray[np.int64]) -> Contacts:
        """The same under other numbers, without those that have become one thing."""
        ends = name[self.ends]
        return Contacts(ends, self.edges).where(ends[0] != ends[1])

    def summed(self, things: int) -> Contacts:
        """Each pair once, the lower number first, in order; numbers are below ``things``."""
        pair = self.ends.min(axis=0) * things + self.ends.max(axis=0)
        order = np.argsort(pair)
        pair = pair[order]
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        edges = np.add.reduceat(self.edges[order], starts) if starts.size else self.edges
        return Contacts(np.stack(np.divmod(pair[starts], things)), edges)


def runs_of(rows: NDArray[np.uint8], *, corners: bool) -> tuple[Runs, Contacts]:
    """Cuts rows into runs and finds out which runs touch.

    Args:
        rows: (rows, width) uint8, at least one row.
        corners: whether to list also runs that touch at a corner.

    Returns:
        The runs, and the contacts between them. Those between two runs of the first row are left out: that row is
        the last one of the block above.
    """
    width = rows.shape[1]
    begins = np.ones(rows.shape, np.bool_)
    np.not_equal(rows[:, 1:], rows[:, :-1], out=begins[:, 1:])
    start = np.flatnonzero(begins)
    run = np.cumsum(begins, dtype=np.int64)
    run -= 1

    beside = np.flatnonzero((start > width) & (start % width != 0))
    # Between two rows, the pair of runs changes where either of them begins.
    over = np.flatnonzero(begins[:-1] | begins[1:])
    stretch = np.diff(over, append=(rows.shape[0] - 1) * width)
    ends = [np.stack([beside - 1, beside]), np.stack([run[over], run[over + width]])]
    edges = [np.ones_like(beside), stretch]
    if corners:
        # Where only one of the two rows changes, the runs across the corner share an edge already.
        begins[:, 0] = False
        cross = np.flatnonzero(begins[:-1] & begins[1:])
        above, below = run[cross], run[cross + width]
        ends += [np.stack([above - 1, below]), np.stack([above, below - 1])]
        edges.append(np.zeros(2 * cross.size, np.int64))
    runs = Runs(start, rows.ravel()[start], (rows.shape[0], width))
    return runs, Contacts(np.concatenate(ends, axis=1), np.concatenate(edges))
