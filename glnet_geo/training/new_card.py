"""What a newly trained model says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import Legend
from glnet_geo.io.labelled_data.lessons import Lessons
from glnet_geo.model.card import Card, ClassScore, GroundSampleDistance, Scores
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.held_out import Split
from glnet_geo.training.start import Start
from glnet_geo.training.training_run import Outcome
from glnet_geo.training.validation import mean_iou


def card_of(
    name: str,
    outcome: Outcome,
    start: Start,
    lessons: Lessons,
    split: Split,
    *,
    judged: Sequence[int],
    augmentation: Augmentation,
    value_range: tuple[float, float] | None,
    credit: str,
) -> Card:
    """The card of a model that a training came to."""
    normal = start.normalization
    card = Card.of(
        name=name,
        architecture=outcome.network.architecture,
        tiling=start.tiling,
        bands=start.bands,
        normalization=normal
        if value_range is None
        else replace(normal, low=value_range[0], high=value_range[1]),
        legend=lessons.legend,
        description=_description(outcome, start, lessons),
        ground_sample_distance=_distances(outcome, lessons, start, augmentation),
        background=lessons.background,
        training=_sentence(outcome, start, split),
        credit=_credits(credit, start),
        license=start.card.license if start.card is not None else "",
    )
    if outcome.judgement is None:
        # How sure it should be was not measured; what it began with is the best guess.
        return card.model_copy(update={"temperature": start.card.temperature}) if start.card else card
    scores = scores_of(outcome.judgement.confusion, split.scenes, lessons.legend, judged)
    return card.model_copy(update={"scores": scores, "temperature": outcome.judgement.temperature})


def scores_of(confusion: Confusion, scenes: Sequence[str], legend: Legend, judged: Sequence[int]) -> Scores:
    """Scores in the terms of a card.

    Args:
        confusion: of all that was judged.
        scenes: what that was.
        legend: the classes.
        judged: channels whose mean IoU is the score.
    """
    return Scores(
        scenes=tuple(scenes),
        mean_iou=round(mean_iou(confusion, judged), 4),
        accuracy=round(confusion.accuracy, 4),
        majority_mean_iou=round(mean_iou(confusion.majority(), judged), 4),
        classes=tuple(
            ClassScore(name=c.name, iou=None if np.isnan(iou) else round(float(iou), 4))
            for c, iou in zip(legend, confusion.iou, strict=True)
        ),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion.counts),
    )


def _description(outcome: Outcome, start: Start, lessons: Lessons) -> str:
    if not outcome.learnt:
        about = "" if start.card is None else f" {start.card.description}"
        return f"The weights of {start.name}, since {lessons.about} taught it nothing.{about}"
    return f"Learnt from {lessons.about}. Elsewhere, look before you count."


def _distances(
    outcome: Outcome, lessons: Lessons, start: Start, augmentation: Augmentation
) -> GroundSampleDistance | None:
    """What the images showed, widened by the zoom of augmentation; what the package said where they do not say."""
    if not lessons.distances or not outcome.learnt:
        return start.card.ground_sample_distance if start.card is not None else None
    least, most = augmentation.zoom
    return GroundSampleDistance(
        minimum=float(f"{min(lessons.distances) / most:.3g}"),
        maximum=float(f"{max(lessons.distances) / least:.3g}"),
    )


def _sentence(outcome: Outcome, start: Start, split: Split) -> str:
    if not outcome.learnt:
        return f"The weights of {start.name}: training brought nothing on the held-out labels ({split.how})."
    stages = ", ".join(f"{stage.replace('_', ' ')} {count}" for stage, count in outcome.steps.items())
    known = f" (classes known before: {', '.join(start.kept)})" if start.kept else ""
    return f"Began with {start.name}{known}; steps: {stages}, the best at {outcome.step} of the last; {split.how}."


def _credits(credit: str, start: Start) -> str:
    before = start.card.credit if start.card is not None else ""
    began = f"Began with {start.name}: {before}" if before else ""
    return " ".join(part for part in (credit.strip(), began) if part)
