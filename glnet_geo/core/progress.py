"""How long jobs tell where they stand, and learn that they should stop."""

from __future__ import annotations

from typing import Protocol

from glnet_geo.errors import CancelledError


class Progress(Protocol):
    """What a terminal, a stream of JSON lines or a graphical program offers to a long job."""

    def begin(self, what: str, total: int) -> None:
        """A part of the job begins that has ``total`` steps."""

    def advance(self, steps: int = 1) -> None:
        """Some steps are done."""

    def info(self, message: str) -> None:
        """Something the person wants to read."""

    def cancelled(self) -> bool:
        """Whether the person asked to stop."""


class Portion:
    """Tells of a fixed number of steps while any number of parts of a work get done.

    Args:
        progress: told of the steps.
        steps: that all parts together are.
        parts: of the work, at least one.
    """

    def __init__(self, progress: Progress, steps: int, parts: int) -> None:
        self._progress, self._steps, self._parts = progress, steps, parts
        self._done = 0

    def advance(self, parts: int = 1) -> None:
        """Some parts are done."""
        before, self._done = self._done, self._done + parts
        due = self._steps * self._done // self._parts - self._steps * before // self._parts
        if due:
            self._progress.advance(due)


class Silence:
    """Progress that nobody watches."""

    def begin(self, what: str, total: int) -> None:
        """Say nothing."""

    def advance(self, steps: int = 1) -> None:
        """Say nothing."""

    def info(self, message: str) -> None:
        """Say nothing."""

    def cancelled(self) -> bool:
        """Never."""
        return False


def stop_if_cancelled(progress: Progress) -> None:
    """Raise a CancelledError where the person asked to stop."""
    if progress.cancelled():
        raise CancelledError("stopped as asked")
