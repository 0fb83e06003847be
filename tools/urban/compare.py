"""Trains GLNet, its local branch alone and a U-Net on the same scenes for the same processor time, and compares them.

pip install segmentation-models-pytorch
python -m tools.urban.compare unet --data WORK --init lite0.safetensors --minutes 8 --out WORK/unet
python -m tools.urban.compare local ...
python -m tools.urban.compare glnet ...

A network is trained for every fold of the scenes, without them, and measured on them; at the end all folds count together. All
three begin with the same backbone, see the same kinds of samples and follow the same schedule, on one thread. How many steps the
time allows is settled after a few that are forgotten.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.grid import Tiling
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import choose_machine
from glnet_geo.training.checkpoint import save_weights
from glnet_geo.training.recipe import Recipe, recipe_of
from glnet_geo.training.samples import Sampler
from glnet_geo.training.stages import STAGES, Stage
from glnet_geo.training.start import Start
from glnet_geo.training.train import Learner, train_stage
from glnet_geo.training.validation import judge
from tools.urban.package import class_shares, favour_rare
from tools.urban.train import (
    ARCHITECTURE,
    CLOSE,
    CROPS,
    LEGEND,
    NORMALIZATION,
    SEED,
    SINGLE,
    TILING,
    Mixture,
    imagenet,
    pairs_in,
)
from tools.urban.unet import learn_unet, new_unet

STRENGTHS = (0.0, 0.75)
"""How far rare classes are favoured in the scores."""

FOLDS = ("t1,t5", "t6", "t7", "t4,t8")
"""Every scene once; t4 and t8 overlap on the ground."""

TRIAL = 4

_SHARES: dict[Stage, float] = {"global": 0.25, "global_to_local": 0.75, "bidirectional": 0.25}
"""Of the time; the last stage comes on top."""
_RECIPES = {stage: replace(recipe_of(stage, ARCHITECTURE), seed=SEED) for stage in STAGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What all networks share.

    Attributes:
        learnt: scenes to learn from.
        unseen: scenes to measure on.
        init: the backbone's weights.
        minutes: of processor time.
        out: folder for weights.
        favour: logarithms of the classes' shares of the labels learnt from.
    """

    learnt: list[Pair]
    unseen: list[Pair]
    init: Path
    minutes: float
    out: Path
    favour: NDArray[np.float64]

    @property
    def start(self) -> Start:
        """ImageNet's backbone."""
        return imagenet(self.init)

    def new_unet(self) -> nn.Module:
        """A U-Net on the same backbone."""
        return new_unet(classes=len(LEGEND), backbone=self.init, seed=SEED)

    def sampler(self, tiling: Tiling, seed: int) -> Sampler:
        """Samples of the scenes to learn from."""
        return Mixture(self.learnt).sampler(tiling, seed)


@dataclass(frozen=True, slots=True)
class Score:
    """How a network maps some scenes, rare classes being favoured by ``strength``."""

    name: str
    strength: float
    confusion: Confusion


