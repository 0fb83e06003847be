"""TensorFlow's padding without a padded copy of the image."""

from __future__ import annotations

import torch
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn import functional


class KernelPadded(Conv2dSame):
    """A convolution of stride 2 with TensorFlow's padding ("same"), which pads the kernel where that gives the same sums.

    An even side is padded by one more at its end than at its beginning. So does a kernel with one more row and column, of zeros, before it
    whose padding is alike on all sides. On a processor, a padded copy of the image takes several times as long
    as the convolution itself; on other devices, next to nothing.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Of images (batch, channels, rows, cols): half as many rows and columns, rounded up."""
        if x.device.type != "cpu" or x.shape[2] % 2 or x.shape[3] % 2:
            padded: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
            return padded
        rows, cols = self.kernel_size
        kernel = functional.pad(self.weight, (1, 0, 1, 0))
        return functional.conv2d(x, kernel, self.bias, 2, (rows // 2, cols // 2), 1, self.groups)

    @classmethod
    def of(cls, conv: Conv2dSame) -> KernelPadded:
        """A convolution with the very weights of another."""
        # Nothing is drawn at random: those that come after get the same weights with it and without.
        with torch.device("meta"):
            made = cls(conv.in_channels, conv.out_channels, conv.kernel_size, 2, groups=conv.groups)  # type: ignore[arg-type]
        made.weight, made.bias = conv.weight, conv.bias
        return made


def pad_kernels(module: nn.Module) -> None:
    """Replace every convolution that `KernelPadded` can stand for; weights, their names and outputs stay the same."""
    for name, child in module.named_children():
        if isinstance(child, Conv2dSame) and _fits(child):
            setattr(module, name, KernelPadded.of(child))
        else:
            pad_kernels(child)


def _fits(conv: Conv2dSame) -> bool:
    odd = all(side % 2 and side > 1 for side in conv.kernel_size)
    return odd and conv.stride == (2, 2) and conv.dilation == (1, 1)
