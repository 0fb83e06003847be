"""Regions put together across blocks: what is open meets the next block, what is complete leaves.

The rings of a region are found by stepping from hole to hole. A ring that has its owner above its topmost side
is a hole; walking left from there, inside the region, one meets another outline of it that reaches further up:

    + - - - - - - - - - +
    | A A A A A A A A A |        from the upper hole left to the outermost ring,
    | A<+ - + A A A A A |        from the lower hole left to the upper one:
    | A | . |<+ - + A A |        three rings, one region
    | A + - + | . | A A |
    | A A A A + - + A A |

Every step leads upward, so the steps end at the outermost ring, which has its owner below its topmost side. No
search for the polygon around a hole is needed, and a region is complete when none of its outlines is open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import components
from glnet_geo.core.outlines import Outlines, packed, split_at_pinches
from glnet_geo.core.sides import Block, Corners, Sides, sides_between
from glnet_geo.core.walk import Links, Walks, link, points_along, walk


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
    corners = block.corners()
    sides = sides_between(corners, block.nodata)
    links = link(block, corners, sides, frontier.exits)
    walks = walk(links)

    points = packed(corners.line + line, corners.column, corners.crossing)
    class_id, steps = _surroundings(block, corners, sides, links, walks)
    known = len(frontier.chains)
    continued = walks.outline[links.chains : links.below]
    class_id[continued] = frontier.chains.class_id
    ends = np.concatenate([[frontier.chains.region, known + continued], known + steps], axis=1)
    region = components(known + len(walks), ends)
    outlines = Outlines(points_along(walks, sides, points, frontier.chains.points), region[known:], class_id)

    is_open = walks.first >= links.below
    chain = walks.first[is_open] - links.below
    chains = outlines.take(np.flatnonzero(is_open)[np.argsort(chain)])
    exits = np.empty_like(chain)
    exits[links.successor[walks.last[is_open]] - links.below] = chain
    closed = split_at_pinches(outlines.take(np.flatnonzero(~is_open)))
    return _parted(chains, exits, [*(pile.renamed(region) for pile in frontier.rings), closed], region.size)


def _surroundings(
    block: Block, corners: Corners, sides: Sides, links: Links, walks: Walks
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Looks at the topmost side of each outline that begins in the block.

    Returns:
        The value inside each outline, (outlines,), undefined where it continues a chain, and the steps from holes
        to the outlines left of them, (2, steps).
    """
    # Sides are counted from line to line and from left to right, so the topmost has the lowest number.
    topmost = np.minimum.reduceat(walks.order, walks.bounds[:-1]) if len(walks) else walks.order
    ...
    return class_id, np.stack([hole, around])
