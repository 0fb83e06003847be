"""From labelled images or a few polygons to a model package of one's own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import torch

from glnet_geo.core.colors import RGB
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.core.value_range import EIGHT_BITS
from glnet_geo.errors import CancelledError, OptionError
from glnet_geo.io.files.staging import TakenError, refuse_taken
from glnet_geo.io.labelled_data.datasets import lessons_of_dataset
from glnet_geo.io.labelled_data.lessons import Lessons, lessons_of_pairs, lessons_of_polygons
from glnet_geo.io.labelled_data.open_files import OPEN_FILES
from glnet_geo.io.labelled_data.training_image import Reading
from glnet_geo.io.pictures.curves import draw_curves, require_curves
from glnet_geo.io.scenes.source_files import refuse_to_replace
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.learn_options import (
    DrawnPolygons,
    Lesson,
    PublishedDataset,
    TrainOptions,
    TrainSummary,
)
from glnet_geo.model.card import Card
from glnet_geo.model.machine import Machine, choose_machine, limit_gpu_memory
from glnet_geo.model.package import check_package, save_package
from glnet_geo.training.held_out import split
from glnet_geo.training.recipe import stages_of
from glnet_geo.training.start import TIMM, init_card, start_from
from glnet_geo.training.training_run import Outcome, TrainingRun
from glnet_geo.training_plan import TrainingPlan


def train(
    lesson: Lesson,
    out: str | Path,
    *,
    options: TrainOptions | None = None,
    curves: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> TrainSummary:
    """Train a model and write its package; a training that was broken off goes on with the same call.

    Checkpoints, the log and the best weights lie in the folder ``<out>.training`` beside the package.

    Args:
        lesson: what to learn from.
        out: the package, ``*.safetensors``.
        options: how to train.
        curves: a PNG for losses and scores.
        overwrite: whether ``out`` and ``curves`` may be replaced.
        progress: told where the training stands; may stop it.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, what to do.
    """
    began = time.monotonic()
    options, progress, out = options or TrainOptions(), progress or Silence(), Path(out)
    check_package(out, overwrite=overwrite)
    if curves is not None:
        require_curves(Path(curves), overwrite=overwrite)
    machine = _machine(options)
    limit_gpu_memory(machine)
    known = init_card(options.init, download=options.download)
    wanted = known.bands if known is not None else tuple(_band_names(options) or RGB)
    with closing(lessons_for(lesson, options, wanted, known)) as lessons:
        if curves is not None:
            for pair in lessons.pairs:
                refuse_to_replace(Path(curves), image=pair.path, label_map=pair.labels.name)
        held = split(lessons, options.validate)
        for sentence in (f"learning from {lessons.about}", held.how, f"on {machine}"):
            progress.info(sentence)
        start = start_from(
            options.init, lessons.legend, seed=options.seed, bands=wanted, download=options.download
        )
        with RunFolder(out.with_suffix(".training")).held() as folder:
            plan = TrainingPlan(lessons=lessons, held=held, start=start, machine=machine, options=options)
            _tell_of_what_is_lost(plan, progress)
            outcome = _learnt(plan.run(folder, progress, began), out, folder)
            card = plan.card(out.stem, outcome)
            if not overwrite:
                _refuse_appeared(out, folder)
            save_package(out, outcome.network, card)
    if curves is not None:
        draw_curves(Path(curves), folder.lines(), card.name)
    return TrainSummary(
        out=out,
        card=card,
        before=outcome.before,
        learnt=outcome.learnt,
        start=start.name,
        validation=held.how,
        log=folder.path / "log.jsonl",
        device=str(machine),
        seconds=time.monotonic() - began,
    )


def _learnt(run: TrainingRun, out: Path, folder: RunFolder) -> Outcome:
    """What a training comes to, which tells what is kept where it is stopped."""
    try:
        return run.run()
    except (KeyboardInterrupt, CancelledError) as stopped:
        raise CancelledError(
            f"{out.name} was not written; what was learnt is kept in {folder.path}: run the same command again to "
            "go on, or delete that folder"
        ) from stopped


def _refuse_appeared(out: Path, folder: RunFolder) -> None:
    """Refuse to replace a package that has appeared while the training ran."""
    try:
        refuse_taken([out], {})
    except TakenError as taken:
        raise taken.keeping(folder.path) from None


def _machine(options: TrainOptions) -> Machine:
    if options.precision == "fp16":
        raise OptionError("training in fp16 loses small gradients: choose --precision bf16 or fp32")
    machine = choose_machine(options.device, options.precision, gpu_memory=options.max_gpu_memory)
    # Old GPUs know no bfloat16, and their half precision would lose small gradients.
    return replace(machine, dtype=torch.float32) if machine.dtype == torch.float16 else machine


def _band_names(options: TrainOptions) -> list[str] | None:
    """Names of the bands of a network that begins with a backbone; None for red, green and blue."""
    if options.bands is None or not str(options.init).startswith(TIMM):
        return None
    named = [part.strip() for part in options.bands.split(",")]
    if len(named) == 3 and all(part.isdigit() for part in named):
        return None
    return [f"band {part}" if part.isdigit() else part for part in named]


def lessons_for(lesson: Lesson, options: TrainOptions, wanted: Sequence[str], known: Card | None) -> Lessons:
    """What to learn from, opened, for a model with these bands that may begin as a known one.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, what to do.
    """
    reading = Reading(
        wanted=wanted,
        own_range=EIGHT_BITS if known is None else known.normalization.value_range,
        bands=options.bands,
        nodata=options.nodata,
        value_range=options.value_range,
        adaptable=known is None,
    )
    with OPEN_FILES.closed_if_refused():
        if isinstance(lesson, PublishedDataset):
            return lessons_of_dataset(lesson.name, Path(lesson.folder), reading)
        if isinstance(lesson, DrawnPolygons):
            return lessons_of_polygons(
                [Path(scene) for scene in lesson.scenes],
                Path(lesson.labels),
                lesson.field,
                lesson.layer,
                reading,
                known=None if known is None else known.legend,
            )
        legend = None if lesson.legend is None else Path(lesson.legend)
        return lessons_of_pairs(Path(lesson.images), Path(lesson.labels), legend, reading)


def _tell_of_what_is_lost(plan: TrainingPlan, progress: Progress) -> None:
    """Say so where the model will lack a branch that the one it begins with has."""
    start, last = plan.start, plan.recipes[-1].stage
    if start.card is not None and last in stages_of(start.card.architecture.sharing)[:-1]:
        progress.info(
            f"the model ends with the stage {last.replace('_', ' ')}: what {start.name} has of later ones is left out"
        )
