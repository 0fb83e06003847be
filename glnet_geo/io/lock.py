"""A lock that a process holds on a file, and that the system takes back when the process dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Lock:
    """Held from the moment it is made until `release`.

    Args:
        path: a file that is made for it.

    Raises:
        BlockingIOError: another process holds it.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _take(self._file)
        except OSError as error:
            self.release()
            raise BlockingIOError(f"{path} is held by another process") from error

    def release(self) -> None:
        """Let go of it; may be called more than once."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


def _take(file: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
