"""What fixes a network, said without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from glnet_geo.errors import ModelError

Sharing: TypeAlias = Literal["none", "global_to_local", "bidirectional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Everything that fixes the shape of a network's weights and what it computes from them.

    Attributes:
        backbone: a timm model.
        bands: number of image bands.
        classes: number of classes.
        width: channels of the pyramid's first maps.
        narrow: channels of the pyramid's last maps.
        sharing: ``none`` is the global branch alone; ``global_to_local`` adds the local branch, guided by it;
            ``bidirectional`` adds a second global pass, guided by the merged local maps.
        merge_kernel: size of the convolution that joins own and guiding ps3.
        shared_trunk: whether the second global pass reuses the backbone maps of the first instead of having a
            backbone of its own.
        align_corners: how maps are resized.
        rectified: whether the pyramids' smoothed maps are rectified; published ones are linear.

    Raises:
        ModelError: a number is not positive.
    """

    backbone: str
    bands: int
    classes: int
    width: int
    narrow: int
    sharing: Sharing
    merge_kernel: int = 3
    shared_trunk: bool = False
    align_corners: bool = False
    rectified: bool = False

    def __post_init__(self) -> None:
        for name in ("bands", "classes", "width", "narrow", "merge_kernel"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} of a network must be positive, got {getattr(self, name)}")


def published(*, classes: int, sharing: Sharing, bands: int = 3, align_corners: bool = False) -> Architecture:
    """The network of the paper: ResNet-50 and the published widths."""
    return Architecture(
        backbone="resnet50",
        bands=bands,
        classes=classes,
        width=256,
        narrow=128,
        sharing=sharing,
        align_corners=align_corners,
    )


def light(*, classes: int, sharing: Sharing, bands: int = 3) -> Architecture:
    """The default: small enough for a laptop's processor."""
    return Architecture(
        backbone="tf_efficientnet_lite0",
        bands=bands,
        classes=classes,
        width=48,
        narrow=24,
        sharing=sharing,
        merge_kernel=1,
        shared_trunk=True,
        rectified=True,
    )
