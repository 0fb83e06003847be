from __future__ import annotations

import numpy as np

from glnet_geo.core.small_areas.backlog import Backlog
from glnet_geo.core.small_areas.runs import runs_of
from glnet_geo.core.strip import Strip
from tests.core.maps import drawn


def test_rows_wait_for_the_first_that_is_not_settled() -> None:
    rows = drawn("00", "01", "22")
    runs, _ = runs_of(rows, corners=False)
    backlog = Backlog(2)
    backlog.hold(Strip(row=7, classes=rows, confidence=rows + 50), runs, np.array([0, 0, 1, 2]))
    # Region 0 has become class 4 meanwhile.
    classes = np.array([4, 1, 2], np.uint8)

    (first,) = backlog.leave(np.array([True, False, True]), classes, 9)
    assert first.row == 7
    assert first.classes.tolist() == [[4, 4]]
    assert first.confidence is not None
    assert first.confidence.tolist() == [[50, 50]]
    assert backlog.region.tolist() == [0, 1, 2]
    assert backlog.leave(np.array([True, False, True]), classes, 9) == []

    backlog.renumber(np.array([0, 0, 1]))
    backlog.hold(
        Strip(row=10, classes=rows[:1], confidence=rows[:1]),
        runs_of(rows[:1], corners=False)[0],
        np.array([1]),
    )
    strips = backlog.leave(np.array([True, True]), classes[[0, 2]], 2)
    assert [(strip.row, strip.classes.tolist()) for strip in strips] == [
        (8, [[4, 4], [2, 2]]),
        (10, [[2, 2]]),
    ]
    assert backlog.region.size == 0


def test_rows_without_confidence_leave_without() -> None:
    rows = drawn("01")
    backlog = Backlog(2)
    backlog.hold(Strip(row=0, classes=rows), runs_of(rows, corners=False)[0], np.array([0, 1]))
    (strip,) = backlog.leave(np.ones(2, np.bool_), np.array([0, 1], np.uint8), 1)
    assert strip.confidence is None
    assert strip.classes.tolist() == rows.tolist()
