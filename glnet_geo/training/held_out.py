"""Splits what there is to learn from into what is learnt and what is judged: by scene, or by blocks of the only one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.holdout import blocks, hold_out
from glnet_geo.core.legend import Legend
from glnet_geo.core.listing import counted, listed
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError, doubt
from glnet_geo.io.labelled_data.labels import MaskedLabels
from glnet_geo.io.labelled_data.lessons import Lessons
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.training.focus import SQUARE, ClassCounts
from glnet_geo.training.samples import channels
from glnet_geo.training.scene_blocks import SceneBlock, units_of

NOTHING = "none"
"""What a person asks to validate on who wants everything learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What is learnt and what is judged.

    Attributes:
        learnt: pairs to draw samples from.
        judged: pairs whose labels are kept from training; empty where nothing is judged.
        scenes: what is judged, for the card.
        how: one sentence on it.
        digest: of the labels, so that changed ones are noticed.
    """

    learnt: list[Pair]
    judged: list[Pair]
    scenes: tuple[str, ...]
    how: str
    digest: str = ""


def split(lessons: Lessons, asked: Sequence[str] = ()) -> Split:
    """Keep some labels from training: as the data set says, as was asked, by scene, or by blocks of the only scene.

    Args:
        lessons: all there is.
        asked: names of images to judge on, ``*`` standing for anything; ``none`` to learn everything.

    Raises:
        TrainingError: nothing is labelled, only one class is, or names that were asked for are not there.
    """
    counts = _counts(lessons)
    _check_classes(lessons, counts)
    digest = hashlib.sha256(b"".join(count.squares.tobytes() for count in counts)).hexdigest()
    return replace(_chosen(lessons, asked, counts), digest=digest)


def _chosen(lessons: Lessons, asked: Sequence[str], counts: Sequence[ClassCounts]) -> Split:
    if list(asked) == [NOTHING]:
        return Split(
            learnt=list(lessons.pairs),
            judged=[],
            scenes=(),
            how="nothing was held out, so nothing is measured",
        )
    if asked:
        return _by_name(lessons, asked, counts)
    if lessons.parts is not None:
        return _by_parts(lessons)
    names = list(dict.fromkeys(lessons.places))
    totals = np.stack([count.totals for count in counts])
    units = np.stack([totals[[place == name for place in lessons.places]].sum(axis=0) for name in names])
    held = {names[unit] for unit in hold_out(units)} if len(names) > 1 else set()
    if held:
        return _by_place(lessons, held)
    return _by_blocks(lessons, counts)


def _counts(lessons: Lessons) -> list[ClassCounts]:
    ids = lessons.legend.ids.tolist()
    channel = channels(ids)
    return [ClassCounts.of(pair, channel, len(ids)) for pair in lessons.pairs]


def _check_classes(lessons: Lessons, counts: Sequence[ClassCounts]) -> None:
    legend = lessons.legend
    totals = np.stack([count.totals for count in counts]).sum(axis=0)
    present = [c.name for c, total in zip(legend, totals, strict=True) if total]
    if not present:
        raise TrainingError(
            "no pixel is labelled: check that the labels lie on the images and hold the legend's classes"
        )
    if len(present) == 1:
        besides = "" if lessons.sparse else " (the value 255 means not labelled)"
        raise TrainingError(
            f"only one class is labelled ({present[0]}): label at least one other, so that there is something to tell apart{besides}"
        )
    absent = [c.name for c, total in zip(legend, totals, strict=True) if not total]
    if absent:
        doubt(f"nothing is labelled as {', '.join(absent)}: the model will not know it")


def _by_name(lessons: Lessons, asked: Sequence[str], counts: Sequence[ClassCounts]) -> Split:
    names = [pair.name for pair in lessons.pairs]
    for pattern in asked:
        if not any(_meant(name, [pattern]) for name in names):
            raise TrainingError(f"no image is called {pattern}, to validate on: there are {listed(names, 8)}")
    chosen = {name for name in names if _meant(name, asked)}
    if len(chosen) == len(set(names)):
        raise TrainingError("all images are to be validated on, so none is left to learn from: name fewer")
    apart = np.array([name in chosen for name in names])
    totals = np.stack([count.totals for count in counts])
    _check_sides(
        lessons.legend, totals[~apart].sum(axis=0), totals[apart].sum(axis=0), listed(sorted(chosen), 8)
    )
    _check_overlap(lessons, apart)
    return _parted(lessons, apart.tolist(), f"validated on {listed(sorted(chosen), 8)}, as asked")


def _check_sides(legend: Legend, learnt: NDArray[np.int64], judged: NDArray[np.int64], chosen: str) -> None:
    """Refuse a side without labels, and doubt one to learn from that lacks a class: (classes,) pixels."""
    if not judged.any():
        raise TrainingError(f"nothing is labelled in {chosen}, to validate on: name others")
    if not learnt.any():
        raise TrainingError("nothing is labelled in what is left to learn from: name fewer to validate on")
    lost = [c.name for c, here, there in zip(legend, learnt, judged, strict=True) if there and not here]
    if lost:
        doubt(f"{', '.join(lost)} is labelled in what is validated on only: the model will not know it")


def _check_overlap(lessons: Lessons, apart: NDArray[np.bool_]) -> None:
    """Doubt a choice that leaves ground to learn from on which is judged: (pairs,) True where a pair is judged."""
    if lessons.extents is None:
        return
    links = lessons.extents.overlapping()
    for judged, learnt in links[:, apart[links[0]] & ~apart[links[1]]].T[:1].tolist():
        doubt(
            f"{lessons.pairs[judged].name}, to validate on, shows ground that {lessons.pairs[learnt].name} shows too, which "
            "is learnt from: the scores are too good; name both, or leave one out"
        )


def _by_parts(lessons: Lessons) -> Split:
    parts = lessons.parts or ()
    learnt = [pair for pair, part in zip(lessons.pairs, parts, strict=True) if part == "train"]
    judged = [pair for pair, part in zip(lessons.pairs, parts, strict=True) if part == "validate"]
    return Split(
        learnt=learnt,
        judged=judged,
        scenes=(counted(len(judged), "image"),),
        how=f"validated on {counted(len(judged), 'image')}, by the data set's split",
    )


def _by_place(lessons: Lessons, held: set[str]) -> Split:
    if len(set(lessons.places)) == len(lessons.pairs) > len({_word(name) for name in lessons.places}):
        doubt(
            "the images' names do not tell which are neighbours: if they are parts of one scene, name with --validate "
            "those of one side of it, else the scores are too good"
        )
    how = f"validated on {listed(sorted(held), 8)}, of {counted(len(set(lessons.places)), 'scene')}"
    return replace(
        _parted(lessons, [place in held for place in lessons.places], how), scenes=tuple(sorted(held))
    )


def _parted(lessons: Lessons, judged: Sequence[bool], how: str) -> Split:
    held = [pair for pair, apart in zip(lessons.pairs, judged, strict=True) if apart]
    return Split(
        learnt=[pair for pair, apart in zip(lessons.pairs, judged, strict=True) if not apart],
        judged=held,
        scenes=tuple(pair.name for pair in held),
        how=how,
    )


def _by_blocks(lessons: Lessons, counts: Sequence[ClassCounts]) -> Split:
    """Blocks of every scene; around those that are judged a margin is neither learnt nor judged, in no scene."""
    every = [
        SceneBlock(scene, window)
        for scene, pair in enumerate(lessons.pairs)
        for window in blocks(pair.shape, SQUARE)
    ]
    unit = units_of(every, lessons.extents)
    units = np.zeros((len(every), len(lessons.legend)), np.int64)
    for number, block in zip(unit, every, strict=True):
        units[number] += counts[block.scene].inside(block.window)
    chosen = set(hold_out(units))
    held = [block for number, block in zip(unit, every, strict=True) if number in chosen]
    learnt = _without(lessons, held)
    if not held or _loses_a_class(lessons, learnt, counts):
        doubt(
            "the labels lie so close together that none can be held out: the model will have no scores; label more "
            "places, far from each other"
        )
        return Split(
            learnt=list(lessons.pairs),
            judged=[],
            scenes=(),
            how="too little was labelled to hold anything out, so nothing is measured",
        )
    judged = []
    for index, pair in enumerate(lessons.pairs):
        inside = [block.window for block in held if block.scene == index]
        if inside:
            judged.append(pair.relabelled(MaskedLabels(pair.labels, inside, inside=True)))
    names = sorted({pair.name for pair in judged})
    return Split(
        learnt=learnt,
        judged=judged,
        scenes=tuple(f"{name} (held-out blocks)" for name in names),
        how=f"validated on {len(held)} of {counted(len(every), 'block')} of {listed(names, 8)}, each with a margin around it",
    )


def _without(lessons: Lessons, held: Sequence[SceneBlock]) -> list[Pair]:
    """The pairs without the labels of some blocks, and of a margin around them."""
    hidden: dict[int, list[Window]] = defaultdict(list)
    neighbours = None if lessons.extents is None else lessons.extents.neighbours()
    for block in held:
        # What is learnt from is no direct neighbour of what is judged.
        margin = max(SQUARE, block.window.height // 8)
        around = SceneBlock(block.scene, block.window.grown(margin, margin))
        for scene in [block.scene] if neighbours is None else neighbours[block.scene]:
            seen = around.seen_in(scene, lessons.extents)
            hidden[scene] += [] if seen is None else [seen]
    return [
        pair.relabelled(MaskedLabels(pair.labels, hidden[scene], inside=False)) if hidden[scene] else pair
        for scene, pair in enumerate(lessons.pairs)
    ]


def _loses_a_class(lessons: Lessons, learnt: Sequence[Pair], counts: Sequence[ClassCounts]) -> bool:
    """Whether a class that is labelled is not among what is left to learn from."""
    ids = lessons.legend.ids.tolist()
    channel = channels(ids)
    totals = np.stack([count.totals for count in counts])
    left = totals.copy()
    for number, (pair, whole) in enumerate(zip(learnt, lessons.pairs, strict=True)):
        if pair is not whole:
            left[number] = ClassCounts.of(pair, channel, len(ids)).totals
    return bool((totals.any(axis=0) & ~left.any(axis=0)).any())


def _meant(name: str, asked: Sequence[str]) -> bool:
    """Whether a name is asked for, as it is or by a pattern: brackets may be its own."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in asked)


def _word(name: str) -> str:
    return name.rstrip("0123456789-_ ")
