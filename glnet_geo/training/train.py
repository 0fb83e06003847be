"""Runs one stage of training, from a checkpoint where there is one."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from glnet_geo.errors import TrainingError
from glnet_geo.model.backbone import freeze_batch_norm
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.samples import Sample, Sampler
from glnet_geo.training.stages import Stage, StageLoss, begin, trained_modules

_CHECKPOINT_EVERY_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one stage learns.

    Attributes:
        stage: which.
        steps: optimiser steps.
        frames: frames per step; the gradients of all their patches are summed before it.
        patches: patches per frame; in the last stage those on which the ensemble is judged.
        learning_rate: of Adam, at the start; it falls to 0 with ``(1 - step / steps) ** power``.
        weight_decay: of Adam, coupled.
        power: of the learning rate's fall.
        gamma: of the focal loss.
        freeze_batch_norm: whether batch statistics stay those of the pretrained backbone. They lie when a batch
            holds patches of one frame.
        bfloat16: whether to compute in mixed precision.
        seed: of all randomness.
    """

    stage: Stage
    steps: int
    frames: int = 6
    patches: int = 6
    learning_rate: float = 5e-5
    weight_decay: float = 5e-4
    power: float = 0.9
    gamma: float = 3.0
    freeze_batch_norm: bool = False
    bfloat16: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where training stands after a step."""

    stage: Stage
    step: int
    steps: int
    loss: float
    seconds_left: float


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
        network: with the sharing that the stage needs (``stages.SHARING``) and its earlier stages trained.
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
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    begin(network, recipe.stage)
    parameters = _trained_parameters(network, recipe.stage)
    optimizer = torch.optim.Adam(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    step = 0
    if checkpoint is not None and checkpoint.exists():
        step = _restore(checkpoint, network, optimizer, recipe)
    loss_of = StageLoss(stage=recipe.stage, gamma=recipe.gamma, patches=recipe.patches, seed=recipe.seed)
    wanted = {"global": 0, "global_to_local": recipe.patches, "bidirectional": None}[recipe.stage]
    first, started, saved = step, time.monotonic(), time.monotonic()
    for samples in _ahead(sampler, recipe, step, wanted):
        _set_modes(network, recipe)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * (1 - step / recipe.steps) ** recipe.power
        optimizer.zero_grad()
        total = 0.0
        for index, sample in enumerate(samples):
            number = step * recipe.frames + index
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=recipe.bfloat16):
                loss = loss_of(network, _on(sample, device), number)
            (loss / recipe.frames).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach()) / recipe.frames
        if not math.isfinite(total):
            raise TrainingError(f"the loss of step {step} is not a number: lower the learning rate")
        optimizer.step()
        step += 1
        pace = (time.monotonic() - started) / (step - first)
        report(
            Report(
                stage=recipe.stage,
                step=step,
                steps=recipe.steps,
                loss=total,
                seconds_left=pace * (recipe.steps - step),
            )
        )
        due = time.monotonic() - saved > _CHECKPOINT_EVERY_S or step == recipe.steps
        if checkpoint is not None and due:
            _save(checkpoint, network, optimizer, recipe, step)
            saved = time.monotonic()
    return network.eval().requires_grad_(requires_grad=True)


def _trained_parameters(network: GLNet, stage: Stage) -> list[Tensor]:
    network.requires_grad_(requires_grad=False)
    parameters: list[Tensor] = []
    for module in trained_modules(network, stage):
        module.requires_grad_(requires_grad=True)
        parameters += module.parameters()
    return parameters


def _set_modes(network: GLNet, recipe: Recipe) -> None:
    network.eval()
    for module in trained_modules(network, recipe.stage):
        module.train()
    if recipe.freeze_batch_norm:
        freeze_batch_norm(network)


def _ahead(sampler: Sampler, recipe: Recipe, start: int, patches: int | None) -> Iterator[list[Sample]]:
    """The samples of every step, the next step's being read while the current one is learnt."""

    def draw(step: int) -> list[Sample]:
        return [sampler.draw(step * recipe.frames + index, patches) for index in range(recipe.frames)]

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(draw, start)
        for step in range(start, recipe.steps):
            samples = coming.result()
            if step + 1 < recipe.steps:
                coming = reader.submit(draw, step + 1)
            yield samples


def _on(sample: Sample, device: str) -> Sample:
    return Sample(
        frame=sample.frame.to(device),
        frame_label=sample.frame_label.to(device),
        patches=sample.patches.to(device),
        patch_labels=sample.patch_labels.to(device),
        places=sample.places,
    )


def _save(path: Path, network: GLNet, optimizer: torch.optim.Optimizer, recipe: Recipe, step: int) -> None:
    state = {
        "recipe": asdict(recipe),
        "step": step,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    unfinished = path.with_suffix(".unfinished")
    try:
        torch.save(state, unfinished)
        os.replace(unfinished, path)  # noqa: PTH105 - the rename must replace on every system
    except (OSError, RuntimeError) as error:
        with suppress(OSError):
            unfinished.unlink()
        raise TrainingError(
            f"{path} cannot be written ({error}): free some space; the last checkpoint is kept"
        ) from error


def _restore(path: Path, network: GLNet, optimizer: torch.optim.Optimizer, recipe: Recipe) -> int:
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises whatever its unpickler met.
        raise TrainingError(f"{path} is not a checkpoint: remove it to start afresh") from error
    if not isinstance(state, dict) or state.get("recipe") != asdict(recipe):
        raise TrainingError(f"{path} belongs to another recipe: remove it to start afresh")
    try:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise TrainingError(f"{path} belongs to another network: remove it to start afresh") from error
    return int(state["step"])
