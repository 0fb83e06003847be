"""Compares a map with labelled points, and tells from them how accurate the whole map is and how much each class covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.assess.assessment import Calibration, Evaluation, LeftOut, Scores, Unit, map_estimate
from glnet_geo.assess.comparison import Comparison
from glnet_geo.assess.design import Design
from glnet_geo.core.accuracy.calibration import Reliability
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import NODATA
from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import watched
from glnet_geo.core.window import Window
from glnet_geo.errors import EvaluationError, doubt
from glnet_geo.io.maps.classes import ClassMap
from glnet_geo.io.maps.confidence import ConfidenceMap
from glnet_geo.io.references.vector import LabelledShapes
from glnet_geo.report import Tally

_FEW = "From so few points the calibration error looks larger than it is: chance adds to it."

_PART = "shares and areas are those of the part of the sampled map that this one shows too."

_IGNORED = (
    "points are of ignored classes, and count as if they had not been drawn: shares and areas are those of what remains, "
    "stretched over the whole map."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What a map shows at n points, and how large its classes are.

    Attributes:
        code: (n,) uint8 value in the map's strips; 255 where it shows nothing.
        confidence: (n,) float64; NaN where it is not known.
        sizes: of the whole map.
    """

    code: NDArray[np.uint8]
    confidence: NDArray[np.float64]
    sizes: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class _Points:
    """What n points are in the reference and in the map.

    Attributes:
        true: (n,) uint8 place of each one's class in the legend; 255 where there is none, or it is ignored.
        mapped: (n,) uint8 place of the class that the map shows; 255 where it shows nothing.
        labelled: (n,) whether somebody said what it is.
    """

    true: NDArray[np.uint8]
    mapped: NDArray[np.uint8]
    labelled: NDArray[np.bool_]

    @classmethod
    def of(cls, comparison: Comparison, shapes: LabelledShapes, code: NDArray[np.uint8]) -> _Points:
        """Labelled points, and what the map's strips show at each."""
        true = [NODATA if label is None else comparison.of_label[label] for label in shapes.labels]
        return cls(
            true=np.array(true, np.uint8),
            mapped=comparison.of_map[code],
            labelled=np.array([label is not None for label in shapes.labels], np.bool_),
        )

    @property
    def told(self) -> NDArray[np.bool_]:
        """(n,) which have a label that counts."""
        told: NDArray[np.bool_] = self.true != NODATA
        return told

    @property
    def used(self) -> NDArray[np.bool_]:
        """(n,) which are compared."""
        used: NDArray[np.bool_] = self.told & (self.mapped != NODATA)
        return used

    @property
    def count_ignored(self) -> int:
        """Those of classes that are ignored."""
        return int((self.labelled & ~self.told).sum())

    @property
    def count_unmapped(self) -> int:
        """Those whose label counts, where the map shows nothing."""
        return int((self.told & ~self.used).sum())


def compare_points(
    comparison: Comparison,
    classes: ClassMap,
    shapes: LabelledShapes,
    sure: ConfidenceMap | None,
    progress: Progress,
) -> Evaluation:
    """Compare a map with points, by stratified estimators.

    Raises:
        EvaluationError: no labelled point lies where the map shows a class.
    """
    looked = _look(classes, shapes, sure, progress)
    points = _Points.of(comparison, shapes, looked.code)
    if points.labelled.any() and not points.told.any():
        raise EvaluationError(
            f"nothing could be compared: all that {shapes.name} says of {classes.name} is ignored; leave out --ignore"
        )
    if not points.used.any():
        raise EvaluationError(
            f"no labelled point of {shapes.name} lies where {classes.name} shows a class: check that both show one place"
        )
    _doubt_copies(shapes, points.used)
    legend = comparison.legend
    design = Design.of(classes, shapes, looked.code, looked.sizes)
    sample = design.sample(points.true, points.mapped, len(legend))
    coverage = design.coverage(points.told, legend, comparison.reference)
    mapped_areas = _areas(comparison, looked.sizes, design.unit)
    calibration = None if sure is None else _calibration(points, looked.confidence, design)
    return Evaluation(
        map=classes.name,
        reference=shapes.name,
        kind="points",
        scores=Scores.of(
            Confusion.of_codes(points.true, points.mapped, len(legend)),
            legend,
            comparison.outside_means,
            whole=sample.confusion,
            coverage=coverage,
        ),
        left_out=LeftOut(
            unlabelled=shapes.unlabelled, unmapped=points.count_unmapped, ignored=points.count_ignored
        ),
        estimate=map_estimate(sample, legend, mapped_areas, design.unit, coverage=coverage),
        calibration=calibration,
        notes=(
            *shapes.notes,
            *design.notes,
            *comparison.notes,
            *coverage.notes,
            *_notes(points, shapes, classes.name),
            *(() if calibration is None else (_FEW,)),
        ),
    )


def _areas(comparison: Comparison, sizes: Tally, unit: Unit) -> list[float]:
    """How much the map shows of each class of the legend."""
    areas = np.zeros(len(comparison.legend))
    known = sizes.area_m2 if unit == "m2" else sizes.pixels
    areas[comparison.of_map[: len(known)]] = known
    found: list[float] = areas.tolist()
    return found


def _calibration(points: _Points, confidence: NDArray[np.float64], design: Design) -> Calibration | None:
    """Whether the map is right as often as it says, of all points by what they stand for."""
    known = points.used & ~np.isnan(confidence)
    right, weight = points.true == points.mapped, design.weights(points.told)
    return Calibration.of(Reliability.of(confidence[known], right[known], weight[known]))


def _notes(points: _Points, shapes: LabelledShapes, mapped: str) -> Iterator[str]:
    """What to read with scores where not every labelled point counts."""
    if points.count_unmapped and shapes.strata is not None:
        yield f"{points.count_unmapped} labelled points lie where {mapped} shows nothing: {_PART}"
    if points.count_ignored:
        yield f"{points.count_ignored} {_IGNORED}"


def _doubt_copies(shapes: LabelledShapes, used: NDArray[np.bool_]) -> None:
    """Warn where points of a sample, of which the used ones count, are there twice."""
    if shapes.strata is None:
        return
    places = shapely.get_coordinates(shapes.shapes[used])
    copies = len(places) - len(np.unique(places, axis=0))
    if copies:
        doubt(
            f"{copies} labelled points of {shapes.name} lie where another one lies, and a sample has no place twice: they count "
            "twice, and the intervals are too narrow; remove the copies"
        )


def _look(
    classes: ClassMap, shapes: LabelledShapes, sure: ConfidenceMap | None, progress: Progress
) -> _Looked:
    """Read the map once."""
    rows, cols = shapes.pixels(classes)
    code = np.full(len(rows), NODATA, dtype=np.uint8)
    confidence = np.full(len(rows), np.nan)
    sizes = Tally(classes, classes.legend, classes.codes)
    for strip in watched("comparing", classes.height, classes.strips(), progress):
        sizes.write(strip)
        height, width = strip.classes.shape
        here = np.flatnonzero((rows >= strip.row) & (rows < strip.row + height))
        code[here] = strip.classes[rows[here] - strip.row, cols[here]]
        if sure is not None and len(here):
            percent = sure.read(Window(row=strip.row, col=0, height=height, width=width))
            confidence[here] = percent[rows[here] - strip.row, cols[here]]
    return _Looked(code=code, confidence=confidence, sizes=sizes)
