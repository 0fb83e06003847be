from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from glnet_geo.errors import ModelError
from glnet_geo.model.pretrained import check_pretrained, pretrained_body


def test_weights_come_from_a_file(tmp_path: Path) -> None:
    whole = timm.create_model("test_resnet", pretrained=False).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in whole.items()}, tmp_path / "w.safetensors")
    body, mean, std = pretrained_body("test_resnet", 3, file=tmp_path / "w.safetensors", download=False)
    assert body
    assert all(torch.equal(tensor, whole[name]) for name, tensor in body.items())
    assert len(mean) == len(std) == 3
    four, _, _ = pretrained_body("test_resnet", 4, file=tmp_path / "w.safetensors", download=False)
    assert {tensor.shape[1] for name, tensor in four.items() if name == "conv1.weight"} <= {4}


def test_nothing_is_fetched_unasked(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="add --download, or give a file with timm:test_resnet=FILE"):
        pretrained_body("test_resnet", 3, file=None, download=False)
    with pytest.raises(ModelError, match="does not exist"):
        pretrained_body("test_resnet", 3, file=tmp_path / "absent", download=False)


def test_a_file_of_something_else_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no weights")
    (tmp_path / "empty").touch()
    torch.save(timm.create_model("resnet18", pretrained=False).state_dict(), tmp_path / "other.pth")
    for name, why in (("text", r"\w+"), ("empty", "EOFError"), ("other.pth", "size mismatch")):
        with pytest.raises(
            ModelError, match=rf"cannot be loaded \(.*{why}.*\): check the name and the file"
        ) as said:
            pretrained_body("test_resnet", 3, file=tmp_path / name, download=False)
        assert "\n" not in str(said.value)
        assert len(str(said.value)) < 300


def test_a_file_that_lacks_weights_of_the_backbone_is_refused(tmp_path: Path) -> None:
    """What a file does not hold would stay random, and only a log would tell."""
    whole = timm.create_model("test_resnet", pretrained=False).state_dict()
    save_file(
        {f"encoder.{name}": tensor.contiguous() for name, tensor in whole.items()},
        tmp_path / "foreign.safetensors",
    )
    lacking = {name: tensor.contiguous() for name, tensor in whole.items() if name != "layer2.0.conv1.weight"}
    save_file(lacking, tmp_path / "lacking.safetensors")
    for name, what in (("foreign", "conv1.0.weight and"), ("lacking", "layer2.0.conv1.weight")):
        with pytest.raises(
            ModelError, match=rf"{name}\.safetensors lacks weights of test_resnet \({what}.*: check"
        ):
            pretrained_body("test_resnet", 3, file=tmp_path / f"{name}.safetensors", download=False)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("hrnet_w18_small", "takes images of certain sizes only"),
        ("maxvit_tiny_tf_224", "takes images of certain sizes only"),
        ("inception_v3", "cuts off the margins of images"),
        ("vit_tiny_patch16_224", "does not give maps at 1/4, 1/8"),
        ("swin_tiny_patch4_window7_224", "takes images of certain sizes only"),
        ("hiera_tiny_224", "takes images of certain sizes only"),
    ],
)
def test_a_backbone_that_cannot_serve_is_refused_at_once_with_others_that_can(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "weights").touch()
    for file in (None, tmp_path / "weights"):
        with pytest.raises(ModelError, match=f"the backbone '{name}' {why}.*: choose a .*, such as resnet50"):
            check_pretrained(name, file=file, download=False)


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_lite0", "regnetx_002"])
def test_the_backbones_that_are_recommended_can_serve(name: str) -> None:
    with pytest.raises(ModelError, match="add --download"):
        check_pretrained(name, file=None, download=False)
