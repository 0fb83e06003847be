from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glnet_geo.core.grid import (
    Frame,
    Tiling,
    aligned_starts,
    batches,
    frame_rows,
    patch_weights,
    published_starts,
    trapezoid,
)
from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window
from glnet_geo.errors import WindowError
from tests.core.cuts import areas, tilings

SMALL = {"frame": 64, "frame_overlap": 16, "patch": 32, "patch_overlap": 8, "global_size": 32}


def _frames(extent: Window, tiling: Tiling) -> list[Frame]:
    return [frame for row in frame_rows(extent, tiling) for frame in row]


def _pixels(share: Window) -> Window:
    return Window(
        row=share.row * CELL, col=share.col * CELL, height=share.height * CELL, width=share.width * CELL
    )


def _inside(part: Window, whole: Window) -> bool:
    return part.intersection(whole) == part


# --- frames ---


@given(areas(), tilings())
def test_the_weights_of_every_cell_sum_to_one(extent: Window, tiling: Tiling) -> None:
    total = np.zeros((extent.height // CELL, extent.width // CELL))
    for frame in _frames(extent, tiling):
        spot = frame.share.moved(-extent.row // CELL, -extent.col // CELL)
        total[spot.rows, spot.cols] += np.outer(*frame.weights)
    np.testing.assert_allclose(total, 1, atol=1e-6)


@given(areas(), tilings())
def test_frames_fit_the_area_and_answer_for_what_they_see(extent: Window, tiling: Tiling) -> None:
    frames = _frames(extent, tiling)
    assert len({frame.window for frame in frames}) == len(frames)
    for frame in frames:
        assert _inside(frame.window, extent)
        assert _inside(_pixels(frame.share), frame.window)
        assert frame.window.row % CELL == frame.window.col % CELL == 0
        assert frame.window.shape == (min(tiling.frame, extent.height), min(tiling.frame, extent.width))
        assert tuple(len(weights) for weights in frame.weights) == frame.share.shape
        for weights in frame.weights:
            assert weights.dtype == np.float32
            assert (weights > 0).all()


class _Values(NamedTuple):
    """A frame as values that can be compared."""

    window: Window
    share: Window
    weights: tuple[tuple[float, ...], ...]


def _values(frame: Frame) -> _Values:
    return _Values(frame.window, frame.share, tuple(tuple(weights.tolist()) for weights in frame.weights))


@given(tilings(), st.data())
def test_a_crop_meets_the_frames_of_its_scene(tiling: Tiling, data: st.DataObject) -> None:
    """Everywhere but in the frames at its edges."""
    place, margin = st.integers(-50, 50), st.integers(0, 20)
    row, col, above, left, below, right = (
        data.draw(side) * CELL for side in (place, place, margin, margin, margin, margin)
    )
    height, width = (data.draw(st.integers(1, 5 * tiling.frame // CELL)) * CELL for _ in range(2))
    crop = Window(row=row, col=col, height=height, width=width)
    scene = Window(row=row - above, col=col - left, height=above + height + below, width=left + width + right)
    of_crop, of_scene = ([_values(f) for f in _frames(area, tiling)] for area in (crop, scene))
    inner = [frame for frame in of_crop if _apart(frame.window, crop)]
    assert inner == [frame for frame in of_scene if _apart(frame.window, crop)]


def _apart(part: Window, whole: Window) -> bool:
    """Whether a window lies in another and touches none of its edges."""
    return (
        whole.row < part.row
        and whole.col < part.col
        and part.row_stop < whole.row_stop
        and part.col_stop < whole.col_stop
    )


def test_a_drawn_crop_meets_the_frames_of_its_scene() -> None:
    tiling = Tiling(**SMALL)
    scene = _frames(Window(row=-100, col=40, height=600, width=600), tiling)
    crop = Window(row=-60, col=92, height=300, width=280)
    inner = {_values(frame) for frame in _frames(crop, tiling) if _apart(frame.window, crop)}
    assert len(inner) == 20
    assert inner < {_values(frame) for frame in scene}


@given(areas(), tilings())
def test_frames_come_row_by_row_from_top_left(extent: Window, tiling: Tiling) -> None:
    rows = list(frame_rows(extent, tiling))
    tops = [row[0].share.row for row in rows]
    assert tops == sorted(set(tops))
    for row in rows:
        assert {frame.share.row for frame in row} == {row[0].share.row}
        lefts = [frame.share.col for frame in row]
        assert lefts == sorted(set(lefts))


def test_a_drawn_axis_of_three_frames() -> None:
    """Frames of 64 px with 16 px of overlap have their places at -8, 40 and 88."""
    tiling = Tiling(**SMALL)
    spans = [
        (row[0].window, row[0].share, row[0].weights[0])
        for row in frame_rows(Window(row=0, col=0, height=112, width=8), tiling)
    ]
    assert [(window.row, window.height) for window, _, _ in spans] == [(0, 64), (40, 64), (48, 64)]
    assert [(share.row, share.height) for _, share, _ in spans] == [(0, 14), (10, 16), (22, 6)]
    ramp = [1 / 8, 3 / 8, 5 / 8, 7 / 8]
    assert spans[0][2].tolist() == [1] * 10 + ramp[::-1]
    assert spans[1][2].tolist() == [*ramp, *[1] * 8, *ramp[::-1]]
    assert spans[2][2].tolist() == [*ramp, 1, 1]


def test_an_area_smaller_than_a_frame_is_one_frame_of_its_size() -> None:
    extent = Window(row=0, col=0, height=20, width=36)
    (frame,) = _frames(extent, Tiling(**SMALL))
    assert frame.window == extent
    assert np.outer(*frame.weights).tolist() == np.ones((5, 9)).tolist()


# --- patches ---


@given(st.integers(1, 300), st.integers(2, 40), st.data())
def test_aligned_patches_cover_an_axis(cells: int, side: int, data: st.DataObject) -> None:
    length, patch = cells * CELL, side * CELL
    overlap = data.draw(st.integers(0, side - 1)) * CELL
    starts = aligned_starts(length, patch, overlap)
    assert starts[0] == 0
    assert starts[-1] == max(0, length - patch)
    assert all(start % CELL == 0 for start in starts)
    assert all(0 < right - left <= patch - overlap for left, right in pairwise(starts))


@given(st.integers(1, 300), st.integers(2, 40), st.data())
def test_aligned_patches_are_the_fewest(cells: int, side: int, data: st.DataObject) -> None:
    length, patch = cells * CELL, side * CELL
    assume(length > patch)
    overlap = data.draw(st.integers(0, side - 1)) * CELL
    fewer = len(aligned_starts(length, patch, overlap)) - 1
    # Even if each shared no more than asked for, one patch less would not reach the end.
    assert patch + (fewer - 1) * (patch - overlap) < length


@given(st.integers(1, 20), st.integers(1, 20), tilings())
def test_patches_cover_a_frame(rows: int, cols: int, tiling: Tiling) -> None:
    shape = min(rows * CELL, tiling.frame), min(cols * CELL, tiling.frame)
    seen = np.zeros(shape, dtype=bool)
    for patch in tiling.patches(shape):
        assert _inside(patch, Window(row=0, col=0, height=shape[0], width=shape[1]))
        assert patch.shape == (min(tiling.patch, shape[0]), min(tiling.patch, shape[1]))
        seen[patch.rows, patch.cols] = True
    assert seen.all()


@given(st.integers(1, 5000), st.integers(51, 600))
def test_published_patches_cover_an_axis_and_share_fifty_pixels(length: int, patch: int) -> None:
    starts = published_starts(length, patch)
    assert starts[0] == 0
    assert starts[-1] == max(0, length - patch)
    assert all(0 < right - left <= patch - 50 for left, right in pairwise(starts))


@given(st.integers(1, 5000), st.integers(51, 600))
def test_published_patches_are_the_fewest(length: int, patch: int) -> None:
    assume(length > patch)
    fewer = len(published_starts(length, patch)) - 1
    assert patch + (fewer - 1) * (patch - 50) < length


@pytest.mark.parametrize(
    ("length", "patch", "starts"),
    [
        (2448, 508, [0, 388, 776, 1164, 1552, 1940]),
        (560, 252, [0, 154, 308]),
        (1016, 508, [0, 254, 508]),
        (966, 508, [0, 458]),
        (508, 508, [0]),
        (3, 508, [0]),
        # Halves go to the even neighbour: 101.5 up, 102.5 down.
        (455, 252, [0, 102, 203]),
        (457, 252, [0, 102, 205]),
    ],
)
def test_published_starts_of_drawn_axes(length: int, patch: int, starts: list[int]) -> None:
    assert published_starts(length, patch) == starts


def test_patches_too_small_to_share_fifty_pixels_are_refused() -> None:
    assert published_starts(50, 50) == [0]
    with pytest.raises(WindowError, match="patches of 50 px cannot share 50 px"):
        published_starts(51, 50)


@given(st.lists(st.integers(), max_size=20), st.integers(1, 7))
def test_batches_keep_the_order(numbers: list[int], size: int) -> None:
    windows = [Window(row=number, col=0, height=1, width=1) for number in numbers]
    cut = list(batches(windows, size))
    assert [window for batch in cut for window in batch] == windows
    assert all(len(batch) == size for batch in cut[:-1])


# --- weights ---


@given(st.integers(0, 20), st.integers(0, 20))
def test_overlapping_trapezoids_sum_to_one(ramp: int, plateau: int) -> None:
    length = 2 * ramp + plateau
    assume(length > 0)
    weights = trapezoid(length, ramp)
    np.testing.assert_allclose(weights[length - ramp :] + weights[:ramp], 1, atol=1e-6)
    assert (weights[ramp : length - ramp] == 1).all()


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 12))
def test_patch_weights_are_positive_and_symmetric(rows: int, cols: int, ramp: int) -> None:
    weights = patch_weights((rows, cols), ramp)
    assert weights.shape == (rows, cols)
    assert (weights > 0).all()
    assert (weights <= 1).all()
    np.testing.assert_array_equal(weights, weights[::-1, ::-1])


# --- tilings ---


@given(tilings(), st.integers(1, 16), st.integers(1, 16))
def test_small_frames_are_shrunk_by_the_factor_of_whole_ones(tiling: Tiling, rows: int, cols: int) -> None:
    factor = tiling.global_size / tiling.frame
    shrunk = tiling.shrunk((rows * CELL, cols * CELL))
    assert tiling.shrunk((tiling.frame, tiling.frame)) == (tiling.global_size, tiling.global_size)
    for side, small in zip((rows, cols), shrunk, strict=True):
        assert small >= 1
        assert abs(small - side * CELL * factor) <= 0.5 or small == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"frame": 62}, "frame must be a multiple of 4, got 62"),
        ({"patch": 30}, "patch must be a multiple of 4, got 30"),
        ({"patch_overlap": 6}, "patch_overlap must be a multiple of 4, got 6"),
        ({"frame_overlap": 12}, "frame_overlap must be a multiple of 8, got 12"),
        ({"frame_overlap": 40}, "frame_overlap must lie in 0..32, got 40"),
        ({"frame_overlap": -8}, "frame_overlap must lie in 0..32, got -8"),
        ({"patch_overlap": 32}, "patches of 32 px sharing 32 do not fit a frame of 64"),
        ({"patch_overlap": -4}, "patches of 32 px sharing -4 do not fit a frame of 64"),
        ({"patch": 68}, "patches of 68 px sharing 8 do not fit a frame of 64"),
        ({"patch": 0, "patch_overlap": 0}, "patches of 0 px"),
        ({"global_size": 0}, "global_size must lie in 1..64, got 0"),
        ({"global_size": 65}, "global_size must lie in 1..64, got 65"),
    ],
)
def test_a_tiling_that_cannot_be_is_refused(changed: dict[str, int], said: str) -> None:
    with pytest.raises(WindowError, match=said):
        Tiling(**SMALL | changed)
