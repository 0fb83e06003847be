from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from glnet_geo.core.polygons.marks import DROPPED, MIDDLE_EAST, MIDDLE_SOUTH, ROUND, ROUND_EAST, ROUND_SOUTH
from glnet_geo.core.polygons.regions import Regions
from tests.core.maps import drawn
from tests.core.polygons.test_trace_split import split_traced
from tests.core.tracing import cuts_of, exactly, traced, weights_of

FULL = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=10), elements=st.integers(0, 2)
)
NEIGHBOURS = st.sampled_from([4, 8])


def marked(classes: NDArray[np.uint8], *points: tuple[int, int, int]) -> dict[int, list[list[float]]]:
    """The vertices (x, y) of the only ring of each class, from points (line, column, mark)."""
    marks = np.zeros(lattice(classes), np.uint8)
    for line, column, mark in points:
        marks[line, column] |= mark
    regions = traced(classes, marks=marks).regions
    assert shapely.is_valid(regions.polygons).all()
    assert shapely.coverage_is_valid(regions.polygons)
    return {
        int(class_id): np.array(polygon.exterior.coords)[:-1].tolist()
        for class_id, polygon in zip(regions.class_ids, regions.polygons, strict=True)
    }


def in_order(ring: list[list[float]], start: list[float]) -> list[list[float]]:
    place = ring.index(start)
    return ring[place:] + ring[:place]


def lattice(classes: NDArray[np.uint8]) -> tuple[int, int]:
    """The shape of marks for a map."""
    return classes.shape[0] + 1, classes.shape[1] + 1


