"""How well a map agrees with a reference, from one confusion matrix over everything compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import Legend


@dataclass(frozen=True, slots=True)
class Confusion:
    """Pixels by class in the reference (rows) and in the map (columns), in the legend's order.

    Attributes:
        counts: (classes, classes) int64.
    """

    counts: NDArray[np.int64]

    @classmethod
    def of(cls, reference: NDArray[np.uint8], mapped: NDArray[np.uint8], legend: Legend) -> Confusion:
        """Count all pixels whose values are classes of the legend in both arrays of class ids, of one shape."""
        channel = np.full(256, -1)
        channel[legend.ids] = np.arange(len(legend))
        rows, cols = channel[reference.ravel()], channel[mapped.ravel()]
        both = (rows >= 0) & (cols >= 0)
        cells = np.bincount(rows[both] * len(legend) + cols[both], minlength=len(legend) ** 2)
        return cls(cells.reshape(len(legend), len(legend)).astype(np.int64))

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.counts + other.counts)

    @property
    def iou(self) -> NDArray[np.float64]:
        """(classes,) intersection over union; NaN for a class that is in neither."""
        shared = np.diag(self.counts)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - shared
        return np.where(union > 0, shared / np.maximum(union, 1), np.nan)

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that are in either."""
        return float(np.nanmean(self.iou))

    @property
    def accuracy(self) -> float:
        """Share of pixels mapped right."""
        return float(np.diag(self.counts).sum() / max(self.counts.sum(), 1))

    def majority(self) -> Confusion:
        """What calling everything the reference's most frequent class would have given."""
        totals = self.counts.sum(axis=1)
        counts = np.zeros_like(self.counts)
        counts[:, int(totals.argmax())] = totals
        return Confusion(counts)
