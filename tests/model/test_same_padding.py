"""Padding the kernel gives what padding the image gives."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.layers.conv2d_same import Conv2dSame
from torch.testing import assert_close

from glnet_geo.model.same_padding import KernelPadded, pad_kernels


@given(
    rows=st.integers(2, 40), cols=st.integers(2, 40), side=st.sampled_from([3, 5, 7]), depthwise=st.booleans()
)
def test_the_sums_of_a_padded_image(rows: int, cols: int, side: int, *, depthwise: bool) -> None:
    torch.manual_seed(rows * cols + side)
    conv = Conv2dSame(4, 4, side, stride=2, groups=4 if depthwise else 1)
    image = torch.randn(2, 4, rows, cols, requires_grad=True)

    expected, found = conv(image), KernelPadded.of(conv)(image)

    assert found.shape == (2, 4, -(-rows // 2), -(-cols // 2))
    assert_close(found, expected, atol=1e-5, rtol=1e-5)
    slope = torch.randn_like(expected)
    for mine, its in zip(
        torch.autograd.grad(found, (image, conv.weight), slope),
        torch.autograd.grad(expected, (image, conv.weight), slope),
        strict=True,
    ):
        assert_close(mine, its, atol=1e-4, rtol=1e-4)


def test_a_backbone_keeps_its_weights_and_outputs() -> None:
    plain = timm.create_model("tf_efficientnet_lite0", features_only=True).eval()
    changed = timm.create_model("tf_efficientnet_lite0", features_only=True).eval()
    pad_kernels(changed)
    changed.load_state_dict(plain.state_dict())

    assert sum(isinstance(module, KernelPadded) for module in changed.modules()) == 5
    image = torch.randn(1, 3, 96, 90)
    with torch.inference_mode():
        assert_close(changed(image), plain(image))


def test_nothing_is_drawn_at_random() -> None:
    torch.manual_seed(5)
    pad_kernels(torch.nn.Sequential(Conv2dSame(3, 8, 3, stride=2)))
    drawn = torch.rand(3)
    torch.manual_seed(5)
    torch.nn.Sequential(Conv2dSame(3, 8, 3, stride=2))
    assert torch.equal(drawn, torch.rand(3))


@pytest.mark.parametrize("options", [{"stride": 1}, {"stride": 2, "dilation": 2}, {"stride": (2, 1)}])
def test_what_cannot_be_padded_so_stays(options: dict[str, Any]) -> None:
    module = torch.nn.Sequential(Conv2dSame(3, 8, 3, **options))
    pad_kernels(module)
    assert type(module[0]) is Conv2dSame
