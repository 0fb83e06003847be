"""Draws pixels of each class at random from a map that flows by, each pixel of a class as likely as any other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.strip import Strip


def draw_ranks(sizes: Sequence[int], per_class: int, seed: int) -> list[NDArray[np.int64]]:
    """Which pixels to take of each class, as their places among the pixels of that class in reading order.

    Without replacement, rising; all of a class that has no more than were asked for. The draw of a class depends on its
    place, its size and the seed alone.

    Args:
        sizes: pixels of each class.
        per_class: how many to draw.
        seed: of all randomness, from 0.
    """
    return [
        np.sort(
            np.random.default_rng([seed, place]).choice(size, min(per_class, size), replace=False)
        ).astype(np.int64)
        for place, size in enumerate(sizes)
    ]


def find_pixels(
    strips: Iterable[Strip], ranks: Sequence[NDArray[np.int64]]
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows and columns of the pixels of each class that have these places among all of their class.

    Args:
        strips: the map, from top to bottom, as places of classes in the legend.
        ranks: of each class, rising.

    Returns:
        For each class (n,) rows and (n,) columns, in the order of its ranks.
    """
    found: list[list[NDArray[np.int64]]] = [[np.empty((0, 2), np.int64)] for _ in ranks]
    passed = np.zeros(256, dtype=np.int64)
    for strip in strips:
        flat = strip.classes.ravel()
        counts = np.bincount(flat, minlength=256)
        for place, wanted in enumerate(ranks):
            low, high = np.searchsorted(wanted, [passed[place], passed[place] + counts[place]])
            if low < high:
                at = np.flatnonzero(flat == place)[wanted[low:high] - passed[place]]
                rows, cols = np.divmod(at, strip.classes.shape[1])
                found[place].append(np.column_stack([rows + strip.row, cols]))
        passed += counts
    stacked = [np.concatenate(parts) for parts in found]
    return [(pixels[:, 0], pixels[:, 1]) for pixels in stacked]
