from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from glnet_geo.core.polygons.sides import Block

NODATA = 255


def block(rows: list[str], above: str | None = None) -> Block:
    """A drawn map: a digit is a class, a dot is nodata."""
    values = [
        [NODATA if pixel == "." else int(pixel) for pixel in row]
        for row in [above or "." * len(rows[0]), *rows]
    ]
    return Block(np.array(values[0], np.uint8), np.array(values[1:], np.uint8))


def test_the_drawn_example() -> None:
    drawn = block(["111", "..1", "..."])
    sides, line, column = drawn.sides, drawn.corners.line, drawn.corners.column
    assert line[sides.tail].tolist() == line[sides.head].tolist() == [0, 1, 2]
    assert column[sides.tail].tolist() == [0, 2, 3]
    assert column[sides.head].tolist() == [3, 0, 2]
    assert sides.below.tolist() == [True, False, False]
    assert sides.tail_up.tolist() == [True, True, False]
    assert sides.head_up.tolist() == [False, True, True]
    assert sides.class_id.tolist() == [1, 1, 1]
    assert column[sides.left].tolist() == [0, 0, 2]


def corners_of(drawn: Block, side: int) -> list[tuple[int, int]]:
    place = drawn.sides.points.take(np.array([side])).values
    return list(zip(drawn.corners.line[place].tolist(), drawn.corners.column[place].tolist(), strict=True))


def test_sides_have_points_at_the_nodes_they_pass() -> None:
    drawn = block(["233", "111"])
    below = np.flatnonzero(drawn.sides.below & (drawn.sides.class_id == 1))
    assert [corners_of(drawn, side) for side in below.tolist()] == [[(1, 0), (1, 1), (1, 3)]]
    above = np.flatnonzero(~drawn.sides.below & (drawn.sides.class_id == 3))
    assert [corners_of(drawn, side) for side in above.tolist()] == [[(1, 3), (1, 1)]]


def test_a_node_on_the_way_up_or_down_is_a_side_of_no_length() -> None:
    drawn = block(["12", "13"])
    sides = drawn.sides
    passed = np.flatnonzero(sides.tail == sides.head)
    assert [corners_of(drawn, side) for side in passed.tolist()] == [[(1, 1)]]
    assert sides.class_id[passed].tolist() == [1]
    assert sides.tail_up[passed].tolist() == sides.head_up[passed].tolist() == [False]


def test_a_marked_line_has_corners_wherever_it_is_crossed() -> None:
    classes, above = np.array([[1, 1, 2]], np.uint8), np.array([1, 1, 2], np.uint8)
    plain, marked = Block(above, classes), Block(above, classes, marked=True)
    assert plain.corners.column.tolist() == []
    assert marked.corners.column.tolist() == [0, 2, 3]
    assert marked.sides.class_id.tolist() == [1, 2, 1, 2]
    assert marked.sides.tail_up.tolist() == [True, True, False, False]


def test_diagonals_are_found_where_a_value_goes_on_at_a_corner() -> None:
    drawn = block(["12.4", "31.3", "...."])
    falling, rising = drawn.diagonals
    assert drawn.corners.column[falling].tolist() == [1]
    assert rising.tolist() == []
    assert block(["12", "23"]).diagonals[1].size == 1


def test_neighbours_have_a_side_each() -> None:
    drawn = block(["2"], above="1")
    assert drawn.sides.class_id.tolist() == [1, 2]
    assert drawn.sides.below.tolist() == [False, True]


def test_outlines_cross_only_where_all_four_ways_lead_on() -> None:
    assert block(["12", "21"]).corners.crossing.tolist().count(True) == 1
    assert block(["12", "11"]).corners.crossing.tolist().count(True) == 0
    assert block(["12", "34"]).corners.crossing.tolist().count(True) == 1


def test_nodes_are_where_three_or_four_edges_meet() -> None:
    drawn = block(["12", "33"])
    nodes = np.flatnonzero(drawn.corners.node)
    places = zip(drawn.corners.line[nodes].tolist(), drawn.corners.column[nodes].tolist(), strict=True)
    assert sorted(places) == [(0, 1), (1, 0), (1, 1), (1, 2)]


@pytest.mark.parametrize(("upward", "columns"), [(True, [0, 2, 5]), (False, [2, 3, 6])])
def test_uprights_run_up_on_the_left_of_pixels_and_down_on_the_right(
    *, upward: bool, columns: list[int]
) -> None:
    assert block(["112..3"]).uprights(1, upward=upward).tolist() == columns


@given(
    classes=arrays(
        np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.sampled_from([0, 1, NODATA])
    )
)
def test_walking_left_ends_where_the_value_does(classes: np.ndarray) -> None:
    row, column = (index.ravel() for index in np.indices(classes.shape))
    # Nodata at the left margin runs on beyond it; regions never ask for that.
    inside = classes[row, column] != NODATA
    row, column = row[inside], column[inside]
    ends = Block(np.full(classes.shape[1], NODATA, np.uint8), classes).left_ends(row + 1, column)
    for r, c, end in zip(row, column, ends, strict=True):
        assert (classes[r, end : c + 1] == classes[r, c]).all()
        assert end == 0 or classes[r, end - 1] != classes[r, c]
