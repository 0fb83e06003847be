from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.polygons.edges import cut_edges


def test_edges_become_pieces_of_equal_length_and_corners_stay() -> None:
    corners = np.array([[0, 0], [4, 0], [0, 3], [0, 0], [9, 9], [9, 6], [8, 9], [9, 9]], np.float64)
    found, rings = cut_edges(corners, np.array([0, 4, 8]), np.array([4, 1, 3, 7, 1, 1, 2]))
    assert rings.tolist() == [0, 9, 14]
    assert found[:9].tolist() == [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [0, 3], [0, 2], [0, 1], [0, 0]]
    assert found[9:].tolist() == [[9, 9], [9, 6], [8, 9], [8.5, 9], [9, 9]]


@given(
    ends=st.lists(st.floats(-1e7, 1e7), min_size=4, max_size=4),
    pieces=st.integers(1, 50),
)
def test_an_edge_is_cut_alike_whichever_way_it_runs(ends: list[float], pieces: int) -> None:
    edge = np.array(ends).reshape(2, 2)
    there, _ = cut_edges(edge, np.array([0, 2]), np.array([pieces]))
    back, _ = cut_edges(edge[::-1], np.array([0, 2]), np.array([pieces]))
    assert there.tolist() == back[::-1].tolist()
    assert there[[0, -1]].tolist() == edge.tolist()
