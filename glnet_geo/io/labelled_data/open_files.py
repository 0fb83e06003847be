"""Rasters that are read again and again, of which only some are open: systems allow a process a few hundred files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol


class Reopenable(Protocol):
    """Opens its file when it is read, and can close it until then."""

    def close_for_now(self) -> bool:
        """Close the file until it is read again; False, and nothing, where it is being read."""


class OpenFiles:
    """Keeps those open that were read last.

    Args:
        most: so many files are open at a time, and those that are being read besides.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[int, Reopenable] = OrderedDict()
        self._turn = Lock()

    def note(self, file: Reopenable) -> None:
        """Take note that a file is being read, and close those for now that have not been for long."""
        with self._turn:
            self._open[id(file)] = file
            self._open.move_to_end(id(file))
            for key, other in list(self._open.items())[: -self._most]:
                if other.close_for_now():
                    del self._open[key]

    def forget(self, file: Reopenable) -> None:
        """Forget a file that is closed for good."""
        with self._turn:
            self._open.pop(id(file), None)

    @contextmanager
    def closed_if_refused(self) -> Iterator[None]:
        """Where the body fails, all that it has opened is closed and forgotten: nobody is left to close it."""
        with self._turn:
            before = set(self._open)
        try:
            yield
        except BaseException:
            with self._turn:
                for key, file in list(self._open.items()):
                    if key not in before and file.close_for_now():
                        del self._open[key]
            raise


OPEN_FILES = OpenFiles(most=100)
"""The files that training reads, images and label maps together."""
