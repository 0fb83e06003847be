"""A folder is held by one process or shared by several, and goes when it is done with, on every system."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from glnet_geo.core.strip import Strip
from glnet_geo.io.work_folder.journal import Journal
from glnet_geo.io.work_folder.ledger import Ledger
from glnet_geo.io.work_folder.lock import Lock
from glnet_geo.io.work_folder.locked_folder import LockedFolder


def _refusing(delete: Callable[..., None]) -> Callable[..., None]:
    def deleted(path: str | Path, *, dir_fd: int | None = None) -> None:
        found = os.stat(path, dir_fd=dir_fd)
        if any(os.path.samestat(found, one) for one in _open_files()):
            raise PermissionError(13, "The process cannot access the file", str(path))
        delete(path, dir_fd=dir_fd)

    return deleted


def _open_files() -> Iterator[os.stat_result]:
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            yield os.fstat(int(link.name))


@pytest.fixture(params=["this", "one that deletes no open file, as Windows"])
def _system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "this":
        return
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not tell which files are open")
    for name in ("unlink", "remove"):
        monkeypatch.setattr(os, name, _refusing(getattr(os, name)))


@pytest.mark.usefixtures("_system")
class TestOnEverySystem:
    def test_a_folder_that_is_done_with_is_gone(self, tmp_path: Path) -> None:
        held = LockedFolder(tmp_path / "a" / "b")
        (held.path / "entry").touch()
        (held.path / "more").mkdir()
        (held.path / "more" / "entry").touch()
        assert not held.empty
        held.remove()
        held.release()
        assert list((tmp_path / "a").iterdir()) == []

    def test_a_journal_leaves_nothing(self, tmp_path: Path) -> None:
        with Journal(tmp_path / "j", {}) as journal:
            journal.add_strip(Strip(row=0, classes=np.zeros((1, 2), np.uint8), confidence=None))
            journal.remove()
        with Journal(tmp_path / "j", {}):
            pass
        assert list(tmp_path.iterdir()) == []

    def test_a_ledger_leaves_nothing(self, tmp_path: Path) -> None:
        with Ledger(tmp_path) as ledger:
            ledger.note({})
            ledger.remove()
        with Ledger(tmp_path):
            pass
        assert list(tmp_path.iterdir()) == []

    def test_whoever_takes_the_folder_as_it_goes_keeps_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The lock is let go of, and before the folder is gone another process comes."""
        held = LockedFolder(tmp_path / "j")
        (held.path / "entry").touch()
        others: list[LockedFolder] = []
        let_go = Lock.release

        def released(lock: Lock) -> None:
            let_go(lock)
            if not others:
                others.append(held)
                others[0] = LockedFolder(tmp_path / "j")
                (others[0].path / "theirs").touch()

        monkeypatch.setattr(Lock, "release", released)
        held.remove()
        assert {path.name for path in (tmp_path / "j").iterdir()} == {"lock", "theirs"}
        with pytest.raises(BlockingIOError):
            LockedFolder(tmp_path / "j")
        others[0].remove()
        assert list(tmp_path.iterdir()) == []


def test_a_lock_on_a_file_that_is_gone_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening the file and taking the lock, whoever held it has removed it."""
    held = LockedFolder(tmp_path / "j")
    opened, file = os.open, os.open

    def late(path: Path, flags: int) -> int:
        monkeypatch.setattr(os, "open", file)
        found = opened(path, flags)
        held.remove()
        return found

    monkeypatch.setattr(os, "open", late)
    mine = LockedFolder(tmp_path / "j")
    with pytest.raises(BlockingIOError):
        LockedFolder(tmp_path / "j")
    mine.release()
    LockedFolder(tmp_path / "j").remove()
    assert list(tmp_path.iterdir()) == []


def test_those_that_share_a_folder_keep_others_out(tmp_path: Path) -> None:
    one, other = (LockedFolder(tmp_path / "j", shared=True) for _ in range(2))
    for held in (one, other):
        with pytest.raises(BlockingIOError):
            LockedFolder(tmp_path / "j")
        held.release()
    LockedFolder(tmp_path / "j").release()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        LockedFolder(tmp_path / "file" / "j")
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "lock").symlink_to(tmp_path / "absent" / "lock")
    with pytest.raises(FileNotFoundError):
        LockedFolder(tmp_path / "j")
