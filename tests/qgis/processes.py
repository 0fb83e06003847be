"""Processes, and whether they live."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

_LONGEST_SECONDS = 5
"""A process may outlive the one that started it by so much."""


def wait_for(what: Callable[[], int | None], seconds: float = 60) -> int:
    """What comes in time.

    Raises:
        TimeoutError: it does not.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found is not None:
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not come")


def ends(pid: int) -> bool:
    """Whether a process ends within five seconds."""
    until = time.monotonic() + _LONGEST_SECONDS
    while _lives(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not _lives(pid)


def children(pid: int) -> list[int]:
    """The processes that a process has started with its first thread, those that have ended left out."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in path.read_text().split()] if path.exists() else []
    return [child for child in found if _lives(child)]


def _lives(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
