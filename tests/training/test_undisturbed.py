from __future__ import annotations

import os
import signal
import threading

import pytest

from glnet_geo.training.undisturbed import undisturbed

pytestmark = pytest.mark.usefixtures("usual_handlers")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_what_is_begun_is_done_and_then_it_is_heard(kind: signal.Signals) -> None:
    told = []

    def work() -> None:
        with undisturbed() as asked:
            told.append(asked())
            os.kill(os.getpid(), kind)
            told.append(asked())

    with pytest.raises(KeyboardInterrupt):
        work()
    assert told == [False, True]


def test_nothing_happens_where_nobody_asks() -> None:
    with undisturbed() as asked:
        assert not asked()


def test_who_asks_again_and_again_is_heard_at_once() -> None:
    asked = []

    def work() -> None:
        with undisturbed():
            for number in range(9):
                asked.append(number)
                os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(asked) == 3


def test_what_fails_inside_fails() -> None:
    with pytest.raises(ValueError, match="broken"), undisturbed():
        raise ValueError("broken")


def test_other_threads_hold_nothing_back() -> None:
    seen = []

    def work() -> None:
        with undisturbed() as asked:
            seen.append(asked())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
