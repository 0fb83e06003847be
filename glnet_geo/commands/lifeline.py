"""A job that must not outlive the program that started it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

GRACE_SECONDS = 4.0
"""How long a job may take to leave nothing behind before it is ended the hard way."""


def stop_when_stdin_ends(grace: float = GRACE_SECONDS) -> None:
    """Watch standard input in the background; at its end stop this job as a termination signal would.

    A program that starts a job holds the other end of its standard input. Closing it asks the job to stop, and the
    system closes it when that program dies, however it dies. The main thread must have a handler for SIGTERM.

    Args:
        grace: seconds after which a job that is still there is ended without cleaning up.
    """
    threading.Thread(target=_watch, args=(grace,), name="lifeline", daemon=True).start()


def _watch(grace: float) -> None:
    # Reading through sys.stdin would hold its lock, and Python aborts at exit where a daemon holds it.
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        # A standard input that cannot be read says nothing of the program at its other end.
        return
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGTERM)
    else:
        # Sent to the main thread itself, so that a wait for another thread is interrupted too.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(grace)
    os._exit(130)
