r"""Trains the light configuration, from ImageNet to the weights that ship; run it again to go on from the last checkpoint.

python -m tools.urban.train --data WORK --weak WORK/weak --by-eye WORK/by_eye --init lite0.safetensors --out WORK/run \
        --validate t1 --validate t5

With --again it trains weights on that have learnt all that before, with a fresh schedule and other samples. With --network it
trains a network of another kind on the same samples, which labels pictures beside GLNet (`tools.urban.teach`).
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TextIO, TypeAlias, get_args

import click
import torch
from rasterio.errors import NotGeoreferencedWarning
from safetensors.torch import load_file

from glnet_geo.core.grid import Tiling
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.pair_files import find_pairs
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.model.architecture import light
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.checkpoint import save_weights
from glnet_geo.training.recipe import Recipe, recipe_of
from glnet_geo.training.samples import Sampler, root_areas
from glnet_geo.training.start import Start, start_from
from glnet_geo.training.train import Report, train_stage
from tools.urban.unet import learn_unet, new_unet

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
ARCHITECTURE = light(classes=len(LEGEND), sharing="global_to_local")
# What the ImageNet weights were trained with.
NORMALIZATION = Normalization(low=0, high=255, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
SEED = 7
STAGES = (
    replace(recipe_of("global", ARCHITECTURE), steps=60, seed=SEED),
    replace(recipe_of("global_to_local", ARCHITECTURE), steps=300, seed=SEED),
)
"""As all light networks learn."""
AGAIN = (replace(STAGES[-1], learning_rate=6e-4),)
"""How a network learns on, from where it or others have come."""
AUGMENTATION = Augmentation(zoom=(0.66, 1.5), color=0.3)
WEAK, BY_EYE = 0.2, 0.25
"""Part of the frames that come from pictures elsewhere that were labelled by rule or by networks, and by eye."""

Kind: TypeAlias = Literal["glnet", "local", "unet"]
"""GLNet; its local branch alone, a pyramid without guidance; and the common U-Net."""
CLOSE = Tiling(frame=576, frame_overlap=64, patch=576, patch_overlap=0, global_size=576)
"""How the local branch alone maps: at full resolution."""
CROPS = replace(CLOSE, frame=320, patch=320, global_size=320)
"""What the local branch alone and the U-Net learn from."""
SINGLE = replace(STAGES[0], frames=12, learning_rate=1e-3)
"""How they learn: a step sees as many places as one of GLNet, 6 frames and 2 patches of each."""
SINGLE_STEPS = {"local": 300, "unet": 264}
"""What takes as long as GLNet's two stages."""


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option(
    "--weak",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="the same, labelled by rule or by a model",
)
@click.option(
    "--by-eye", type=click.Path(path_type=Path, exists=True), required=True, help="the same, labelled by eye"
)
@click.option("--init", type=click.Path(path_type=Path, exists=True), required=True, help="ImageNet weights")
@click.option(
    "--network",
    "kind",
    type=click.Choice(get_args(Kind)),
    default="glnet",
    show_default=True,
    help="what to train",
)
@click.option("--again", type=click.Path(path_type=Path, exists=True), help="weights to train on")
@click.option("--seed", default=SEED, show_default=True, help="of the samples")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="folder for checkpoints and weights"
)
@click.option("--validate", multiple=True, help="scenes to leave out")
@click.option("--scale-steps", default=1.0, help="multiplies the steps of every stage")
def main(
    data: Path,
    weak: Path,
    by_eye: Path,
    init: Path,
    kind: Kind,
    again: Path | None,
    seed: int,
    out: Path,
    validate: tuple[str, ...],
    scale_steps: float,
) -> None:
    """Train the global branch, then the local one that it guides: OUT/global.safetensors, OUT/global_to_local.safetensors.

    Networks of other kinds: OUT/local.safetensors, OUT/unet.safetensors.
    """
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    out.mkdir(parents=True, exist_ok=True)
    scenes = [pair for pair in pairs_in(data) if pair.name not in validate]
    rough, drawn = pairs_in(weak), pairs_in(by_eye)
    print(
        f"training on {', '.join(pair.name for pair in scenes)} and {len(rough) + len(drawn)} elsewhere",
        flush=True,
    )
    mixture = Mixture(
        [*scenes, *rough, *drawn],
        [*_chances(scenes, 1 - WEAK - BY_EYE), *_chances(rough, WEAK), *_chances(drawn, BY_EYE)],
    )
    if kind != "glnet":
        recipe = replace(SINGLE, steps=_scaled(SINGLE_STEPS[kind], scale_steps))
        finished = out / f"{kind}.safetensors"
        if not finished.exists():
            {"local": _train_local, "unet": _train_unet}[kind](
                mixture.sampler(CROPS, seed), recipe, init, finished
            )
        return
    start = imagenet(init)
    learnt: dict[str, torch.Tensor] = {} if again is None else load_file(again)
    for number, recipe in enumerate(STAGES if again is None else AGAIN):
        finished = out / f"{recipe.stage}.safetensors"
        if not finished.exists():
            _train_stage(
                start.network(recipe.stage, learnt, SEED),
                replace(recipe, steps=_scaled(recipe.steps, scale_steps)),
                mixture.sampler(TILING, seed + number),
                finished,
            )
        learnt |= load_file(finished)


