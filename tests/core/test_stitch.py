from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.outlines import Outlines
from glnet_geo.core.sides import Block
from glnet_geo.core.stitch import Frontier, advance
from tests.core.maps import NODATA, drawn


def advanced(*blocks: NDArray[np.uint8]) -> tuple[Frontier, list[Outlines]]:
    """The frontier below some blocks, and the rings that each completed."""
    frontier, above, line = Frontier.empty(), np.full(blocks[0].shape[1], NODATA, np.uint8), 0
    complete = []
    for classes in blocks:
        frontier, rings = advance(frontier, Block(above, classes, NODATA), line)
        complete.append(rings)
        above, line = classes[-1], line + classes.shape[0]
    return frontier, complete


def test_chains_are_counted_by_where_they_go_up() -> None:
    frontier, _ = advanced(drawn("11111", "1.2.1"))
    assert frontier.chains.class_id.tolist() == [1, 2, 1]
    # The outer outline of class 1 comes down last; the inner one goes up right of class 2 and comes down left.
    assert frontier.exits.tolist() == [2, 1, 0]
    assert frontier.chains.region.tolist() == [0, 1, 0] or frontier.chains.region.tolist() == [1, 0, 1]


def test_legs_are_one_region_from_where_they_meet() -> None:
    apart, _ = advanced(drawn("1.1"))
    assert len(set(apart.chains.region.tolist())) == 2
    joined, _ = advanced(drawn("1.1"), drawn("111"))
    assert len(set(joined.chains.region.tolist())) == 1


def test_holes_wait_for_their_region() -> None:
    ring = drawn("111", "1.1", "111")
    frontier, complete = advanced(ring, ring, ring)
    assert [len(rings) for rings in complete] == [0, 0, 0]
    assert sum(len(pile) for pile in frontier.rings) == 3
    frontier, complete = advanced(ring, ring, ring, drawn("..."))
    assert [len(rings) for rings in complete] == [0, 0, 0, 4]
    assert len(set(complete[-1].region.tolist())) == 1


def test_nothing_is_kept_of_what_is_complete() -> None:
    tile = drawn("1111.", "1212.", "1111.", ".....")
    for count in (1, 50):
        frontier, complete = advanced(*[tile] * count)
        assert sum(len(rings) for rings in complete) == 4 * count
        assert len(frontier.chains) == frontier.chains.points.values.size == 0
        assert sum(pile.points.values.size for pile in frontier.rings) == 0


def test_many_blocks_make_few_piles() -> None:
    rows = drawn("111", "1.1", "111")
    frontier, _ = advanced(*[rows] * 200)
    assert sum(len(pile) for pile in frontier.rings) == 200
    assert len(frontier.rings) <= np.log2(200) + 2
