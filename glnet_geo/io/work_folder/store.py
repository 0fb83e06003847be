"""Where small files are kept that appear whole: a folder, or any address that fsspec writes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from glnet_geo.errors import OptionError
from glnet_geo.io.work_folder.locked_folder import LockedFolder
from glnet_geo.replacing import HIDDEN, replacing

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Store(Protocol):
    """Small files by name; can be pickled. Everything raises OSError where it fails."""

    def __str__(self) -> str:
        """Its address, for a person."""

    def hold(self, *, shared: bool) -> Held:
        """Be there, for this process alone or for those that share it, where others can be kept out."""

    def names(self) -> list[str]:
        """Of all files."""

    def read(self, name: str) -> bytes:
        """A whole file."""

    def write(self, name: str, data: bytes) -> None:
        """Make or replace a file; whoever reads it finds the old or the new one."""

    def remove(self, name: str) -> None:
        """Be without a file; it may be gone already."""


class Held(Protocol):
    """A store that is worked in."""

    def release(self) -> None:
        """Let go of it; may be called more than once."""

    def remove(self) -> None:
        """Let the store be gone, with all files, as far as possible, and let go of it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a disk, its own or a shared one.

    Attributes:
        path: absolute, so that other processes find it too.
    """

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def hold(self, *, shared: bool) -> LockedFolder:
        """Make the folder, and lock it.

        Raises:
            BlockingIOError: another process holds it.
        """
        return LockedFolder(self.path, shared=shared)

    def names(self) -> list[str]:
        """Of all files that are whole."""
        return [name for name in os.listdir(self.path) if not name.startswith(HIDDEN)]  # noqa: PTH208 - names are asked for

    def read(self, name: str) -> bytes:
        """A whole file."""
        return (self.path / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Write under another name, then rename."""
        # Who reads it can tell whether it is whole.
        with replacing(self.path / name, outlives_a_crash=False) as made:
            made.write_bytes(data)

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.path / name).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete what was being written when a process was killed; nobody else may be writing."""
        for half in self.path.glob(f"{HIDDEN}*"):
            half.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Remote:
    """A place that fsspec writes to, such as a bucket.

    A file that was cut off while it was sent may stand there: who reads it must be able to tell.

    Attributes:
        url: of the place, such as ``s3://bucket/folder``.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def hold(self, *, shared: bool) -> Held:  # noqa: ARG002 - nothing here keeps others out
        """Make the place where the kind of storage has folders, in one that is there."""
        with suppress(FileExistsError), self._files() as (files, root):
            # With parents, a bucket of a mistyped name would be made.
            files.mkdir(root, create_parents=False)
        return _Unlocked(self._discard)

    def names(self) -> list[str]:
        """Of all files."""
        with self._files() as (files, root):
            files.invalidate_cache()
            # Without files, a place in a bucket is nowhere.
            with suppress(FileNotFoundError):
                return [path.rpartition("/")[2] for path in files.ls(root, detail=False)]
            return []

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self._files() as (files, root):
            return cast("bytes", files.cat_file(f"{root}/{name}"))

    def write(self, name: str, data: bytes) -> None:
        """Send a file."""
        with self._files() as (files, root):
            files.pipe_file(f"{root}/{name}", data)

    def remove(self, name: str) -> None:
        """Delete a file."""
        with suppress(FileNotFoundError), self._files() as (files, root):
            files.rm_file(f"{root}/{name}")

    def _discard(self) -> None:
        with suppress(OSError), self._files() as (files, root):
            files.rm(root, recursive=True)

    @contextmanager
    def _files(self) -> Iterator[tuple[AbstractFileSystem, str]]:
        """The file system, of which fsspec keeps one per kind and process, and where in it."""
        from fsspec.core import url_to_fs

        try:
            files, root = url_to_fs(self.url)
            yield files, root.rstrip("/")
        except OSError:
            raise
        except ImportError as error:
            raise OptionError(f"{self.url} needs another package: {error}") from error
        except Exception as error:
            # Every kind of storage has errors of its own.
            raise OSError(f"{type(error).__name__}: {error}") from error


class Nowhere:
    """Keeps nothing."""

    def __str__(self) -> str:
        return "nowhere"

    def hold(self, *, shared: bool) -> Held:  # noqa: ARG002 - nobody can be kept out of nowhere
        """There is nothing to hold."""
        return _Unlocked(lambda: None)

    def names(self) -> list[str]:
        """None."""
        return []

    def read(self, name: str) -> bytes:
        """Nothing was kept."""
        raise FileNotFoundError(name)

    def write(self, name: str, data: bytes) -> None:
        """Forget it at once."""

    def remove(self, name: str) -> None:
        """It is not there."""


@dataclass(frozen=True, slots=True)
class _Unlocked:
    """A store that others cannot be kept out of.

    Attributes:
        remove: lets it be gone.
    """

    remove: Callable[[], None]

    def release(self) -> None:
        """There is nothing to let go of."""


def store_at(address: str | Path | None) -> Store:
    """The store at a path or an address; None for one that keeps nothing."""
    if address is None:
        return Nowhere()
    text = str(address)
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    if "://" in text:
        return Remote(text.rstrip("/"))
    return Folder(Path(text).absolute())


def check_address(work: str | Path | None) -> None:
    """Refuse an address of a kind that nobody here can write to; nothing is asked of the place itself.

    Raises:
        OptionError: its kind is unknown, or needs another package.
    """
    kind, separator, _ = str(work).partition("://")
    if not separator:
        return
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(kind.rpartition("::")[2])
    except (ValueError, ImportError) as error:
        raise OptionError(
            f"{work} cannot be used to keep finished parts ({error}): give a folder, or an address that fsspec knows"
        ) from error
