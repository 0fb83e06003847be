from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import OutputError, WindowError
from glnet_geo.model import importing
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.importing import import_checkpoints
from glnet_geo.model.installed import read_card
from glnet_geo.model.package import load_model
from tests.model import tiny


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints that are not read, and make tiny networks: how they are read is tested beside."""

    def network(
        checkpoints: dict[str, Tensor], *, sharing: Sharing, classes: int, align_corners: bool
    ) -> GLNet:
        return tiny.network(sharing, classes=classes, align_corners=align_corners)

    monkeypatch.setattr(importing, "read_checkpoint", lambda _path: {})
    monkeypatch.setattr(importing, "import_published", network)


def test_a_package_is_written_and_can_be_loaded(tmp_path: Path) -> None:
    out = tmp_path / "imported.safetensors"
    card = import_checkpoints({"global": Path("g.pth")}, out, legend=tiny.LEGEND)
    assert read_card(out) == card
    assert card.name == "imported"
    assert card.legend == tiny.LEGEND
    assert card.bands == ("red", "green", "blue")
    assert card.normalization == Normalization(low=0, high=255, mean=[0.0] * 3, std=[1.0] * 3)
    tiling = card.tiling
    assert (tiling.frame, tiling.frame_overlap) == (2448, 304)
    assert (tiling.patch, tiling.patch_overlap, tiling.global_size) == (508, 52, 508)
    assert load_model(out).network.architecture == card.architecture


@pytest.mark.parametrize(
    ("stages", "sharing"),
    [
        (("global",), "none"),
        (("global", "global2local"), "global_to_local"),
        (("global", "global2local", "local2global"), "bidirectional"),
        (("global", "local2global"), "bidirectional"),
    ],
)
def test_the_checkpoints_tell_the_sharing(tmp_path: Path, stages: tuple[str, ...], sharing: Sharing) -> None:
    files = dict.fromkeys(stages, Path("x.pth"))
    card = import_checkpoints(files, tmp_path / "x.safetensors", legend=tiny.LEGEND)
    assert card.architecture.sharing == sharing
    asked = import_checkpoints(files, tmp_path / "y.safetensors", legend=tiny.LEGEND, sharing="none")
    assert asked.architecture.sharing == "none"


def test_before_the_change_values_were_centred_too(tmp_path: Path) -> None:
    card = import_checkpoints(
        {"global": Path("g.pth")}, tmp_path / "x.safetensors", legend=tiny.LEGEND, align_corners=True
    )
    assert card.architecture.align_corners
    assert card.normalization == Normalization(low=0, high=255, mean=[0.5] * 3, std=[0.5] * 3)


def test_sizes_are_taken_as_asked_or_refused(tmp_path: Path) -> None:
    out = tmp_path / "x.safetensors"
    card = import_checkpoints(
        {"global": Path("g.pth")}, out, legend=tiny.LEGEND, patch_size=252, global_size=200, frame_size=1000
    )
    tiling = card.tiling
    assert (tiling.frame, tiling.frame_overlap) == (1000, 120)
    assert (tiling.patch, tiling.patch_overlap, tiling.global_size) == (252, 52, 200)
    with pytest.raises(WindowError, match="do not fit a frame of 400"):
        import_checkpoints({"global": Path("g.pth")}, out, legend=tiny.LEGEND, frame_size=400, overwrite=True)
    assert read_card(out) == card


def test_an_existing_package_is_replaced_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "x.safetensors"
    out.write_text("mine")
    with pytest.raises(OutputError, match=r"x\.safetensors exists: add --overwrite"):
        import_checkpoints({"global": Path("g.pth")}, out, legend=tiny.LEGEND)
    assert out.read_text() == "mine"
    import_checkpoints({"global": Path("g.pth")}, out, legend=tiny.LEGEND, overwrite=True)
    assert read_card(out).name == "x"


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.pth is no name for a model package"):
        import_checkpoints({"global": Path("g.pth")}, tmp_path / "x.pth", legend=tiny.LEGEND)


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("absent/x.safetensors", r"the folder .*absent does not exist: create it"),
        ("folder.safetensors", r"folder\.safetensors is a folder: name a file"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, sentence: str
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(importing, "read_checkpoint", read.append)
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(OutputError, match=sentence):
        import_checkpoints({"global": Path("g.pth")}, tmp_path / out, legend=tiny.LEGEND, overwrite=True)
    assert read == []
