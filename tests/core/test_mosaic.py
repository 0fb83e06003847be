from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glnet_geo.core.grid import Frame, Tiling, frame_rows
from glnet_geo.core.lattice import CELL, Axis, in_cells
from glnet_geo.core.mosaic import Enlargement, Mosaic
from glnet_geo.core.window import Window
from glnet_geo.errors import WindowError
from tests.core.cuts import areas, tilings

CLASSES = 3


def _logits(frame: Frame) -> NDArray[np.float32]:
    seen = in_cells(frame.window)
    rng = np.random.default_rng([abs(seen.row), abs(seen.col), seen.row < 0, seen.col < 0])
    return rng.normal(size=(CLASSES, *seen.shape)).astype(np.float32)


def _naive(extent: Window, tiling: Tiling) -> NDArray[np.float64]:
    area = in_cells(extent)
    total = np.zeros((CLASSES, *area.shape))
    for frame in (frame for row in frame_rows(extent, tiling) for frame in row):
        logits, seen = _logits(frame), in_cells(frame.window)
        for row, of_row in enumerate(frame.weights[0], start=frame.share.row):
            for col, of_col in enumerate(frame.weights[1], start=frame.share.col):
                cell = logits[:, row - seen.row, col - seen.col]
                total[:, row - area.row, col - area.col] += cell * of_row * of_col
    return total


@given(areas(longest=24), tilings())
def test_letting_finished_rows_go_changes_nothing(extent: Window, tiling: Tiling) -> None:
    area = in_cells(extent)
    mosaic = Mosaic(area, CLASSES)
    finished: list[NDArray[np.float32]] = []
    done = area.row
    for frames in frame_rows(extent, tiling):
        top = frames[0].share.row
        finished.append(mosaic.rows(done, top).copy())
        mosaic.let_go(top)
        done = top
        for frame in frames:
            mosaic.add(frame, _logits(frame))
        # No more rows than one frame has are ever open.
        assert mosaic._open.shape[1] <= tiling.frame // CELL
    finished.append(mosaic.rows(done, area.row_stop))
    np.testing.assert_allclose(np.concatenate(finished, axis=1), _naive(extent, tiling), atol=1e-5)


def _frame(row: int) -> Frame:
    window = Window(row=row * CELL, col=0, height=2 * CELL, width=3 * CELL)
    weights = np.array([0.25, 0.5], dtype=np.float32), np.array([1, 0.5, 1], dtype=np.float32)
    return Frame(window=window, share=in_cells(window), weights=weights)


def test_a_drawn_sum_of_two_frames() -> None:
    mosaic = Mosaic(Window(row=0, col=0, height=4, width=3), 1)
    mosaic.add(_frame(0), np.full((1, 2, 3), 8, dtype=np.float32))
    mosaic.add(_frame(1), np.full((1, 2, 3), 16, dtype=np.float32))
    assert mosaic.rows(0, 4)[0].tolist() == [[2, 1, 2], [8, 4, 8], [8, 4, 8], [0, 0, 0]]


def test_rows_that_were_let_go_are_gone() -> None:
    mosaic = Mosaic(Window(row=0, col=0, height=9, width=3), 1)
    mosaic.let_go(2)
    mosaic.add(_frame(2), np.ones((1, 2, 3), dtype=np.float32))
    with pytest.raises(WindowError, match="cell row 1 was let go: the mosaic now begins at 2"):
        mosaic.rows(1, 4)
    with pytest.raises(WindowError, match="cell row 1 was let go: the mosaic now begins at 2"):
        mosaic.add(_frame(1), np.ones((1, 2, 3), dtype=np.float32))


def test_letting_go_the_same_rows_again_changes_nothing() -> None:
    mosaic = Mosaic(Window(row=0, col=0, height=9, width=3), 1)
    mosaic.add(_frame(2), np.ones((1, 2, 3), dtype=np.float32))
    mosaic.let_go(3)
    before = mosaic.rows(3, 9).copy()
    mosaic.let_go(3)
    mosaic.let_go(1)
    assert mosaic.rows(3, 9).tolist() == before.tolist()


def test_rows_that_were_let_go_take_no_memory() -> None:
    mosaic = Mosaic(Window(row=0, col=0, height=9, width=3), 1)
    mosaic.add(_frame(7), np.ones((1, 2, 3), dtype=np.float32))
    mosaic.let_go(8)
    assert mosaic._open.base is None
    assert mosaic._open.shape == (1, 1, 3)


def test_rows_where_no_frame_lay_are_zero() -> None:
    mosaic = Mosaic(Window(row=-3, col=5, height=4, width=2), CLASSES)
    assert mosaic.rows(-3, 1).tolist() == np.zeros((CLASSES, 4, 2)).tolist()


def test_rows_where_no_frame_lay_take_no_memory() -> None:
    mosaic = Mosaic(Window(row=0, col=0, height=100, width=3), 1)
    mosaic.add(_frame(0), np.full((1, 2, 3), 8, dtype=np.float32))
    found = [mosaic.rows(row, row + 10)[0, :, 0].tolist() for row in range(0, 100, 10)]
    assert found == [[2, 4, *[0] * 8], *[[0] * 10] * 9]
    assert mosaic._open.shape == (1, 2, 3)


# --- from cells to pixels ---


def _enlarged(cells: NDArray[np.floating], axis: Axis) -> NDArray[np.floating]:
    enlargement, first = Enlargement(axis), axis.start // CELL
    lower, upper = cells[enlargement.lower - first], cells[enlargement.upper - first]
    return lower + (upper - lower) * enlargement.weight


@given(st.integers(-50, 50), st.integers(1, 60))
def test_native_pixels_are_those_of_a_bilinear_enlargement(phase: int, length: int) -> None:
    axis = Axis(phase=phase, scale=1.0, length=length)
    cells = np.random.default_rng(length).normal(size=(axis.stop - axis.start) // CELL)
    full = torch.nn.functional.interpolate(
        torch.from_numpy(cells)[None, None], scale_factor=CELL, mode="linear", align_corners=False
    )[0, 0].numpy()
    before = phase - axis.start
    np.testing.assert_allclose(_enlarged(cells, axis), full[before : before + length], atol=1e-6)


@given(st.floats(-200, 200), st.floats(0.1, 6), st.integers(1, 60))
def test_a_slope_stays_a_slope(phase: float, scale: float, length: int) -> None:
    axis = Axis(phase=phase, scale=scale, length=length)
    centres = (np.arange(axis.start // CELL, axis.stop // CELL) + 0.5) * CELL
    pixels = phase + scale * (np.arange(length) + 0.5)
    expected = np.clip(pixels, centres[0], centres[-1])
    np.testing.assert_allclose(_enlarged(centres, axis), expected, atol=1e-4)


@given(st.floats(-200, 200), st.floats(0.1, 6), st.integers(1, 60), st.integers(-60, 160))
def test_ready_pixels_need_no_later_cell(phase: float, scale: float, length: int, cell: int) -> None:
    enlargement = Enlargement(Axis(phase=phase, scale=scale, length=length))
    ready = enlargement.ready(cell)
    assert (enlargement.upper[:ready] < cell).all()
    assert (enlargement.upper[ready:] >= cell).all()
    assert (enlargement.lower <= enlargement.upper).all()
