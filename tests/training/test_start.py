from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.package import save_package
from glnet_geo.training.stages import Stage
from glnet_geo.training.start import Start, start_from
from tests.model import tiny


def _start(folder: Path, sharing: Sharing, legend: Legend = tiny.LEGEND) -> Start:
    network = tiny.network(sharing)
    save_package(folder / "old.safetensors", network, tiny.card(network))
    return start_from(folder / "old.safetensors", legend, seed=0)


def _part(network: torch.nn.Module, name: str) -> dict[str, torch.Tensor]:
    return dict(network.get_submodule(name).state_dict())


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_what_a_package_has_learnt_is_kept(tmp_path: Path) -> None:
    old = tiny.network("global_to_local")
    begun = _start(tmp_path, "global_to_local").network("global_to_local", {}, 0)
    assert _same(dict(old.state_dict()), dict(begun.state_dict()))


@pytest.mark.parametrize("stage", ["global_to_local", "bidirectional"])
def test_every_branch_that_is_missing_begins_as_the_global_one(tmp_path: Path, stage: Stage) -> None:
    begun = _start(tmp_path, "none").network(stage, {}, 0)
    glance = _part(begun, "glance.fpn.classify")
    assert _same(glance, _part(begun, "local.fpn.classify"))
    assert _same(_part(begun, "glance.backbone"), _part(begun, "local.backbone"))
    if stage == "bidirectional":
        assert _same(glance, _part(begun, "refined.fpn.classify"))


def test_an_earlier_stage_counts_more_than_the_package(tmp_path: Path) -> None:
    start = _start(tmp_path, "none")
    learnt = start.network("global_to_local", {}, 0).state_dict()
    learnt = {name: tensor + 1 if name.startswith("local.fpn") else tensor for name, tensor in learnt.items()}
    assert _same(learnt, dict(start.network("global_to_local", learnt, 0).state_dict()))


def test_heads_keep_the_rows_of_classes_that_keep_their_names(tmp_path: Path) -> None:
    old = tiny.network("none").glance.fpn.classify.weight
    legend = Legend(
        (
            LandClass(id=0, name="park", color="#00ff00"),
            LandClass(id=1, name="Road", color="#808080"),
            replace(tiny.LEGEND.classes[0], id=2),
        )
    )
    start = _start(tmp_path, "none", legend)
    assert start.kept == ("Road", "water")
    new = start.network("global", {}, 0).glance.fpn.classify.weight
    assert torch.equal(new[1], old[2])
    assert torch.equal(new[2], old[0])
    assert not torch.equal(new[0], old[1])


def test_a_file_of_weights_that_was_changed_is_another_beginning(tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    known = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        whole = timm.create_model("test_resnet", pretrained=False).state_dict()
        save_file({name: tensor.contiguous() for name, tensor in whole.items()}, file)
        known.append(start_from(f"timm:test_resnet={file}", tiny.LEGEND, seed=0).sha256)
    assert known[0] == known[1] != known[2]
    assert all(known)
