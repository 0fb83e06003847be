"""Runs one stage of training, from a checkpoint where there is one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from glnet_geo.errors import TrainingError
from glnet_geo.model.backbone import Backbone, freeze_batch_norm
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.checkpoint import restore_checkpoint, save_checkpoint
from glnet_geo.training.memory import parts
from glnet_geo.training.mixed_precision import mixed_precision
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sample, Sampler
from glnet_geo.training.schedule import Clock
from glnet_geo.training.stages import Stage, StageLoss, trained_modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where training stands after a step."""

    stage: Stage
    step: int
    steps: int
    loss: float
    seconds_left: float


class Learner:
    """One stage of one network, step by step; the same recipe and sampler give the same weights on one processor.

    Args:
        network: with the sharing that the stage needs (``stages.SHARING``) and its earlier stages trained; it is
            changed in place.
        recipe: how to learn.
        sampler: where samples come from.
        device: where to compute.
        patches_at_once: patches of a frame whose gradients are computed together; None for all of a recipe.

    Attributes:
        network: as given.
        recipe: as given.
        step: steps done.
        steps: after which it is finished; the recipe's, unless changed while it runs.
    """

    def __init__(
        self,
        network: GLNet,
        recipe: Recipe,
        sampler: Sampler,
        *,
        device: str = "cpu",
        patches_at_once: int | None = None,
    ) -> None:
        network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network
        self.recipe = recipe
        self.step = 0
        self.steps = recipe.steps
        self.patches_at_once = patches_at_once
        self._sampler = sampler
        self._device = device
        self._optimizer = _optimizer(network, recipe)
        self._loss = StageLoss(
            stage=recipe.stage,
            gamma=recipe.gamma,
            drift=recipe.drift,
            patches=recipe.patches,
            seed=recipe.seed,
        )

    def save(self, path: Path, **notes: float) -> None:
        """Write a checkpoint, with some numbers of the caller's."""
        save_checkpoint(path, self.network, self._optimizer, self.recipe, notes, self.step)

    def restore(self, path: Path) -> dict[str, float]:
        """Go back to a checkpoint; returns the caller's numbers."""
        self.step, notes = restore_checkpoint(path, self.network, self._optimizer, self.recipe)
        return notes

    def run(self) -> Iterator[Report]:
        """Learn until the recipe's steps are done, reporting after each.

        Raises:
            TrainingError: the loss is not a number.
        """
        first, started = self.step, time.monotonic()
        for samples in self._ahead():
            loss = self._learn(samples)
            self.step += 1
            pace = (time.monotonic() - started) / (self.step - first)
            yield Report(
                stage=self.recipe.stage,
                step=self.step,
                steps=self.steps,
                loss=loss,
                seconds_left=pace * (self.steps - self.step),
            )

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return replace(self.recipe, steps=self.steps).rate(self.step)

    def finished(self) -> GLNet:
        """The network in evaluation mode, all of it free to learn again."""
        return self.network.eval().requires_grad_(requires_grad=True)

    def _learn(self, samples: list[Sample]) -> float:
        """One step; returns its loss."""
        recipe = self.recipe
        self._set_modes()
        for group in self._optimizer.param_groups:
            group["lr"] = self.rate * group["share"]
        self._optimizer.zero_grad()
        # Whatever in a backbone draws at random draws the same again after a kill.
        torch.manual_seed(recipe.seed + self.step)
        total = 0.0
        for index, sample in enumerate(samples):
            number = self.step * recipe.frames + index
            for part, weight in parts(_on(sample, self._device), recipe.stage, self.patches_at_once):
                with mixed_precision(self._device, enabled=recipe.bfloat16):
                    loss = self._loss(self.network, part, number)
                (loss * (weight / recipe.frames)).backward()  # type: ignore[no-untyped-call]
                total += float(loss.detach()) * weight / recipe.frames
        if not math.isfinite(total):
            raise TrainingError(
                f"the loss of step {self.step} is not a number: try --precision fp32 or another --seed, under another --out"
            )
        if recipe.clip is not None:
            learning = [weight for group in self._optimizer.param_groups for weight in group["params"]]
            torch.nn.utils.clip_grad_norm_(learning, recipe.clip)
        self._optimizer.step()
        return total

    def _set_modes(self) -> None:
        self.network.eval()
        for module in trained_modules(self.network, self.recipe.stage):
            module.train()
        if self.recipe.freeze_batch_norm:
            freeze_batch_norm(self.network)

    def _ahead(self) -> Iterator[list[Sample]]:
        """The samples of every step, the next step's being read while the current one is learnt."""
        recipe = self.recipe
        wanted = {"global": 0, "global_to_local": recipe.patches, "bidirectional": None}[recipe.stage]

        def draw(step: int) -> list[Sample]:
            return [
                self._sampler.draw(
                    step * recipe.frames + index, wanted, side=recipe.patch, label_cell=recipe.label_cell
                )
                for index in range(recipe.frames)
            ]

        with ThreadPoolExecutor(1) as reader:
            coming: Future[list[Sample]] | _Later = reader.submit(draw, self.step)
            while self.step < self.steps:
                samples = coming.result()
                if self.step + 1 < self.steps:
                    coming = reader.submit(draw, self.step + 1)
                else:
                    # More steps may be granted while this one is learnt.
                    coming = _Later(draw, self.step + 1)
                yield samples


