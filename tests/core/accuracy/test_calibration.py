from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glnet_geo.core.accuracy.calibration import BINS, Reliability, fitted_temperature


def _of(confidence: list[float], right: list[bool], weight: list[float] | None = None) -> Reliability:
    weights = None if weight is None else np.array(weight)
    return Reliability.of(np.array(confidence), np.array(right, dtype=np.bool_), weights)


def test_a_drawn_example() -> None:
    # Two tenths: 0.6 sure and half right, 0.95 sure and all right.
    drawn = _of([0.6, 0.6, 0.95, 0.95], [True, False, True, True])
    np.testing.assert_allclose(drawn.curve, [(0.6, 0.5, 0.5), (0.95, 1, 0.5)])
    assert drawn.expected_calibration_error == pytest.approx(0.5 * 0.1 + 0.5 * 0.05)


def test_a_full_tenth_belongs_to_the_lower_bin() -> None:
    for tenth in range(1, BINS + 1):
        assert np.flatnonzero(_of([tenth / 10], [True]).weight).tolist() == [tenth - 1]
    assert np.flatnonzero(_of([0.0], [True]).weight).tolist() == [0]


def test_nothing_has_no_error() -> None:
    assert np.isnan(Reliability.none().expected_calibration_error)
    assert Reliability.none().curve == []
    assert np.isnan(_of([], []).expected_calibration_error)


def test_who_is_right_as_often_as_sure_has_a_small_error() -> None:
    rng = np.random.default_rng(3)
    confidence = rng.random(200_000)
    calibrated = Reliability.of(confidence, rng.random(confidence.size) < confidence)
    assert calibrated.expected_calibration_error < 0.01
    boasting = Reliability.of(confidence, rng.random(confidence.size) < confidence / 2)
    assert boasting.expected_calibration_error == pytest.approx(0.25, abs=0.01)


ANSWERS = st.lists(st.tuples(st.integers(0, 100), st.booleans(), st.integers(1, 5)), min_size=1, max_size=40)


def _arrays(
    answers: list[tuple[int, bool, int]],
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    percent, right, times = zip(*answers, strict=True)
    return np.array(percent) / 100, np.array(right), np.array(times)


@given(ANSWERS)
def test_a_weight_counts_as_that_many_pixels(answers: list[tuple[int, bool, int]]) -> None:
    confidence, right, times = _arrays(answers)
    weighted = Reliability.of(confidence, right, times.astype(np.float64))
    repeated = Reliability.of(np.repeat(confidence, times), np.repeat(right, times))
    np.testing.assert_allclose(weighted.curve, repeated.curve)
    assert weighted.expected_calibration_error == pytest.approx(repeated.expected_calibration_error)


@given(ANSWERS, ANSWERS)
def test_parts_add_up(first: list[tuple[int, bool, int]], second: list[tuple[int, bool, int]]) -> None:
    parts = [Reliability.of(*_arrays(part)[:2]) for part in (first, second)]
    whole = Reliability.of(*_arrays(first + second)[:2])
    np.testing.assert_allclose((parts[0] + parts[1]).curve, whole.curve)
    assert 0 <= whole.expected_calibration_error <= 1


@given(st.floats(0.2, 6), st.integers(0, 99))
def test_the_temperature_that_logits_were_multiplied_by_is_found(temperature: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2, size=(5_000, 3))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (random.random((5_000, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=2)
    found = fitted_temperature((temperature * logits).astype(np.float32), truth.astype(np.int64))
    assert found == pytest.approx(temperature, rel=0.15)


def test_without_a_pixel_logits_stay_as_they_are() -> None:
    assert fitted_temperature(np.empty((0, 3), np.float32), np.empty(0, np.int64)) == 1