def all_middles(classes: NDArray[np.uint8], bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Marks that leave every ring enough vertices and the frame of the map as it is."""
    marks = bits | np.uint8(MIDDLE_EAST | MIDDLE_SOUTH)
    marks[[0, -1]] = 0
    marks[:, [0, -1]] = 0
    return np.array(marks, np.uint8)


def steps_of(regions: Regions) -> Counter[tuple[float, ...]]:
    """How often the rings take each step (x, y, to x, to y)."""
    parts = shapely.get_parts(regions.polygons)
    rings = [np.array(r.coords) for p in parts for r in (p.exterior, *p.interiors)]
    return Counter(tuple(step) for ring in rings for step in np.hstack([ring[:-1], ring[1:]]).tolist())


def assert_neighbours_agree(regions: Regions, shape: tuple[int, ...]) -> None:
    """Inside the map every step is taken once, and once in the other direction."""
    steps = steps_of(regions)
    assert set(steps.values()) == {1}
    for x, y, to_x, to_y in steps:
        on_frame = (x == to_x and x in {0, shape[1]}) or (y == to_y and y in {0, shape[0]})
        assert on_frame != ((to_x, to_y, x, y) in steps)


def test_a_dropped_corner_is_passed_by() -> None:
    # Nodes lie at (0, 2) and (3, 0); between them the border makes two steps.
    made = marked(drawn("112", "122", "122"), (1, 1, DROPPED))
    assert in_order(made[1], [0, 0]) == [[0, 0], [2, 0], [2, 1], [1, 3], [0, 3]]
    assert in_order(made[2], [3, 0]) == [[3, 0], [3, 3], [1, 3], [2, 1], [2, 0]]


def test_middles_of_runs_are_vertices() -> None:
    made = marked(drawn("112", "122", "122"), (1, 1, DROPPED | MIDDLE_EAST | MIDDLE_SOUTH), (1, 2, DROPPED))
    assert in_order(made[1], [0, 0]) == [[0, 0], [2, 0], [1.5, 1], [1, 2], [1, 3], [0, 3]]
    assert in_order(made[2], [3, 0]) == [[3, 0], [3, 3], [1, 3], [1, 2], [1.5, 1], [2, 0]]


def test_a_middle_is_that_of_the_run_between_nodes() -> None:
    # The border of class 1 below runs straight on, but a node parts it.
    made = marked(drawn("2233", "1111"), (1, 0, MIDDLE_EAST))
    assert in_order(made[1], [0, 1]) == [[0, 1], [1, 1], [2, 1], [4, 1], [4, 2], [0, 2]]
    assert [1, 1] in made[2]


def test_a_mark_on_a_straight_border_means_nothing() -> None:
    points = [(1, 2, DROPPED | ROUND | MIDDLE_EAST | MIDDLE_SOUTH | ROUND_EAST)]
    assert marked(drawn("1111", "2222"), *points) == marked(drawn("1111", "2222"))


def test_nodes_stay_where_they_are() -> None:
    everywhere = [(line, column, DROPPED | ROUND) for line in range(3) for column in range(3)]
    made = marked(drawn("12", "34"), *everywhere)
    assert in_order(made[1], [1, 0]) == [[1, 0], [1, 1], [0, 1]]
    assert in_order(made[4], [1, 1]) == [[1, 1], [2, 1], [1, 2]]


def test_a_rounded_corner_is_cut_twice() -> None:
    ring = marked(drawn("11", "11"), *[(line, column, ROUND) for line in (0, 2) for column in (0, 2)])[1]
    assert len(ring) == 16
    near_origin = [[0, 0.75], [0.125, 0.375], [0.375, 0.125], [0.75, 0]]
    assert in_order(ring, [0, 0.75])[:4] == near_origin
    mirrored = [[2 - x, y] for x, y in reversed(near_origin)]
    assert in_order(ring, [0, 0.75])[4:8] == mirrored


def test_a_rounded_corner_stays_between_the_middles_of_its_edges() -> None:
    ring = marked(drawn("1111", "1111"), (0, 0, ROUND))[1]
    assert in_order(ring, [0, 0.75]) == [
        [0, 0.75],
        [0.25, 0.375],
        [0.75, 0.125],
        [1.5, 0],
        [4, 0],
        [4, 2],
        [0, 2],
    ]


@pytest.mark.parametrize(
    ("run", "middle", "rounded"), [("112", MIDDLE_SOUTH, ROUND_SOUTH), ("111", MIDDLE_EAST, ROUND_EAST)]
)
def test_a_rounded_middle_needs_a_middle(run: str, middle: int, rounded: int) -> None:
    classes = drawn("112", "122", "122")
    assert marked(classes, (1, 1, rounded)) == marked(classes)
    assert len(marked(classes, (1, 1, rounded | middle))[1]) == len(marked(classes)[1]) + 4


@given(classes=FULL, connectivity=NEIGHBOURS, data=st.data())
def test_neighbours_agree_whatever_the_marks(
    classes: NDArray[np.uint8], connectivity: int, data: st.DataObject
) -> None:
    bits = data.draw(arrays(np.uint8, lattice(classes), elements=st.integers(0, 63)))
    marks = all_middles(classes, bits)
    made = traced(classes, marks=marks, connectivity=connectivity)
    assert_neighbours_agree(made.regions, classes.shape)
    cuts = data.draw(cuts_of(classes.shape[0]))
    assert exactly(traced(classes, cuts, marks=marks, connectivity=connectivity).regions) == exactly(
        made.regions
    )
    split = split_traced(classes, marks=marks, connectivity=connectivity, rows=2, max_vertices=5)
    assert_neighbours_agree(split.regions, classes.shape)


@given(classes=FULL, data=st.data())
def test_marks_change_polygons_only(classes: NDArray[np.uint8], data: st.DataObject) -> None:
    bits = data.draw(arrays(np.uint8, lattice(classes), elements=st.integers(0, 63)))
    weights = data.draw(weights_of(classes))
    with_marks = traced(classes, marks=all_middles(classes, bits), weights=weights).regions
    without = traced(classes, weights=weights).regions
    assert with_marks.region_ids.tolist() == without.region_ids.tolist()
    assert with_marks.pixels.tolist() == without.pixels.tolist()
    assert with_marks.weights.tolist() == without.weights.tolist()
    assert with_marks.unknown.tolist() == without.unknown.tolist()


@given(classes=FULL)
def test_the_last_line_is_marked_at_the_end(classes: NDArray[np.uint8]) -> None:
    marks = np.zeros(lattice(classes), np.uint8)
    marks[-1, 0] = ROUND
    regions = traced(classes, marks=marks).regions
    corner = shapely.intersects(regions.polygons, shapely.Point(0, classes.shape[0]))
    assert not corner.any()
    assert shapely.area(regions.polygons).sum() < regions.pixels.sum()
