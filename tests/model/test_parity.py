"""What the published implementation computes for rule-made weights, ours computes too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from glnet_geo.model.architecture import Sharing
from glnet_geo.model.fpn import Features
from glnet_geo.model.glnet import GLNet
from tests.golden import CLASSES, Golden

SIZE = (420, 560)
CLOSE = 1e-3


@dataclass
class Run:
    """One exact prediction, and the maps that passed on its way."""

    mode: int
    golden: Golden
    network: GLNet
    logits: NDArray[np.float32]
    frames: list[Features] = field(default_factory=list)
    patches: list[Features] = field(default_factory=list)

    def expected(self, name: str) -> NDArray[Any]:
        return self.golden.arrays[f"mode{self.mode}_{name}"]

    @torch.inference_mode()
    def global_logits(self) -> Tensor:
        branch = self.network.refined if self.mode == 3 else self.network.glance
        logits: Tensor = branch.fpn.classify(self.frames[-1].ps3)
        return logits

    @torch.inference_mode()
    def patch_logits(self) -> Tensor:
        network, frame = self.network, self.frames[-1].ps3
        return torch.cat(
            [
                network.weigh_local(local.ps3) + network.weigh_global(frame, [place], local.ps3)
                for local, place in zip(self.patches, self.golden.places, strict=True)
            ]
        )

    @torch.inference_mode()
    def local_logits(self) -> Tensor:
        return torch.cat([self.network.local.fpn.classify(local.ps3) for local in self.patches])


def _run(golden: Golden, mode: int, sharing: Sharing) -> Run:
    predictor = golden.predictor(sharing)
    network = predictor.network
    run = Run(mode, golden, network, np.empty(0, dtype=np.float32))
    for name, kept in (("see", run.frames), ("refine", run.frames), ("look", run.patches)):
        _keep(network, name, kept)
    run.logits = predictor.logits(golden.pixels)
    return run


def _keep(network: GLNet, name: str, kept: list[Features]) -> None:
    method = getattr(network, name)

    def keeping(*values: object) -> Features:
        features: Features = method(*values)
        kept.append(features)
        return features

    setattr(network, name, keeping)


@pytest.fixture(scope="module")
def alone(golden: Golden) -> Run:
    return _run(golden, 1, "none")


@pytest.fixture(scope="module")
def guided(golden: Golden) -> Run:
    return _run(golden, 2, "global_to_local")


@pytest.fixture(scope="module")
def both_ways(golden: Golden) -> Run:
    return _run(golden, 3, "bidirectional")


@pytest.fixture(params=["alone", "guided", "both_ways"])
def any_run(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


@pytest.fixture(params=["guided", "both_ways"])
def local_run(request: pytest.FixtureRequest) -> Run:
    run: Run = request.getfixturevalue(request.param)
    return run


def test_patches_lie_where_published_ones_do(golden: Golden, alone: Run) -> None:
    patches = golden.predictor("none").patches(SIZE)
    assert [[patch.row, patch.col] for patch in patches] == golden.arrays["patch_top_left"].tolist()


def test_global_logits(any_run: Run) -> None:
    np.testing.assert_allclose(
        any_run.global_logits().numpy(), any_run.expected("global_logits"), atol=CLOSE, rtol=0
    )


def test_patch_logits(local_run: Run) -> None:
    np.testing.assert_allclose(
        local_run.patch_logits().numpy(), local_run.expected("patch_logits"), atol=CLOSE, rtol=0
    )


def test_the_class_map(any_run: Run) -> None:
    name = "global_class" if any_run.mode == 1 else "class"
    np.testing.assert_array_equal(any_run.logits.argmax(axis=0), any_run.expected(name))


def test_the_class_map_of_the_global_branch(any_run: Run) -> None:
    """Enlarged at once by nearest."""
    large = functional.interpolate(any_run.global_logits(), size=SIZE, mode="nearest")
    np.testing.assert_array_equal(large[0].argmax(dim=0).numpy(), any_run.expected("global_class"))


def test_the_class_map_of_the_local_branch(local_run: Run) -> None:
    """Patch by patch enlarged by nearest, then summed."""
    total = torch.zeros(CLASSES, *SIZE)
    large = functional.interpolate(local_run.local_logits(), scale_factor=4, mode="nearest")
    for place, logits in zip(local_run.golden.places, large, strict=True):
        total[:, place.patch.rows, place.patch.cols] += logits
    np.testing.assert_array_equal(total.argmax(dim=0).numpy(), local_run.expected("local_class"))


def test_the_scores(any_run: Run) -> None:
    """Intersection over union per class, not a number where neither map has the class."""
    label, ours = any_run.golden.arrays["label"], any_run.logits.argmax(axis=0)
    scores = []
    for channel in range(CLASSES):
        both, either = (label == channel) & (ours == channel), (label == channel) | (ours == channel)
        scores.append(both.sum() / either.sum() if either.any() else np.nan)
    np.testing.assert_allclose(np.array(scores), any_run.expected("iou"))
