"""Whether a map is right as often as it says that it is.

Source: Guo, Pleiss, Sun, Weinberger: "On Calibration of Modern Neural Networks", ICML 2017, sections 2 and 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Confidences are told apart by tenths."""

_COLDEST, _HOTTEST = 0.05, 20.0
"""Temperatures between which one is searched: beyond, a network is sure of everything, or of nothing."""

_SEARCHES = 40
"""Steps of the search, each of which leaves 0.618 of the range: more digits than anybody needs."""


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


def fitted_temperature(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """By what logits are to be divided before the softmax, so that it tells how often they are right.

    Args:
        logits: (n, classes) of pixels that were not learnt from.
        truth: (n,) channel of the true class of each.

    Returns:
        The temperature of the least cross entropy, between 0.05 and 20; 1 where there is no pixel.
    """
    if not len(truth):
        return 1.0
    # A golden-section search: cross entropy has one valley along the inverse temperature, so along its logarithm too.
    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(_SEARCHES):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _cross_entropy(logits, truth, np.exp(left)) < _cross_entropy(logits, truth, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _cross_entropy(logits: NDArray[np.float32], truth: NDArray[np.int64], temperature: float) -> float:
    cooled = (logits - logits.max(axis=1, keepdims=True)) / temperature
    own = np.take_along_axis(cooled, truth[:, None], axis=1)[:, 0]
    return float((np.log(np.exp(cooled).sum(axis=1)) - own).mean(dtype=np.float64))


def _sums(place: NDArray[np.intp], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(10,) sums of values by place."""
    # Without any value, NumPy would count in whole numbers.
    return np.bincount(place, values, BINS).astype(np.float64)
