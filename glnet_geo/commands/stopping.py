"""How a job learns from a signal that it should stop."""

from __future__ import annotations

import signal
from types import FrameType

_ASKED: list[int] = []


def stop_on_signals() -> None:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt in the main thread, and `asked_to_stop` tell of it."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, _stop)


def asked_to_stop() -> bool:
    """Whether a signal came.

    Python drops an exception that is raised while an object is being destroyed. A job that asks here now and then stops
    all the same.
    """
    return bool(_ASKED)


def _stop(number: int, _frame: FrameType | None) -> None:
    _ASKED.append(number)
    raise KeyboardInterrupt
