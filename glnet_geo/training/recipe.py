"""How a stage learns, and the recipes that are known to work.

Source: GLNet (arXiv:1905.06368), section 4.1, and the published code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glnet_geo.core.lattice import CELL
from glnet_geo.errors import OptionError
from glnet_geo.model.architecture import Architecture, Sharing
from glnet_geo.training.stages import SHARING, STAGES, Stage

EPOCHS: dict[Stage, int] = {"global": 120, "global_to_local": 50, "bidirectional": 120}
"""Of every stage, as published: in one epoch as many frames are drawn as cover all images once."""

TIME_SHARES: dict[Stage, float] = {"global": 0.2, "global_to_local": 0.6, "bidirectional": 0.2}
"""Of the time there is, where time is what is given: most for the branch that sees the details."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one stage learns.

    Attributes:
        stage: which.
        steps: optimiser steps.
        frames: frames per step; the gradients of all their patches are summed before it.
        patches: patches per frame; in the last stage those on which the ensemble is judged.
        patch: side of the patches of the second stage in pixels; None for the tiling's. Smaller ones show more places at
            the same cost.
        label_cell: pixels per cell of a label along rows and columns; 4 as published, where thin roads are lost.
        learning_rate: of Adam, at its highest; it falls to 0 with ``(1 - step / steps) ** power``.
        backbone_rate: share of the learning rate that pretrained backbones get.
        warm_up: share of the steps in which the learning rate rises to its highest.
        clip: longest gradient, all weights taken together; longer ones are shortened. None for any length.
        weight_decay: of Adam.
        decoupled: whether weight decay stays out of Adam's moments (AdamW), or is coupled, as published.
        power: of the learning rate's fall.
        gamma: of the focal loss.
        drift: weight of the second stage's regularisation, which keeps the local branch from drifting away from the
            global one. Where the global branch knows few scenes by heart, the local one is better free.
        freeze_batch_norm: whether batch statistics stay those of the pretrained backbone. They lie when a batch
            holds patches of one frame.
        bfloat16: whether to compute in mixed precision.
        seed: of all randomness.

    Raises:
        OptionError: a number cannot be used.
    """

    stage: Stage
    steps: int
    frames: int = 6
    patches: int = 6
    patch: int | None = None
    label_cell: int = CELL
    learning_rate: float = 5e-5
    backbone_rate: float = 1.0
    warm_up: float = 0.0
    clip: float | None = None
    weight_decay: float = 5e-4
    decoupled: bool = False
    power: float = 0.9
    gamma: float = 3.0
    drift: float = 0.15
    freeze_batch_norm: bool = False
    bfloat16: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.stage not in SHARING:
            raise OptionError(f"there is no stage {self.stage!r}: choose one of {', '.join(SHARING)}")
        for name in ("steps", "frames", "label_cell"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.patches < (0 if self.stage == "global" else 1):
            raise OptionError(f"patches must be at least 1 in the stage {self.stage}, got {self.patches}")
        if self.patch is not None and (self.patch < CELL or self.patch % CELL):
            raise OptionError(f"patch must be a multiple of {CELL}, got {self.patch}")
        for name in ("learning_rate", "backbone_rate", "weight_decay", "power", "gamma", "drift", "seed"):
            if not getattr(self, name) >= 0:
                raise OptionError(f"{name} must not be negative, got {getattr(self, name)}")
        if not 0 <= self.warm_up < 1:
            raise OptionError(f"warm_up must lie in 0..1, got {self.warm_up}")
        if self.clip is not None and not self.clip > 0:
            raise OptionError(f"clip must be above 0, got {self.clip}")

    def rate(self, step: int) -> float:
        """Learning rate of a step, the first being 0."""
        rise = min(1.0, (step + 1) / (self.warm_up * self.steps)) if self.warm_up else 1.0
        return float(self.learning_rate * rise * (1 - step / self.steps) ** self.power)


_PUBLISHED: dict[Stage, Recipe] = {
    "global": Recipe(stage="global", steps=1, learning_rate=5e-5),
    "global_to_local": Recipe(stage="global_to_local", steps=1, learning_rate=2e-5),
    "bidirectional": Recipe(stage="bidirectional", steps=1, learning_rate=5e-5),
}

_LIGHT_COMMON = Recipe(
    stage="global",
    steps=1,
    patch=320,
    label_cell=1,
    backbone_rate=0.3,
    warm_up=0.1,
    clip=1.0,
    weight_decay=1e-2,
    decoupled=True,
    gamma=0.5,
    drift=0.0,
    freeze_batch_norm=True,
)
_LIGHT: dict[Stage, Recipe] = {
    "global": replace(_LIGHT_COMMON, frames=6, patches=0, learning_rate=6e-4),
    "global_to_local": replace(
        _LIGHT_COMMON, stage="global_to_local", frames=6, patches=2, learning_rate=1e-3
    ),
    "bidirectional": replace(_LIGHT_COMMON, stage="bidirectional", frames=3, patches=4, learning_rate=3e-4),
}

_SPARSE: dict[Stage, Recipe] = {
    "global": replace(_LIGHT["global"], frames=2),
    "global_to_local": replace(_LIGHT["global_to_local"], frames=2, patches=8, patch=256, learning_rate=3e-4),
    "bidirectional": replace(_LIGHT["bidirectional"], frames=1, patches=8, learning_rate=1e-4),
}


def recipe_of(stage: Stage, architecture: Architecture, *, sparse: bool = False) -> Recipe:
    """The recipe of a stage for a network, of one step: the published one for the published backbone, else a light one.

    Args:
        stage: which.
        architecture: of the network.
        sparse: whether only some polygons of one or few scenes are labelled: steps are smaller then, and more.
    """
    if architecture.backbone == "resnet50":
        return _PUBLISHED[stage]
    return (_SPARSE if sparse else _LIGHT)[stage]


def stages_of(sharing: Sharing) -> tuple[Stage, ...]:
    """The stages that a network with this sharing goes through."""
    last = next(number for number, stage in enumerate(STAGES) if SHARING[stage] == sharing)
    return STAGES[: last + 1]
