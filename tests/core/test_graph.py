from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glnet_geo.core.graph import components, cycles


def followed(successor: NDArray[np.int64], start: int) -> list[int]:
    """One cycle, step by step."""
    cycle = [start]
    while successor[cycle[-1]] != start:
        cycle.append(int(successor[cycle[-1]]))
    return cycle


@given(permutation=st.integers(0, 40).flatmap(lambda n: st.permutations(range(n))), data=st.data())
def test_every_node_is_listed_once_in_the_order_of_walking(
    permutation: list[int], data: st.DataObject
) -> None:
    successor = np.array(permutation, np.int64)
    heads = np.array([data.draw(st.booleans()) for _ in permutation], np.bool_)
    order, starts = cycles(successor, heads)
    assert sorted(order.tolist()) == list(range(successor.size))
    for cycle in np.split(order, starts[1:]) if order.size else []:
        assert cycle.tolist() == followed(successor, cycle[0])
        assert heads[cycle[0]] or not heads[cycle].any()


@pytest.mark.parametrize("step", [1, -1, 610, 7919])
def test_one_long_cycle(step: int) -> None:
    count = 100_003
    order, starts = cycles((np.arange(count) + step) % count, np.arange(count) == 17)
    assert starts.tolist() == [0]
    assert np.array_equal(order, (17 + step * np.arange(count)) % count)


@given(
    count=st.integers(1, 30),
    links=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40),
)
def test_nodes_share_a_name_exactly_if_links_lead_from_one_to_the_other(
    count: int, links: list[tuple[int, int]]
) -> None:
    links = [(a % count, b % count) for a, b in links]
    expected = list(range(count))
    for a, b in links:
        expected = [expected[a] if name == expected[b] else name for name in expected]
    root = components(count, np.array(links, np.int64).reshape(-1, 2).T)
    assert (
        len(set(zip(expected, root.tolist(), strict=True))) == len(set(expected)) == len(set(root.tolist()))
    )
    assert all(root[name] == name for name in root)
    assert (root <= np.arange(count)).all()
