from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.accuracy.alongside import alongside
from tests.core.strips import cut


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_all_rows_of_both_come_together_once(height: int, rows: int, other_rows: int) -> None:
    first = np.arange(height * 2, dtype=np.uint8).reshape(height, 2)
    pairs = list(alongside(cut(first, rows), cut(first + 1, other_rows)))
    for left, right in pairs:
        assert left.row == right.row
        np.testing.assert_array_equal(left.classes + 1, right.classes)
        np.testing.assert_array_equal(left.classes, first[left.row : left.row + len(left.classes)])
    np.testing.assert_array_equal(np.concatenate([left.classes for left, _ in pairs]), first)
