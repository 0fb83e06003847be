"""A lock that processes hold on a file, and that the system takes back when they die."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


_HELD = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}


class Lock:
    """Held from the moment it is made until `release`.

    Args:
        path: a file that is made for it.
        shared: whether others may share it; all that hold it must say so.

    Raises:
        BlockingIOError: another process holds it.
        OSError: the file cannot be made, or its disk knows no locks.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _take(self._file, shared=shared)
        except OSError as error:
            self.release()
            if error.errno in _HELD:
                raise BlockingIOError(f"{path} is held by another process") from error
            raise

    def release(self) -> None:
        """Let go of it; may be called more than once."""
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None


if sys.platform == "win32":
    # There are no shared locks here: whoever shares takes one of these bytes, and who does not takes all.
    _BYTES = 1024

    def _take(file: int, *, shared: bool) -> None:
        if not shared:
            msvcrt.locking(file, msvcrt.LK_NBLCK, _BYTES)
            return
        for place in range(_BYTES):
            os.lseek(file, place, os.SEEK_SET)
            with suppress(OSError):
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
                return
        raise OSError(errno.EACCES, "every place is held")

else:

    def _take(file: int, *, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
