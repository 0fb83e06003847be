from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from glnet_geo.errors import ModelError, OutputError
from glnet_geo.model import installed, package
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.installed import installed_models, read_card
from glnet_geo.model.package import find_model, load_model, save_package
from tests.model import tiny


@pytest.fixture(scope="module")
def network() -> GLNet:
    return tiny.network("none")


@pytest.fixture
def saved(network: GLNet, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_package(path, network, tiny.card(network))
    return path


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own model folder, empty."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(installed, "user_model_folder", lambda: folder)
    return folder


def _weights(network: GLNet) -> dict[str, torch.Tensor]:
    return {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}


def test_a_name_that_is_no_text_is_refused(saved: Path) -> None:
    odd = saved.rename(saved.with_name("\udcff.safetensors"))
    with pytest.raises(ModelError, match=r"cannot be read .*rename it"):
        load_model(odd)


def test_float32_comes_back_bit_by_bit(network: GLNet, saved: Path) -> None:
    model = load_model(saved)
    assert model.card == tiny.card(network)
    assert model.path == saved
    assert model.sha256 == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert not model.network.training
    ours, theirs = _weights(model.network), _weights(network)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    frame = torch.rand(1, 3, 64, 64)
    assert torch.equal(model.network.see(frame).ps3, network.see(frame).ps3)


def test_half_precision_is_half_the_size_and_comes_back_rounded(network: GLNet, saved: Path) -> None:
    half = saved.with_name("half.safetensors")
    save_package(half, network, tiny.card(network), half=True)
    assert half.stat().st_size < 0.6 * saved.stat().st_size
    ours, theirs = _weights(load_model(half).network), _weights(network)
    assert all(tensor.dtype == torch.float32 for tensor in ours.values())
    assert all(torch.equal(ours[name], theirs[name].half().float()) for name in ours)


def test_a_card_is_read_without_weights(network: GLNet, saved: Path) -> None:
    assert read_card(saved) == tiny.card(network)


def test_saving_again_replaces(saved: Path) -> None:
    other = tiny.network("none", seed=1)
    save_package(saved, other, tiny.card(other, description="another"))
    assert read_card(saved).description == "another"
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


# --- what cannot be saved ---


def test_a_card_of_another_network_is_refused(network: GLNet, tmp_path: Path) -> None:
    other = tiny.card(tiny.network("global_to_local"))
    with pytest.raises(ModelError, match="the card describes another network"):
        save_package(tmp_path / "x.safetensors", network, other)
    wrong = replace(network.architecture, classes=4)
    card = tiny.card(network)
    contradicting = card.model_copy(
        update={"hyperparameters": card.hyperparameters.model_copy(update={"network": wrong})}
    )
    with pytest.raises(ModelError, match="names 3 classes, but its network needs 4"):
        save_package(tmp_path / "x.safetensors", network, contradicting)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_leaves_nothing(network: GLNet, tmp_path: Path) -> None:
    path = tmp_path / "absent" / "x.safetensors"
    with pytest.raises(OutputError, match=r"x\.safetensors cannot be written .*choose another folder"):
        save_package(path, network, tiny.card(network))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_leaves_nothing(network: GLNet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(OutputError, match="cannot be written"):
        save_package(tmp_path / "file" / "x.safetensors", network, tiny.card(network))


def test_a_failed_rename_leaves_nothing(
    network: GLNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        save_package(tmp_path / "x.safetensors", network, tiny.card(network))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("half", [True, False])
def test_weights_that_outgrow_their_type_are_not_saved(tmp_path: Path, *, half: bool) -> None:
    network = tiny.network("none")
    torch.nn.init.constant_(network.glance.fpn.classify.weight, 1e6 if half else float("nan"))
    with pytest.raises(
        ModelError, match=r"x\.safetensors are infinite or no numbers \(glance\.fpn\.classify\.weight\)"
    ):
        save_package(tmp_path / "x.safetensors", network, tiny.card(network), half=half)
    assert list(tmp_path.iterdir()) == []


# --- what cannot be loaded ---


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.safetensors does not exist: give the path"):
        load_model(tmp_path / "absent.safetensors")
    with pytest.raises(ModelError, match=r"absent\.safetensors does not exist: give a model package"):
        read_card(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("content", [b"", b"no package", b"\x08\x00\x00\x00\x00\x00\x00\x00notjson!"])
def test_a_file_that_is_no_package(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"text\.safetensors is not a model package"):
        load_model(path)


@pytest.mark.parametrize("kept", [4, 2000, -1])
def test_a_package_cut_short(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"tiny\.safetensors is not a model package"):
        load_model(saved)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_tensors_without_a_card(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "bare.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata=metadata)
    with pytest.raises(ModelError, match=r"bare\.safetensors has no glnet_geo card"):
        load_model(path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda tensors: tensors.pop("glance.fpn.classify.bias"), "glance.fpn.classify.bias"),
        (lambda tensors: tensors.update(extra=torch.zeros(1)), "extra"),
        (
            lambda tensors: tensors.update({"glance.fpn.classify.bias": torch.zeros(9)}),
            "glance.fpn.classify.bias",
        ),
    ],
    ids=["missing", "unexpected", "misshapen"],
)
def test_weights_that_do_not_fit_the_card(network: GLNet, saved: Path, change: object, named: str) -> None:
    tensors = load_file(saved)
    change(tensors)  # type: ignore[operator]
    save_file(tensors, saved, metadata={"glnet_geo.card": tiny.card(network).to_json()})
    with pytest.raises(ModelError, match=rf"do not fit its card: {named}"):
        load_model(saved)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.tensor([0.0, float("nan"), 0.0]), "are infinite or no numbers (glance.fpn.classify.bias)"),
        (torch.tensor([0.0, float("inf"), 0.0]), "are infinite or no numbers (glance.fpn.classify.bias)"),
        (torch.tensor([0, 1, 2]), "are whole or complex numbers (glance.fpn.classify.bias)"),
        (torch.tensor([0j, 1j, 2j]), "are whole or complex numbers (glance.fpn.classify.bias)"),
        (torch.tensor([True, False, True]), "are whole or complex numbers (glance.fpn.classify.bias)"),
    ],
    ids=["nan", "infinite", "whole", "complex", "truths"],
)
def test_weights_that_would_make_a_map_of_nothing(
    network: GLNet, saved: Path, value: torch.Tensor, said: str
) -> None:
    save_file(
        load_file(saved) | {"glance.fpn.classify.bias": value},
        saved,
        metadata={"glnet_geo.card": tiny.card(network).to_json()},
    )
    with pytest.raises(ModelError, match=rf"weights of .*tiny\.safetensors {re.escape(said)}"):
        load_model(saved)


