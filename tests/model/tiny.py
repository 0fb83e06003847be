"""Networks small enough to compute with in tests."""

from __future__ import annotations

from dataclasses import replace

import torch

from glnet_geo.core.grid import Tiling
from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.model.architecture import Architecture, Sharing, light
from glnet_geo.model.card import Card
from glnet_geo.model.glnet import GLNet

TILING = Tiling(frame=128, frame_overlap=16, patch=64, patch_overlap=16, global_size=64)
LEGEND = Legend(
    (
        LandClass(id=4, name="water", color="#0000ff"),
        LandClass(id=0, name="land", color="#aa8800"),
        LandClass(id=17, name="road", color="#808080"),
    )
)


def architecture(sharing: Sharing = "bidirectional", **changed: object) -> Architecture:
    """The light network, narrower still."""
    base = light(classes=3, sharing=sharing)
    return replace(base, width=8, narrow=4, **changed)  # type: ignore[arg-type]


def network(sharing: Sharing = "bidirectional", *, seed: int = 0, **changed: object) -> GLNet:
    """One in evaluation mode, with random weights and random statistics, so that its maps differ everywhere."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = GLNet(architecture(sharing, **changed)).eval()
        for child in made.modules():
            if isinstance(child, torch.nn.BatchNorm2d):
                for values, low, high in (
                    (child.running_mean, -0.2, 0.2),
                    (child.running_var, 0.5, 1.5),
                    (child.weight, 0.5, 1.5),
                    (child.bias, -0.2, 0.2),
                ):
                    torch.nn.init.uniform_(values, low, high)  # type: ignore[arg-type]
    return made


def card(network: GLNet, **more: object) -> Card:
    """A card that fits a network."""
    bands = network.architecture.bands
    return Card.of(
        name="tiny",
        architecture=network.architecture,
        tiling=TILING,
        bands=("red", "green", "blue", "nir", "swir")[:bands],
        normalization=Normalization(low=0, high=255, mean=(0.5,) * bands, std=(0.25,) * bands),
        legend=LEGEND,
        **more,
    )
