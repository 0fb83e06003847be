from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from glnet_geo.core.window import Window
from glnet_geo.model.fpn import Features, Shared
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.sharing import Place
from glnet_geo.training.losses import IGNORED, focal_loss
from glnet_geo.training.samples import Sample
from glnet_geo.training.stages import (
    SHARING,
    LocalLosses,
    Stage,
    StageLoss,
    begin,
    ensemble_loss,
    global_loss,
    local_losses,
    trained_modules,
)
from tests.model import tiny

STAGES: tuple[Stage, ...] = ("global", "global_to_local", "bidirectional")
FRAME = (128, 128)
PLACES = [Place(Window(row=row, col=col, height=64, width=64), FRAME) for row in (0, 64) for col in (0, 64)]


@pytest.fixture(scope="module")
def sample() -> Sample:
    torch.manual_seed(2)
    return Sample(
        frame=torch.rand(1, 3, 64, 64),
        frame_label=torch.randint(0, 3, (1, 16, 16)),
        patches=torch.rand(4, 3, 64, 64),
        patch_labels=torch.randint(0, 3, (4, 16, 16)),
        places=PLACES,
    )


def _random_guide(like: Features) -> Shared:
    return Shared(*(tuple(torch.randn_like(x) for x in levels) for levels in like.maps))  # type: ignore[arg-type]


# --- beginnings ---


@pytest.mark.parametrize("shared_trunk", [True, False])
@pytest.mark.parametrize("rectified", [True, False])
@pytest.mark.parametrize("merge_kernel", [1, 3])
@torch.inference_mode()
def test_the_refined_branch_begins_as_the_glance_whatever_guides_it(
    merge_kernel: int, *, rectified: bool, shared_trunk: bool
) -> None:
    network = tiny.network(shared_trunk=shared_trunk, merge_kernel=merge_kernel, rectified=rectified)
    frame = torch.rand(1, 3, 64, 96)
    seen = network.see(frame)
    before = network.refine(frame, seen, _random_guide(seen)).ps3
    assert not torch.allclose(before, seen.ps3, atol=1e-3)
    begin(network, "bidirectional")
    for _ in range(2):
        refined = network.refine(frame, seen, _random_guide(seen)).ps3
        torch.testing.assert_close(refined, seen.ps3, atol=1e-5, rtol=1e-4)
    classes = network.refined.fpn.classify(refined)
    torch.testing.assert_close(classes, network.glance.fpn.classify(seen.ps3), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("merge_kernel", [1, 3])
@torch.inference_mode()
def test_the_local_branch_begins_as_the_glance_whatever_guides_it(merge_kernel: int) -> None:
    network = tiny.network("global_to_local", merge_kernel=merge_kernel)
    begin(network, "global_to_local")
    patches = torch.rand(4, 3, 64, 64)
    alone = network.see(patches).ps3
    for _ in range(2):
        seen = network.see(torch.rand(1, 3, 64, 96))
        torch.testing.assert_close(network.look(patches, seen, PLACES).ps3, alone, atol=1e-5, rtol=1e-4)
    classify = network.glance.fpn.classify
    torch.testing.assert_close(network.local.fpn.classify(alone), classify(alone))
    both = network.weigh_local(alone) + network.weigh_global(seen.ps3, PLACES, alone)
    frame = network.cut_out(seen.ps3, PLACES, alone)
    torch.testing.assert_close(both, (classify(alone) + classify(frame)) / 2, atol=1e-5, rtol=1e-4)


def test_the_first_stage_and_a_linear_local_branch_begin_with_what_is_there() -> None:
    for network, stage in (
        (tiny.network("none"), "global"),
        (tiny.network("global_to_local", rectified=False), "global_to_local"),
    ):
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        begin(network, stage)  # type: ignore[arg-type]
        assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("global", ["glance"]),
        ("global_to_local", ["local", "ensemble"]),
        ("bidirectional", ["refined", "ensemble"]),
    ],
)
def test_a_stage_trains_its_own_modules(stage: Stage, names: list[str]) -> None:
    network = tiny.network(SHARING[stage])
    assert trained_modules(network, stage) == [getattr(network, name) for name in names]


# --- losses ---


@torch.no_grad()
def test_the_loss_of_the_first_stage_is_that_of_the_global_branch(sample: Sample) -> None:
    network = tiny.network("none")
    logits = network.glance.fpn.classify(network.see(sample.frame).ps3)
    expected = focal_loss(logits, sample.frame_label, gamma=3)
    assert torch.equal(global_loss(network, sample.frame, sample.frame_label, gamma=3), expected)
    of_stage = StageLoss(stage="global", gamma=3, drift=0.15, patches=6, seed=0)
    assert torch.equal(of_stage(network, sample, 5), expected)


