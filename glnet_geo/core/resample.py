"""Resampling that gives a place the same value however a read is cut: area means when shrinking, bilinear when enlarging."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST_SHARE = 1e-6
"""Less of a target than this comes from rounding of its edges, not from a pixel."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Intervals of one axis of a source, each to be averaged into one target pixel.

    Attributes:
        low: (targets,) float64, rising; source pixel edge where each begins.
        high: (targets,) float64, rising; where it ends.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def between(cls, edges: NDArray[np.float64], length: int) -> Stretches:
        """The stretches for the targets between consecutive edges.

        A stretch is as long as its target, and at least one source pixel around the target's centre: the mean over
        one pixel's length at any place *is* the linear interpolation between two pixels. At the ends it is cut off,
        so what lies outside of the source does not count.

        Args:
            edges: (targets + 1,) rising, in source pixels; every target overlaps the source.
            length: pixels of the source.
        """
        low, high = edges[:-1], edges[1:]
        centre, reach = (low + high) / 2, np.maximum((high - low) / 2, 0.5)
        return cls(np.maximum(centre - reach, 0.0), np.minimum(centre + reach, float(length)))

    def __len__(self) -> int:
        return self.low.size

    def __getitem__(self, part: slice) -> Stretches:
        return Stretches(self.low[part], self.high[part])

    @property
    def source(self) -> slice:
        """The source pixels that matter to any target."""
        return slice(math.floor(self.low[0]), math.ceil(self.high[-1]))

    def means(self, planes: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
        """The means of the source pixels that matter, which lie along an axis of ``planes``.

        Pixel after pixel of every stretch is added, rather than all by a product of matrices: it is quicker, and a
        mean comes out the same to the last bit whichever others are taken with it.
        """
        first = np.floor(self.low).astype(np.int64)
        length = self.high - self.low
        shape = tuple(len(self) if i == axis else side for i, side in enumerate(planes.shape))
        means, term = np.zeros(shape, np.float32), np.empty(shape, np.float32)
        along = tuple(slice(None) if i == axis else None for i in range(planes.ndim))
        for pixel in range(int((np.ceil(self.high) - first).max())):
            start = first + pixel
            overlap = np.minimum(self.high, start + 1) - np.maximum(self.low, start)
            # A pixel behind the end of a stretch has no weight: any will do in its place.
            np.take(planes, start - self.source.start, axis=axis, out=term, mode="clip")
            term *= (np.maximum(overlap, 0) / length).astype(np.float32)[along]
            means += term
        return means


def resample(
    pixels: NDArray[np.float32], valid: NDArray[np.bool_], rows: Stretches, cols: Stretches
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Means of valid pixels over the stretches of rows and columns.

    Pixels that are not valid count for nothing; a target is valid where any valid pixel reaches into it, so that
    no data is lost, however thin.

    Args:
        pixels: (bands, rows, cols), the source pixels that matter.
        valid: (rows, cols) True = usable.
        rows: how the rows become others.
        cols: how the columns become others.

    Returns:
        Pixels (bands, rows, cols), 0 where not valid, and their validity (rows, cols).
    """
    # Validity is resampled as one more band: what is left of it weighs what is left of the others.
    planes = np.concatenate([np.where(valid, pixels, 0), valid[None]], dtype=np.float32)
    planes = cols.means(rows.means(planes, axis=1), axis=2)
    share = planes[-1]
    target = share > _LEAST_SHARE
    return np.where(target, planes[:-1] / np.where(target, share, 1), 0).astype(np.float32), target
