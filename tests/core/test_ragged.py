from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.ragged import Ragged, offsets_of

ROWS = st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=6)


def ragged(rows: list[list[int]]) -> Ragged:
    values = np.array([value for row in rows for value in row], np.int64)
    return Ragged(values, offsets_of(np.array([len(row) for row in rows], np.int64)))


def lists(rows: Ragged) -> list[list[int]]:
    return [part.tolist() for part in np.split(rows.values, rows.offsets[1:-1])] if len(rows) else []


@given(rows=ROWS, data=st.data())
def test_take_gives_the_rows_asked_for_in_the_order_asked_for(
    rows: list[list[int]], data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8)) if rows else []
    assert lists(ragged(rows).take(np.array(wanted, np.int64))) == [rows[i] for i in wanted]


@given(parts=st.lists(ROWS, min_size=1, max_size=3))
def test_stacked_puts_the_parts_one_after_the_other(parts: list[list[list[int]]]) -> None:
    assert lists(Ragged.stacked([ragged(rows) for rows in parts])) == [row for rows in parts for row in rows]


def test_every_value_knows_its_row() -> None:
    rows = ragged([[5, 6], [], [7]])
    assert rows.row_of_value.tolist() == [0, 0, 2]
    assert rows.lengths.tolist() == [2, 0, 1]
    assert len(Ragged.empty()) == 0


def test_the_value_after_the_last_is_the_first_of_the_row() -> None:
    assert Ragged(np.arange(6), offsets_of(np.array([3, 1, 2]))).after.tolist() == [1, 2, 0, 3, 5, 4]
    assert Ragged.empty().after.tolist() == []