@torch.no_grad()
def test_the_loss_of_the_second_stage_sums_its_terms(sample: Sample) -> None:
    network = tiny.network("global_to_local")
    seen = network.see(sample.frame)
    losses = local_losses(network, seen, sample.patches, sample.patch_labels, PLACES, gamma=3)
    local = network.look(sample.patches, seen, PLACES).ps3
    guide = network.cut_out(seen.ps3, PLACES, local)
    own = focal_loss(network.local.fpn.classify(local), sample.patch_labels, gamma=3)
    both = focal_loss(network.ensemble(torch.cat([local, guide], dim=1)), sample.patch_labels, gamma=3)
    torch.testing.assert_close(losses.local, own)
    torch.testing.assert_close(losses.ensemble, both)
    torch.testing.assert_close(losses.regularisation, ((local - guide) ** 2).mean())
    torch.testing.assert_close(
        StageLoss(stage="global_to_local", gamma=3, drift=0.15, patches=6, seed=0)(network, sample, 5),
        losses.total(0.15),
    )


def test_the_regularisation_has_a_weight() -> None:
    losses = LocalLosses(local=torch.tensor(1), ensemble=torch.tensor(2), regularisation=torch.tensor(100))
    assert float(losses.total(0.15)) == 18
    assert float(losses.total(0)) == 3


@torch.no_grad()
def test_the_ensemble_is_judged_on_patches(sample: Sample) -> None:
    network = tiny.network("global_to_local")
    local, frame = torch.rand(4, 16, 16, 16), torch.rand(1, 16, 16, 16)
    loss = ensemble_loss(network, local, frame, sample.patch_labels, PLACES, gamma=0)
    logits = network.ensemble(torch.cat([local, network.cut_out(frame, PLACES, local)], dim=1))
    torch.testing.assert_close(loss, nn.functional.cross_entropy(logits, sample.patch_labels))


class _Looks:
    """Counts the patches that a network looks at."""

    def __init__(self, network: GLNet) -> None:
        self._look: Callable[..., Features] = network.look
        self.places: list[Place] = []

    def __call__(self, patches: Tensor, seen: Features, places: list[Place]) -> Features:
        self.places += places
        return self._look(patches, seen, places)


def test_the_last_stage_leaves_patches_out_in_half_of_the_samples(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tiny.network()
    loss_of = StageLoss(stage="bidirectional", gamma=3, drift=0.15, patches=2, seed=0)
    counts = []
    with torch.no_grad():
        for number in range(24):
            looks = _Looks(network)
            with monkeypatch.context() as patch:
                patch.setattr(network, "look", looks)
                loss_of(network, sample, number)
            counts.append(len(looks.places))
            assert all(place in PLACES for place in looks.places)
            assert len(set(looks.places)) == len(looks.places) > 0
    assert 8 <= counts.count(4) <= 20
    assert min(counts) < 3


@torch.no_grad()
def test_the_last_stage_chooses_the_same_patches_for_the_same_number(sample: Sample) -> None:
    network = tiny.network()
    losses = [
        [
            float(
                StageLoss(stage="bidirectional", gamma=3, drift=0.15, patches=2, seed=seed)(
                    network, sample, n
                )
            )
            for n in range(6)
        ]
        for seed in (0, 0, 1)
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    assert len(set(losses[0])) > 3


@torch.no_grad()
def test_the_last_stage_judges_the_ensemble_on_some_patches_only(sample: Sample) -> None:
    """With every patch but one ignored, the ensemble's part is zero where that one is not chosen."""
    network = tiny.network()
    labels = torch.full_like(sample.patch_labels, IGNORED)
    labels[0] = sample.patch_labels[0]
    one = Sample(
        frame=sample.frame,
        frame_label=torch.full_like(sample.frame_label, IGNORED),
        patches=sample.patches,
        patch_labels=labels,
        places=PLACES,
    )
    loss_of = StageLoss(stage="bidirectional", gamma=3, drift=0.15, patches=1, seed=0)
    losses = np.array([float(loss_of(network, one, number)) for number in range(24)])
    assert 0 < np.count_nonzero(losses) < 18


@pytest.mark.parametrize("stage", STAGES)
def test_gradients_reach_all_that_a_stage_trains_and_nothing_else(stage: Stage, sample: Sample) -> None:
    network = tiny.network(SHARING[stage])
    trained = {id(p) for module in trained_modules(network, stage) for p in module.parameters()}
    StageLoss(stage=stage, gamma=3, drift=0.15, patches=4, seed=0)(network, sample, 0).backward()  # type: ignore[no-untyped-call]
    for name, parameter in network.named_parameters():
        if id(parameter) in trained:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all()
        else:
            assert parameter.grad is None, name
