from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glnet_geo.errors import OptionError
from glnet_geo.io.files.small_files import write_text
from glnet_geo.io.work_folder.ledger import REPORT, Ledger
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.io.work_folder.store import Folder
from glnet_geo.model.package import save_package
from glnet_geo.replacing import MAKER, hidden_name, replacing
from glnet_geo.training.checkpoint import save_checkpoint, save_weights
from glnet_geo.training.recipe import Recipe
from tests.model import tiny


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    with replacing(path) as made:
        made.write_text("new")
        assert not path.exists()
        assert made.parent == tmp_path
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_until_then_its_name_tells_who_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MAKER, raising=False)
    with replacing(tmp_path / "a.png") as one, replacing(tmp_path / "a.png") as other:
        assert one != other
        for made in (one, other):
            assert made.name.startswith(f".glnet-geo-{os.getpid()}-")
            # No folder of images takes it for one.
            assert made.suffix == ""
            made.touch()


def test_whoever_starts_the_process_may_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is started may be a launcher, and the process that makes the files another."""
    monkeypatch.setenv(MAKER, "0a1b2c")
    one, other = hidden_name(), hidden_name()
    assert one != other
    assert one.startswith(".glnet-geo-0a1b2c-")
    # As systems without empty variables see it.
    monkeypatch.setenv(MAKER, "")
    assert hidden_name().startswith(f".glnet-geo-{os.getpid()}-")


@pytest.mark.parametrize("name", ["../a", "a/b", "a-b", "a b", "*", "ö", "a\n", "a" * 33])
def test_a_name_that_is_no_part_of_a_file_name_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(MAKER, name)
    with pytest.raises(OptionError, match="GLNET_GEO_MAKER"):
        hidden_name()


@pytest.mark.parametrize("end", [OSError, ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("written", [False, True])
def test_a_file_that_is_not_finished_leaves_the_old_one(
    tmp_path: Path, end: type[BaseException], *, written: bool
) -> None:
    path = tmp_path / "map.tif"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as made:
            if written:
                made.write_text("half")
            raise end

    with pytest.raises(end):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_to_outlive_a_crash_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[bool] = []
    path = tmp_path / "model"
    monkeypatch.setattr(os, "fsync", lambda _: named.append(path.exists()))
    with replacing(path, outlives_a_crash=False) as made:
        made.touch()
    assert named == []
    path.unlink()
    with replacing(path) as made:
        made.touch()
    assert named == [False]


def _checkpoint(folder: Path) -> None:
    network = tiny.network("none")
    recipe = Recipe(stage="global", steps=1)
    save_checkpoint(folder / "c", network, torch.optim.Adam(network.parameters()), recipe, {}, 1)


def _package(folder: Path) -> None:
    network = tiny.network("none")
    save_package(folder / "p.safetensors", network, tiny.card(network))


def _report(folder: Path) -> None:
    with Ledger(folder) as ledger:
        ledger.write_report({})


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (lambda folder: Folder(folder).write("entry", b"new"), "entry"),
        (lambda folder: write_text(folder / "text", "new"), "text"),
        (_report, REPORT),
        (lambda folder: RunFolder(folder).write_plan({}), "plan.json"),
        (_package, "p.safetensors"),
        (_checkpoint, "c"),
        (lambda folder: save_weights(folder / "w", tiny.network("none")), "w"),
    ],
)
def test_whoever_is_stopped_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None], name: str
) -> None:
    path = tmp_path / name
    path.write_text("old")

    def stopped(_made: Path, _path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    write(tmp_path)
    assert path.read_bytes() != b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_training_was_writing_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".glnet-geo-1-abc").write_text("half")
    (tmp_path / "log.jsonl").write_text(json.dumps({"step": 1}) + "\n")
    with RunFolder(tmp_path).held() as folder:
        assert folder.lines() == [{"step": 1}]
    (tmp_path / "lock").unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_a_checkpoint_does_not_tell_where_it_was_made(tmp_path: Path) -> None:
    _checkpoint(tmp_path)
    first = (tmp_path / "c").read_bytes()
    _checkpoint(tmp_path)
    assert (tmp_path / "c").read_bytes() == first
