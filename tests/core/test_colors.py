from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.colors import (
    alike_colors,
    hex_color,
    is_color,
    nearest_colors,
    packed_color,
    packed_colors,
)

_colors = st.integers(0, 0xFFFFFF)


@given(_colors)
def test_a_colour_is_packed_as_it_is_written(color: int) -> None:
    assert packed_color(f"#{color:06x}") == packed_color(f"#{color:06X}") == color
    assert is_color(f"#{color:06x}")


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_three_numbers_are_one_colour_as_text_and_packed(rgb: tuple[int, int, int]) -> None:
    packed = packed_colors(np.array(rgb, np.uint8)[:, None, None])
    assert packed.tolist() == [[packed_color(hex_color(*rgb))]]
    assert hex_color(*rgb) == f"#{packed.item():06x}"


@pytest.mark.parametrize("text", ["", "red", "#12345", "#1234567", "#12345g", "123456"])
def test_other_texts_are_no_colours(text: str) -> None:
    assert not is_color(text)


@given(st.lists(_colors, min_size=1, max_size=5, unique=True), st.lists(_colors, min_size=1, max_size=6))
def test_no_other_known_colour_is_nearer(known: list[int], colors: list[int]) -> None:
    def parts(color: int) -> tuple[int, int, int]:
        return color >> 16, color >> 8 & 255, color & 255

    def apart(one: int, other: int) -> int:
        return sum((a - b) ** 2 for a, b in zip(parts(one), parts(other), strict=True))

    found = nearest_colors(np.array([colors]), np.array(known))
    assert found.shape == (1, len(colors))
    for color, place in zip(colors, found[0].tolist(), strict=True):
        assert apart(color, known[place]) == min(apart(color, other) for other in known)


@given(st.lists(_colors, max_size=6, unique=True), st.integers(0, 255))
def test_colours_are_alike_where_no_part_differs_by_more(colors: list[int], most: int) -> None:
    def apart(one: int, other: int) -> int:
        return max(abs((one >> shift & 255) - (other >> shift & 255)) for shift in (0, 8, 16))

    pairs = [(a, b) for at, a in enumerate(colors) for b in colors[at + 1 :] if apart(a, b) <= most]
    assert alike_colors(np.array(colors, dtype=np.int64), most) == next(iter(pairs), None)