def train_stage(
    network: GLNet,
    recipe: Recipe,
    sampler: Sampler,
    *,
    checkpoint: Path | None = None,
    device: str = "cpu",
    report: Callable[[Report], None] = lambda _report: None,
) -> GLNet:
    """Train one stage of a network in place, and return it in evaluation mode.

    Args:
        network: as for `Learner`.
        recipe: how to learn.
        sampler: where samples come from.
        checkpoint: a file to keep the state in now and then, and to go on from if it is there: the result is that
            of an unbroken run.
        device: where to compute.
        report: called after every step.

    Raises:
        TrainingError: the checkpoint belongs to another recipe or network, cannot be written, or the loss is not a
            number.
    """
    learner = Learner(network, recipe, sampler, device=device)
    if checkpoint is not None and checkpoint.exists():
        learner.restore(checkpoint)
    clock = Clock(spent=0, first=learner.step)
    for now in learner.run():
        report(now)
        if checkpoint is not None and (clock.due() or now.step == now.steps):
            learner.save(checkpoint)
    return learner.finished()


@dataclass(frozen=True, slots=True)
class _Later:
    """Samples that are drawn only where they are asked for."""

    draw: Callable[[int], list[Sample]]
    step: int

    def result(self) -> list[Sample]:
        return self.draw(self.step)


def _optimizer(network: GLNet, recipe: Recipe) -> torch.optim.Optimizer:
    """For what a stage trains, which alone is then free to learn; backbones at their own share of the rate."""
    network.requires_grad_(requires_grad=False)
    trained = trained_modules(network, recipe.stage)
    for module in trained:
        module.requires_grad_(requires_grad=True)
    backbones = [part for module in trained for part in module.modules() if isinstance(part, Backbone)]
    pretrained = {id(weight): weight for backbone in backbones for weight in backbone.parameters()}
    fresh = [weight for module in trained for weight in module.parameters() if id(weight) not in pretrained]
    groups = [
        {"params": fresh, "share": 1.0},
        {"params": list(pretrained.values()), "share": recipe.backbone_rate},
    ]
    kind = torch.optim.AdamW if recipe.decoupled else torch.optim.Adam
    return kind(
        [group for group in groups if group["params"]],
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )


def _on(sample: Sample, device: str) -> Sample:
    return Sample(
        frame=sample.frame.to(device),
        frame_label=sample.frame_label.to(device),
        patches=sample.patches.to(device),
        patch_labels=sample.patch_labels.to(device),
        places=sample.places,
    )
