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
    """Held from the moment it is made until `release` or `remove`.

    Args:
        path: a file that is made for it.
        shared: whether others may share it; all that hold it must say so.

    Raises:
        BlockingIOError: another process holds it.
        FileNotFoundError: its folder is missing, or whoever held it has just removed it.
        OSError: the file cannot be made, or its disk knows no locks.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._file: int | None = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _take(self._file, shared=shared)
            # A lock on a file that was removed since it was opened keeps nobody out.
            if _is_gone(self._file, path):
                raise FileNotFoundError(errno.ENOENT, "it was removed", str(path))
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

    def remove(self) -> None:
        """Let go of it, and be without its file, unless somebody else has opened that already."""
        if self._file is None:
            return
        # Before others can take it; but Windows deletes no file that is open.
        deleted = self._deleted()
        self.release()
        if not deleted:
            self._deleted()

    def _deleted(self) -> bool:
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


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

    def _is_gone(_file: int, _path: Path) -> bool:
        # Nobody can delete a file that is open.
        return False

else:

    def _take(file: int, *, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def _is_gone(file: int, path: Path) -> bool:
        return not os.path.samestat(os.fstat(file), path.stat())