def test_a_network_that_cannot_be_built_is_told_with_its_package(network: GLNet, saved: Path) -> None:
    told = tiny.card(network).to_json().replace("tf_efficientnet_lite0", "hf-hub:someone/something")
    save_file(load_file(saved), saved, metadata={"glnet_geo.card": told})
    with pytest.raises(ModelError, match=r"tiny\.safetensors: timm knows no backbone 'hf-hub:"):
        load_model(saved)


# --- models by name ---


def test_a_model_by_its_name(own_folder: Path, saved: Path) -> None:
    placed = own_folder / "mine.safetensors"
    saved.rename(placed)
    assert find_model("mine") == placed
    assert placed in list(installed_models())
    assert load_model("mine").path == placed


def test_a_name_that_nothing_has_lists_what_is_there(own_folder: Path, saved: Path) -> None:
    saved.rename(own_folder / "mine.safetensors")
    with pytest.raises(ModelError, match=r"no model is called yours: installed are .*mine"):
        load_model("yours")


def test_no_model_at_all_is_said_too(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "installed_models", lambda: iter(()))
    with pytest.raises(ModelError, match="installed are none"):
        load_model("yours")


def test_the_own_folder_need_not_exist(own_folder: Path) -> None:
    own_folder.rmdir()
    assert all(path.parent != own_folder for path in installed_models())
    assert installed.user_model_folder() == own_folder


def test_the_own_folder_may_be_closed_to_the_person(
    own_folder: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        if path == own_folder:
            raise PermissionError(13, "Permission denied", str(path))
        return True

    monkeypatch.setattr(Path, "is_dir", closed)
    assert "urban" in {path.stem for path in installed_models()}


def test_the_own_folder_belongs_to_the_person() -> None:
    assert installed.user_model_folder().parts[-2:] == ("glnet_geo", "models")


def test_a_package_may_be_read_by_whom_the_person_lets(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    save_package(tmp_path / "m.safetensors", tiny.network(), tiny.card(tiny.network()))
    assert (tmp_path / "m.safetensors").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_package_is_written_in_pieces_between_which_a_person_may_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tiny.network("none")
    sizes: list[int] = []

    class Stopped(FileIO):
        def write(self, content: Any) -> int:
            sizes.append(len(content))
            if len(sizes) == 3:
                raise KeyboardInterrupt
            return super().write(content) or 0

    def opened(path: Path, mode: str) -> FileIO:
        return Stopped(path, mode)

    monkeypatch.setattr(package, "_PIECE", 1000)
    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(KeyboardInterrupt):
        save_package(tmp_path / "m.safetensors", network, tiny.card(network))
    assert sizes == [1000, 1000, 1000]
    assert list(tmp_path.iterdir()) == []
