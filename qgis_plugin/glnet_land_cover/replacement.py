"""The engine that works is kept while another takes its place, and put back where that one does not become whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from qgis.PyQt.QtCore import QLockFile

from . import private_environment
from .engine import EngineError
from .translation import tr

# As long as the name of the engine's folder: on Windows paths in a copy must not become too long.
_KEPT = "before"
_COPY = "copied"
_REFUSE = "refuse"
_LOCK = "engine.lock"


@contextmanager
def replacing(*, anew: bool) -> Iterator[None]:
    """Keep the engine that is there until the block has made another in its place.

    Where the block fails, the engine is put back as it was, and an `EngineError` says so. Where QGIS dies in it,
    `put_back` does it at the next start.

    Args:
        anew: whether the block begins without an engine, and not with the one that is there.

    Raises:
        EngineError: another QGIS is doing the same.
        OSError: files cannot be written or moved.
    """
    with _alone():
        _restore()
        kept = private_environment.is_complete()
        try:
            if kept:
                _keep(anew=anew)
            else:
                _discard(private_environment.folder())
            with _put_back_on_failure(kept=kept):
                yield
            _discard(_beside(_KEPT))
        finally:
            for left in (_COPY, _REFUSE):
                shutil.rmtree(_beside(left), ignore_errors=True)


def put_back() -> None:
    """Put back the engine that was kept when QGIS died while another took its place; it takes no time."""
    if os.path.isdir(_beside(_KEPT)):
        # Where another QGIS is at work, or a program uses a file, it is for a later start.
        with suppress(EngineError, OSError), _alone():
            _restore()


def remove() -> None:
    """Delete the engine, and what may be left of others; files in use stay.

    Raises:
        EngineError: another QGIS is setting it up.
        OSError: its folder cannot be written.
    """
    with _alone():
        for folder in (private_environment.folder(), _beside(_KEPT), _beside(_COPY), _beside(_REFUSE)):
            _discard(folder)


def _beside(name: str) -> str:
    return os.path.join(os.path.dirname(private_environment.folder()), name)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep others of this profile, in this process or another, from changing the engine."""
    path = _beside(_LOCK)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = QLockFile(path)
    # An installation may take hours; the lock of a process that has died does not count in any case.
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        if lock.error() != QLockFile.LockError.LockFailedError:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)
        raise EngineError(tr("The engine is being set up already, maybe by another QGIS: wait for its end."))
    try:
        yield
    finally:
        lock.unlock()


def _keep(*, anew: bool) -> None:
    folder, kept, copy = private_environment.folder(), _beside(_KEPT), _beside(_COPY)
    if anew:
        os.rename(folder, kept)
        return
    shutil.rmtree(copy, ignore_errors=True)
    # pip writes new files and never into old ones, so that links keep the old.
    shutil.copytree(folder, copy, symlinks=True, copy_function=_linked)
    os.rename(copy, kept)
    os.remove(private_environment.mark())


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Not every file system has links.
        shutil.copy2(source, target)


@contextmanager
def _put_back_on_failure(*, kept: bool) -> Iterator[None]:
    folder = private_environment.folder()
    try:
        yield
    except BaseException as error:
        _discard(folder)
        if kept:
            os.rename(_beside(_KEPT), folder)
            if isinstance(error, EngineError):
                raise type(error)(tr("{} The engine that was there is as it was.").format(error)) from error
        raise


def _restore() -> None:
    """Bring what QGIS left when it died into order."""
    kept, folder = _beside(_KEPT), private_environment.folder()
    if not os.path.isdir(kept):
        return
    if private_environment.is_complete():
        _set_apart(kept)
        return
    _set_apart(folder)
    os.rename(kept, folder)


def _set_apart(folder: str) -> None:
    """Move a folder to where the next installation deletes it."""
    if os.path.isdir(folder):
        shutil.rmtree(_beside(_REFUSE), ignore_errors=True)
        os.rename(folder, _beside(_REFUSE))


def _discard(folder: str) -> None:
    """Delete a folder; moved first, so that it is gone as a whole where that is possible."""
    if folder != _beside(_REFUSE):
        with suppress(OSError):
            _set_apart(folder)
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(_beside(_REFUSE), ignore_errors=True)
