"""Settles which class of a reference is which of a map, and counts where the two agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glnet_geo.assess.assessment import Calibration, Evaluation, Kind, LeftOut, Scores
from glnet_geo.core.accuracy.alongside import alongside
from glnet_geo.core.accuracy.calibration import Reliability
from glnet_geo.core.accuracy.matching import Label, Matching, chosen_classes
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.numerals import whole_number
from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import Strip, watched
from glnet_geo.core.window import Window
from glnet_geo.errors import EvaluationError
from glnet_geo.io.maps.classes import MOST_CLASSES, ClassMap
from glnet_geo.io.maps.confidence import ConfidenceMap

UNKNOWN = "unknown"
"""A class of this name means that nobody could tell, as in DeepGlobe: it does not count in means unless asked for."""


class Reference(Protocol):
    """What every pixel of a map truly is, as far as it is known."""

    def strips(self) -> Iterator[Strip]:
        """All rows of the map, as places in its labels, 255 where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the classes of a map and of a reference are told in the terms of one legend.

    Attributes:
        reference: what to call the reference.
        legend: classes that the map has, or could have.
        of_map: (256,) uint8 place in the legend of each value that the map's strips have; 255 for none.
        of_label: place in the legend of each label of the reference; 255 where it is ignored.
        outside_means: places of classes that do not count in means.
        notes: sentences to read with the scores.
    """

    reference: str
    legend: Legend
    of_map: NDArray[np.uint8]
    of_label: dict[Label, int]
    outside_means: tuple[int, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        classes: ClassMap,
        labels: Sequence[Label],
        reference: str,
        *,
        ignore: Sequence[str],
        leave_out: Sequence[str] | None,
    ) -> Comparison:
        """Settle it for a map and the labels of a reference.

        Raises:
            EvaluationError: the map does not know a label, an option names no class, or there are too many classes.
        """
        whole = classes.known if classes.named else _extended(classes.known, labels, ignore)
        if len(whole) > MOST_CLASSES:
            raise EvaluationError(
                f"{classes.name} and {reference} hold {len(whole)} classes together, and at most {MOST_CLASSES} can be compared: "
                "check that both hold classes, and number them alike"
            )
        matching = Matching(legend=whole, named=classes.named, ignored=ignore)
        place = {c.id: code for code, c in enumerate(whole)}
        of_map = np.full(256, NODATA, dtype=np.uint8)
        of_map[: len(classes.legend)] = [place[c.id] for c in classes.legend]
        notes: tuple[str, ...] = ()
        if leave_out is None:
            outside = tuple(code for code, c in enumerate(whole) if c.name.casefold() == UNKNOWN)
            if outside:
                notes = (
                    f"The class {UNKNOWN!r} stays in the confusion matrix and does not count in the means, as in DeepGlobe.",
                )
        else:
            outside = chosen_classes(whole, leave_out, "--leave-out")
        return cls(
            reference=reference,
            legend=whole,
            of_map=of_map,
            of_label=matching.codes(labels, reference, classes.name),
            outside_means=outside,
            notes=notes,
        )

    @property
    def told(self) -> NDArray[np.bool_]:
        """(256,) True where a value of the reference's strips is a label; 255 is none, unless it is a class."""
        told = np.zeros(256, dtype=np.bool_)
        told[: len(self.of_label)] = [
            label.id != NODATA or code != NODATA for label, code in self.of_label.items()
        ]
        return told


