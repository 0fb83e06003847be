"""How well a map agrees with a reference, from one confusion matrix over everything compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA, Legend


@dataclass(frozen=True, slots=True)
class Confusion:
    """How much is of which class in the reference (rows) and in the map (columns), in the legend's order.

    Attributes:
        counts: (classes, classes) int64 pixels or points, or float64 where they were estimated.
    """

    counts: NDArray[np.number[Any]]

    @classmethod
    def of(cls, reference: NDArray[np.uint8], mapped: NDArray[np.uint8], legend: Legend) -> Confusion:
        """Count all pixels whose values are classes of the legend in both arrays of class ids, of one shape."""
        channel = np.full(256, NODATA, dtype=np.uint8)
        channel[legend.ids] = np.arange(len(legend))
        return cls.of_codes(channel[reference], channel[mapped], len(legend))

    @classmethod
    def of_codes(cls, reference: NDArray[np.uint8], mapped: NDArray[np.uint8], classes: int) -> Confusion:
        """Count all pixels that have a class in both arrays of one shape.

        Args:
            reference: places of classes in the legend; other values are no class.
            mapped: as ``reference``.
            classes: how many there are.
        """
        both = (reference < classes) & (mapped < classes)
        rows, cols = reference[both].astype(np.intp), mapped[both]
        cells = np.bincount(rows * classes + cols, minlength=classes**2)
        return cls(cells.reshape(classes, classes).astype(np.int64))

    @classmethod
    def empty(cls, classes: int) -> Confusion:
        """Nothing compared yet."""
        return cls(np.zeros((classes, classes), dtype=np.int64))

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(self.counts + other.counts)

    @property
    def iou(self) -> NDArray[np.float64]:
        """(classes,) intersection over union; NaN for a class that is in neither."""
        return _share(self._shared, self.in_reference + self.in_map - self._shared)

    @property
    def f1(self) -> NDArray[np.float64]:
        """(classes,) harmonic mean of precision and recall; NaN for a class that is in neither."""
        return _share(2 * self._shared, self.in_reference + self.in_map)

    @property
    def precision(self) -> NDArray[np.float64]:
        """(classes,) share of what is mapped as a class that is one: user's accuracy; NaN where it is not mapped."""
        return _share(self._shared, self.in_map)

    @property
    def recall(self) -> NDArray[np.float64]:
        """(classes,) share of a class that is mapped as one: producer's accuracy; NaN where there is none."""
        return _share(self._shared, self.in_reference)

    @property
    def in_reference(self) -> NDArray[np.number[Any]]:
        """(classes,) how much is of each class in the reference."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def in_map(self) -> NDArray[np.number[Any]]:
        """(classes,) how much is of each class in the map."""
        return np.asarray(self.counts.sum(axis=0))

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that are in either."""
        return mean_of(self.iou)

    @property
    def accuracy(self) -> float:
        """Share that is mapped right; 0 where nothing was compared."""
        total = self.counts.sum()
        return float(self._shared.sum() / total) if total else 0.0

    def majority(self) -> Confusion:
        """What calling everything the reference's most frequent class would have given."""
        totals = self.in_reference
        counts = np.zeros_like(self.counts)
        counts[:, int(totals.argmax())] = totals
        return Confusion(counts)

    @property
    def _shared(self) -> NDArray[np.number[Any]]:
        return np.diag(self.counts)


def mean_of(values: NDArray[np.float64], kept: NDArray[np.bool_] | None = None) -> float:
    """Mean of the values of kept classes that are known; NaN where there are none."""
    known = ~np.isnan(values) if kept is None else ~np.isnan(values) & kept
    return float(values[known].mean()) if known.any() else float("nan")


def _share(part: NDArray[np.number[Any]], whole: NDArray[np.number[Any]]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
