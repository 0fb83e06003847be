"""A folder that one process works in, or several that agree to share it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from glnet_geo.io.work_folder.lock import Lock

_LOCK = "lock"
_ATTEMPTS = 20


class LockedFolder:
    """Held from the moment it is made until `release` or `remove`.

    Args:
        path: made where it is missing.
        shared: whether others may share it; all that hold it must say so.

    Attributes:
        path: as given.

    Raises:
        BlockingIOError: another process holds it.
        OSError: it cannot be made, or its disk knows no locks.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self._lock = _taken(path, shared=shared)

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return all(entry.name == _LOCK for entry in self.path.iterdir())

    def release(self) -> None:
        """Let go of it; may be called more than once."""
        self._lock.release()

    def remove(self) -> None:
        """Delete it with all that is in it, as far as possible, and let go of it."""
        with suppress(OSError):
            for entry in self.path.iterdir():
                if entry.name != _LOCK:
                    _delete(entry)
        self._lock.remove()
        # Whoever has taken it since keeps it: it is not empty then.
        with suppress(OSError):
            self.path.rmdir()


def _taken(path: Path, *, shared: bool) -> Lock:
    """A lock in a folder that whoever held it may be about to remove."""
    for _ in range(_ATTEMPTS - 1):
        path.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return Lock(path / _LOCK, shared=shared)
    return Lock(path / _LOCK, shared=shared)


def _delete(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()
