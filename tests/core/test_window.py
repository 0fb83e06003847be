from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.window import Window
from glnet_geo.errors import GlnetGeoError, WindowError

_windows = st.builds(
    Window,
    row=st.integers(-20, 20),
    col=st.integers(-20, 20),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
)


def _pixels(window: Window | None) -> set[tuple[int, int]]:
    if window is None:
        return set()
    rows, cols = range(window.row, window.row_stop), range(window.col, window.col_stop)
    return {(row, col) for row in rows for col in cols}


def test_slices_cut_the_rectangle_out_of_an_array() -> None:
    window = Window(row=1, col=2, height=2, width=3)
    cut = np.arange(30).reshape(5, 6)[window.rows, window.cols]
    assert cut.tolist() == [[8, 9, 10], [14, 15, 16]]
    assert cut.shape == window.shape
    assert cut.size == window.size
    assert (window.row_stop, window.col_stop) == (3, 5)


@given(_windows, _windows)
def test_intersection_holds_the_pixels_of_both(one: Window, other: Window) -> None:
    assert _pixels(one.intersection(other)) == _pixels(one) & _pixels(other)
    assert one.intersection(other) == other.intersection(one)


@given(_windows, st.integers(-9, 9), st.integers(-9, 9))
def test_moving_there_and_back_changes_nothing(window: Window, rows: int, cols: int) -> None:
    moved = window.moved(rows, cols)
    assert _pixels(moved) == {(row + rows, col + cols) for row, col in _pixels(window)}
    assert moved.moved(-rows, -cols) == window


def test_a_margin_grows_on_every_side() -> None:
    window = Window(row=4, col=0, height=2, width=3)
    assert window.grown(5, 1) == Window(row=-1, col=-1, height=12, width=5)


def test_the_whole_begins_at_the_first_pixel() -> None:
    assert Window.whole((2, 3)) == Window(row=0, col=0, height=2, width=3)


@pytest.mark.parametrize("side", ["height", "width"])
@pytest.mark.parametrize("length", [0, -3])
def test_an_empty_window_is_refused_with_the_value_given(side: str, length: int) -> None:
    with pytest.raises(WindowError, match=f"{side} must be positive, got {length}") as caught:
        Window(**{"row": 0, "col": 0, "height": 1, "width": 1, side: length})
    assert isinstance(caught.value, GlnetGeoError)
    assert isinstance(caught.value, ValueError)
