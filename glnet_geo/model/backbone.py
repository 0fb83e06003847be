"""Image classifiers from timm, cut down to their four deepest feature maps."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Any, TypeAlias

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from glnet_geo.core.lattice import CELL
from glnet_geo.errors import ModelError
from glnet_geo.model.same_padding import pad_kernels

Levels: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]
"""Feature maps at 1/4, 1/8, 1/16 and 1/32 of the image, each (batch, channels, rows, cols)."""


_STRIDES = (4, 8, 16, 32)

_FITTING = "choose a convolutional network, such as resnet50, efficientnet_lite0 or regnetx_002"

_ANY_SIZE = (133, 199)
"""Rows and columns of an image; no backbone may count on their being multiples of anything."""


def check_backbone(name: str) -> None:
    """Refuse, before any work, a backbone that cannot serve; it is tried on an image that has a size and no values, and on noise.

    Raises:
        ModelError: timm knows no such model, it has no such maps, it takes images of certain sizes only, or is built so
            that batch norms cannot be folded.
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
    if not _stays_the_same_folded(name):
        raise ModelError(
            f"the batch norms of the backbone {name!r} are not those of the convolutions before them, with which they are "
            f"merged for mapping: {_FITTING}"
        )


@cache
def _stays_the_same_folded(name: str) -> bool:
    """Whether `fold_batch_norm` leaves a backbone's maps the same, also after training."""
    with torch.random.fork_rng(devices=()), torch.inference_mode():
        torch.manual_seed(0)
        backbone = Backbone(name, bands=3).eval()
        for norm in [child for child in backbone.modules() if isinstance(child, nn.BatchNorm2d)]:
            # Fresh ones change nothing, wherever they are.
            nn.init.uniform_(norm.weight, 0.3, 0.7)
            nn.init.normal_(norm.bias, 0, 0.05)
            norm.running_mean, norm.running_var = torch.randn_like(norm.weight) / 10, norm.weight + 0.5
        image = torch.rand(1, 3, 64, 64)
        before = backbone(image)
        fold_batch_norm(backbone)
        return all(
            (ours - theirs).abs().max() <= 1e-3 * theirs.abs().max()
            for ours, theirs in zip(backbone(image), before, strict=True)
        )


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
        self._by_squares = _numbers_of_maps(name)[0] == 0
        self.body = cut_down(name, bands)
        info: Any = self.body.feature_info
        pad_kernels(self.body)
        c2, c3, c4, c5 = info.channels()
        self.channels: tuple[int, int, int, int] = (c2, c3, c4, c5)

    def forward(self, image: Tensor) -> Levels:
        """Feature maps c2 to c5 of images (batch, bands, rows, cols).

        Raises:
            ModelError: the backbone cuts off margins, so that its maps do not lie on the image.
        """
        maps = self._of_whole_squares(image) if self._by_squares else self.body(image)
        rows, cols = (-(-side // CELL) for side in image.shape[2:])
        if maps[0].shape[1:] != (self.channels[0], rows, cols):
            raise ModelError(f"the backbone {self._name!r} cuts off the margins of images: {_FITTING}")
        c2, c3, c4, c5 = maps
        return c2, c3, c4, c5

    def _of_whole_squares(self, image: Tensor) -> list[Tensor]:
        """The maps of an image to which rows and columns without data are added, less what only these show."""
        rows, cols = image.shape[2:]
        most = _STRIDES[-1]
        maps = self.body(functional.pad(image, (0, -cols % most, 0, -rows % most)))
        return [m[:, :, : -(-rows // s), : -(-cols // s)] for m, s in zip(maps, _STRIDES, strict=True)]


def cut_down(name: str, bands: int, **weights: Any) -> nn.Module:
    """A network of timm that gives its maps at 1/4 to 1/32 of an image.

    Args:
        name: of the network.
        bands: number of image bands.
        weights: what timm is to load; nothing by default.

    Raises:
        ModelError: it has no such maps.
    """
    body: nn.Module = timm.create_model(
        name,
        **{"pretrained": False} | weights,
        features_only=True,
        out_indices=_numbers_of_maps(name),
        in_chans=bands,
    )
    return body


@cache
def _numbers_of_maps(name: str) -> tuple[int, ...]:
    """By which numbers timm knows the maps at 1/4 to 1/32: most networks have one at 1/2 before them.

    The others begin by making one of every square of 4 x 4 pixels, and later of 2 x 2 of these, and leave over what is no
    whole square.

    Raises:
        ModelError: it has no such maps.
    """
    reason: Exception | None = None
    # Nothing is computed, and what begins at random elsewhere stays the same.
    with torch.device("meta"), torch.random.fork_rng(devices=()):
        for numbers in ((1, 2, 3, 4), (0, 1, 2, 3)):
            try:
                info: Any = timm.create_model(name, features_only=True, out_indices=numbers).feature_info
            except (RuntimeError, AssertionError, IndexError) as error:
                reason = error
            else:
                if tuple(info.reduction()) == _STRIDES:
                    return numbers
    raise _without_maps(name) from reason


def _check_name(name: str) -> None:
    """Refuse a backbone that timm does not build itself: under other names it asks the network."""
    if not timm.is_model(name):
        near = ", ".join(get_close_matches(name, timm.list_models(), n=3, cutoff=0.5))
        raise ModelError(
            f"timm knows no backbone {name!r}: choose one of timm.list_models(){f', such as {near}' * bool(near)}"
        )


def _without_maps(name: str) -> ModelError:
    return ModelError(
        f"the backbone {name!r} does not give maps at 1/4, 1/8, 1/16 and 1/32 of an image: {_FITTING}"
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
