"""What a comparison of a map with a reference tells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from glnet_geo.core.accuracy.calibration import Reliability
from glnet_geo.core.accuracy.metrics import Confusion, mean_of
from glnet_geo.core.accuracy.stratified import Estimate, StratifiedSample
from glnet_geo.core.legend import Legend

Kind: TypeAlias = Literal["raster", "polygons", "points"]
Unit: TypeAlias = Literal["m2", "pixels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScores:
    """How well one class is mapped; None where it is not there to tell.

    Attributes:
        id: its value in the map.
        name: of the class.
        color: ``#rrggbb``.
        in_means: whether it counts in the means.
        in_reference: pixels or points of it in the reference.
        in_map: pixels or points of it in the map.
        iou: intersection over union.
        f1: harmonic mean of precision and recall.
        precision: share of what is mapped as this class that is this class (user's accuracy).
        recall: share of this class that is mapped as this class (producer's accuracy).
    """

    id: int
    name: str
    color: str
    in_means: bool
    in_reference: int
    in_map: int
    iou: float | None
    f1: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its 95 % confidence interval.

    Attributes:
        value: None where the sample does not tell.
        half_width: the truth lies within this distance in 95 of 100 samples; None where the sample does not tell.
    """

    value: float | None
    half_width: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> Interval:
        """From an estimate."""
        return cls(value=_known(estimate.value), half_width=_known(estimate.half_width))

    @classmethod
    def unknown(cls) -> Interval:
        """Nothing is known."""
        return cls(value=None, half_width=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a map a sample tells of: every stratum needs labelled points.

    Attributes:
        share: part of the map that strata with labelled points cover, 0 to 1.
        untold: places in the legend of the classes without such a point, of which nothing is known.
        whole: whether every stratum has one.
        notes: sentences to read with the scores.

    Source: Olofsson et al., Remote Sensing of Environment 148 (2014), whose estimators sum over all strata.
    """

    share: float
    untold: tuple[int, ...]
    whole: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEstimate:
    """One class in the whole map, as the sample tells it.

    Attributes:
        id: its value in the map.
        name: of the class.
        points: labelled points of this class.
        mapped_area: what the map says that the class covers.
        area: what it truly covers.
        precision: user's accuracy.
        recall: producer's accuracy.
        iou: intersection over union.
        f1: harmonic mean of precision and recall.
    """

    id: int
    name: str
    points: int
    mapped_area: float
    area: Interval
    precision: Interval
    recall: Interval
    iou: Interval
    f1: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEstimate:
    """The whole map, as a random sample of it tells: area-adjusted accuracy and areas.

    Attributes:
        unit: of the areas.
        covered: share of the map, 0 to 1, that has labelled points in its classes; below 1, all estimates are those of that
            part, and classes without labelled points have none.
        accuracy: share of the map that is right.
        proportions: shares of the area by true class (rows) and mapped class (columns), which sum to 1.
        classes: one by one.

    Source: Olofsson et al., Remote Sensing of Environment 148 (2014); proportions are those of equation 4.
    """

    unit: Unit
    covered: float
    accuracy: Interval
    proportions: tuple[tuple[float, ...], ...]
    classes: tuple[ClassEstimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Where the map was about this sure.

    Attributes:
        confidence: mean.
        accuracy: share that is right there.
        share: of all that was compared.
    """

    confidence: float
    accuracy: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether the map is right as often as it says.

    Attributes:
        expected_calibration_error: mean distance of confidence and accuracy.
        bins: tenths of confidence that occur, rising.
    """

    expected_calibration_error: float
    bins: tuple[ReliabilityBin, ...]

    @classmethod
    def of(cls, reliability: Reliability) -> Calibration | None:
        """From sums over tenths; None where no confidence was known."""
        if not reliability.weight.any():
            return None
        return cls(
            expected_calibration_error=reliability.expected_calibration_error,
            bins=tuple(
                ReliabilityBin(confidence=sure, accuracy=right, share=share)
                for sure, right, share in reliability.curve
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was not compared, in pixels or points.

    Attributes:
        unlabelled: the reference says nothing: pixels of the map without a reference, points or polygons without label.
        unmapped: the map says nothing there.
        ignored: the reference has a class that was to be ignored.
        contradictory: pixels in polygons of several classes.
    """

    unlabelled: int = 0
    unmapped: int = 0
    ignored: int = 0
    contradictory: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well a map agrees with a reference.

    Attributes:
        compared: pixels or points.
        accuracy: share that is right.
        mean_iou: mean intersection over union of the classes that count; None where there is none.
        mean_f1: mean F1 of the classes that count; None where there is none.
        classes: one by one.
        confusion: pixels or points by class in the reference (rows) and in the map (columns).
    """

    compared: int
    accuracy: float
    mean_iou: float | None
    mean_f1: float | None
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]

    @classmethod
    def of(
        cls,
        counted: Confusion,
        legend: Legend,
        outside_means: Sequence[int],
        *,
        whole: Confusion | None = None,
        coverage: Coverage | None = None,
    ) -> Scores:
        """Scores of a confusion matrix.

        Args:
            counted: pixels or points.
            legend: of the map.
            outside_means: places of classes that do not count in means.
            whole: the whole map as points tell it, from which scores are then computed.
            coverage: of the points; there are no means where it is not the whole map.
        """
        scored = counted if whole is None else whole
        kept = ~np.isin(np.arange(len(legend)), list(outside_means))
        meant = kept if coverage is None or coverage.whole else np.zeros_like(kept)
        untold = () if coverage is None else coverage.untold
        return cls(
            compared=int(counted.counts.sum()),
            accuracy=scored.accuracy,
            mean_iou=_known(mean_of(scored.iou, meant)),
            mean_f1=_known(mean_of(scored.f1, meant)),
            classes=tuple(
                ClassScores(
                    id=c.id,
                    name=c.name,
                    color=c.color,
                    in_means=bool(kept[place]),
                    in_reference=int(counted.in_reference[place]),
                    in_map=int(counted.in_map[place]),
                    iou=None if place in untold else _known(scored.iou[place]),
                    f1=None if place in untold else _known(scored.f1[place]),
                    precision=None if place in untold else _known(scored.precision[place]),
                    recall=None if place in untold else _known(scored.recall[place]),
                )
                for place, c in enumerate(legend)
            ),
            confusion=tuple(tuple(int(n) for n in row) for row in counted.counts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a comparison of a map with a reference tells.

    Attributes:
        map: what was assessed.
        reference: what it was compared with.
        kind: of the reference; of points, scores are those of the whole map as the points tell them.
        scores: how well the two agree.
        left_out: what was not compared.
        estimate: accuracies and areas of the whole map with confidence intervals; None where the reference is not a
            random sample.
        calibration: None where no confidence is known.
        notes: sentences to read with it.
    """

    map: str
    reference: str
    kind: Kind
    scores: Scores
    left_out: LeftOut
    estimate: MapEstimate | None = None
    calibration: Calibration | None = None
    notes: tuple[str, ...] = ()


def map_estimate(
    sample: StratifiedSample,
    legend: Legend,
    mapped_areas: Sequence[float],
    unit: Unit,
    *,
    coverage: Coverage,
) -> MapEstimate:
    """What a sample tells of the whole map.

    Args:
        sample: labelled points by stratum.
        legend: of the map.
        mapped_areas: of each class in the map, in the unit.
        unit: of the areas and of the sizes of the strata.
        coverage: of the sample.
    """
    points, areas = sample.counts.sum(axis=(0, 2)), sample.confusion.counts
    estimates = zip(
        sample.sizes_of_classes, sample.precision, sample.recall, sample.iou, sample.f1, strict=True
    )
    intervals = [
        [Interval.unknown() if place in coverage.untold else Interval.of(one) for one in of_class]
        for place, of_class in enumerate(estimates)
    ]
    return MapEstimate(
        unit=unit,
        covered=coverage.share,
        accuracy=Interval.of(sample.accuracy),
        proportions=tuple(tuple(float(one) for one in row) for row in areas / areas.sum()),
        classes=tuple(
            ClassEstimate(
                id=c.id,
                name=c.name,
                points=int(count),
                mapped_area=float(mapped),
                area=area,
                precision=precision,
                recall=recall,
                iou=iou,
                f1=f1,
            )
            for c, count, mapped, (area, precision, recall, iou, f1) in zip(
                legend, points, mapped_areas, intervals, strict=True
            )
        ),
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
