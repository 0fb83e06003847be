"""Edges of rings, cut into pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cut_edges(
    corners: NDArray[np.float64], rings: NDArray[np.int64], pieces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The same rings with each edge cut into so many pieces of equal length, alike whichever way it runs.

    Args:
        corners: (n, 2) of all rings, one after the other, the first of each again at its end.
        rings: (rings + 1,) where each ring starts, and where the last one ends.
        pieces: (n - 1,) of the edge from each corner to the next; what it says of the step to another ring does not count.
    """
    pieces = pieces.copy()
    pieces[rings[1:-1] - 1] = 1
    if (pieces == 1).all():
        return corners, rings
    first = np.concatenate([[0], np.cumsum(pieces)])
    edge = np.repeat(np.arange(pieces.size), pieces)
    place = np.arange(edge.size) - first[edge]
    start, end = corners[edge], corners[edge + 1]
    # Counted from one end for both neighbours of a border, else they would differ in the last digit.
    backward = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    part = np.where(backward, pieces[edge] - place, place) / pieces[edge]
    low, high = np.where(backward[:, None], end, start), np.where(backward[:, None], start, end)
    between = np.where(place[:, None] == 0, start, low + part[:, None] * (high - low))
    return np.concatenate([between, corners[-1:]]), np.append(first[rings[:-1]], first[-1] + 1)
