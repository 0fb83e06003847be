"""The published losses of one training step are ours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from glnet_geo.training.samples import Sample
from glnet_geo.training.stages import StageLoss, global_loss, local_losses, trained_modules
from tests.golden import Golden

CLOSE = 1e-4


def _label(label: NDArray[np.uint8]) -> Tensor:
    """Label maps at 1/4 of 252 pixels, of the nearest pixel's centre."""
    small = Image.fromarray(label).resize((63, 63), Image.Resampling.NEAREST)
    return torch.from_numpy(np.asarray(small).astype(np.int64))


@pytest.fixture(scope="module")
def sample(golden: Golden) -> Sample:
    label = golden.arrays["label"]
    parts = [label[place.patch.rows, place.patch.cols] for place in golden.places]
    return Sample(
        frame=golden.shrunk,
        frame_label=_label(label)[None],
        patches=golden.patches,
        patch_labels=torch.stack([_label(part) for part in parts]),
        places=golden.places,
    )


@torch.no_grad()
def test_the_loss_of_the_global_stage(golden: Golden, sample: Sample) -> None:
    network = golden.network("none").train()
    frames, labels = sample.frame.expand(2, -1, -1, -1), sample.frame_label.expand(2, -1, -1)
    (expected,) = golden.arrays["mode1_train_losses"]
    assert float(global_loss(network, frames, labels, gamma=3)) == pytest.approx(expected, abs=CLOSE)


@torch.no_grad()
def test_the_losses_of_the_local_stage(golden: Golden, sample: Sample) -> None:
    network = golden.network("global_to_local")
    for module in trained_modules(network, "global_to_local"):
        module.train()
    losses = local_losses(
        network, network.see(sample.frame), sample.patches, sample.patch_labels, sample.places, gamma=3
    )
    expected = golden.arrays["mode2_train_losses"]
    assert [float(losses.local), float(losses.ensemble)] == pytest.approx(expected[:2], abs=CLOSE)
    drift = golden.arrays["mode2_train_fmreg"][0]
    assert float(losses.regularisation) == pytest.approx(drift, abs=CLOSE)
    assert float(losses.total(0.15)) == pytest.approx(expected[:2].sum() + 0.15 * drift, abs=CLOSE)


@torch.no_grad()
def test_the_loss_of_the_refining_stage(golden: Golden, sample: Sample) -> None:
    network = golden.network("bidirectional")
    # The vectors were made after the first stage's step, whose batch had moved the running statistics of the global
    # branch. (The local stage's were not.)
    network.glance.train()
    network.see(sample.frame.expand(2, -1, -1, -1))
    network.glance.eval()
    for module in trained_modules(network, "bidirectional"):
        module.train()
    loss_of = StageLoss(stage="bidirectional", gamma=3, drift=0.15, patches=6, seed=0)
    # The first sample of this seed whose patches are all merged.
    number = next(n for n in range(99) if np.random.default_rng([0, n]).integers(2))
    of_frame, of_ensemble, _ = golden.arrays["mode3_train_losses"]
    assert float(loss_of(network, sample, number)) == pytest.approx(of_frame + of_ensemble, abs=CLOSE)
