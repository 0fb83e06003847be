"""Trains the light configuration in its three stages; run it again to go on from the last checkpoint.

python -m tools.urban.train --data WORK --weak WORK/weak --init lite0.safetensors --out WORK/run --validate t1 --validate t5
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TextIO

import click
import torch
from rasterio.errors import NotGeoreferencedWarning
from safetensors.torch import load_file

from glnet_geo.core.grid import Tiling
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import TrainingError
from glnet_geo.io.pair_files import find_pairs
from glnet_geo.io.pairs import Pair
from glnet_geo.model.glnet import light
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.checkpoint import save_weights
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sampler, root_areas
from glnet_geo.training.start import start_from
from glnet_geo.training.train import Report, train_stage

LEGEND = Legend(
    (
        LandClass(id=0, name="water", color="#2b83ba"),
        LandClass(id=1, name="bare land", color="#e0cda9"),
        LandClass(id=2, name="road", color="#4d4d4d"),
        LandClass(id=3, name="building", color="#d7301f"),
        LandClass(id=4, name="vegetation", color="#4dac26"),
    )
)
TILING = Tiling(frame=2304, frame_overlap=256, patch=512, patch_overlap=64, global_size=576)
ARCHITECTURE = replace(light(classes=len(LEGEND), sharing="bidirectional"), rectified=False)
"""Of what ships: its pyramids are linear, and its branches begin accordingly, since rectified ones came later."""
# What the ImageNet weights were trained with.
NORMALIZATION = Normalization(low=0, high=255, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
COMMON = Recipe(
    stage="global", steps=1, weight_decay=1e-4, gamma=1.0, freeze_batch_norm=True, bfloat16=True, seed=7
)
SHARP = replace(
    COMMON,
    weight_decay=1e-2,
    decoupled=True,
    backbone_rate=0.3,
    warm_up=0.1,
    clip=1.0,
    gamma=0.5,
    label_cell=1,
    patch=320,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Stages, one after the other; a round goes on from the weights of the one before.

    Attributes:
        recipes: of its stages.
        color: how far colours are changed.
        zoom: how far samples are enlarged.
        weak: part of the frames that come from roughly labelled pictures.
        by_eye: part of the frames that come from pictures elsewhere that were labelled by eye.
    """

    recipes: tuple[Recipe, ...]
    color: float = 0.3
    zoom: tuple[float, float] = (0.66, 1.5)
    weak: float = 0.0
    by_eye: float = 0.0


_MANY_PLACES = (
    replace(SHARP, stage="global", steps=60, frames=6, patches=0, learning_rate=4e-4),
    replace(SHARP, stage="global_to_local", steps=150, frames=6, patches=2, learning_rate=5e-4, drift=0.0),
)