class Agreement:
    """Counts pixels of one or several maps by their class in the reference and in the map.

    Args:
        legend: of all maps.
    """

    def __init__(self, legend: Legend) -> None:
        self._legend = legend
        self._confusion = Confusion.empty(len(legend))
        self._reliability = Reliability.none()
        self._unlabelled = self._unmapped = self._ignored = 0

    def take(
        self,
        comparison: Comparison,
        classes: ClassMap,
        reference: Reference,
        sure: ConfidenceMap | None,
        progress: Progress,
    ) -> None:
        """Count a whole map."""
        of_reference = np.full(256, NODATA, dtype=np.uint8)
        of_reference[: len(comparison.of_label)] = list(comparison.of_label.values())
        strips = watched("comparing", classes.height, classes.strips(), progress)
        is_label = comparison.told
        for left, right in alongside(strips, reference.strips()):
            mapped, true = comparison.of_map[left.classes], of_reference[right.classes]
            known, told, shown = true != NODATA, is_label[right.classes], mapped != NODATA
            self._confusion += Confusion.of_codes(true, mapped, len(self._legend))
            self._unlabelled += int((~told & shown).sum())
            self._ignored += int((told & ~known & shown).sum())
            self._unmapped += int((known & ~shown).sum())
            if sure is not None and (known & shown).any():
                rows, width = mapped.shape
                confidence = sure.read(Window(row=left.row, col=0, height=rows, width=width))
                both = known & shown & ~np.isnan(confidence)
                self._reliability += Reliability.of(confidence[both], mapped[both] == true[both])

    def evaluation(
        self,
        comparison: Comparison,
        *,
        mapped: str,
        kind: Kind,
        notes: Sequence[str] = (),
        unlabelled: int | None = None,
        contradictory: int = 0,
    ) -> Evaluation:
        """What was counted.

        Args:
            comparison: how classes were told.
            mapped: what to call the map or maps.
            kind: of the reference.
            notes: sentences to read with it.
            unlabelled: polygons without label; None to tell pixels without reference.
            contradictory: pixels in polygons of several classes.

        Raises:
            EvaluationError: nothing could be compared.
        """
        if not self._confusion.counts.any():
            why = self._why_nothing(comparison.reference, mapped, contradictory)
            raise EvaluationError(f"nothing could be compared: {why}")
        return Evaluation(
            map=mapped,
            reference=comparison.reference,
            kind=kind,
            left_out=LeftOut(
                unlabelled=self._unlabelled if unlabelled is None else unlabelled,
                unmapped=self._unmapped,
                ignored=self._ignored,
                contradictory=contradictory,
            ),
            scores=Scores.of(self._confusion, self._legend, comparison.outside_means),
            calibration=Calibration.of(self._reliability),
            notes=(*notes, *comparison.notes, *_NO_INTERVALS[kind]),
        )

    def _why_nothing(self, reference: str, mapped: str, contradictory: int) -> str:
        """Why no pixel was compared, and what to do, where none was."""
        if contradictory and not self._unmapped and not self._ignored:
            return (
                f"every pixel that {reference} covers lies in polygons of several classes; draw each place once, with one "
                "class"
            )
        if not self._ignored and not self._unmapped and not contradictory:
            return f"nothing in {reference} is labelled; label at least a part"
        if self._ignored and not self._unmapped and not contradictory:
            return f"all that {reference} says of {mapped} is ignored; leave out --ignore"
        reasons = [f"where {reference} has a class, {mapped} has none"]
        if contradictory:
            reasons.append(f"{contradictory:,} pixels lie in polygons of several classes")
        if self._ignored:
            reasons.append(f"{self._ignored:,} pixels are of ignored classes")
        return f"{', and '.join(reasons)}; check that both show one place"


_NO_INTERVALS: dict[Kind, tuple[str, ...]] = {
    "raster": (),
    "points": (),
    "polygons": (
        (
            "Polygons are drawn where somebody chose to, so they tell nothing certain of the rest of the map: for areas and "
            "confidence intervals label random points (glnet-geo sample)."
        ),
    ),
}


def _extended(legend: Legend, labels: Sequence[Label], ignore: Sequence[str]) -> Legend:
    """The legend of a map without names, with the classes and names of the reference."""
    values, names = {c.id for c in legend}, {c.id: c.name for c in legend}
    for label in labels:
        if label.id is None or label.is_one_of(ignore):
            continue
        values.add(label.id)
        if label.name and whole_number(label.name) != label.id:
            names[label.id] = label.name
    return Legend.of_values(values, names, {c.id: c.color for c in legend})
