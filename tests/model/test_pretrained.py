from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from glnet_geo.errors import ModelError
from glnet_geo.model.pretrained import pretrained_body


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
    (tmp_path / "text").write_text("no weights")
    with pytest.raises(ModelError, match="cannot be loaded"):
        pretrained_body("test_resnet", 3, file=tmp_path / "text", download=False)