ROUNDS = (
    Round(
        recipes=(
            replace(COMMON, stage="global", steps=300, frames=6, patches=0, learning_rate=3e-4),
            replace(COMMON, stage="global_to_local", steps=780, frames=4, patches=2, learning_rate=4e-4),
            replace(COMMON, stage="bidirectional", steps=160, frames=2, patches=4, learning_rate=3e-4),
        ),
        color=0.2,
        zoom=(0.7, 1.4),
    ),
    # Many places a step, labels at full resolution, a high rate that falls to nothing.
    Round(
        recipes=(
            replace(SHARP, stage="global", steps=100, frames=6, patches=0, learning_rate=6e-4),
            replace(SHARP, stage="global_to_local", steps=400, frames=6, patches=2, learning_rate=1e-3),
            replace(SHARP, stage="bidirectional", steps=60, frames=2, patches=6, learning_rate=5e-4),
        ),
    ),
    # The same once more, with more steps, as far as that helped.
    Round(
        recipes=(
            replace(SHARP, stage="global", steps=80, frames=6, patches=0, learning_rate=5e-4),
            replace(SHARP, stage="global_to_local", steps=700, frames=6, patches=2, learning_rate=8e-4),
        ),
    ),
    # Other places, roughly labelled.
    Round(
        recipes=(
            replace(SHARP, stage="global_to_local", steps=200, frames=6, patches=2, learning_rate=5e-4),
        ),
        weak=0.25,
    ),
    # Many places together in one scene, labelled by the blend of the last two rounds and by rule; begins with that blend.
    Round(recipes=_MANY_PLACES, weak=0.4),
    # The same, and pictures elsewhere that were labelled by eye; begins with what shipped before.
    Round(recipes=_MANY_PLACES, weak=0.2, by_eye=0.25),
)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--init", type=click.Path(path_type=Path, exists=True), required=True, help="ImageNet weights")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="folder for checkpoints and weights"
)
@click.option("--weak", type=click.Path(path_type=Path, exists=True), help="holds roughly labelled pictures")
@click.option(
    "--by-eye", type=click.Path(path_type=Path, exists=True), help="holds pictures that were labelled by eye"
)
@click.option(
    "--round",
    "turns",
    multiple=True,
    type=click.IntRange(1, len(ROUNDS)),
    default=(1, 2, 3, 4),
    show_default=True,
    help="to go through, in this order",
)
@click.option(
    "--begin",
    type=click.Path(path_type=Path, exists=True),
    help="weights that have gone through the rounds before",
)
@click.option("--validate", multiple=True, help="scenes to leave out")
@click.option("--scale-steps", default=1.0, help="multiplies the steps of every stage")
def main(
    data: Path,
    init: Path,
    out: Path,
    weak: Path | None,
    by_eye: Path | None,
    turns: tuple[int, ...],
    begin: Path | None,
    validate: tuple[str, ...],
    scale_steps: float,
) -> None:
    """Train global, global_to_local and bidirectional, one after the other, round by round."""
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    out.mkdir(parents=True, exist_ok=True)
    scenes = [pair for pair in pairs_in(data) if pair.name not in validate]
    rough, drawn = ([] if folder is None else pairs_in(folder) for folder in (weak, by_eye))
    elsewhere = [*rough, *drawn]
    print(f"training on {', '.join(pair.name for pair in scenes)} and {len(elsewhere)} elsewhere", flush=True)
    start = replace(
        start_from(f"timm:tf_efficientnet_lite0={init}", LEGEND, seed=COMMON.seed), architecture=ARCHITECTURE
    )
    learnt: dict[str, torch.Tensor] = {} if begin is None else load_file(begin)
    for turn in turns:
        stages = ROUNDS[turn - 1]
        at_home = 1 - stages.weak - stages.by_eye
        for number, recipe in enumerate(stages.recipes):
            recipe = replace(recipe, steps=max(1, round(recipe.steps * scale_steps)))  # noqa: PLW2901
            name = f"{turn}-{recipe.stage}"
            network = start.network(recipe.stage, learnt, COMMON.seed)
            finished = out / f"{name}.safetensors"
            if finished.exists():
                learnt |= load_file(finished)
                continue
            sampler = Sampler(
                [*scenes, *elsewhere],
                tiling=TILING,
                normalization=NORMALIZATION,
                class_ids=LEGEND.ids.tolist(),
                augmentation=Augmentation(zoom=stages.zoom, color=stages.color),
                seed=recipe.seed + 3 * (turn - 1) + number,
                chances=[
                    *_chances(scenes, at_home),
                    *_chances(rough, stages.weak),
                    *_chances(drawn, stages.by_eye),
                ],
            )
            with (out / f"{name}.jsonl").open("a") as log:
                checkpoint = out / f"{name}.checkpoint"
                train_stage(network, recipe, sampler, checkpoint=checkpoint, report=partial(_log, log))
            save_weights(finished, network)
            learnt |= network.state_dict()


def pairs_in(folder: Path) -> list[Pair]:
    """The scenes of a folder that holds images/ and labels/."""
    found = find_pairs(folder / "images", folder / "labels", error=TrainingError)
    return [Pair(image, label) for image, label in found]


def _chances(pairs: Sequence[Pair], share: float) -> list[float]:
    """How often pairs are drawn that make up a share of all samples together."""
    areas = root_areas(pairs)
    return [share * area / sum(areas) for area in areas]


def _log(log: TextIO, report: Report) -> None:
    log.write(json.dumps({**asdict(report), "time": time.time()}) + "\n")
    log.flush()
    if report.step % 10 == 0:
        print(
            f"{report.stage} {report.step}/{report.steps} loss {report.loss:.3f} left {report.seconds_left:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
