from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.core.outlines import Outlines, areas, packed, polygons, split_at_pinches, unpacked
from glnet_geo.core.ragged import Ragged, offsets_of


def rings(*paths: list[tuple[int, int]], crossing: tuple[tuple[int, int], ...] = ()) -> Ragged:
    """Rings from (line, column) corners."""
    corners = [corner for path in paths for corner in path]
    line, column = np.array(corners, np.int64).T
    values = packed(line, column, np.array([corner in crossing for corner in corners]))
    return Ragged(values, offsets_of(np.array([len(path) for path in paths], np.int64)))


def outlines(points: Ragged) -> Outlines:
    count = len(points)
    return Outlines(points, np.arange(count) + 10, np.arange(count, dtype=np.uint8))


def paths(points: Ragged) -> list[set[tuple[int, int]]]:
    def corners(values: NDArray[np.int64]) -> set[tuple[int, int]]:
        line, column = unpacked(values)
        return set(zip(line.tolist(), column.tolist(), strict=True))

    return [corners(part) for part in np.split(points.values, points.offsets[1:-1])]


SQUARE = [(0, 0), (0, 3), (3, 3), (3, 0)]
HOLE = [(1, 2), (1, 1), (2, 1), (2, 2)]
# A 3 x 3 square without its lower right pixel and without its middle: the two meet at (2, 2).
PINCHED = [(0, 0), (0, 3), (2, 3), (2, 2), (1, 2), (1, 1), (2, 1), (2, 2), (3, 2), (3, 0)]


def test_points_come_back() -> None:
    line, column = np.array([0, 7, 2**30 - 1]), np.array([0, 2**31, 3])
    values = packed(line, column, np.array([True, False, True]))
    assert np.array_equal(unpacked(values), [line, column])
    assert (np.sort(values) == values[np.lexsort((column, line))]).all()


def test_holes_count_negative() -> None:
    assert areas(rings(SQUARE, HOLE)).tolist() == [9, -1]
    assert areas(Ragged.empty()).tolist() == []


def test_polygons_take_their_first_ring_as_the_outer_one() -> None:
    made = polygons(rings(SQUARE, HOLE, SQUARE), np.array([0, 2, 3]))
    assert [polygon.area for polygon in made] == [8, 9]
    assert shapely.equals(made[1], shapely.box(0, 0, 3, 3))
    assert polygons(Ragged.empty(), np.zeros(1, np.int64)).size == 0


def test_a_ring_that_touches_itself_becomes_two() -> None:
    given = outlines(rings(SQUARE, PINCHED, crossing=((2, 2),)))
    split = split_at_pinches(given)
    assert split.region.tolist() == [10, 11, 11]
    assert split.class_id.tolist() == [0, 1, 1]
    assert sorted(areas(split.points)[1:].tolist()) == [-1, 8]
    assert {(2, 2)} == paths(split.points)[1] & paths(split.points)[2]


def test_rings_that_touch_each_other_stay_as_they_are() -> None:
    given = outlines(rings(SQUARE, HOLE, [(2, 2), (2, 3), (3, 3), (3, 2)], crossing=((2, 2),)))
    assert split_at_pinches(given) is given
