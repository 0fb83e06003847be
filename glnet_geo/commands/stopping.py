"""How a job learns from a signal that it should stop."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from glnet_geo.errors import CancelledError

_ASKED: list[int] = []


def stop_on_signals() -> None:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt in the main thread, and `asked_to_stop` tell of it.

    While torch is still being loaded they end the process.
    """
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
    if _loads_torch():
        # An exception in there may be dropped, or abort the process; and no job has begun.
        os.write(2, b"Stopped: nothing was written.\n")
        os._exit(CancelledError.exit_code)
    raise KeyboardInterrupt


def _loads_torch() -> bool:
    """Whether torch is being imported just now."""
    return getattr(getattr(sys.modules.get("torch"), "__spec__", None), "_initializing", False)
