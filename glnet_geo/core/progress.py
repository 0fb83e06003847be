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
