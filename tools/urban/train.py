"""Trains the light configuration in its three stages; run it again to go on from the last checkpoint.

python -m tools.urban.train --data WORK --init lite0.safetensors --out WORK/run --validate t1 --validate t5
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import click
import torch
from safetensors.torch import load_file, save_file

from glnet_geo.core.grid import Tiling
from glnet_geo.core.normalize import Normalization
from glnet_geo.io.pairs import Pair, find_pairs
from glnet_geo.model.glnet import GLNet, light
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.samples import Sampler
from glnet_geo.training.stages import SHARING, Stage
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.train import Report, train_stage

CLASS_IDS = range(5)
TILING = Tiling(frame=2304, frame_overlap=256, patch=512, patch_overlap=64, global_size=576)
# What the ImageNet weights were trained with.
NORMALIZATION = Normalization(low=0, high=255, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
COMMON = Recipe(
    stage="global", steps=1, weight_decay=1e-4, gamma=1.0, freeze_batch_norm=True, bfloat16=True, seed=7
)
RECIPES = (
    replace(COMMON, stage="global", steps=300, frames=6, patches=0, learning_rate=3e-4),
    replace(COMMON, stage="global_to_local", steps=780, frames=4, patches=2, learning_rate=4e-4),
    replace(COMMON, stage="bidirectional", steps=160, frames=2, patches=4, learning_rate=3e-4),
)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--init", type=click.Path(path_type=Path, exists=True), required=True, help="ImageNet weights")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="folder for checkpoints and weights"
)
@click.option("--validate", multiple=True, help="scenes to leave out")
@click.option("--scale-steps", default=1.0, help="multiplies the steps of every stage")
def main(data: Path, init: Path, out: Path, validate: tuple[str, ...], scale_steps: float) -> None:
    """Train global, global_to_local and bidirectional, one after the other."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(COMMON.seed)
    pairs = [
        Pair(image, label)
        for image, label in find_pairs(data / "images", data / "labels")
        if image.stem not in validate
    ]
    print("training on", ", ".join(pair.name for pair in pairs), flush=True)
    imagenet = load_file(init)
    network: GLNet | None = None
    for number, recipe in enumerate(RECIPES):
        recipe = replace(recipe, steps=max(1, round(recipe.steps * scale_steps)))  # noqa: PLW2901
        network = _next_network(recipe.stage, imagenet, network)
        finished = out / f"{recipe.stage}.safetensors"
        if finished.exists():
            network.load_state_dict(load_file(finished))
            continue
        sampler = Sampler(
            pairs,
            tiling=TILING,
            normalization=NORMALIZATION,
            class_ids=CLASS_IDS,
            augmentation=Augmentation(),
            seed=recipe.seed + number,
        )
        log = (out / f"{recipe.stage}.jsonl").open("a")
        train_stage(
            network,
            recipe,
            sampler,
            checkpoint=out / f"{recipe.stage}.checkpoint",
            report=lambda report, log=log: _log(report, log),  # type: ignore[misc]
        )
        log.close()
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, finished)


def _next_network(stage: Stage, imagenet: dict[str, torch.Tensor], earlier: GLNet | None) -> GLNet:
    """The stage's network: fresh backbones from ImageNet, everything trained before from the earlier stage."""
    network = GLNet(light(classes=len(CLASS_IDS), sharing=SHARING[stage]))
    state = network.state_dict()
    for name in state:
        _, backbone, layer = name.partition(".backbone.body.")
        if backbone:
            state[name] = imagenet[layer]
    if earlier is not None:
        state.update(earlier.state_dict())
    network.load_state_dict(state)
    return network


def _log(report: Report, log: object) -> None:
    line = json.dumps({**asdict(report), "time": time.time()})
    log.write(line + "\n")  # type: ignore[attr-defined]
    log.flush()  # type: ignore[attr-defined]
    if report.step % 10 == 0:
        print(
            f"{report.stage} {report.step}/{report.steps} loss {report.loss:.3f} left {report.seconds_left:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
