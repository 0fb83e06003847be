"""What is finished of a job, kept beside its output, so that a job that was stopped or killed can go on."""

from __future__ import annotations

import io
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.lock import Lock
from glnet_geo.io.staging import unwritten

Value = TypeVar("Value", bound=np.generic)

_JOB = "job.json"
_LOCK = "lock"
_MAKING = "making.json"


def journal_folder(output: Path) -> Path:
    """Where the journal of a job lies: beside its first output, and named after it."""
    return output.with_name(f"{output.name}.unfinished")


def identity(path: str | Path) -> list[object]:
    """What tells a file from a later one of the same name: its place, size and time of change; an address alone."""
    try:
        found = Path(path).stat()
    except OSError:
        return [str(path)]
    return [str(Path(path).resolve()), found.st_size, found.st_mtime_ns]


class Journal:
    """Finished rows, and logits of frames whose rows are not finished, in a folder of small files.

    Every entry is a file that appears whole, so whatever moment a job is killed at, what is there can be used. An entry
    that a crash of the computer has damaged counts as missing, and so do all rows after it.

    Use it as a context: leaving it lets go of the folder, which stays until `remove`, unless nothing was kept in it.

    Args:
        folder: see `journal_folder`; made where it is missing. None to keep nothing.
        job: everything that the rows depend on. Entries of another job are removed.

    Attributes:
        folder: as given.
        other_job: names of what differs from the job whose entries were found and removed; empty where none were.

    Raises:
        OutputError: the folder cannot be written, or another process works in it.
    """

    def __init__(self, folder: Path | None, job: Mapping[str, object]) -> None:
        self.folder = folder
        self.other_job: tuple[str, ...] = ()
        self._job: dict[str, object] = json.loads(json.dumps(job))
        self._lock: Lock | None = None

    def __enter__(self) -> Self:
        if self.folder is None:
            return self
        try:
            self.folder.mkdir(exist_ok=True)
            self._lock = Lock(self.folder / _LOCK)
            self._start(self.folder)
        except BlockingIOError as error:
            raise OutputError(
                f"another process is making what belongs to {self.folder.name}: wait for it, or choose another name"
            ) from error
        except OSError as error:
            self._let_go()
            raise unwritten(self.folder, error.strerror) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._let_go()

    @property
    def rows(self) -> int:
        """How many rows of the map, from the top, are finished."""
        stop = 0
        for row, rows in self._strips_found():
            if row != stop:
                break
            stop += rows
        return stop

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._entries()

    def sweep(self, making: Iterable[Path]) -> None:
        """Remove the folders in which a killed run was making its outputs, and remember those of this run.

        Raises:
            OutputError: the disk is full.
        """
        if self.folder is None:
            return
        note = self.folder / _MAKING
        with suppress(OSError, ValueError):
            for left in json.loads(note.read_text(encoding="utf-8")):
                shutil.rmtree(left, ignore_errors=True)
        self._write(note, json.dumps([str(path.resolve()) for path in making]).encode())

    def strips(self) -> Iterator[Strip]:
        """The finished rows, from the top; they end before one that is missing or damaged."""
        stop = 0
        for row, rows in self._strips_found():
            layers = self._load(_strip(row, rows), np.uint8) if row == stop else None
            if layers is None:
                return
            classes, *confidence = layers
            yield Strip(row=row, classes=classes, confidence=confidence[0] if confidence else None)
            stop += rows

    def add_strip(self, strip: Strip) -> None:
        """Keep the next rows.

        Raises:
            OutputError: the disk is full.
        """
        layers = [strip.classes] if strip.confidence is None else [strip.classes, strip.confidence]
        self._save(_strip(strip.row, len(strip.classes)), np.stack(layers), level=1)

    def has_frame(self, row: int, col: int) -> bool:
        """Whether the logits of the frame at a place of the lattice were kept."""
        return self.folder is not None and (self.folder / _frame(row, col)).exists()

    def frame(self, row: int, col: int) -> NDArray[np.float32] | None:
        """The logits of the frame at a place of the lattice, or None."""
        return self._load(_frame(row, col), np.float32)

    def add_frame(self, row: int, col: int, logits: NDArray[np.float32]) -> None:
        """Keep the logits of a frame.

        Raises:
            OutputError: the disk is full.
        """
        # Logits are noise to a compressor.
        self._save(_frame(row, col), logits, level=0)

    def forget_frames(self, last_row: int) -> None:
        """Let go of frames that begin on this row of the lattice or above: all their rows are finished."""
        for path in self._entries():
            kind, row, _ = path.name.split("_")
            if kind == "frame" and int(row) <= last_row:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """The job is done: nothing needs to be kept."""
        for entry in self._entries():
            entry.unlink(missing_ok=True)
        self._let_go()

    def _start(self, folder: Path) -> None:
        """Keep the entries of the same job, and remove those of another."""
        for unfinished in folder.glob("*.new"):
            unfinished.unlink()
        try:
            found = json.loads((folder / _JOB).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = {}
        if found == self._job:
            return
        if not self.empty:
            self.other_job = tuple(name for name in self._job if found.get(name) != self._job[name])
        for entry in self._entries():
            entry.unlink()
        _put(folder / _JOB, json.dumps(self._job).encode())

    def _let_go(self) -> None:
        if self._lock is None or self.folder is None:
            return
        # A journal without a line would only be in the way.
        if self.empty:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()
        self._lock = None

    def _entries(self) -> list[Path]:
        if self.folder is None:
            return []
        return [*self.folder.glob("rows_*"), *self.folder.glob("frame_*")]

    def _strips_found(self) -> list[tuple[int, int]]:
        """First row and number of rows of every strip, from the top."""
        names = [path.name.split("_") for path in self._entries() if path.name.startswith("rows")]
        return sorted((int(row), int(rows)) for _, row, rows in names)

    def _save(self, name: str, array: NDArray[np.generic], level: int) -> None:
        if self.folder is None:
            return
        packed = io.BytesIO()
        np.save(packed, array, allow_pickle=False)
        # The checksum of zlib tells damaged entries.
        self._write(self.folder / name, zlib.compress(packed.getbuffer(), level))

    def _write(self, path: Path, data: bytes) -> None:
        try:
            _put(path, data)
        except OSError as error:
            raise OutputError(
                f"the finished part could not be kept in {self.folder} ({error.strerror}): free some space on its disk, "
                "and run the same command again to go on"
            ) from error

    def _load(self, name: str, dtype: type[Value]) -> NDArray[Value] | None:
        """An entry, or None where there is none or it is damaged."""
        if self.folder is None:
            return None
        try:
            packed = io.BytesIO(zlib.decompress((self.folder / name).read_bytes()))
            return np.load(packed, allow_pickle=False).astype(dtype, copy=False)  # type: ignore[no-any-return]
        except (OSError, ValueError, zlib.error):
            return None


def _strip(row: int, rows: int) -> str:
    return f"rows_{row}_{rows}"


def _frame(row: int, col: int) -> str:
    return f"frame_{row}_{col}"


def _put(path: Path, data: bytes) -> None:
    """A file that appears whole."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_bytes(data)
        os.replace(new, path)  # noqa: PTH105 - the rename must replace on every system
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise
