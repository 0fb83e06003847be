from __future__ import annotations

import numpy as np

from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.walk import link, walk
from glnet_geo.core.ragged import Ragged, offsets_of
from tests.core.maps import drawn


def block(*rows: str, above: str) -> Block:
    return Block(drawn(above)[0], drawn(*rows))


NO_CHAINS = np.empty(0, np.int64)


def test_a_ring_leads_from_side_to_side() -> None:
    links = link(block("111", "..1", "...", above="..."), NO_CHAINS)
    # Sides as drawn in the module: top, the step in the middle, bottom.
    assert (links.chains, links.below) == (3, 3)
    assert links.successor.tolist() == [2, 0, 1]
    walks = walk(links)
    assert len(walks) == 1
    assert walks.outline.tolist() == [0, 0, 0]
    assert walks.lowest.tolist() == [0]


def test_chains_and_the_world_below_are_stretches_like_sides() -> None:
    # Class 1 comes down around class 2, which ends in the block; class 1 goes on.
    links = link(block("111", above="121"), np.array([2, 1, 0]))
    # Side 0 closes class 2 above line 0, side 1 joins the legs of class 1 below it; then come three chains.
    two_ends, legs_join, outer, two, inner, below = range(6)
    assert (links.chains, links.below) == (outer, below)
    assert links.successor[two] == two_ends
    assert links.successor[two_ends] == two
    assert links.successor[inner] == legs_join
    assert links.successor[legs_join] == inner
    assert links.successor[below] == outer
    assert links.successor[outer] == below
    walks = walk(links)
    assert len(walks) == 3
    assert walks.first[walks.first >= below].tolist() == [below]
    assert walks.last[walks.first >= below].tolist() == [outer]


def test_the_upright_above_a_pixel_is_found_in_its_rows_only() -> None:
    drawn_block = block("1..", "...", "1..", above="...")
    links = link(drawn_block, NO_CHAINS)
    line = drawn_block.corners.line[drawn_block.sides.tail]
    rows, columns = np.array([1, 3]), np.array([0, 0])
    assert line[links.above(rows, columns)].tolist() == [0, 2]


def test_values_follow_the_walk() -> None:
    walks = walk(link(block("111", "..1", "...", above="..."), NO_CHAINS))
    stretches = Ragged(np.array([10, 11, 20, 30]), offsets_of(np.array([2, 1, 1])))
    assert walks.least(np.array([10, 20, 30])).tolist() == [10]
    assert walks.total(np.array([10, 20, 30])).tolist() == [60]
    values = walks.values(stretches)
    start = values.values.tolist().index(10)
    assert np.roll(values.values, -start).tolist() == [10, 11, 30, 20]
    assert values.offsets.tolist() == [0, 4]