@dataclass(frozen=True, slots=True)
class Mixture:
    """All that is learnt from, and how often each is drawn; None for the roots of their areas."""

    pairs: list[Pair]
    chances: list[float] | None = None

    def sampler(self, tiling: Tiling, seed: int) -> Sampler:
        """Draws from it."""
        return Sampler(
            self.pairs,
            tiling=tiling,
            normalization=NORMALIZATION,
            class_ids=LEGEND.ids.tolist(),
            augmentation=AUGMENTATION,
            seed=seed,
            chances=self.chances,
        )


def _train_local(sampler: Sampler, recipe: Recipe, init: Path, finished: Path) -> None:
    _train_stage(imagenet(init).network(recipe.stage, {}, SEED), recipe, sampler, finished)


def _train_unet(sampler: Sampler, recipe: Recipe, init: Path, finished: Path) -> None:
    network = new_unet(classes=len(LEGEND), backbone=init, seed=SEED)
    for step, loss in enumerate(learn_unet(network, recipe, sampler), start=1):
        if step % 10 == 0:
            print(f"unet {step}/{recipe.steps} loss {loss:.3f}", flush=True)
    save_weights(finished, network)


def _train_stage(network: GLNet, recipe: Recipe, sampler: Sampler, finished: Path) -> None:
    with finished.with_suffix(".jsonl").open("a") as log:
        train_stage(
            network,
            recipe,
            sampler,
            checkpoint=finished.with_suffix(".checkpoint"),
            report=partial(_log, log),
        )
    save_weights(finished, network)


def imagenet(init: Path) -> Start:
    """A network that begins with these weights of the backbone."""
    return start_from(f"timm:tf_efficientnet_lite0={init}", LEGEND, seed=SEED)


def _scaled(steps: int, scale: float) -> int:
    return max(1, round(steps * scale))


def pairs_in(folder: Path) -> list[Pair]:
    """The scenes of a folder that holds images/ and labels/."""
    found = find_pairs(folder / "images", folder / "labels", error=TrainingError)
    return [Pair(image, label) for image, label in found]


def _chances(pairs: Sequence[Pair], share: float) -> list[float]:
    """How often pairs are drawn that make up a share of all samples together."""
    areas = root_areas(pairs)
    return [share * area / sum(areas) for area in areas]


def _log(log: TextIO, now: Report) -> None:
    log.write(json.dumps({**asdict(now), "time": time.time()}) + "\n")
    log.flush()
    if now.step % 10 == 0:
        print(
            f"{now.stage} {now.step}/{now.steps} loss {now.loss:.3f} left {now.seconds_left:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
