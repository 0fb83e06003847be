"""Trainings that are broken off, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from glnet_geo.core.progress import Silence


class Counting(Silence):
    """Dies at the n-th thing that it is told."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.told = 0
        self.messages: list[str] = []
        self._dies_at = dies_at

    def advance(self, steps: int = 1) -> None:
        self._tell()

    def info(self, message: str) -> None:
        self.messages.append(message)
        self._tell()

    def cancelled(self) -> bool:
        self._tell()
        return False

    def _tell(self) -> None:
        self.told += 1
        if self.told == self._dies_at:
            raise KeyboardInterrupt


def weights(package: Path) -> dict[str, Tensor]:
    """The weights in a package, by name."""
    return load_file(package)


def same(one: Path, other: Path) -> bool:
    """Whether two packages hold the same weights, bit by bit."""
    ours, theirs = weights(one), weights(other)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def curve(folder: Path) -> list[dict[str, object]]:
    """The lines of the log in a training's folder."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
