"""What a batch has done so far, a line of JSON for every event, so that a killed batch knows it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from typing_extensions import Self

from glnet_geo.errors import OutputError
from glnet_geo.io.work_folder.locked_folder import LockedFolder
from glnet_geo.replacing import replacing

REPORT = "report.json"

_EVENTS = "events.jsonl"
_WORK = "batch.unfinished"


class Ledger:
    """The notes of a batch in its output folder; lines that a crash has damaged count as missing.

    Use it as a context: leaving it lets go of the work folder, which stays until `remove` if anything was noted; folders
    that were made for nothing go with it.

    Args:
        folder: the outputs'; made where it is missing.

    Attributes:
        work: the folder where what is unfinished is kept.

    Raises:
        OutputError: the folder cannot be written, or another process works in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.work = folder / _WORK
        self._held: LockedFolder | None = None
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        folder = self._folder.absolute()
        self._made = [path for path in (folder, *folder.parents) if not path.exists()]
        try:
            self._held = LockedFolder(self.work)
            self._end_line()
        except BlockingIOError as error:
            raise OutputError(
                f"another batch is writing to {self._folder}: wait for it, or choose another folder"
            ) from error
        except OSError as error:
            self._let_go()
            raise OutputError(
                f"nothing can be written in {self._folder} ({error.strerror}): choose another folder"
            ) from error
        return self

    def __exit__(self, *_error: object) -> None:
        self._let_go()

    def events(self) -> Iterator[dict[str, Any]]:
        """What was noted, in order."""
        with suppress(OSError):
            for line in (self.work / _EVENTS).read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict):
                        yield event

    def note(self, event: Mapping[str, Any]) -> None:
        """Add an event.

        Raises:
            OutputError: the disk is full.
        """
        try:
            with (self.work / _EVENTS).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(event) + "\n")
        except OSError as error:
            raise _full(self._folder, error) from error

    def earlier(self) -> dict[str, Any]:
        """The report of the last batch that ended in this folder; empty where there is none."""
        try:
            found = json.loads((self._folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_report(self, report: Mapping[str, Any]) -> Path:
        """Write the report, which appears whole.

        Raises:
            OutputError: the disk is full.
        """
        path = self._folder / REPORT
        try:
            with replacing(path) as made:
                text = json.dumps(report, ensure_ascii=False, indent=1)
                # Bytes in the name of a file that are no characters are escaped as JSON does it.
                made.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise _full(self._folder, error) from error
        return path

    def remove(self) -> None:
        """The batch has ended: nothing needs to be kept."""
        if self._held is not None:
            self._held.remove()
            self._held = None

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        with suppress(OSError):
            # Where nothing was begun, nothing needs to stay.
            if held.empty:
                held.remove()
            # A folder that is not empty stays, and so do those that it lies in.
            for folder in self._made:
                folder.rmdir()
        held.release()

    def _end_line(self) -> None:
        """A line that was cut short must not swallow the next."""
        with suppress(FileNotFoundError), (self.work / _EVENTS).open("rb+") as lines:
            if lines.seek(0, os.SEEK_END) and (lines.seek(-1, os.SEEK_END), lines.read())[1] != b"\n":
                lines.write(b"\n")


def _full(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the notes of the batch could not be kept in {folder} ({error.strerror}): free some space on its disk, and run "
        "the same command again to go on"
    )
