"""Image classifiers from timm, cut down to their four deepest feature maps."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, TypeAlias

import timm
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from glnet_geo.core.lattice import CELL
from glnet_geo.errors import ModelError
from glnet_geo.model.same_padding import pad_kernels

Levels: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]
"""Feature maps at 1/4, 1/8, 1/16 and 1/32 of the image, each (batch, channels, rows, cols)."""


_FITTING = "choose a convolutional network, such as resnet50, efficientnet_lite0 or regnetx_002"

_ANY_SIZE = (133, 199)
"""Rows and columns of an image; no backbone may count on their being multiples of anything."""


def check_backbone(name: str) -> None:
    """Refuse, before any work, a backbone that cannot serve; it is tried on an image that has a size and no values.

    Raises:
        ModelError: timm knows no such model, it has no such maps, or it takes images of certain sizes only.
    """
    with torch.device("meta"), torch.no_grad():
        backbone = Backbone(name, bands=3).eval()
        try:
            backbone(torch.empty(1, 3, *_ANY_SIZE))
        except ModelError:
            raise
        except (RuntimeError, AssertionError, ValueError) as error:
            raise ModelError(
                f"the backbone {name!r} takes images of certain sizes only, and it would get others: {_FITTING}"
            ) from error


class Backbone(nn.Module):
    """Turns images (batch, bands, rows, cols) into feature maps c2 to c5, finest first.

    Args:
        name: any timm model that offers feature maps at 1/4 to 1/32, such as ``resnet50``.
        bands: number of image bands.

    Raises:
        ModelError: timm knows no such model, or it has no such maps.
    """

    def __init__(self, name: str, bands: int) -> None:
        super().__init__()
        _check_name(name)
        self._name = name
        try:
            self.body = timm.create_model(
                name, pretrained=False, features_only=True, out_indices=(1, 2, 3, 4), in_chans=bands
            )
        except (RuntimeError, AssertionError, IndexError) as error:
            raise _without_maps(name) from error
        info: Any = self.body.feature_info
        if tuple(info.reduction()) != (4, 8, 16, 32):
            raise _without_maps(name)
        pad_kernels(self.body)
        c2, c3, c4, c5 = info.channels()
        self.channels: tuple[int, int, int, int] = (c2, c3, c4, c5)

    def forward(self, image: Tensor) -> Levels:
        """Feature maps c2 to c5 of images (batch, bands, rows, cols).

        Raises:
            ModelError: the backbone cuts off margins, so that its maps do not lie on the image.
        """
        c2, c3, c4, c5 = self.body(image)
        rows, cols = (-(-side // CELL) for side in image.shape[2:])
        if c2.shape[2:] != (rows, cols):
            raise ModelError(f"the backbone {self._name!r} cuts off the margins of images: {_FITTING}")
        return c2, c3, c4, c5


def _check_name(name: str) -> None:
    """Refuse a backbone that timm does not build itself: under other names it asks the network."""
    if not timm.is_model(name):
        near = ", ".join(get_close_matches(name, timm.list_models(), n=3, cutoff=0.5))
        raise ModelError(
            f"timm knows no backbone {name!r}: choose one of timm.list_models(){f', such as {near}' * bool(near)}"
        )


def _without_maps(name: str) -> ModelError:
    return ModelError(
        f"the backbone {name!r} does not give maps at 1/4, 1/8, 1/16 and 1/32 of an image in its second to fifth stage: "
        f"{_FITTING}"
    )


def fold_batch_norm(module: nn.Module) -> None:
    """Merge every batch norm into the convolution before it; the outputs stay the same but for rounding.

    Relies on a convolution and its batch norm being registered one after the other, as in all of timm. Only for
    evaluation: the module's batch norms must be in evaluation mode.
    """
    before: tuple[str, nn.Module] | None = None
    for name, child in list(module.named_children()):
        if (
            isinstance(child, nn.BatchNorm2d)
            and before is not None
            and isinstance(before[1], nn.Conv2d)
            and before[1].out_channels == child.num_features
        ):
            setattr(module, before[0], fuse_conv_bn_eval(before[1], child))
            # timm's norm layers carry the activation that follows.
            setattr(module, name, getattr(child, "act", nn.Identity()))
        else:
            fold_batch_norm(child)
        before = name, child


def freeze_batch_norm(module: nn.Module) -> None:
    """Keep all running statistics as they are, also in training; scales and shifts still learn."""
    for child in module.modules():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):  # noqa: SLF001 - torch has no public common base
            child.eval()
