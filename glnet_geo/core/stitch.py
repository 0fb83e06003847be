"""Regions put together across blocks: what is open meets the next block, what is complete leaves.

The rings of a region find each other by steps to the left. A ring with its owner above its topmost side is a
hole; the owner's pixels there lead left, inside the region, to another of its outlines, which reaches further up:

    A A A A A A A        The topmost side of hole b lies below pixel 1: left of it is the outermost ring.
    <-1 A A A A A        The topmost side of hole c lies below pixel 2: left of it is hole b.
    A b <-2 A A A        So the outermost ring, hole b and hole c are one region.
    A b A c c A A
    A A A A A A A

Every step leads upward, so the steps end at the outermost ring, which has its owner below its topmost side. No
search for the polygon around a hole is needed, and a region is complete when none of its outlines is open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import components
from glnet_geo.core.outlines import Outlines, packed, split_at_pinches
from glnet_geo.core.ragged import Ragged
from glnet_geo.core.sides import Block
from glnet_geo.core.walk import Links, Walks, link, walk


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is kept of the rows traced so far.

    Attributes:
        chains: open outlines, by where they go up through the last row, from left to right. Their regions are
            numbered from 0, below the number of chains.
        exits: (chains,) which chain comes down through the last row, from left to right.
        rings: closed outlines of the same regions, in a few piles.
    """

    chains: Outlines
    exits: NDArray[np.int64]
    rings: tuple[Outlines, ...]

    @classmethod
    def empty(cls) -> Frontier:
        """Nothing above."""
        return cls(Outlines.empty(), np.empty(0, np.int64), ())


def advance(frontier: Frontier, block: Block, line: int) -> tuple[Frontier, Outlines]:
    """Traces the block below the frontier.

    Args:
        frontier: what is open above the block.
        block: the next rows.
        line: lattice line of the map on which the block begins.

    Returns:
        The frontier below the block, and the rings of all regions that are complete now.
    """
    links = link(block, frontier.exits)
    walks = walk(links)
    region = _regions(frontier.chains, block, links, walks)
    outlines = _outlines(frontier.chains, block, walks, line).renamed(region)

    is_open = walks.first >= links.below
    chain = walks.first[is_open] - links.below
    chains = outlines.take(np.flatnonzero(is_open)[np.argsort(chain)])
    exits = np.empty_like(chain)
    exits[links.successor[walks.last[is_open]] - links.below] = chain
    closed = split_at_pinches(outlines.take(np.flatnonzero(~is_open)))
    return _parted(chains, exits, [*(pile.renamed(region) for pile in frontier.rings), closed], region.size)


def _outlines(chains: Outlines, block: Block, walks: Walks, line: int) -> Outlines:
    """The outlines that were walked, each for a region of its own that is numbered after those of the chains."""
    sides, corners = block.sides, block.corners
    points = packed(corners.line + line, corners.column, corners.crossing)
    # Two points from a side, many from a chain, none from the world below.
    ends = points[np.stack([sides.tail, sides.head], axis=1)].ravel()
    last_up = block.uprights(-1, upward=True)
    stretches = Ragged(
        np.concatenate([ends, chains.points.values]),
        np.concatenate(
            [
                np.arange(0, ends.size, 2),
                ends.size + chains.points.offsets,
                np.full_like(last_up, ends.size + chains.points.values.size),
            ]
        ),
    )
    class_id = np.concatenate([sides.class_id, chains.class_id, block.rows[-1, 1:][last_up]])
    region = np.arange(len(chains), len(chains) + len(walks))
    return Outlines(walks.values(stretches), region, class_id[walks.first])


def _regions(chains: Outlines, block: Block, links: Links, walks: Walks) -> NDArray[np.int64]:
    """Finds out which outlines are one region.

    Returns:
        (chains + outlines,) a number for each region of a chain, and for the region of each outline of the block;
        equal where they are one.
    """
    known = len(chains)
    continued = walks.outline[links.chains : links.below]
    is_new = np.ones(len(walks), np.bool_)
    is_new[continued] = False

    # Sides are counted from line to line, and from left to right, so the lowest number is the topmost side.
    outline, topmost = np.flatnonzero(is_new), walks.lowest[is_new]
    is_hole = ~block.sides.below[topmost]
    hole, corner = outline[is_hole], block.sides.left[topmost[is_hole]]
    # The row above line ``i`` is row ``i``.
    row, column = block.corners.line[corner], block.corners.column[corner]
    around = walks.outline[links.above(row, block.left_ends(row, column))]

    ends = np.concatenate([[chains.region, known + continued], [known + hole, known + around]], axis=1)
    return components(known + len(walks), ends)


def _parted(
    chains: Outlines, exits: NDArray[np.int64], piles: list[Outlines], regions: int
) -> tuple[Frontier, Outlines]:
    """Parts the rings of regions that a chain belongs to from those of complete ones.

    Args:
        chains: what is open below the block.
        exits: which of them comes down, from left to right.
        piles: rings of the frontier above, and those that the block has closed.
        regions: their regions, and those of chains, are numbered below this.
    """
    still_open, number = np.unique(chains.region, return_inverse=True)
    name = np.full(regions, -1)
    name[still_open] = np.arange(still_open.size)
    waiting, complete = [], []
    for pile in piles:
        waits = name[pile.region] >= 0
        complete.append(pile.take(np.flatnonzero(~waits)))
        waiting.append((pile if waits.all() else pile.take(np.flatnonzero(waits))).renamed(name))
    # Piles grow by doubling, so that a ring that waits for long is copied only now and then.
    while len(waiting) > 1 and len(waiting[-2]) <= 2 * len(waiting[-1]):
        waiting[-2:] = [Outlines.stacked(waiting[-2:])]
    chains = Outlines(chains.points, number, chains.class_id)
    return Frontier(chains, exits, tuple(waiting)), Outlines.stacked(complete)
