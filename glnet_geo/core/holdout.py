"""What of the labels is kept from training, so that a score tells how well a model does elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.window import Window

_SHARE = 0.2
"""Part of every class's labels that is kept from training, about."""

_MOST_LOST = 0.6
"""A class never loses more than this to the held-out part."""

# What tells parts of one scene apart at the end of a name: numbers, perhaps behind such a word.
_PART = re.compile(r"([-_ ](part|tile|patch|crop|chip|r|c|row|col|x|y)?[-_ ]?\d+)+$", re.IGNORECASE)

_BLOCKS = 6
"""Along the longer side of a scene: enough to choose from, and each large enough for some frames."""


def places_of(names: Sequence[str]) -> list[str]:
    """Which place each picture shows, by its name: ``t1_part_001`` and ``t1_part_002`` are parts of ``t1``.

    Where no more than one place would be left, every picture is a place of its own.
    """
    places = [_PART.sub("", name) or name for name in names]
    return places if len(set(places)) > 1 else list(names)


def hold_out(counts: NDArray[np.integer]) -> list[int]:
    """The units to keep from training: their part of every class comes as near to a fifth as it can.

    At least one unit is held out where that leaves a good part of every class to learn from; else none.

    Args:
        counts: (units, classes) labelled pixels; a unit is a place or a block of one.

    Returns:
        Indices, sorted; the same counts give the same indices.
    """
    totals = counts.sum(axis=0)
    known = counts[:, totals > 0] / totals[totals > 0]
    held: list[int] = []
    lost = np.zeros(known.shape[1])
    candidates = np.flatnonzero(known.any(axis=1))
    while len(candidates) > 0:
        after = lost + known[candidates]
        cost = np.where((after > _MOST_LOST).any(axis=1), np.inf, np.abs(after - _SHARE).sum(axis=1))
        best = int(cost.argmin())
        if not np.isfinite(cost[best]) or (held and cost[best] >= np.abs(lost - _SHARE).sum()):
            break
        lost = after[best]
        held.append(int(candidates[best]))
        candidates = np.delete(candidates, best)
    return sorted(held)


def blocks(shape: tuple[int, int], grain: int) -> list[Window]:
    """A scene in about 6 x 6 blocks, row by row; sides are multiples of ``grain`` but at the far edges.

    Args:
        shape: (rows, cols).
        grain: of the blocks' borders, in pixels.
    """
    side = max(grain, -(-max(shape) // _BLOCKS // grain) * grain)
    return [
        Window(row=row, col=col, height=min(side, shape[0] - row), width=min(side, shape[1] - col))
        for row in range(0, shape[0], side)
        for col in range(0, shape[1], side)
    ]
