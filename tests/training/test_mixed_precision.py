from __future__ import annotations

import pytest
import torch
from torch import nn

from glnet_geo.training.mixed_precision import mixed_precision


class _Seen(nn.Module):
    """A network that remembers the kinds of its maps."""

    def __init__(self) -> None:
        super().__init__()
        self.full = nn.Conv2d(3, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.one = nn.Conv2d(8, 1, 1)
        self.kinds: list[torch.dtype] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in (self.full, self.depthwise, self.one):
            x = layer(x)
            self.kinds.append(x.dtype)
        return x


@pytest.mark.parametrize(
    ("enabled", "kinds"),
    [
        (True, [torch.bfloat16, torch.float32, torch.bfloat16]),
        (False, [torch.float32, torch.float32, torch.float32]),
    ],
)
def test_only_depthwise_convolutions_stay_in_float32(*, enabled: bool, kinds: list[torch.dtype]) -> None:
    network = _Seen()
    with mixed_precision("cpu", enabled=enabled):
        network(torch.zeros(1, 3, 4, 4))
    assert network.kinds == kinds


def test_gradients_are_those_of_float32_but_for_rounding() -> None:
    torch.manual_seed(0)
    network, image = _Seen(), torch.randn(2, 3, 8, 8)
    gradients = []
    for enabled in (False, True):
        network.zero_grad()
        with mixed_precision("cpu", enabled=enabled):
            loss = network(image).float().square().mean()
        loss.backward()
        gradients.append([weight.grad for weight in network.parameters()])
    for exact, mixed in zip(*gradients, strict=True):
        torch.testing.assert_close(mixed, exact, rtol=0.05, atol=0.01)
        assert mixed.dtype == torch.float32
