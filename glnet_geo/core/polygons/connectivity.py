"""Which outlines belong together: those of one piece by their edges, those of one region also by their corners.

The rings of a piece find each other by steps to the left. A ring with its owner above its topmost side is a
hole; the owner's pixels there lead left, inside the piece, to another of its outlines, which reaches further up:

    A A A A A A A        The topmost side of hole b lies below pixel 1: left of it is the outermost ring.
    <-1 A A A A A        The topmost side of hole c lies below pixel 2: left of it is hole b.
    A b <-2 A A A        So the outermost ring, hole b and hole c are one piece.
    A b A c c A A
    A A A A A A A

Every step leads upward, so the steps end at the outermost ring, which has its owner below its topmost side. No
search for the polygon around a hole is needed.

All pieces known above a block are numbered first, then a piece for every outline that is walked in it; here they are
found to be one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.graph import components
from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.walk import Links, Walks


def pieces(
    known: int, chain_piece: NDArray[np.int64], block: Block, links: Links, walks: Walks
) -> NDArray[np.int64]:
    """Finds out which outlines are one piece.

    Args:
        known: pieces known above the block.
        chain_piece: (chains,) the piece of each open outline above the block.
        block: the rows.
        links: of the block.
        walks: of the block.

    Returns:
        (known + outlines,) a number for each piece above the block and each outline in it; equal where they are one.
    """
    continued = walks.outline[links.chains : links.below]
    is_new = np.ones(len(walks), np.bool_)
    is_new[continued] = False

    # Sides are counted from line to line, and from left to right, so the lowest number is the topmost side.
    outline, topmost = np.flatnonzero(is_new), walks.lowest[is_new]
    is_hole = ~block.sides.below[topmost]
    hole, corner = outline[is_hole], block.sides.left[topmost[is_hole]]
    # The row above line ``i`` is row ``i``.
    row, column = block.corners.line[corner], block.corners.column[corner]
    around = outlines_around(block, links, walks, row, column)
    ends = np.concatenate([[chain_piece, known + continued], [known + hole, known + around]], axis=1)
    return components(known + len(walks), ends)


def regions(
    region: NDArray[np.int64], piece: NDArray[np.int64], block: Block, walks: Walks
) -> NDArray[np.int64]:
    """Finds out which pieces are one region because they touch at a corner.

    Args:
        region: (known,) for each piece known above the block one of its region, the same for all of them.
        piece: (known + outlines,) which are one piece.
        block: the rows.
        walks: of the block.

    Returns:
        (known + outlines,) equal where they are one region.
    """
    known, sides = region.size, block.sides
    above, below = np.flatnonzero(~sides.below & (sides.tail != sides.head)), np.flatnonzero(sides.below)
    left, right = sides.left, sides.right

    def owner(
        side: NDArray[np.int64], end: NDArray[np.int64], corner: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        return known + walks.outline[side[np.searchsorted(end[side], corner)]]

    falling, rising = block.diagonals
    links = [
        [owner(above, right, falling), owner(below, left, falling)],
        [owner(above, left, rising), owner(below, right, rising)],
        [np.arange(piece.size), piece],
        [np.arange(known), region],
    ]
    return components(piece.size, np.concatenate(links, axis=1))


def outlines_around(
    block: Block, links: Links, walks: Walks, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The outlines that one meets by walking left from pixels, inside their regions.

    Args:
        block: the rows.
        links: of the block.
        walks: of the block.
        row: (pixels,) rows of the block.
        column: (pixels,) columns of the map.

    Returns:
        (pixels,) outlines of the block.
    """
    return walks.outline[links.above(row, block.left_ends(row, column))]
