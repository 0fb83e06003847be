"""How the points of a sample were drawn: from which parts of a map, how large those are, and which of them tell nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glnet_geo.assess.assessment import Coverage, Unit
from glnet_geo.core.accuracy.stratified import StratifiedSample
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.errors import doubt
from glnet_geo.io.maps.classes import ClassMap
from glnet_geo.io.references.vector import LabelledShapes, Strata
from glnet_geo.report import Tally

_NEGLIGIBLE = 0.01
"""Share of a map by which another map of the same place may be larger than the one that was sampled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How n points were drawn. A stratum may have none of them.

    Attributes:
        stratum: (n,) place of each point's stratum; -1 for none.
        ids: classes of the sampled map, by stratum; None where nobody knows which one it was.
        sizes: (strata,) float64.
        unit: of the sizes.
        pixels: (strata,) float64 of which points were drawn, none twice; NaN where they were perhaps drawn otherwise.
        notes: sentences to read with the scores.
    """

    stratum: NDArray[np.intp]
    ids: tuple[int | None, ...]
    sizes: NDArray[np.float64]
    unit: Unit
    pixels: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, classes: ClassMap, shapes: LabelledShapes, code: NDArray[np.uint8], sizes: Tally) -> Design:
        """The strata that the points bring along, or else the classes of the map; those without points too.

        Args:
            classes: the map.
            shapes: n points.
            code: (n,) value that each has in the map's strips; 255 where it shows nothing.
            sizes: of the map's classes.
        """
        shown = np.where(code == NODATA, -1, code.astype(np.intp))
        own = tuple(c.id for c in classes.legend)
        if shapes.strata is None:
            note = (
                f"{shapes.name} does not say how its points were chosen: they are taken as drawn at random within each class "
                "of the map, and the intervals hold only if they were."
            )
            unit, measured = _measured(sizes.pixels.astype(np.float64), sizes.area_m2)
            unsure = np.full(len(own), np.nan)
            return cls(stratum=shown, ids=own, sizes=measured, unit=unit, pixels=unsure, notes=(note,))
        return _whole(_brought(shapes.strata, shown, own), shapes.strata, own, sizes)

    def units(self, points: NDArray[np.bool_]) -> NDArray[np.int64]:
        """(strata,) how many of some points, of n, lie in each."""
        return np.bincount(self.stratum[points & (self.stratum >= 0)], minlength=len(self.sizes)).astype(
            np.int64
        )

    def weights(self, told: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(n,) how much of the map each point stands for; zero for what is not told, or in no stratum.

        Args:
            told: (n,) which points have a label that counts.
        """
        weights = np.zeros(len(self.stratum))
        counted = told & (self.stratum >= 0)
        stratum = self.stratum[counted]
        weights[counted] = self.sizes[stratum] / self.units(told)[stratum]
        return weights

    def sample(self, true: NDArray[np.uint8], mapped: NDArray[np.uint8], classes: int) -> StratifiedSample:
        """The sample that n points are.

        Args:
            true: (n,) place of each one's class in a legend; 255 for none.
            mapped: as ``true``, in the map.
            classes: of the legend.
        """
        told = true != NODATA
        used = told & (mapped != NODATA)
        counts = np.zeros((len(self.sizes), classes, classes), dtype=np.int64)
        np.add.at(counts, (self.stratum[used], true[used], mapped[used]), 1)
        units = self.units(told)
        sampled = units > 0
        return StratifiedSample(
            counts=counts[sampled],
            sizes=self.sizes[sampled],
            whole=(units == self.pixels)[sampled],
            beside=(units - self.units(used))[sampled],
        )

    def coverage(self, told: NDArray[np.bool_], legend: Legend, reference: str) -> Coverage:
        """How much of the map the points tell of; warns where that is not all, or where they are too few.

        Args:
            told: (n,) which points have a label that counts.
            legend: of the map.
            reference: what to call the file of the points.
        """
        units = self.units(told)
        # A stratum that the map does not have needs no point.
        bare = (units == 0) & (self.sizes > 0)
        share = float(self.sizes[~bare].sum() / self.sizes.sum())
        notes: tuple[str, ...] = ()
        if bare.any():
            sentence = (
                f"{reference} has no labelled point in {self._named(bare, legend)}, {_percent(1 - share)} of the map: nothing "
                f"is known of it, and scores and areas are those of the other {_percent(share)}; label at least two points in "
                "each class of the map"
            )
            notes = (f"{sentence}.",)
            doubt(sentence)
        alone = (units == 1) & ~(units == self.pixels)
        if alone.any():
            doubt(
                f"{reference} has only one labelled point in {self._named(alone, legend)}: confidence intervals cannot "
                "be told; label at least two in each class of the map"
            )
        lost = {self.ids[place] for place in np.flatnonzero(bare)}
        return Coverage(
            share=share,
            untold=tuple(place for place, c in enumerate(legend) if c.id in lost),
            whole=not bare.any(),
            notes=notes,
        )

    def _named(self, strata: NDArray[np.bool_], legend: Legend) -> str:
        """Some strata in a sentence."""
        names: dict[int | None, str] = {c.id: c.name for c in legend}
        names[None] = "a class of the sampled map that the file does not have"
        found = [self.ids[place] for place in np.flatnonzero(strata)]
        return ", ".join(names.get(one, str(one)) for one in found)


def _brought(strata: Strata, shown: NDArray[np.intp], own: Sequence[int]) -> Design:
    """The strata that points bring along."""
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
    return Design(
        stratum=strata.of_points, ids=strata.ids, sizes=sizes, unit=unit, pixels=strata.pixels, notes=notes
    )


def _whole(design: Design, strata: Strata, own: Sequence[int], sizes: Tally) -> Design:
    """A design with those strata too of which the file of the points has lost every row."""
    pixels = dict(zip(own, sizes.pixels.tolist(), strict=True))
    of_map = sizes.area_m2 if design.unit == "m2" else sizes.pixels.astype(np.float64)
    if all(pixels.get(one) == size for one, size in zip(strata.ids, strata.pixels, strict=True)):
        # It is the very map that was sampled.
        lost = [place for place, one in enumerate(own) if one not in strata.ids]
        return replace(
            design,
            ids=(*design.ids, *(own[place] for place in lost)),
            sizes=np.concatenate([design.sizes, of_map[lost]]),
            pixels=np.concatenate([design.pixels, sizes.pixels[lost].astype(np.float64)]),
        )
    rest = float(of_map.sum() - design.sizes.sum())
    if not rest > _NEGLIGIBLE * of_map.sum():
        return design
    return replace(
        design,
        ids=(*design.ids, None),
        sizes=np.append(design.sizes, rest),
        pixels=np.append(design.pixels, np.nan),
    )


def _measured(pixels: NDArray[np.float64], area_m2: NDArray[np.float64]) -> tuple[Unit, NDArray[np.float64]]:
    """Ground areas where all are known, else pixels: beyond the ground lie some that have no area."""
    return ("m2", area_m2) if (area_m2 > 0).all() else ("pixels", pixels)


def _percent(share: float) -> str:
    """A share in a sentence; what is neither all nor nothing never reads as such."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    return "more than 99.9%" if 0.999 < share < 1 else f"{share:.1%}"
