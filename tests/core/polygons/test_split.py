from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.split import Names, continuations, cut
from tests.core.maps import NODATA, drawn


def test_cut_stretches_are_told_apart() -> None:
    row = cut(drawn("11.122")[0], np.array([True, False, True]))
    assert row.tolist() == [257, 257, NODATA, 1, 258, 258]


def test_what_was_cut_touches_its_like_below() -> None:
    above = cut(drawn("11.12.")[0], np.array([True, False, True]))
    block = Block(above, drawn("211.12"))
    edges = continuations(block, diagonal=False)
    assert list(zip(edges.chain.tolist(), edges.column.tolist(), strict=True)) == [(0, 1)]
    corners = continuations(block, diagonal=True)
    found = sorted(zip(corners.chain.tolist(), corners.column.tolist(), strict=True))
    assert found == [(0, 1), (0, 1), (0, 2), (2, 5)]


def joined(names: Names, *pairs: tuple[int, int]) -> None:
    before, after = np.array(pairs, np.int64).T
    names.join(before, after)


def test_names_of_what_was_never_cut_are_forgotten() -> None:
    names = Names()
    joined(names, (5, 3))
    names.use(np.array([5, 3]))
    assert names.aliases == {}
    assert names.resolved(np.array([5, 3])).tolist() == [5, 3]


def test_names_that_were_used_lead_to_the_earliest() -> None:
    names = Names()
    names.cut(np.array([7, 9]))
    names.use(np.array([7, 9, 100]))
    joined(names, (9, 7))
    joined(names, (7, 2), (9, 2))
    assert names.resolved(np.array([2, 7, 9, 100])).tolist() == [2, 2, 2, 100]
    assert names.aliases == {7: 2, 9: 2}


@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: (max(p), min(p))), max_size=12
    )
)
def test_names_joined_in_any_order_have_one_earliest_name(pairs: list[tuple[int, int]]) -> None:
    names, everyone = Names(), np.arange(10)
    names.cut(everyone)
    names.use(everyone)
    group = list(range(10))
    for pair in pairs:
        joined(names, pair)
        low, high = sorted(group[name] for name in pair)
        group = [low if g == high else g for g in group]
    assert names.resolved(everyone).tolist() == group
    assert names.aliases == {name: g for name, g in enumerate(group) if name != g}
