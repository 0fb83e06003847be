from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from glnet_geo.core.accuracy.draw import draw_ranks, find_pixels
from glnet_geo.core.strip import Strip
from tests.core.strips import cut

MAPS = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2, 255])
)


def _drawn(classes: NDArray[np.uint8], per_class: int, seed: int, rows: int) -> list[list[tuple[int, int]]]:
    sizes = [int((classes == c).sum()) for c in range(3)]
    found = find_pixels(cut(classes, rows), draw_ranks(sizes, per_class, seed))
    return [list(zip(r.tolist(), c.tolist(), strict=True)) for r, c in found]


@given(MAPS, st.integers(1, 20), st.integers(0, 1000), st.integers(1, 12), st.integers(1, 12))
def test_a_draw_has_so_many_different_pixels_of_each_class_however_the_map_is_read(
    classes: NDArray[np.uint8], per_class: int, seed: int, rows: int, other_rows: int
) -> None:
    drawn = _drawn(classes, per_class, seed, rows)
    for c, pixels in enumerate(drawn):
        assert len(set(pixels)) == len(pixels) == min(per_class, (classes == c).sum())
        assert all(classes[pixel] == c for pixel in pixels)
    assert drawn == _drawn(classes, per_class, seed, other_rows)


def test_every_pixel_of_a_class_is_as_likely() -> None:
    """Chi squared over 4000 draws of 5 of 20 pixels: 19 degrees of freedom, 43.8 has a chance of one in a thousand."""
    classes = np.full((6, 8), 255, dtype=np.uint8)
    rng = np.random.default_rng(1)
    flat = rng.permutation(48)
    classes.ravel()[flat[:20]] = 0
    classes.ravel()[flat[20:40]] = 1
    times = np.zeros(classes.shape)
    for seed in range(4000):
        for pixel in _drawn(classes, 5, seed, 4)[0]:
            times[pixel] += 1
    expected = 4000 * 5 / 20
    chi_squared = ((times[classes == 0] - expected) ** 2 / expected).sum()
    assert chi_squared < 43.8


def test_seeds_differ_and_repeat() -> None:
    sizes = [10**12, 500]
    first, again, other = (draw_ranks(sizes, 50, seed) for seed in (1, 1, 2))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
        assert (np.diff(a) > 0).all()
    assert first[0].max() > 10**11


def test_a_class_that_is_not_there_gives_nothing() -> None:
    rows, cols = find_pixels([Strip(row=0, classes=np.zeros((2, 2), np.uint8))], draw_ranks([4, 0], 3, 0))[1]
    assert len(rows) == len(cols) == 0


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_ranks_are_places_in_reading_order(rows: int) -> None:
    classes = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=np.uint8)
    found = find_pixels(cut(classes, rows), [np.array([0, 2, 4]), np.array([3])])
    assert [list(zip(*pixels, strict=True)) for pixels in found] == [[(0, 0), (1, 2), (2, 1)], [(2, 2)]]
