"""What becomes of the corners of a map's borders: the one word between what draws borders and what traces them.

A border runs along pixel edges, from corner to corner of the pixel lattice. Simplifying and smoothing do not build new
geometry: they mark lattice points. Since a point belongs to one border, whichever of the two regions beside it is
traced, neighbours get the same line.

A plane of marks is (lines, width + 1) uint8; entry ``[i, j]`` is about the lattice point on line ``i``, the upper edge of
row ``i``, and on the left edge of column ``j``. A *run* is the straight stretch of border from one corner or node to the
next; its marks stand at its western or northern end.
"""

from __future__ import annotations

DROPPED = 1
"""The corner is no vertex: the border passes it by."""

MIDDLE_EAST = 2
"""The middle of the run that leaves the point to the east is a vertex."""

MIDDLE_SOUTH = 4
"""The middle of the run that leaves the point to the south is a vertex."""

ROUND = 8
"""The corner is a vertex and may be rounded: nothing else lies near it."""

ROUND_EAST = 16
"""The middle of the run to the east, a vertex, may be rounded."""

ROUND_SOUTH = 32
"""The middle of the run to the south, a vertex, may be rounded."""
