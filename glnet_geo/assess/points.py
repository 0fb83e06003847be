"""Compares a map with labelled points, and tells from them how accurate the whole map is and how much each class covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.assess.assessment import Calibration, Evaluation, LeftOut, Scores, map_estimate
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
    true = np.array([NODATA if one is None else comparison.of_label[one] for one in shapes.labels], np.uint8)
    labelled = np.array([one is not None for one in shapes.labels], dtype=np.bool_)
    mapped = comparison.of_map[looked.code]
    told = true != NODATA
    used = told & (mapped != NODATA)
    if not used.any():
        raise EvaluationError(
            f"no labelled point of {shapes.name} lies where {classes.name} shows a class: check that both show one place"
        )
    _doubt_copies(shapes, used)
    design = Design.of(classes, shapes, looked.code, looked.sizes)
    weight = design.weights(told)[used]
    sample = design.sample(true, mapped, len(comparison.legend))
    coverage = design.coverage(told, comparison.legend, comparison.reference)
    areas = looked.sizes.area_m2 if design.unit == "m2" else looked.sizes.pixels
    on_legend = np.zeros(len(comparison.legend))
    on_legend[comparison.of_map[: len(areas)]] = areas
    ignored, unmapped = int((labelled & ~told).sum()), int((told & ~used).sum())
    calibration, notes = None, (*shapes.notes, *design.notes, *comparison.notes, *coverage.notes)
    if unmapped and shapes.strata is not None:
        notes = (*notes, f"{unmapped} labelled points lie where {classes.name} shows nothing: {_PART}")
    if ignored:
        notes = (*notes, f"{ignored} {_IGNORED}")
    if sure is not None:
        known = ~np.isnan(looked.confidence[used])
        right = (true == mapped)[used][known]
        calibration = Calibration.of(Reliability.of(looked.confidence[used][known], right, weight[known]))
    if calibration is not None:
        notes = (*notes, _FEW)
    return Evaluation(
        map=classes.name,
        reference=shapes.name,
        kind="points",
        scores=Scores.of(
            Confusion.of_codes(true, mapped, len(comparison.legend)),
            comparison.legend,
            comparison.outside_means,
            whole=sample.confusion,
            coverage=coverage,
        ),
        left_out=LeftOut(
            unlabelled=shapes.unlabelled,
            unmapped=unmapped,
            ignored=ignored,
        ),
        estimate=map_estimate(sample, comparison.legend, on_legend.tolist(), design.unit, coverage=coverage),
        calibration=calibration,
        notes=notes,
    )


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
