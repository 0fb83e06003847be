"""Regions put together across blocks: what is open meets the next block, what is complete leaves.

What hangs together by its edges is a *piece*. A region is one piece or, where pixels count as neighbours at
corners too, several; it is complete when none of its outlines is open. Until then its closed rings wait in piles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.polygons.connectivity import outlines_around, pieces, regions
from glnet_geo.core.polygons.outlines import Outlines, split_at_pinches
from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.split import Continuations
from glnet_geo.core.polygons.walk import Links, Walks, link, walk
from glnet_geo.core.ragged import Ragged, offsets_of

_NO_PIXEL = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is kept of the rows traced so far.

    Attributes:
        chains: open outlines, by where they go up through the last row, from left to right.
        exits: (chains,) which chain comes down through the last row, from left to right.
        rings: closed outlines of the same regions, in a few piles.
        region: (pieces,) for each piece of an open region one of that region, the same for all of them.
    """

    chains: Outlines
    exits: NDArray[np.int64]
    rings: tuple[Outlines, ...]
    region: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Frontier:
        """Nothing above."""
        return cls(Outlines.empty(), np.empty(0, np.int64), (), np.empty(0, np.int64))

    @property
    def points(self) -> NDArray[np.int64]:
        """(chains,) points on all outlines, so far, of the region that each chain is part of."""
        points = np.zeros(self.region.size, np.int64)
        for outlines in (self.chains, *self.rings):
            np.add.at(points, self.region[outlines.piece], outlines.points.lengths)
        return points[self.region[self.chains.piece]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept of a block's corners and sides.

    Attributes:
        points: (corners,) packed.
        first: (sides,) index in the map of a pixel of each side's owner, or a greater one.
        weight: (sides, 2) what each adds to the known weights of its owner, and to the number of the unknown ones.
    """

    points: NDArray[np.int64]
    first: NDArray[np.int64]
    weight: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Advance:
    """What a block has made of a frontier.

    Attributes:
        frontier: what is open below it.
        rings: those of all regions that are complete now.
        region: (rings,) equal for rings of one region.
        met: (2, encounters) names by which chains and cut regions went above the block, and by which they go now.
    """

    frontier: Frontier
    rings: Outlines
    region: NDArray[np.int64]
    met: NDArray[np.int64]


def advance(
    frontier: Frontier, block: Block, kept: Kept, going_on: Continuations | None, *, diagonal: bool
) -> Advance:
    """Traces the block below the frontier.

    Args:
        frontier: what is open above the block.
        block: the next rows.
        kept: what is to be kept of them.
        going_on: where regions that were cut off above the block go on in it.
        diagonal: whether pixels that touch at a corner are one region.

    Returns:
        The frontier below the block, and what is complete.
    """
    links = link(block, frontier.exits)
    walks = walk(links)
    # All pieces known above the block are numbered first, then a piece for every outline in it.
    known = frontier.region.size
    outlines = _outlines(frontier.chains, block, kept, walks, known)
    piece = pieces(known, frontier.chains.piece, block, links, walks)
    region = regions(frontier.region, piece, block, walks) if diagonal else piece
    outlines, met = _named(frontier.chains, outlines, region, _heirs(going_on, block, links, walks))

    is_open = walks.first >= links.below
    chain = walks.first[is_open] - links.below
    chains = outlines.take(np.flatnonzero(is_open)[np.argsort(chain)])
    exits = np.empty_like(chain)
    exits[links.successor[walks.last[is_open]] - links.below] = chain
    closed = split_at_pinches(outlines.take(np.flatnonzero(~is_open)))
    below, rings = _parted(chains, exits, [*frontier.rings, closed], piece, region)
    return Advance(below, rings, region[rings.piece], met)


def _outlines(chains: Outlines, block: Block, kept: Kept, walks: Walks, known: int) -> Outlines:
    """The outlines that were walked, each a piece of its own that is numbered after the known ones."""
    sides = block.sides
    last_up = block.uprights(-1, upward=True)
    # Some points from a side, many from a chain, none from the world below.
    nothing = np.zeros_like(last_up)
    stretches = Ragged(
        np.concatenate([kept.points[sides.points.values], chains.points.values]),
        offsets_of(np.concatenate([sides.points.lengths, chains.points.lengths, nothing])),
    )
    class_id = np.concatenate([sides.class_id, chains.class_id, block.rows[-1, 1:][last_up].astype(np.uint8)])
    weight = np.concatenate([kept.weight, chains.weight, np.zeros((nothing.size, 2), np.int64)])
    return Outlines(
        points=walks.values(stretches),
        piece=np.arange(known, known + len(walks)),
        class_id=class_id[walks.first],
        first=walks.least(np.concatenate([kept.first, chains.first, nothing + _NO_PIXEL])),
        weight=walks.total(weight),
    )


def _heirs(
    going_on: Continuations | None, block: Block, links: Links, walks: Walks
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Chains that were cut, and the outlines below the cut that go on with their regions."""
    if going_on is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first_row = np.ones_like(going_on.column)
    return going_on.chain, outlines_around(block, links, walks, first_row, going_on.column)


def _named(
    chains: Outlines,
    outlines: Outlines,
    region: NDArray[np.int64],
    heirs: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> tuple[Outlines, NDArray[np.int64]]:
    """Tells every outline the first pixel of its region, as far as it is known, and which names met for that."""
    cut, heir = heirs
    name = np.full(region.size, _NO_PIXEL)
    np.minimum.at(name, region[outlines.piece], outlines.first)
    np.minimum.at(name, region[outlines.piece[heir]], chains.first[cut])
    before = np.concatenate([chains.first, chains.first[cut]])
    after = name[region[np.concatenate([chains.piece, outlines.piece[heir]])]]
    return replace(outlines, first=name[region[outlines.piece]]), np.stack([before, after])


def _parted(
    chains: Outlines,
    exits: NDArray[np.int64],
    piles: Sequence[Outlines],
    piece: NDArray[np.int64],
    region: NDArray[np.int64],
) -> tuple[Frontier, Outlines]:
    """Parts the rings of regions that a chain belongs to from those of complete ones.

    Args:
        chains: what is open below the block.
        exits: which of them comes down, from left to right.
        piles: rings of the frontier above, and those that the block has closed.
        piece: which of the numbered pieces are one.
        region: which of them are one region.
    """
    is_open = np.zeros(piece.size, np.bool_)
    is_open[region[chains.piece]] = True
    is_open = is_open[region]
    kept = np.flatnonzero(is_open & (piece == np.arange(piece.size)))
    name = np.full(piece.size, -1)
    name[kept] = np.arange(kept.size)
    name = name[piece]
    waiting, complete = [], []
    for pile in piles:
        waits = is_open[pile.piece]
        complete.append(pile.take(np.flatnonzero(~waits)))
        waiting.append((pile if waits.all() else pile.take(np.flatnonzero(waits))).renamed(name))
    # Piles grow by doubling, so that a ring that waits for long is copied only now and then.
    while len(waiting) > 1 and len(waiting[-2]) <= 2 * len(waiting[-1]):
        waiting[-2:] = [Outlines.stacked(waiting[-2:])]
    below = Frontier(chains.renamed(name), exits, tuple(waiting), name[region[kept]])
    return below, Outlines.stacked(complete).renamed(piece)
