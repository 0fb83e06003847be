"""Tilings and areas of every kind, for laws."""

from __future__ import annotations

from hypothesis import strategies as st

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window


@st.composite
def tilings(draw: st.DrawFn) -> Tiling:
    """Any tiling with small frames."""
    frame = draw(st.integers(1, 16))
    patch = draw(st.integers(1, frame))
    return Tiling(
        frame=frame * CELL,
        frame_overlap=draw(st.integers(0, frame // 4)) * 2 * CELL,
        patch=patch * CELL,
        patch_overlap=draw(st.integers(0, patch - 1)) * CELL,
        global_size=draw(st.integers(1, frame * CELL)),
    )


def areas(longest: int = 40) -> st.SearchStrategy[Window]:
    """Any area of whole cells on the lattice, in pixels; sides up to ``longest`` cells."""
    place, side = st.integers(-50, 50), st.integers(1, longest)
    return st.tuples(place, place, side, side).map(
        lambda cells: Window(
            row=cells[0] * CELL, col=cells[1] * CELL, height=cells[2] * CELL, width=cells[3] * CELL
        )
    )
