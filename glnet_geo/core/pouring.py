"""Strips poured through sinks: one is written while the next is made, and Ctrl-C is heard meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Queue
from threading import Event, Thread

from glnet_geo.core.progress import Progress, stop_if_cancelled
from glnet_geo.core.strip import Sink, Strip
from glnet_geo.errors import CancelledError

_POLL_SECONDS = 0.05


def pour(
    strips: Iterable[Strip],
    sinks: Sequence[Sink],
    progress: Progress,
    *,
    on_failure: Callable[[], None] = lambda: None,
) -> None:
    """Send every strip through all sinks, and finish them; one strip is written while the next is made.

    Args:
        strips: all of a map.
        sinks: get them, in their order.
        progress: told how many sinks are finished.
        on_failure: called where anything fails or is stopped, before a strip that is being written is waited for.
    """
    with ThreadPoolExecutor(1) as writer:
        # More than one waiting strip would only pile up.
        pending: Future[None] | None = None
        try:
            for strip in strips:
                if pending is not None:
                    pending.result()
                pending = writer.submit(_write, sinks, strip)
            if pending is not None:
                pending.result()
        except BaseException:
            on_failure()
            raise
    progress.begin("writing", len(sinks))
    for sink in sinks:
        stop_if_cancelled(progress)
        interruptible(sink.finish)
        progress.advance()


def _write(sinks: Sequence[Sink], strip: Strip) -> None:
    for sink in sinks:
        sink.write(strip)


def interruptible(work: Callable[[], None], stopped: Event | None = None) -> None:
    """Do some work that may stay long in a library: Ctrl-C is heard meanwhile, and does not wait for its end.

    Args:
        work: goes on in the background where it was interrupted.
        stopped: interrupts it too, from another thread; Ctrl-C is heard in the main thread alone.

    Raises:
        CancelledError: it was stopped.
    """
    ended: Queue[BaseException | None] = Queue()

    def do() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            ended.put(error)
        else:
            ended.put(None)

    Thread(target=do, daemon=True).start()
    while True:
        try:
            error = ended.get(timeout=None if stopped is None else _POLL_SECONDS)
        except Empty:
            if stopped is not None and stopped.is_set():
                raise CancelledError("stopped as asked") from None
            continue
        if error is not None:
            raise error
        return
