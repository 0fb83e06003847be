from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from glnet_geo.core.lattice import CELL, Axis
from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement
from glnet_geo.model.decide import Decision

IDS = np.array([4, 0, 17], dtype=np.uint8)


def _scene(rows: Axis, cols: Axis) -> NDArray[np.float32]:
    """Random logits of all cells under a scene."""
    shape = ((rows.stop - rows.start) // CELL, (cols.stop - cols.start) // CELL)
    return np.random.default_rng(rows.length).normal(scale=3, size=(len(IDS), *shape)).astype(np.float32)


def _decided(
    rows: Axis, cols: Axis, strips: int, valid: NDArray[np.bool_], *, confidence: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """The whole scene, decided some rows at a time from no more cells than these need."""
    enlargement, logits = Enlargement(rows), _scene(rows, cols)
    decision = Decision(enlargement, Enlargement(cols), IDS, confidence=confidence)
    parts = []
    for start in range(0, rows.length, strips):
        pixels = slice(start, min(start + strips, rows.length))
        first, last = int(enlargement.lower[pixels][0]), int(enlargement.upper[pixels][-1])
        top = rows.start // CELL
        part = np.ascontiguousarray(logits[:, first - top : last - top + 1])
        parts.append(decision(part, first, pixels, valid[pixels]))
    classes = np.concatenate([part[0] for part in parts])
    percents = [part[1] for part in parts if part[1] is not None]
    return classes, np.concatenate(percents) if percents else None


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 40), st.integers(1, 40), st.integers(1, 9))
def test_the_winner_and_its_softmax_after_bilinear_enlargement(
    row: int, col: int, height: int, width: int, strips: int
) -> None:
    rows, cols = Axis(phase=row, scale=1.0, length=height), Axis(phase=col, scale=1.0, length=width)
    valid = np.random.default_rng(width).random((height, width)) < 0.8
    classes, percent = _decided(rows, cols, strips, valid)
    full = functional.interpolate(
        torch.from_numpy(_scene(rows, cols))[None].double(), scale_factor=CELL, mode="bilinear"
    )[0, :, row - rows.start :, col - cols.start :][:, :height, :width]
    probability, channel = full.softmax(dim=0).max(dim=0)
    surely = (full.topk(2, dim=0).values.diff(dim=0)[0] < -1e-4).numpy()
    np.testing.assert_array_equal(classes[valid & surely], IDS[channel.numpy()][valid & surely])
    assert percent is not None
    assert np.abs(percent[valid] - 100 * probability.numpy()[valid]).max(initial=0) <= 0.5 + 1e-3
    assert (classes[~valid] == NODATA).all()
    assert (percent[~valid] == NODATA).all()
    assert classes.dtype == percent.dtype == np.uint8


@given(st.integers(1, 40), st.integers(1, 20), st.floats(0.2, 5), st.floats(-9, 9))
def test_strips_do_not_show(height: int, strips: int, scale: float, phase: float) -> None:
    rows, cols = Axis(phase=phase, scale=scale, length=height), Axis(phase=3, scale=1.0, length=7)
    valid = np.ones((height, 7), dtype=bool)
    for ours, whole in zip(
        _decided(rows, cols, strips, valid), _decided(rows, cols, height, valid), strict=True
    ):
        assert ours is not None
        np.testing.assert_array_equal(ours, whole)


def test_confidence_only_where_asked_for() -> None:
    axis = Axis(phase=0, scale=1.0, length=8)
    valid = np.ones((8, 8), dtype=bool)
    with_it, without = (_decided(axis, axis, 8, valid, confidence=asked) for asked in (True, False))
    assert without[1] is None
    np.testing.assert_array_equal(without[0], with_it[0])


def test_a_temperature_changes_how_sure_the_map_is_and_nothing_else() -> None:
    axis = Axis(phase=0, scale=1.0, length=4)
    logits = np.array([[[2.0]], [[0.0]], [[0.0]]], dtype=np.float32)
    found = {}
    for temperature in (0.5, 1.0, 2.0):
        decision = Decision(
            Enlargement(axis), Enlargement(axis), IDS, confidence=True, temperature=temperature
        )
        classes, percent = decision(logits, 0, slice(0, 1), np.ones((1, 4), dtype=bool))
        assert classes.tolist() == [[4] * 4]
        assert percent is not None
        found[temperature] = int(percent[0, 0])
    assert found == {t: round(100 / (1 + 2 * np.exp(-2 / t))) for t in found}


def test_a_drawn_row_of_two_cells() -> None:
    """Between two cells the classes change half way; there both have half of the confidence."""
    cols = Axis(phase=0, scale=1.0, length=8)
    row = Axis(phase=0, scale=1.0, length=4)
    logits = np.array([[[8, -8]], [[-8, 8]], [[-99, -99]]], dtype=np.float32)
    decision = Decision(Enlargement(row), Enlargement(cols), IDS, confidence=True)
    classes, percent = decision(logits, 0, slice(0, 1), np.ones((1, 8), dtype=bool))
    assert classes.tolist() == [[4] * 4 + [0] * 4]
    assert percent is not None
    # Logits at the eight centres: 8, 8, 6, 2, -2, -6, -8, -8.
    assert percent.tolist() == [[100, 100, 100, 98, 98, 100, 100, 100]]


def test_other_computations_keep_their_threads() -> None:
    axis = Axis(phase=0, scale=1.0, length=9)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        _decided(axis, axis, 4, np.ones((9, 9), bool))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_first_of_equal_classes_wins() -> None:
    ids = np.arange(254, -1, -1, dtype=np.uint8)
    axis = Axis(phase=0, scale=1.0, length=4)
    logits = np.zeros((len(ids), 1, 1), np.float32)
    for number in (200, 130, 3):
        logits[number] = 1
        decision = Decision(Enlargement(axis), Enlargement(axis), ids, confidence=False)
        classes, _ = decision(logits, 0, slice(0, 4), np.ones((4, 4), bool))
        assert (classes == ids[number]).all()
