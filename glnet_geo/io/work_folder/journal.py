"""What is finished of a job, kept beside its output, so that a job that was stopped or killed can go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from typing_extensions import Self

from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.files.identity import identity, mark_of
from glnet_geo.io.work_folder.array_store import (
    ArrayStore,
    FrameStore,
    Lacking,
    not_kept,
    numbers_in,
)
from glnet_geo.io.work_folder.store import Folder, Held, store_at
from glnet_geo.replacing import HIDDEN

_JOB = "job.json"
_MAKING = "making.json"
_SHARED = "shared"
"""Says that several processes have kept frames here, maybe for days: no mistyped option shall cost them."""


def journal_folder(
    output: Path, work: str | Path | None = None, *, scene: str | Path | None = None
) -> str | Path:
    """Where the journal of a job lies: named after its first output, and beside it.

    In a work folder, where jobs with outputs of one name may meet, a mark of the output's folder and of the scene is
    added. The folder counts as it was given: shards of one job may run in different ones, but under one command.

    Args:
        output: the first one.
        work: a folder, or an address that fsspec writes to, where it shall lie instead.
        scene: what is mapped, which all machines see at the same path; None where the output's name tells.
    """
    if work is None:
        return output.with_name(f"{output.name}.unfinished")
    apart = [output.parent.as_posix(), None if scene is None else identity(scene)[0]]
    mark = "" if apart == [".", None] else f".{mark_of(apart).hex()[:8]}"
    name = f"{output.name}{mark}.unfinished"
    return f"{str(work).rstrip('/')}/{name}" if "://" in str(work) else Path(work) / name


class Journal:
    """Finished rows, and logits of frames whose rows are not finished, as small files in one place.

    Every entry is a file that appears whole, so whatever moment a job is killed at, what is there can be used. An entry
    that a crash of the computer has damaged, or that belongs to another job, counts as missing, and so do all rows after
    it. Other processes may add and take frames through `frames` while this one works.

    Use it as a context: leaving it lets go of the place, which stays until `remove`, unless nothing was kept in it.

    Args:
        place: see `journal_folder`; made where it is missing. None to keep nothing.
        job: everything that the rows depend on. Entries of another job are removed, unless several processes kept them:
            then they are refused.
        shared: whether several processes keep frames for one job here, and none of them rows; entries of another job
            are then refused, and nobody may work here alone meanwhile.
        lacking: frames that lack something: see `FrameStore`.

    Attributes:
        place: for a person.
        frames: the logits of frames.
        other_job: names of what differs from the job whose entries were found and removed; empty where none were.

    Raises:
        OutputError: the place cannot be written to, or another process works in it.
    """

    def __init__(
        self,
        place: str | Path | None,
        job: Mapping[str, object],
        *,
        shared: bool = False,
        lacking: Lacking | None = None,
    ) -> None:
        self._store = store_at(place)
        self.place = str(self._store)
        self.other_job: tuple[str, ...] = ()
        self._job: dict[str, object] = json.loads(json.dumps(job))
        self._rows = ArrayStore(self._store, mark_of(self._job))
        self.frames = FrameStore(self._rows, lacking or {})
        self._shared = shared
        self._held: Held | None = None

    def __enter__(self) -> Self:
        try:
            self._held = self._store.hold(shared=self._shared)
            self._start()
        except BlockingIOError as error:
            raise OutputError(
                f"another process is making what belongs to {self._name}: wait for it, or choose another name"
            ) from error
        except OutputError:
            self._let_go()
            raise
        except OSError as error:
            self._let_go()
            raise OutputError(
                f"nothing can be kept in {self.place} ({error.strerror or error}): choose another place with --work-dir"
            ) from error
        return self

    def __exit__(self, *_error: object) -> None:
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
        with suppress(OSError, ValueError, TypeError):
            for left in map(Path, json.loads(self._store.read(_MAKING))):
                # A note that was damaged must not cost anything else.
                if left.name.startswith(HIDDEN):
                    shutil.rmtree(left, ignore_errors=True)
        try:
            self._store.write(_MAKING, json.dumps([str(path.resolve()) for path in making]).encode())
        except OSError as error:
            raise not_kept(self._store, error) from error

    def strips(self) -> Iterator[Strip]:
        """The finished rows, from the top; they end before one that is missing or damaged."""
        stop = 0
        for row, rows in self._strips_found():
            layers = self._rows.get(_strip(row, rows), np.uint8) if row == stop else None
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
        self._rows.put(_strip(strip.row, len(strip.classes)), np.stack(layers), level=1)

    def forget(self, first_row: int, frames: Iterable[tuple[int, int]]) -> None:
        """Let go of the rows from one on, and of frames at some places: what they were made of is not to be used."""
        for row, rows in self._strips_found():
            if row + rows > first_row:
                self._store.remove(_strip(row, rows))
        for place in frames:
            self.frames.remove(*place)

    def remove(self) -> None:
        """The job is done: nothing needs to be kept."""
        for entry in self._entries():
            self._store.remove(entry)
        self._let_go()

    def _start(self) -> None:
        """Keep the entries of the same job, and remove those of another."""
        if isinstance(self._store, Folder) and not self._shared:
            self._store.sweep()
        try:
            found = json.loads(self._store.read(_JOB))
        except (OSError, ValueError):
            found = {}
        if self._shared:
            self._store.write(_SHARED, b"")
        if found == self._job:
            return
        entries = self._entries()
        other = tuple(name for name in self._job if found.get(name) != self._job[name])
        if entries and self._shared:
            raise OutputError(
                f"another job was left unfinished in {self.place} (other: {', '.join(other)}): delete it, or choose "
                "another place with --work-dir"
            )
        if entries and _SHARED in self._store.names():
            raise OutputError(
                f"shards of another job wait in {self.place} (other: {', '.join(other)}): give the options that they had, or "
                "delete it"
            )
        if entries:
            self.other_job = other
        for entry in entries:
            self._store.remove(entry)
        self._store.write(_JOB, json.dumps(self._job).encode())

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        # A journal without a line would only be in the way; where others share it, it may be theirs.
        with suppress(OSError):
            if not self._shared and self.empty:
                held.remove()
        held.release()

    @property
    def _name(self) -> str:
        return self.place.replace("\\", "/").rpartition("/")[2]

    def _entries(self) -> list[str]:
        return [name for name in self._store.names() if name.startswith(("rows_", "frame_"))]

    def _strips_found(self) -> list[tuple[int, int]]:
        """First row and number of rows of every strip, from the top."""
        return sorted(numbers_in(self._store.names(), "rows"))


def _strip(row: int, rows: int) -> str:
    return f"rows_{row}_{rows}"
