from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from glnet_geo.core.polygons.marks import DROPPED, MIDDLE_EAST, ROUND
from glnet_geo.core.polygons.outlines import Outlines, areas, marks_of, packed, split_at_pinches, unpacked
from glnet_geo.core.polygons.sides import Corners
from glnet_geo.core.ragged import Ragged, offsets_of

Point = tuple[int, int]


def corners(points: list[Point], *, around: tuple[int, int, int, int] = (1, 1, 1, 2)) -> Corners:
    """Corners at (line, column), all with the same pixels north-west, north-east, south-west, south-east."""
    line, column = np.array(points, np.int64).reshape(-1, 2).T
    return Corners(line, column, *(np.full(line.size, value, np.uint8) for value in around))


def rings(*paths: list[Point], crossing: tuple[Point, ...] = ()) -> Ragged:
    """Rings from (line, column) corners."""
    points = [point for path in paths for point in path]
    marks = np.zeros(len(points), np.uint8)
    turning = packed(corners(points), 0, marks, fixed=False)
    crossed = packed(corners(points, around=(1, 2, 2, 1)), 0, marks, fixed=False)
    values = np.where([point in crossing for point in points], crossed, turning)
    return Ragged(values, offsets_of(np.array([len(path) for path in paths], np.int64)))


def outlines(points: Ragged) -> Outlines:
    number = np.arange(len(points))
    return Outlines(
        points, number + 10, number.astype(np.uint8), number + 20, np.stack([number + 30, number], axis=1)
    )


def paths(points: Ragged) -> list[set[Point]]:
    def places(values: NDArray[np.int64]) -> set[Point]:
        line, column = unpacked(values)
        return set(zip(line.tolist(), column.tolist(), strict=True))

    return [places(part) for part in np.split(points.values, points.offsets[1:-1])]


SQUARE = [(0, 0), (0, 3), (3, 3), (3, 0)]
HOLE = [(1, 2), (1, 1), (2, 1), (2, 2)]
# A 3 x 3 square without its lower right pixel and without its middle: the two meet at (2, 2).
PINCHED = [(0, 0), (0, 3), (2, 3), (2, 2), (1, 2), (1, 1), (2, 1), (2, 2), (3, 2), (3, 0)]


def test_points_come_back() -> None:
    points = [(0, 0), (7, 2**28 - 1), (2**27, 3)]
    marks = np.array([DROPPED, 0, ROUND | MIDDLE_EAST], np.uint8)
    values = packed(corners(points), 2**20, marks, fixed=False)
    line, column = unpacked(values)
    assert line.tolist() == [2**20, 2**20 + 7, 2**20 + 2**27]
    assert column.tolist() == [0, 2**28 - 1, 3]
    assert marks_of(values).tolist() == marks.tolist()
    assert (np.diff(values) > 0).all()


@pytest.mark.parametrize("around", [(1, 2, 3, 4), (1, 1, 2, 3), (1, 2, 1, 3)])
def test_nodes_are_not_moved(around: tuple[int, int, int, int]) -> None:
    marks = np.array([DROPPED | ROUND | MIDDLE_EAST], np.uint8)
    values = packed(corners([(1, 1)], around=around), 0, marks, fixed=False)
    assert marks_of(values).tolist() == [MIDDLE_EAST]


def test_corners_on_a_fixed_line_are_not_moved() -> None:
    marks = np.array([DROPPED, ROUND], np.uint8)
    assert marks_of(packed(corners([(0, 1), (1, 1)]), 5, marks, fixed=True)).tolist() == [0, ROUND]


def test_holes_count_negative() -> None:
    assert areas(rings(SQUARE, HOLE)).tolist() == [9, -1]
    assert areas(Ragged.empty()).tolist() == []


def test_a_ring_that_touches_itself_becomes_two() -> None:
    given = outlines(rings(SQUARE, PINCHED, crossing=((2, 2),)))
    split = split_at_pinches(given)
    assert split.piece.tolist() == [10, 11, 11]
    assert split.class_id.tolist() == [0, 1, 1]
    assert split.first.tolist() == [20, 21, 21]
    assert sorted(split.weight.tolist()) == [[0, 0], [30, 0], [31, 1]]
    assert sorted(areas(split.points)[1:].tolist()) == [-1, 8]
    assert {(2, 2)} == paths(split.points)[1] & paths(split.points)[2]


def test_rings_that_touch_each_other_stay_as_they_are() -> None:
    given = outlines(rings(SQUARE, HOLE, [(2, 2), (2, 3), (3, 3), (3, 2)], crossing=((2, 2),)))
    assert split_at_pinches(given) is given
