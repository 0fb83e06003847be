"""What a stratified random sample says of a whole map: accuracies and areas, each with its confidence interval.

Source: Olofsson, Foody, Herold, Stehman, Woodcock, Wulder: "Good practices for estimating area and assessing accuracy
of land change", Remote Sensing of Environment 148 (2014), equations 1 to 11. Its estimators are ratios of two totals;
Stehman, "Estimating area and map accuracy for stratified random sampling when the strata are different from the map
classes", International Journal of Remote Sensing 35 (2014), has the same ratios for any strata.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.errors import EvaluationError

_Z = 1.96
"""Standard errors in half a 95 % confidence interval, rounded as in the source."""

_Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and how far off it may be.

    Attributes:
        value: NaN where the sample does not tell.
        half_width: of the 95 % confidence interval; NaN where the sample does not tell.
    """

    value: float
    half_width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedSample:
    """Units drawn at random within strata, and what they are in the reference and in the map.

    Attributes:
        counts: (strata, classes, classes) int64 units by stratum, class in the reference, class in the map.
        sizes: (strata,) float64 size of the whole strata, all in one unit, such as pixels or square metres.
        whole: (strata,) True where no unit of a stratum was left out, so that all is known of it; None for nowhere.
        beside: (strata,) int64 units that were drawn too and lie where the map shows nothing, so that they tell how much of
            a stratum it shows; None for none.

    Raises:
        EvaluationError: a stratum has no size, or no unit was drawn from it.
    """

    counts: NDArray[np.int64]
    sizes: NDArray[np.float64]
    whole: NDArray[np.bool_] | None = None
    beside: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if not len(self.sizes) or not (self.sizes > 0).all():
            raise EvaluationError("every stratum of a sample needs a size above 0: sample the map again")
        if not (self._units > 0).all():
            raise EvaluationError("a stratum of the sample has no labelled point: label at least two in each")

    @property
    def confusion(self) -> Confusion:
        """The whole map's confusion matrix as the sample tells it, in the unit of the sizes."""
        shares = self.counts / self._units[:, None, None]
        return Confusion(np.asarray((shares * self.sizes[:, None, None]).sum(axis=0)))

    @property
    def accuracy(self) -> Estimate:
        """Share of the whole map that is right."""
        return self.ratio(np.eye(self._classes), np.ones((self._classes, self._classes)))

    @property
    def precision(self) -> tuple[Estimate, ...]:
        """User's accuracy of each class."""
        return tuple(self.ratio(self._right(c), self._mapped(c)) for c in range(self._classes))

    @property
    def recall(self) -> tuple[Estimate, ...]:
        """Producer's accuracy of each class."""
        return tuple(self.ratio(self._right(c), self._true(c)) for c in range(self._classes))

    @property
    def f1(self) -> tuple[Estimate, ...]:
        """Harmonic mean of precision and recall of each class."""
        return tuple(
            self.ratio(2 * self._right(c), self._mapped(c) + self._true(c)) for c in range(self._classes)
        )

    @property
    def iou(self) -> tuple[Estimate, ...]:
        """Intersection over union of each class."""
        return tuple(
            self.ratio(self._right(c), np.maximum(self._mapped(c), self._true(c)))
            for c in range(self._classes)
        )

    @property
    def sizes_of_classes(self) -> tuple[Estimate, ...]:
        """How much each class truly covers, in the unit of the sizes."""
        return tuple(
            Estimate(self._total(self._true(c)), self._half_width(self._true(c)))
            for c in range(self._classes)
        )

    def ratio(self, part: _Table, whole: _Table) -> Estimate:
        """The total of one quantity in the whole map over the total of another.

        Args:
            part: (classes, classes) the quantity of a unit by its class in the reference and in the map.
            whole: as ``part``.
        """
        # The ratio of sums, where the residual part - ratio * whole sums to 0 over the map by design.
        total = self._total(whole)
        if total == 0:
            return Estimate(float("nan"), float("nan"))
        ratio = self._total(part) / total
        return Estimate(ratio, self._half_width(part - ratio * whole) / total)

    def _total(self, values: _Table) -> float:
        """A quantity in the whole map."""
        return float((self.sizes * self._mean(values)).sum())

    def _half_width(self, values: _Table) -> float:
        """Of the 95 % confidence interval of a total; NaN where the sample does not tell."""
        squares = self._mean(values**2) - self._mean(values) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            # One unit tells nothing of the spread in its stratum.
            spread = np.where(self._units > 1, np.maximum(squares, 0) / (self._units - 1), np.nan)
        if self.whole is not None:
            spread[self.whole] = 0
        return _Z * float(np.sqrt((self.sizes**2 * spread).sum()))

    @property
    def _units(self) -> NDArray[np.int64]:
        """(strata,) units drawn."""
        return np.asarray(self.counts.sum(axis=(1, 2)) + (0 if self.beside is None else self.beside))

    @property
    def _classes(self) -> int:
        return int(self.counts.shape[1])

    def _mean(self, values: _Table) -> NDArray[np.float64]:
        """(strata,) mean of a quantity over the units of each stratum."""
        return np.asarray((self.counts * values).sum(axis=(1, 2)) / self._units)

    def _true(self, c: int) -> _Table:
        return np.repeat(np.eye(self._classes)[c][:, None], self._classes, axis=1)

    def _mapped(self, c: int) -> _Table:
        return np.asarray(self._true(c).T)

    def _right(self, c: int) -> _Table:
        return np.asarray(np.diag(np.eye(self._classes)[c]))
