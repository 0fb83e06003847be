"""Resampling that gives a place the same value however it is cut: area means when shrinking, bilinear when enlarging."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the pixels of one axis become others.

    Attributes:
        start: first source pixel that matters.
        stop: source pixel behind the last that matters.
        weights: (targets, stop - start) float32; rows sum to 1.
    """

    start: int
    stop: int
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, edges: NDArray[np.float64], length: int) -> Kernel:
        """The kernel of targets between consecutive ``edges``, in source pixels, of a source of ``length`` pixels.

        Targets must overlap the source. What they cover outside of it does not count.
        """
        low, high = edges[:-1], edges[1:]
        centre, width = (low + high) / 2, high - low
        # A triangle of at least one pixel's half-width: bilinear when enlarging, an antialiased mean when shrinking.
        reach = np.maximum(width, 1.0)
        start = max(0, math.floor(float((centre - reach).min())))
        stop = min(length, math.ceil(float((centre + reach).max())))
        start, stop = min(start, length - 1), max(stop, 1)
        source = np.arange(start, stop) + 0.5
        weights = np.clip(1 - np.abs(source - centre[:, None]) / reach[:, None], 0, None)
        # Beyond the outermost centres the outermost pixel stands alone.
        total = weights.sum(axis=1, keepdims=True)
        nearest = np.clip(np.floor(centre).astype(int) - start, 0, stop - start - 1)
        weights[np.arange(len(centre)), nearest] += np.where(total[:, 0] > 0, 0, 1)
        return cls(start, stop, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def resample(
    pixels: NDArray[np.float32], valid: NDArray[np.bool_], rows: Kernel, cols: Kernel
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Pixels (bands, rows, cols) and their validity (rows, cols) at other places.

    Pixels that are not valid do not count; a target is valid where at least half of what it is made of is.
    """
    known = valid.astype(np.float32)
    share = rows.weights @ known @ cols.weights.T
    total = rows.weights @ (pixels * known) @ cols.weights.T
    target = share >= 0.5
    return np.where(target, total / np.maximum(share, np.float32(1e-6)), 0).astype(np.float32), target
