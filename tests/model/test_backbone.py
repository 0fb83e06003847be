from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from glnet_geo.errors import ModelError
from glnet_geo.model.backbone import Backbone, check_backbone, fold_batch_norm, freeze_batch_norm


def _unlike_new(backbone: Backbone) -> Backbone:
    """As after training: no statistic, scale or shift is what it began as."""
    torch.manual_seed(0)
    for norm in _norms(backbone):
        nn.init.uniform_(norm.weight, 0.3, 0.7)
        nn.init.normal_(norm.bias, 0, 0.05)
        norm.running_mean = torch.randn_like(norm.weight) / 10
        norm.running_var = torch.rand_like(norm.weight) + 0.5
    return backbone.eval()


def _norms(module: nn.Module) -> list[nn.BatchNorm2d]:
    return [child for child in module.modules() if isinstance(child, nn.BatchNorm2d)]


@pytest.mark.parametrize("name", ["resnet50", "tf_efficientnet_lite0"])
@torch.inference_mode()
def test_folding_batch_norm_leaves_the_maps_the_same(name: str) -> None:
    backbone = _unlike_new(Backbone(name, 3))
    image = torch.rand(1, 3, 64, 64)
    before = backbone(image)
    fold_batch_norm(backbone)
    assert _norms(backbone) == []
    for ours, theirs in zip(backbone(image), before, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))


@torch.inference_mode()
def test_folding_twice_is_folding_once() -> None:
    backbone = _unlike_new(Backbone("tf_efficientnet_lite0", 3))
    fold_batch_norm(backbone)
    once = copy.deepcopy(backbone.state_dict())
    fold_batch_norm(backbone)
    assert backbone.state_dict().keys() == once.keys()
    assert all(torch.equal(once[name], tensor) for name, tensor in backbone.state_dict().items())


def test_a_batch_norm_without_its_convolution_is_left_alone() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 5, 1), nn.ReLU(), nn.BatchNorm2d(5)).eval()
    fold_batch_norm(module)
    assert len(_norms(module)) == 2


@pytest.mark.parametrize("bands", [1, 3, 5])
def test_maps_have_the_channels_and_the_sizes_promised(bands: int) -> None:
    backbone = Backbone("tf_efficientnet_lite0", bands).eval()
    with torch.inference_mode():
        maps = backbone(torch.rand(2, bands, 64, 96))
    assert tuple(x.shape[1] for x in maps) == backbone.channels
    assert [tuple(x.shape[2:]) for x in maps] == [(16, 24), (8, 12), (4, 6), (2, 3)]


@torch.no_grad()
def test_frozen_batch_norm_keeps_its_statistics_but_learns() -> None:
    backbone = Backbone("tf_efficientnet_lite0", 3).train()
    freeze_batch_norm(backbone)
    before = [norm.running_mean.clone() for norm in _norms(backbone) if norm.running_mean is not None]
    backbone(torch.rand(2, 3, 64, 64))
    after = [norm.running_mean for norm in _norms(backbone)]
    assert len(before) == len(after) > 0
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True) if new is not None)
    assert all(norm.weight.requires_grad for norm in _norms(backbone))
    assert backbone.training


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet49", "timm knows no backbone 'resnet49'"),
        # timm would ask the network for it.
        ("hf-hub:timm/resnet18.a1_in1k", "timm knows no backbone 'hf-hub:"),
        ("local-dir:/etc", "timm knows no backbone 'local-dir:"),
        ("vit_tiny_patch16_224", "vit_tiny_patch16_224"),
        ("test_vit", "test_vit"),
    ],
)
def test_a_backbone_without_such_maps_is_refused(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Backbone(name, 3)


@pytest.mark.parametrize("shape", [(64, 96), (133, 199), (4, 36)])
@torch.inference_mode()
def test_a_backbone_that_works_in_squares_gives_maps_of_all_of_an_image(shape: tuple[int, int]) -> None:
    backbone = Backbone("convnext_atto", 3).eval()
    image = torch.rand(1, 3, *shape)
    maps = backbone(image)
    assert tuple(x.shape[1] for x in maps) == backbone.channels
    assert [tuple(x.shape[2:]) for x in maps] == [
        tuple(-(-side // stride) for side in shape) for stride in (4, 8, 16, 32)
    ]
    if not any(side % 32 for side in shape):
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(maps, backbone.body(image), strict=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("swin_tiny_patch4_window7_224", "takes images of certain sizes only"),
        # Its maps have their channels last.
        ("mambaout_femto", "cuts off the margins"),
        (
            "repvit_m0_9",
            "batch norms of the backbone 'repvit_m0_9' are not those of the convolutions before them",
        ),
    ],
)
def test_a_backbone_that_works_in_squares_and_cannot_serve_is_refused(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        check_backbone(name)


@torch.inference_mode()
def test_maps_that_do_not_lie_on_the_image_are_refused() -> None:
    with pytest.raises(ModelError, match="the backbone 'legacy_xception' cuts off the margins of images"):
        Backbone("legacy_xception", 3).eval()(torch.rand(1, 3, 64, 64))
