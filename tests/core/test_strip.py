from __future__ import annotations

import numpy as np
import pytest

from glnet_geo.core.progress import Silence
from glnet_geo.core.strip import watched
from glnet_geo.errors import CancelledError
from tests.core.strips import cut

MAP = np.arange(35, dtype=np.uint8).reshape(7, 5)


class Listener(Silence):
    """Writes down what it is told, and asks to stop after so many rows."""

    def __init__(self, stop: int = 99) -> None:
        self.stop, self.begun, self.rows = stop, "", list[int]()

    def begin(self, what: str, total: int) -> None:
        self.begun = f"{what} {total}"

    def advance(self, steps: int = 1) -> None:
        self.rows.append(steps)

    def cancelled(self) -> bool:
        return sum(self.rows) >= self.stop


def test_strips_pass_as_they_are_and_their_rows_are_told() -> None:
    listener = Listener()
    passed = list(watched("counting", 7, cut(MAP, 3), listener))
    np.testing.assert_array_equal(np.concatenate([strip.classes for strip in passed]), MAP)
    assert (listener.begun, listener.rows) == ("counting 7", [3, 3, 1])


def test_rows_are_told_when_they_are_done_with() -> None:
    listener = Listener()
    strips = watched("counting", 7, cut(MAP, 3), listener)
    next(strips)
    assert listener.rows == []


def test_no_strip_passes_when_somebody_has_asked_to_stop() -> None:
    listener = Listener(stop=3)
    strips = watched("counting", 7, cut(MAP, 3), listener)
    assert next(strips).row == 0
    with pytest.raises(CancelledError, match=r"^nothing was written$"):
        next(strips)
