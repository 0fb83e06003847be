from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.normalize import Normalization
from glnet_geo.errors import OptionError


def test_a_drawn_example() -> None:
    normalization = Normalization(low=100, high=300, mean=(0.5, 0.25), std=(0.5, 0.25))
    pixels = np.array([[[0, 100, 200]], [[250, 300, 999]]], dtype=np.float32)
    normal = normalization(pixels)
    assert normal.dtype == np.float32
    np.testing.assert_allclose(normal, [[[-1, -1, 0]], [[2, 3, 3]]], atol=1e-6)


def test_what_is_not_known_becomes_the_mean() -> None:
    normalization = Normalization(low=0, high=255, mean=(0.4,), std=(0.2,))
    valid = np.array([[True, False]])
    normal = normalization(np.full((1, 1, 2), 255, dtype=np.float32), valid)
    np.testing.assert_allclose(normal, [[[3, 0]]], atol=1e-6)


def test_not_even_nan_passes_where_nothing_is_known() -> None:
    normalization = Normalization(low=0, high=1, mean=(0,), std=(1,))
    pixels = np.array([[[np.nan, 0.5]]], dtype=np.float32)
    assert normalization(pixels, np.array([[False, True]])).tolist() == [[[0, 0.5]]]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, np.inf),
        (-np.inf, 0),
        (-np.inf, np.inf),
        (0, 1e39),
        (-1e300, 1e300),
        (0, 1e-40),
        (7, 7),
        (0, np.nan),
    ],
)
def test_a_range_that_tells_no_values_apart_is_refused(low: float, high: float) -> None:
    with pytest.raises(OptionError, match="the value range"):
        Normalization(low=low, high=high, mean=(0,), std=(1,))


def test_the_values_given_are_left_alone() -> None:
    pixels = np.full((1, 2, 2), 7, dtype=np.float32)
    Normalization(low=0, high=10, mean=(0.5,), std=(1,))(pixels, np.zeros((2, 2), dtype=bool))
    assert (pixels == 7).all()


@given(
    st.floats(-1e4, 1e4, width=32),
    st.floats(1, 1e4, width=32),
    st.lists(st.floats(-2e4, 2e4, width=32), min_size=1, max_size=9),
)
def test_unit_values_lie_in_the_unit_and_keep_their_order(
    low: float, span: float, values: list[float]
) -> None:
    normalization = Normalization(low=low, high=low + span, mean=(0,), std=(1,))
    pixels = np.sort(np.array(values, dtype=np.float32))[None, None]
    unit = normalization.unit(pixels)
    assert unit.min() >= 0
    assert unit.max() <= 1
    assert (np.diff(unit) >= 0).all()


def test_bytes_survive_the_way_to_the_unit_and_back() -> None:
    unit = Normalization(low=0, high=255, mean=(0,), std=(1,)).unit(
        np.arange(256, dtype=np.float32)[None, None]
    )
    assert np.rint(unit * 255).astype(int).ravel().tolist() == list(range(256))


@pytest.mark.parametrize("high", [5.0, 4.0, float("nan")])
def test_an_empty_value_range_is_refused(high: float) -> None:
    with pytest.raises(OptionError, match=f"the value range 5.0..{high} is empty"):
        Normalization(low=5.0, high=high, mean=(0,), std=(1,))


def test_bands_that_do_not_match_are_refused() -> None:
    with pytest.raises(OptionError, match="3 means and 2 standard deviations"):
        Normalization(low=0, high=1, mean=(0, 0, 0), std=(1, 1))
