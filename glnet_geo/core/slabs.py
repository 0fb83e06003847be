"""On which lines a map may be cut so that memory stays bounded: they depend on its width alone, never on how it is read."""

from __future__ import annotations

_PIXELS = 1 << 22
"""Most pixels of a slab that has more than the fewest rows."""

_LEAST, _MOST = 64, 2048
"""Fewest and most rows of a slab."""

_SLABS_PER_SPLIT = 4


def slab_rows(width: int) -> int:
    """Rows that are simplified at once: about four million pixels, a power of two from 64 to 2048."""
    rows = _MOST
    while rows > _LEAST and rows * width > _PIXELS:
        rows //= 2
    return rows


def split_rows(width: int) -> int:
    """From one line to the next on which a region that has grown too large is split: some slabs."""
    return _SLABS_PER_SPLIT * slab_rows(width)
