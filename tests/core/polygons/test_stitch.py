from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.polygons.outlines import packed
from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.split import continuations, cut
from glnet_geo.core.polygons.stitch import Advance, Frontier, Kept, advance
from tests.core.maps import NODATA, drawn


def advanced(
    *blocks: NDArray[np.uint8], diagonal: bool = False, above: NDArray[np.uint16] | None = None
) -> list[Advance]:
    """What each block made of those before; the last one may lie below a row that was cut."""
    frontier, last, line = Frontier.empty(), np.full(blocks[0].shape[1], NODATA, np.uint8), 0
    made: list[Advance] = []
    for classes in blocks:
        cut_off = above is not None and len(made) == len(blocks) - 1
        block = Block(above if above is not None and cut_off else last, classes)
        sides, corners = block.sides, block.corners
        marks, size = np.zeros(corners.line.size, np.uint8), len(sides)
        first = (corners.line[sides.left] + line) * classes.shape[1] + corners.column[sides.left]
        points = packed(corners, line, marks, fixed=False)
        kept = Kept(points, first, np.zeros((size, 2), np.int64))
        touching = continuations(block, diagonal=diagonal) if cut_off else None
        made.append(advance(frontier, block, kept, touching, diagonal=diagonal))
        frontier, last, line = made[-1].frontier, classes[-1], line + classes.shape[0]
    return made


def test_chains_are_counted_by_where_they_go_up() -> None:
    frontier = advanced(drawn("11111", "1.2.1"))[-1].frontier
    assert frontier.chains.class_id.tolist() == [1, 2, 1]
    # The outer outline of class 1 comes down last; the inner one goes up right of class 2 and comes down left.
    assert frontier.exits.tolist() == [2, 1, 0]
    assert frontier.chains.piece.tolist() == [0, 1, 0] or frontier.chains.piece.tolist() == [1, 0, 1]


def test_legs_are_one_region_from_where_they_meet() -> None:
    apart, joined = advanced(drawn("1.1"), drawn("111"))
    assert len(set(apart.frontier.chains.piece.tolist())) == 2
    assert len(set(joined.frontier.chains.piece.tolist())) == 1
    assert joined.frontier.chains.first.tolist() == [0]
    assert joined.met.tolist() == [[0, 2], [0, 0]]


def test_pieces_that_touch_at_a_corner_are_one_region_if_asked_for() -> None:
    touching = drawn("1.", ".1")
    for diagonal in (False, True):
        whole, last = advanced(touching, drawn(".."), diagonal=diagonal)
        rings = [*whole.region.tolist(), *last.region.tolist()]
        assert len(rings) == 2
        assert len(whole.rings) == (0 if diagonal else 1)
        assert len(set(last.region.tolist())) == 1
    assert len(set(last.rings.piece.tolist())) == 2


def test_holes_wait_for_their_region() -> None:
    ring = drawn("111", "1.1", "111")
    made = advanced(ring, ring, ring, drawn("..."))
    assert [len(step.rings) for step in made] == [0, 0, 0, 4]
    assert sum(len(pile) for pile in made[-2].frontier.rings) == 3
    assert len(set(made[-1].region.tolist())) == 1
    # Twelve corners of three holes and the two upper ones of the outer ring.
    assert made[-2].frontier.points.tolist() == [14]


def test_a_region_that_is_cut_ends_there_and_hands_its_name_on() -> None:
    rows = drawn("11.1", "11.1")
    above, below = advanced(rows, rows, above=cut(rows[-1], np.array([True, False])))
    assert above.rings.points.lengths.tolist() == []
    assert below.rings.points.lengths.tolist() == [4]
    assert below.rings.first.tolist() == [0]
    assert sorted(below.frontier.chains.first.tolist()) == [0, 3]
    assert below.frontier.chains.points.lengths.tolist() == [2, 2]


def test_nothing_is_kept_of_what_is_complete() -> None:
    tile = drawn("1111.", "1212.", "1111.", ".....")
    for count in (1, 50):
        made = advanced(*[tile] * count)
        frontier = made[-1].frontier
        assert sum(len(step.rings) for step in made) == 4 * count
        assert len(frontier.chains) == frontier.chains.points.values.size == frontier.region.size == 0
        assert sum(pile.points.values.size for pile in frontier.rings) == 0


def test_many_blocks_make_few_piles() -> None:
    rows = drawn("111", "1.1", "111")
    frontier = advanced(*[rows] * 200)[-1].frontier
    assert sum(len(pile) for pile in frontier.rings) == 200
    assert len(frontier.rings) <= np.log2(200) + 2
