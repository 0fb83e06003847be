"""Whether a map is right as often as it says that it is.

Source: Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Confidences are told apart by tenths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How sure a map was and how often it was right, by tenths of confidence: (0, 0.1], (0.1, 0.2], and so on.

    Attributes:
        weight: (10,) float64 how much of the map, in pixels or any other unit.
        right: (10,) float64 how much of that is right.
        sure: (10,) float64 the sum of the confidences, each by its weight.
    """

    weight: NDArray[np.float64]
    right: NDArray[np.float64]
    sure: NDArray[np.float64]

    @classmethod
    def none(cls) -> Reliability:
        """Nothing compared yet."""
        return cls(weight=np.zeros(BINS), right=np.zeros(BINS), sure=np.zeros(BINS))

    @classmethod
    def of(
        cls,
        confidence: NDArray[np.float64],
        right: NDArray[np.bool_],
        weight: NDArray[np.float64] | None = None,
    ) -> Reliability:
        """Of pixels or points, all (n,).

        Args:
            confidence: probability of the mapped class, 0 to 1.
            right: whether the mapped class is the true one.
            weight: how much of the map each stands for; None for the same.
        """
        weight = np.ones(len(confidence)) if weight is None else weight
        # Tenths are no binary fractions: 0.7 must not come to lie above 7 / 10.
        place = np.clip(np.ceil(np.round(confidence * BINS, 9)) - 1, 0, BINS - 1).astype(np.intp)
        return cls(
            weight=_sums(place, weight),
            right=_sums(place, weight * right),
            sure=_sums(place, weight * confidence),
        )

    def __add__(self, other: Reliability) -> Reliability:
        return Reliability(
            weight=self.weight + other.weight, right=self.right + other.right, sure=self.sure + other.sure
        )

    @property
    def expected_calibration_error(self) -> float:
        """Mean distance between confidence and accuracy over the tenths, each by its weight; NaN without any."""
        total = self.weight.sum()
        return float(np.abs(self.right - self.sure).sum() / total) if total else float("nan")

    @property
    def curve(self) -> list[tuple[float, float, float]]:
        """Mean confidence, accuracy and share of the whole of each tenth that is not empty."""
        total = self.weight.sum()
        return [
            (float(sure / weight), float(right / weight), float(weight / total))
            for sure, right, weight in zip(self.sure, self.right, self.weight, strict=True)
            if weight > 0
        ]


def _sums(place: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(10,) sums of values by place."""
    # Without any value, NumPy would count in whole numbers.
    return np.bincount(place, values, BINS).astype(np.float64)
