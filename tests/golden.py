"""The parity vectors, and the rule-made checkpoints they were computed with."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.models import resnet50

from glnet_geo.core.grid import Tiling
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.exact import ExactPredictor
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.published import STAGES, import_published
from glnet_geo.model.sharing import Place

FILE = "parity_420x560.npz"
CLASSES = 7
COUNTER = "num_batches_tracked"
TILING = Tiling(frame=2448, frame_overlap=0, patch=252, patch_overlap=0, global_size=252)
UNIT = Normalization(low=0, high=255, mean=(0, 0, 0), std=(1, 1, 1))


def shapes() -> dict[str, tuple[int, ...]]:
    """Every key of a published file and its shape, written down from the published layout, not from our network."""
    with torch.device("meta"):
        trunk = {k: tuple(v.shape) for k, v in resnet50().state_dict().items() if not k.startswith("fc.")}
    found = {f"resnet_{side}.{key}": shape for side in ("global", "local") for key, shape in trunk.items()}
    for pyramid, suffix, fold in (("global", "", 1), ("global", "_ext", 2), ("local", "", 2)):
        channels = {"toplayer": 2048, "latlayer1": 1024, "latlayer2": 512, "latlayer3": 256}
        convs = {layer: (256, fold * width, 1, 1) for layer, width in channels.items()}
        convs |= {f"smooth{n}_1": (256, fold * 256, 3, 3) for n in (1, 2, 3, 4)}
        convs |= {f"smooth{n}_2": (128, fold * 256, 3, 3) for n in (1, 2, 3, 4)}
        for layer, shape in convs.items():
            found[f"fpn_{pyramid}.{layer}{suffix}.weight"] = shape
            found[f"fpn_{pyramid}.{layer}{suffix}.bias"] = shape[:1]
    for layer, out, taken in (
        ("fpn_global.smooth", 512, 1024),
        ("fpn_global.classify", CLASSES, 512),
        ("fpn_local.smooth", 512, 1024),
        ("fpn_local.classify", CLASSES, 512),
        ("ensemble_conv", CLASSES, 1024),
    ):
        found |= {f"{layer}.weight": (out, taken, 3, 3), f"{layer}.bias": (out,)}
    return found


class RuleMade(Mapping[str, Tensor]):
    """A rule-made checkpoint as it is read, without counters; tensors are made when they are first asked for."""

    def __init__(self, stage: str, made: dict[str, Tensor]) -> None:
        self._stage = stage
        self._made = made
        self._shapes = {key: shape for key, shape in shapes().items() if not key.endswith(COUNTER)}

    def __getitem__(self, key: str) -> Tensor:
        shape = self._shapes[key]
        name = f"{self._source(key)}:{key}"
        if name not in self._made:
            self._made[name] = _tensor(name, shape)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def _source(self, key: str) -> str:
        stage = self._stage
        if stage == "local2global" and "local" in key:
            stage = "global2local"
        if stage == "global2local" and "global" in key:
            stage = "global"
        return stage


def _tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    rng = np.random.Generator(np.random.Philox(key=zlib.crc32(name.encode())))
    if name.endswith("running_mean"):
        values = rng.normal(0, 0.1, shape)
    elif name.endswith("running_var"):
        values = rng.uniform(0.5, 1.5, shape)
    elif name.endswith("bias"):
        values = rng.normal(0, 0.05, shape)
    elif len(shape) == 1:
        values = rng.uniform(0.3, 0.7, shape)
    else:
        values = rng.normal(0, math.sqrt(1 / math.prod(shape[1:])), shape)
    return torch.from_numpy(values.astype(np.float32))


@dataclass(frozen=True)
class Golden:
    """The parity vectors and the networks that must reproduce them."""

    folder: Path

    @cached_property
    def arrays(self) -> dict[str, NDArray[Any]]:
        with np.load(self.folder / FILE) as vectors:
            return dict(vectors)

    @cached_property
    def checkpoints(self) -> dict[str, RuleMade]:
        made: dict[str, Tensor] = {}
        return {stage: RuleMade(stage, made) for stage in STAGES}

    def network(self, sharing: Sharing) -> GLNet:
        """A fresh one, free to be changed."""
        return import_published(self.checkpoints, sharing=sharing, classes=CLASSES)

    def predictor(self, sharing: Sharing) -> ExactPredictor:
        return ExactPredictor(self.network(sharing), TILING, UNIT)

    @property
    def pixels(self) -> NDArray[np.float32]:
        """(3, 420, 560) values 0..255."""
        return np.ascontiguousarray(self.arrays["image"].transpose(2, 0, 1), dtype=np.float32)

    @property
    def shrunk(self) -> Tensor:
        """The scene as the global branch sees it: (1, 3, 252, 252)."""
        small = Image.fromarray(self.arrays["image"]).resize((252, 252), Image.Resampling.BILINEAR)
        unit = np.asarray(small).astype(np.float32) / np.float32(255)
        return torch.from_numpy(np.ascontiguousarray(unit.transpose(2, 0, 1)))[None]

    @property
    def places(self) -> list[Place]:
        return [
            Place(Window(row=int(row), col=int(col), height=252, width=252), (420, 560))
            for row, col in self.arrays["patch_top_left"]
        ]

    @property
    def patches(self) -> Tensor:
        """(6, 3, 252, 252) in 0..1."""
        unit = torch.from_numpy(UNIT(self.pixels))
        return torch.stack([unit[:, place.patch.rows, place.patch.cols] for place in self.places])
