"""Compares a map with labelled points, and tells from them how accurate the whole map is and how much each class covers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.assess.assessment import Calibration, Evaluation, LeftOut, Scores, Unit, map_estimate
from glnet_geo.assess.comparison import Comparison
from glnet_geo.core.calibration import Reliability
from glnet_geo.core.legend import NODATA
from glnet_geo.core.metrics import Confusion
from glnet_geo.core.progress import Progress
from glnet_geo.core.stratified import StratifiedSample
from glnet_geo.core.strip import watched
from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from glnet_geo.io.classes import ClassMap
from glnet_geo.io.confidence import ConfidenceMap
from glnet_geo.io.reference_vector import LabelledShapes
from glnet_geo.report import Tally

_FEW = "From so few points the calibration error looks larger than it is: chance adds to it."


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
class _Design:
    """How n points were drawn.

    Attributes:
        stratum: (n,) place of each point's stratum; -1 for none.
        ids: classes of the sampled map, by stratum.
        sizes: (strata,) float64.
        unit: of the sizes.
        notes: sentences to read with the scores.
    """

    stratum: NDArray[np.intp]
    ids: tuple[int, ...]
    sizes: NDArray[np.float64]
    unit: Unit
    notes: tuple[str, ...] = ()


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
    told = np.array([one is not None for one in shapes.labels], dtype=np.bool_)
    mapped = comparison.of_map[looked.code]
    used = (true != NODATA) & (mapped != NODATA)
    if not used.any():
        raise EvaluationError(
            f"no labelled point of {shapes.name} lies where {classes.name} shows a class: check that both show one place"
        )
    design = _design(classes, shapes, looked)
    sample, weight = _sample(true[used], mapped[used], design, used, comparison)
    areas = looked.sizes.area_m2 if design.unit == "m2" else looked.sizes.pixels
    on_legend = np.zeros(len(comparison.legend))
    on_legend[comparison.of_map[: len(areas)]] = areas
    calibration, notes = None, (*shapes.notes, *design.notes, *comparison.notes)
    if sure is not None:
        notes = (*notes, _FEW)
        known = ~np.isnan(looked.confidence[used])
        right = (true == mapped)[used][known]
        calibration = Calibration.of(Reliability.of(looked.confidence[used][known], right, weight[known]))
    return Evaluation(
        map=classes.name,
        reference=shapes.name,
        kind="points",
        scores=Scores.of(
            Confusion.of_codes(true, mapped, len(comparison.legend)),
            comparison.legend,
            comparison.outside_means,
            whole=sample.confusion,
        ),
        left_out=LeftOut(
            unlabelled=shapes.unlabelled,
            unmapped=int(((true != NODATA) & (mapped == NODATA)).sum()),
            ignored=int((told & (true == NODATA)).sum()),
        ),
        estimate=map_estimate(sample, comparison.legend, on_legend.tolist(), design.unit),
        calibration=calibration,
        notes=notes,
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


def _design(classes: ClassMap, shapes: LabelledShapes, looked: _Looked) -> _Design:
    """The strata that the points bring along, or else the classes of the map."""
    strata = shapes.strata
    shown = np.where(looked.code == NODATA, -1, looked.code.astype(np.intp))
    own = tuple(c.id for c in classes.legend)
    if strata is None:
        pixels, area = looked.sizes.pixels.astype(np.float64), looked.sizes.area_m2
        note = (
            f"{shapes.name} does not say how its points were chosen: they are taken as drawn at random within each class "
            "of the map, and the intervals hold only if they were."
        )
        unit, sizes = _measured(pixels, area)
        return _Design(stratum=shown, ids=own, sizes=sizes, unit=unit, notes=(note,))
    unit, sizes = _measured(strata.pixels, strata.area_m2)
    notes: tuple[str, ...] = ()
    ids = np.array(strata.ids)[strata.of_points]
    elsewhere = int(((shown >= 0) & (ids != np.array(own)[shown])).sum())
    if elsewhere:
        note = (
            f"The points were drawn from another map ({elsewhere} of {len(ids)} lie in another class of this one): its "
            "classes are the strata."
        )
        notes = (note,)
    return _Design(stratum=strata.of_points, ids=strata.ids, sizes=sizes, unit=unit, notes=notes)


def _measured(pixels: NDArray[np.float64], area_m2: NDArray[np.float64]) -> tuple[Unit, NDArray[np.float64]]:
    """Ground areas where all are known, else pixels."""
    return ("m2", area_m2) if np.isfinite(area_m2).all() else ("pixels", pixels)


def _sample(
    true: NDArray[np.uint8],
    mapped: NDArray[np.uint8],
    design: _Design,
    used: NDArray[np.bool_],
    comparison: Comparison,
) -> tuple[StratifiedSample, NDArray[np.float64]]:
    """The sample that m used points are, and how much of the map each stands for: (m,)."""
    counts = np.zeros((len(design.sizes), len(comparison.legend), len(comparison.legend)), dtype=np.int64)
    stratum = design.stratum[used]
    np.add.at(counts, (stratum, true, mapped), 1)
    points = counts.sum(axis=(1, 2))
    # A stratum that the map does not have needs no point.
    bare = (points == 0) & (design.sizes > 0)
    names = {c.id: c.name for c in comparison.legend}
    for what, therefore, strata in (
        ("no labelled point", "scores and areas are those of the rest of the map", bare),
        ("only one labelled point", "confidence intervals cannot be told", points == 1),
    ):
        if strata.any():
            classes = ", ".join(names.get(design.ids[i], str(design.ids[i])) for i in np.flatnonzero(strata))
            warnings.warn(
                f"{comparison.reference} has {what} in {classes}: {therefore}; label at least two in each class of the map",
                DoubtfulInputWarning,
                stacklevel=4,
            )
    sampled = points > 0
    weight = design.sizes[stratum] / points[stratum]
    return StratifiedSample(counts=counts[sampled], sizes=design.sizes[sampled]), weight
