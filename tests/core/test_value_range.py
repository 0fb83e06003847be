from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glnet_geo.core.numerals import shortest
from glnet_geo.core.value_range import outwards, too_coarse


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e12))
def test_a_range_rounded_outwards_holds_the_range_and_hardly_more(low: float, span: float) -> None:
    high = low + span
    assume(high > low)
    first, last = outwards(low, high)
    # Sums of large numbers are rounded.
    slack = 0.0011 * (high - low) + 1e-15 * (abs(low) + abs(high))
    assert low - slack <= first <= low + slack - 0.001 * (high - low)
    assert high - slack + 0.001 * (high - low) <= last <= high + slack
    assert (float(shortest(first)), float(shortest(last))) == (first, last)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (213.02, 2873.96, "213,2874"),
        (33_554_433.0, 33_559_999.5, "33554433,33560000"),
        (0.01234567, 0.9876543, "0.0123,0.9877"),
        (-1.5, 4e9, "-1000000,4000000000"),
        (7, 7, "7,8"),
    ],
)
def test_ranges_are_written_with_as_many_digits_as_they_need(low: float, high: float, text: str) -> None:
    assert ",".join(map(shortest, outwards(low, high))) == text


@pytest.mark.parametrize(
    ("value_range", "dtype", "coarse"),
    [
        ((2e9, 2e9 + 1000), "uint32", True),
        ((2e9, 2.2e9), "uint32", False),
        ((1e7, 1e7 + 100), "int32", False),
        ((1e7, 1e7 + 100), "float64", True),
        ((1e7, 1e7 + 100), "float32", False),
        ((0.0, 1e-3), "float64", False),
        ((0.0, 255.0), "uint8", False),
    ],
)
def test_single_precision_may_be_too_coarse(
    value_range: tuple[float, float], dtype: str, *, coarse: bool
) -> None:
    assert too_coarse(value_range, dtype) == coarse
