"""Work that Ctrl-C does not tear apart."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PATIENCE = 3
"""Signals after which a person is heard at once: three are no accident."""


@contextmanager
def undisturbed() -> Iterator[Callable[[], bool]]:
    """Hold back Ctrl-C and SIGTERM until the end of the block; who asks for the third time is heard at once.

    Signals come to the main thread alone: in another one nothing is held back.

    Yields:
        Whether one came.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    handlers = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}
    # What Python does not handle, it cannot put back.
    held = {kind: handler for kind, handler in handlers.items() if callable(handler)}

    def hold(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) >= _PATIENCE:
            held[signal.Signals(number)](number, frame)

    for kind in held:
        signal.signal(kind, hold)
    try:
        yield lambda: bool(came)
    finally:
        for kind, handler in held.items():
            signal.signal(kind, handler)
    if came:
        held[signal.Signals(came[0])](came[0], None)
