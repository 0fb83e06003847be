"""The three stages in which GLNet learns: the global branch, the guided local branch, the refined global branch.

Source: GLNet (arXiv:1905.06368), section 4.1; learning rates and losses as published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from glnet_geo.model.architecture import Sharing
from glnet_geo.model.fpn import Features, Fpn
from glnet_geo.model.glnet import Branch, GLNet
from glnet_geo.model.sharing import Merger, Place
from glnet_geo.training.losses import focal_loss, regularisation
from glnet_geo.training.samples import Sample

Stage: TypeAlias = Literal["global", "global_to_local", "bidirectional"]

SHARING: dict[Stage, Sharing] = {
    "global": "none",
    "global_to_local": "global_to_local",
    "bidirectional": "bidirectional",
}
"""The network that each stage trains."""

BRANCHES: dict[Stage, str] = {"global": "glance", "global_to_local": "local", "bidirectional": "refined"}
"""The branch of the network that each stage trains."""

STAGES: tuple[Stage, ...] = tuple(SHARING)
"""The stages in the order in which they are trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLosses:
    """The terms of the second stage, for the patches of one frame; scalars."""

    local: Tensor
    ensemble: Tensor
    regularisation: Tensor

    def total(self, drift: float) -> Tensor:
        """What the stage minimises, where drifting away from the global branch has this weight."""
        return self.local + self.ensemble + drift * self.regularisation


def global_loss(network: GLNet, frames: Tensor, labels: Tensor, *, gamma: float) -> Tensor:
    """Focal loss of the global branch alone on shrunk frames (batch, bands, rows, cols)."""
    return focal_loss(network.glance.fpn.classify(network.see(frames).ps3).float(), labels, gamma=gamma)


def local_losses(
    network: GLNet, seen: Features, patches: Tensor, labels: Tensor, places: Sequence[Place], *, gamma: float
) -> LocalLosses:
    """Losses of the local branch and the ensemble on patches of one frame, guided by what was seen of it."""
    local = network.look(patches, seen, places)
    guide = network.cut_out(seen.ps3, places, local.ps3)
    return LocalLosses(
        local=focal_loss(network.local.fpn.classify(local.ps3).float(), labels, gamma=gamma),
        ensemble=ensemble_loss(network, local.ps3, seen.ps3, labels, places, gamma=gamma),
        regularisation=regularisation(local.ps3, guide),
    )


def ensemble_loss(
    network: GLNet,
    local_ps3: Tensor,
    frame_ps3: Tensor,
    labels: Tensor,
    places: Sequence[Place],
    *,
    gamma: float,
) -> Tensor:
    """Focal loss of the ensemble on patches of one frame."""
    logits = network.weigh_local(local_ps3) + network.weigh_global(frame_ps3, places, local_ps3)
    return focal_loss(logits.float(), labels, gamma=gamma)


def begin(network: GLNet, stage: Stage) -> None:
    """Give the branch that a stage trains a good start: it begins as the global branch, blind to what guides it.

    With the local branch the ensemble begins as the mean of both. Where pyramids are linear, as published, the local branch
    and the ensemble stay as they are: the published ones begin with a backbone that knows photographs, and at random.
    """
    if stage == "global" or (stage == "global_to_local" and not network.architecture.rectified):
        return
    branch = _branch(network, stage)
    if branch.backbone is not None and network.glance.backbone is not None:
        branch.backbone.load_state_dict(network.glance.backbone.state_dict())
    _begin_as(branch.fpn, network.glance.fpn)
    if stage == "global_to_local":
        head = network.glance.fpn.classify
        with torch.no_grad():
            network.ensemble.weight.copy_(torch.cat([head.weight, head.weight], dim=1) / 2)
            if head.bias is not None and network.ensemble.bias is not None:
                network.ensemble.bias.copy_(head.bias)


def trained_modules(network: GLNet, stage: Stage) -> list[nn.Module]:
    """What a stage trains; everything else stays as it is."""
    branch = _branch(network, stage)
    return [branch] if stage == "global" else [branch, network.ensemble]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLoss:
    """The loss of one sample in a stage.

    Attributes:
        stage: which.
        gamma: of the focal loss.
        drift: weight of the feature-map regularisation in the second stage.
        patches: patches of a frame on which the ensemble is judged in the last stage.
        seed: of the choice of these patches, and of those left out.
    """

    stage: Stage
    gamma: float
    drift: float
    patches: int
    seed: int

    def __call__(self, network: GLNet, sample: Sample, number: int) -> Tensor:
        """The loss of sample ``number``."""
        if self.stage == "global":
            return global_loss(network, sample.frame, sample.frame_label, gamma=self.gamma)
        with torch.no_grad():
            seen = network.see(sample.frame)
        if self.stage == "global_to_local":
            return local_losses(
                network, seen, sample.patches, sample.patch_labels, sample.places, gamma=self.gamma
            ).total(self.drift)
        return self._refined(network, seen, sample, number)

    def _refined(self, network: GLNet, seen: Features, sample: Sample, number: int) -> Tensor:
        rng = np.random.default_rng([self.seed, number])
        kept = _kept(len(sample.places), rng)
        judged = set(rng.choice(kept, min(self.patches, len(kept)), replace=False).tolist())
        merger = Merger(seen, sample.places[0].frame, align_corners=network.architecture.align_corners)
        local_ps3 = {}
        with torch.no_grad():
            for index in kept:
                local = network.look(sample.patches[index : index + 1], seen, [sample.places[index]])
                merger.add(local, [sample.places[index]])
                if index in judged:
                    local_ps3[index] = local.ps3
        refined = network.refine(sample.frame, seen, merger.merged())
        chosen = sorted(judged)
        return focal_loss(
            network.refined.fpn.classify(refined.ps3).float(), sample.frame_label, gamma=self.gamma
        ) + ensemble_loss(
            network,
            torch.cat([local_ps3[index] for index in chosen]),
            refined.ps3,
            sample.patch_labels[chosen],
            [sample.places[index] for index in chosen],
            gamma=self.gamma,
        )


def _branch(network: GLNet, stage: Stage) -> Branch:
    branch: Branch = getattr(network, BRANCHES[stage])
    return branch


def _kept(count: int, rng: np.random.Generator) -> list[int]:
    """The patches that are merged: in half of the samples some are left out, as beside nodata on real scenes."""
    share = 1.0 if rng.integers(2) else rng.uniform(0.2, 1.0)
    order = rng.permutation(count)[: max(1, round(count * share))]
    return sorted(order.tolist())


def _begin_as(guided: Fpn, plain: Fpn) -> None:
    """Make a guided pyramid compute what a plain one does, whatever guides it."""
    with torch.no_grad():
        for name in ("lateral", "smooth1", "smooth2"):
            for ours, theirs in zip(getattr(guided, name), getattr(plain, name), strict=True):
                ours.weight.zero_()
                ours.weight[:, : theirs.weight.shape[1]] = theirs.weight
                ours.bias.copy_(theirs.bias)
        guided.classify.load_state_dict(plain.classify.state_dict())
        merge = guided.merge.weight
        middle = merge.shape[2] // 2
        merge.zero_()
        if guided.merge.bias is not None:
            guided.merge.bias.zero_()
        # Of each level's channels, own ones come first: pick them, in place.
        narrow = merge.shape[0] // 4
        own = torch.arange(4 * narrow) + torch.arange(4).repeat_interleave(narrow) * narrow
        merge[torch.arange(4 * narrow), own, middle, middle] = 1
