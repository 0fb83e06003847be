"""The state of a stage on disk: written beside its place and moved there, so that the last good one is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from glnet_geo.errors import TrainingError
from glnet_geo.model.glnet import GLNet
from glnet_geo.replacing import replacing
from glnet_geo.training.recipe import Recipe


def save_checkpoint(
    path: Path,
    network: GLNet,
    optimizer: torch.optim.Optimizer,
    recipe: Recipe,
    notes: Mapping[str, float],
    step: int,
) -> None:
    """Write all that a stage needs to go on after ``step`` steps, and some numbers of the caller's.

    Raises:
        TrainingError: it cannot be written; the last one is still there.
    """
    state = {
        "recipe": asdict(recipe),
        "step": step,
        "notes": dict(notes),
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    try:
        # An open file, as torch would write the name of a closed one into it.
        with replacing(path) as made, made.open("wb") as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:
        raise _unwritten(path, error) from error


def restore_checkpoint(
    path: Path, network: GLNet, optimizer: torch.optim.Optimizer, recipe: Recipe
) -> tuple[int, dict[str, float]]:
    """Bring a network and its optimiser to where a checkpoint was written.

    Returns:
        Steps done, and the caller's numbers.

    Raises:
        TrainingError: it is no checkpoint, or one of another recipe or network.
    """
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
    return int(state["step"]), {name: float(value) for name, value in state["notes"].items()}


def save_weights(path: Path, network: nn.Module) -> None:
    """Write the weights of a network, nothing else.

    Raises:
        TrainingError: they cannot be written; what was there before is still there.
    """
    tensors = {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}
    try:
        # Written by itself, the library would make a file that nobody else may read.
        with replacing(path) as made:
            made.write_bytes(save(tensors))
    except OSError as error:
        raise _unwritten(path, error) from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """Weights by name.

    Raises:
        TrainingError: they cannot be read.
    """
    try:
        weights: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} cannot be read: remove {path.parent} to start afresh") from error
    return weights


def _unwritten(path: Path, error: Exception) -> TrainingError:
    # torch tells of a full disk in the words of its archives.
    reason = (error.strerror if isinstance(error, OSError) else None) or "its disk is full, or went away"
    return TrainingError(
        f"{path} cannot be written ({reason}): free some space, and run the same command again to go on"
    )
