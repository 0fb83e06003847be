from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from glnet_geo.model.fpn import Features, Fpn, Shared

CHANNELS = (2, 3, 4, 5)


def _maps(rows: int = 16, cols: int = 12) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    a, b, c, d = (
        torch.rand(1, channels, -(-rows // step), -(-cols // step))
        for channels, step in zip(CHANNELS, (1, 2, 4, 8), strict=True)
    )
    return a, b, c, d


def _fpn(*, guided: bool, merge_kernel: int = 3, rectified: bool = False) -> Fpn:
    torch.manual_seed(1)
    return Fpn(
        CHANNELS,
        width=6,
        narrow=4,
        classes=3,
        guided=guided,
        merge_kernel=merge_kernel,
        rectified=rectified,
    ).requires_grad_(requires_grad=False)


@pytest.mark.parametrize("side", [16, 13, 1])
def test_maps_keep_the_sizes_of_their_levels(side: int) -> None:
    c = _maps(side, 12)
    fpn = _fpn(guided=False)
    features = fpn(c)
    for level, (own, p, q, r) in enumerate(zip(*features.maps, strict=True)):
        assert own is c[level]
        assert own.shape[2:] == p.shape[2:] == q.shape[2:] == r.shape[2:]
        assert (p.shape[1], q.shape[1], r.shape[1]) == (6, 6, 4)
    assert features.ps3.shape == (1, 16, side, 12)
    assert fpn.classify(features.ps3).shape == (1, 3, side, 12)


def test_the_last_map_holds_the_levels_coarsest_first() -> None:
    features = _fpn(guided=False)(_maps())
    assert torch.equal(features.ps3[:, 12:], features.ps2[0])


def test_coarse_levels_add_to_finer_ones() -> None:
    fpn, c = _fpn(guided=False), _maps()
    alone = fpn((c[0], c[1], c[2], torch.zeros_like(c[3])))
    with_it = fpn(c)
    coarse = fpn.lateral[3](c[3]) - fpn.lateral[3](torch.zeros_like(c[3]))
    added = with_it.ps0[2] - alone.ps0[2]
    torch.testing.assert_close(added, fpn.resized(coarse, added.shape[2:]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("merge_kernel", [1, 3])
def test_every_guiding_map_counts(merge_kernel: int) -> None:
    fpn, c = _fpn(guided=True, merge_kernel=merge_kernel), _maps()
    guide: Features = _fpn(guided=False)(_maps())
    before = fpn(c, guide)
    assert before.ps3.shape == (1, 16, 16, 12)
    for kind in range(4):
        for level in range(4):
            maps = [list(levels) for levels in guide.maps]
            maps[kind][level] = maps[kind][level] + 1
            changed = Shared(*map(tuple, maps))  # type: ignore[arg-type]
            assert not torch.equal(fpn(c, changed).ps3, before.ps3)


@pytest.mark.parametrize("guided", [True, False])
def test_rectified_maps_are_never_negative_and_linear_ones_may_be(guided: bool) -> None:  # noqa: FBT001
    for rectified in (True, False):
        guide: Features = _fpn(guided=False, rectified=rectified)(_maps())
        found = _fpn(guided=guided, rectified=rectified)(_maps(), guide if guided else None)
        smoothed = [*found.ps1, *found.ps2, found.ps3]
        assert all(bool((x >= 0).all()) for x in smoothed) == rectified
        # What is summed from coarse to fine keeps its signs.
        assert any(bool((x < 0).any()) for x in found.ps0)


def test_a_linear_pyramid_is_linear_but_for_its_constants() -> None:
    for rectified in (False, True):
        fpn, (one, other) = _fpn(guided=False, rectified=rectified), (_maps(), _maps())
        both = tuple((a + b) / 2 for a, b in zip(one, other, strict=True))
        middle = (fpn(one).ps3 + fpn(other).ps3) / 2
        assert torch.allclose(fpn(both).ps3, middle, atol=1e-5) != rectified


def test_own_channels_come_before_guiding_ones() -> None:
    fpn, c = _fpn(guided=True), _maps()
    guide: Features = _fpn(guided=False)(_maps())
    for layer, width in zip(fpn.lateral, CHANNELS, strict=True):
        layer.get_parameter("weight")[:, width:] = 0
    c2, c3, c4, c5 = guide.c
    brighter = replace(guide, c=(c2 + 1, c3 + 1, c4 + 1, c5 + 1))
    pairs = zip(fpn(c, guide).ps0, fpn(c, brighter).ps0, strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("guided", [True, False])
def test_a_guide_is_given_exactly_when_one_is_needed(guided: bool) -> None:  # noqa: FBT001
    plain = _fpn(guided=False)(_maps())
    with pytest.raises(TypeError, match="guide"):
        _fpn(guided=guided)(_maps(), None if guided else plain)