@click.command()
@click.argument("subject", type=click.Choice(["unet", "local", "glnet"]))
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True), required=True, help="holds images/ and labels/"
)
@click.option("--init", type=click.Path(path_type=Path, exists=True), required=True, help="ImageNet weights")
@click.option("--minutes", default=60.0, help="of processor time")
@click.option(
    "--fold",
    "folds",
    multiple=True,
    default=FOLDS,
    show_default=True,
    help="scenes to measure on, with commas",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder for weights and scores")
def main(subject: str, data: Path, init: Path, minutes: float, folds: tuple[str, ...], out: Path) -> None:
    """Train SUBJECT for every fold, and print its scores on the scenes of the folds."""
    torch.set_num_threads(1)
    pairs = {pair.name: pair for pair in pairs_in(data)}
    totals: dict[tuple[str, float], Confusion] = {}
    for fold in folds:
        left_out = fold.split(",")
        learnt = [pair for name, pair in pairs.items() if name not in left_out]
        trial = Trial(
            learnt=learnt,
            unseen=[pairs[name] for name in left_out],
            init=init,
            minutes=minutes,
            out=out / subject / fold,
            favour=np.log(class_shares(data, [pair.name for pair in learnt])),
        )
        trial.out.mkdir(parents=True, exist_ok=True)
        for score in {"unet": _unet, "local": _local, "glnet": _glnet}[subject](trial):
            _print(fold, score)
            row = (score.name, score.strength)
            totals[row] = totals[row] + score.confusion if row in totals else score.confusion
    for (name, strength), confusion in totals.items():
        _print("all folds", Score(name, strength, confusion))


def _glnet(trial: Trial) -> Iterator[Score]:
    """All three stages, measured after each."""
    learnt: dict[str, Tensor] = {}
    for number, (stage, share) in enumerate(_SHARES.items()):
        recipe = replace(_RECIPES[stage], steps=TRIAL)
        sampler = trial.sampler(TILING, recipe.seed + number)
        network = _learn(trial, recipe, sampler, share, learnt)
        learnt |= network.state_dict()
        yield from _scores(trial, stage, network, TILING)


def _local(trial: Trial) -> Iterator[Score]:
    """A pyramid on crops at full resolution."""
    recipe = replace(SINGLE, steps=TRIAL)
    network = _learn(trial, recipe, trial.sampler(CROPS, recipe.seed), 1.0, {})
    yield from _scores(trial, "local branch alone", network, CLOSE)


def _learn(trial: Trial, recipe: Recipe, sampler: Sampler, share: float, learnt: dict[str, Tensor]) -> GLNet:
    """One stage, for a share of the time; kept in a file."""

    def new() -> GLNet:
        return trial.start.network(recipe.stage, learnt, recipe.seed)

    kept = trial.out / f"{recipe.stage}.safetensors"
    if kept.exists():
        network = new()
        network.load_state_dict(load_file(kept))
        return network.eval()
    steps = _affordable(60 * trial.minutes * share, (None for _ in Learner(new(), recipe, sampler).run()))
    network = new()
    train_stage(
        network,
        replace(recipe, steps=steps),
        sampler,
        checkpoint=kept.with_suffix(".checkpoint"),
        report=lambda now: _say(now.stage, now.step, now.steps, now.loss),
    )
    save_weights(kept, network)
    return network


def _unet(trial: Trial) -> Iterator[Score]:
    """The common U-Net, as segmentation-models-pytorch builds it."""
    kept = trial.out / "unet.safetensors"
    network = trial.new_unet()
    if kept.exists():
        network.load_state_dict(load_file(kept))
    else:
        sampler = trial.sampler(CROPS, SEED)
        steps = _affordable(
            60 * trial.minutes, learn_unet(trial.new_unet(), replace(SINGLE, steps=TRIAL), sampler)
        )
        for step, loss in enumerate(learn_unet(network, replace(SINGLE, steps=steps), sampler), start=1):
            _say("unet", step, steps, loss)
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, kept)
    network.eval()
    for strength in STRENGTHS:
        total = Confusion.empty(len(LEGEND))
        for pair in trial.unseen:
            total += _unet_confusion(network, pair, strength * trial.favour)
        yield Score("unet", strength, total)


def _unet_confusion(network: nn.Module, pair: Pair, favour: NDArray[np.float64]) -> Confusion:
    """Of a whole scene, mapped in crops of which the middle counts."""
    margin, side = 32, 576
    total = Confusion.empty(len(LEGEND))
    inner = side - 2 * margin
    for row in range(0, pair.shape[0], inner):
        for col in range(0, pair.shape[1], inner):
            # Crops at the border lie inside the scene; their middle reaches to it.
            top, left = (
                max(0, min(at - margin, length - side))
                for at, length in zip((row, col), pair.shape, strict=True)
            )
            pixels = NORMALIZATION(*pair.read(_spot(top, left, side)))
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                logits = network(torch.from_numpy(pixels)[None])[0].float().numpy()
            bottom, right = (
                min(at + inner, length) for at, length in zip((row, col), pair.shape, strict=True)
            )
            found = (logits - favour[:, None, None]).argmax(axis=0)[
                row - top : bottom - top, col - left : right - left
            ]
            labels = pair.label(_spot(top, left, side))[row - top : bottom - top, col - left : right - left]
            total += Confusion.of(labels, LEGEND.ids[found], LEGEND)
    return total


def _spot(row: int, col: int, side: int) -> Spot:
    return Spot(row=row, col=col, height=side, width=side, shape=(side, side))


def _scores(trial: Trial, name: str, network: GLNet, tiling: Tiling) -> Iterator[Score]:
    for strength in STRENGTHS:
        shifted = GLNet(network.architecture)
        shifted.load_state_dict(network.state_dict())
        favour_rare(shifted, np.exp(trial.favour), strength=strength)
        found = judge(
            shifted,
            trial.unseen,
            tiling=tiling,
            normalization=NORMALIZATION,
            legend=LEGEND,
            machine=choose_machine("cpu", "auto"),
        )
        yield Score(name, strength, found.confusion)


def _affordable(seconds: float, steps: Iterator[object]) -> int:
    """How many steps a time allows, by the pace of a few, the first of which does not count."""
    next(steps)
    began = time.process_time()
    count = sum(1 for _ in steps)
    return max(1, round(seconds / ((time.process_time() - began) / count)))


def _say(name: str, step: int, steps: int, loss: float) -> None:
    if step % 10 == 0 or step == steps:
        print(f"{name} {step}/{steps} loss {loss:.3f}", flush=True)


def _print(where: str, score: Score) -> None:
    iou = dict(zip((c.name for c in LEGEND), score.confusion.iou.round(3).tolist(), strict=True))
    print(
        f"{where}: {score.name}, favour {score.strength}: mean IoU {score.confusion.mean_iou:.3f} {json.dumps(iou)}",
        flush=True,
    )


if __name__ == "__main__":
    main()
