"""Regions that have grown too large, cut along a line of the map so that memory stays bounded.

A region is cut by pretending that its pixels above the line have another value than those below: then all of its
outlines close along the line, and what lies below begins anew.

    above   1 1 1 2 2 1 1         e 1' 1' 2 2 1' 1'      the border now runs along all of the line,
          ------------------  as  ------------------     but the pixels that touch across it (1' over 1)
    below   1 1 2 2 2 2 1           1  1  2 2 2  1       are still known to be one region

What is handed out above the line carries the name of the region, the index of its first pixel. Arms of one region
that are cut before they join below have names of their own; ``Names`` keeps which of them proved to be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.polygons.sides import Block, Values

_CUT = np.uint16(1 << 8)
"""Added to the value of a pixel whose region ends with its row."""


@dataclass(frozen=True, slots=True)
class Continuations:
    """Where what was cut goes on below the line.

    Attributes:
        chain: (continuations,) the open outline, counted from left to right, that the pixel above the line follows.
        column: (continuations,) the pixel below the line.
    """

    chain: NDArray[np.int64]
    column: NDArray[np.int64]


def cut(above: NDArray[np.uint8], ends: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """The row above a line, with regions that end there told apart from what lies below.

    Args:
        above: (width,) the row above the line.
        ends: (stretches,) for each stretch of one value in it that is not nodata, whether it ends.

    Returns:
        (width,) the same values, raised where the region ends.
    """
    begins = np.ones(above.size, np.bool_)
    begins[1:] = above[1:] != above[:-1]
    valid = above != NODATA
    stretch = np.cumsum(begins & valid) - 1
    row = above.astype(np.uint16)
    row[valid] += _CUT * ends[stretch[valid]]
    return row


def continuations(block: Block, *, diagonal: bool) -> Continuations:
    """Finds where regions go on that were cut along the first line of a block: the pixels that touch across it.

    Args:
        block: the rows, below a row that ``cut`` has made.
        diagonal: whether pixels touch at corners, too.
    """
    above, below = block.rows[0], block.rows[1]
    column = [
        (shift, np.flatnonzero((above[1:-1] >= _CUT) & (above[1:-1] - _CUT == _shifted(below, shift))))
        for shift in ((-1, 0, 1) if diagonal else (0,))
    ]
    from_column = np.concatenate([c for _, c in column])
    to_column = np.concatenate([c + shift for shift, c in column])
    chain = np.searchsorted(block.uprights(0, upward=True), from_column, side="right") - 1
    return Continuations(chain, to_column)


def _shifted(row: Values, shift: int) -> Values:
    """The values of a row with margins, ``shift`` columns further right."""
    return row[1 + shift : row.size - 1 + shift]


class Names:
    """Which names of cut regions stand for one region."""

    __slots__ = ("_earlier", "_used")

    def __init__(self) -> None:
        self._earlier: dict[int, int] = {}
        self._used: set[int] = set()

    def cut(self, names: NDArray[np.int64]) -> None:
        """From now on, more than one piece of map goes by each of these names."""
        for name in names.tolist():
            self._earlier.setdefault(name, name)

    def join(self, names: NDArray[np.int64], earlier: NDArray[np.int64]) -> None:
        """Pieces of map under these names turned out to belong to regions whose first pixels lie earlier."""
        shared = self._shared(names) & (names != earlier)
        for pair in zip(names[shared].tolist(), earlier[shared].tolist(), strict=True):
            first, second = sorted(self._resolved(name) for name in pair)
            self._earlier[first] = self._earlier[second] = first

    def use(self, names: NDArray[np.int64]) -> None:
        """Something was handed out under these names."""
        self._used.update(names[self._shared(names)].tolist())

    def resolved(self, names: NDArray[np.int64]) -> NDArray[np.int64]:
        """The earliest names of the same regions."""
        names = names.copy()
        for place in np.flatnonzero(self._shared(names)):
            names[place] = self._resolved(int(names[place]))
        return names

    @property
    def aliases(self) -> Mapping[int, int]:
        """The earliest name for each that was used though there is an earlier one."""
        found = {name: self._resolved(name) for name in sorted(self._used)}
        return {name: earliest for name, earliest in found.items() if name != earliest}

    def _shared(self, names: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not self._earlier:
            return np.zeros(names.size, np.bool_)
        return np.isin(names, np.fromiter(self._earlier, np.int64, len(self._earlier)))

    def _resolved(self, name: int) -> int:
        while (earlier := self._earlier.get(name, name)) != name:
            name = earlier
        return name
