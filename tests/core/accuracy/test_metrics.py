from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from glnet_geo.core.accuracy.metrics import Confusion, mean_of
from glnet_geo.core.legend import LandClass, Legend

CLASSES = 5
LABELS = range(CLASSES)
CODES = hnp.arrays(np.uint8, st.integers(1, 60), elements=st.integers(0, CLASSES - 1))


@given(CODES, st.integers(0, 2**32 - 1))
def test_every_score_is_that_of_scikit_learn(truth: NDArray[np.uint8], seed: int) -> None:
    mapped = np.random.default_rng(seed).integers(0, CLASSES, len(truth)).astype(np.uint8)
    ours = Confusion.of_codes(truth, mapped, CLASSES)
    np.testing.assert_array_equal(ours.counts, sklearn_metrics.confusion_matrix(truth, mapped, labels=LABELS))
    options = {"labels": LABELS, "average": None, "zero_division": np.nan}
    np.testing.assert_allclose(ours.f1, sklearn_metrics.f1_score(truth, mapped, **options))
    np.testing.assert_allclose(ours.precision, sklearn_metrics.precision_score(truth, mapped, **options))
    np.testing.assert_allclose(ours.recall, sklearn_metrics.recall_score(truth, mapped, **options))
    # scikit-learn calls a class that is nowhere 0, and warns of it; here its score is unknown.
    there = np.isin(LABELS, [truth, mapped])
    jaccard = sklearn_metrics.jaccard_score(truth, mapped, labels=LABELS, average=None, zero_division=0)
    np.testing.assert_allclose(ours.iou[there], jaccard[there])
    assert np.isnan(ours.iou[~there]).all()
    assert ours.accuracy == pytest.approx(sklearn_metrics.accuracy_score(truth, mapped))
    assert ours.mean_iou == pytest.approx(jaccard[there].mean())


@given(CODES, CODES)
def test_maps_add_up(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> None:
    whole = np.concatenate([first, second])
    parts = Confusion.of_codes(first, first[::-1], CLASSES) + Confusion.of_codes(
        second, second[::-1], CLASSES
    )
    together = Confusion.of_codes(whole, np.concatenate([first[::-1], second[::-1]]), CLASSES)
    np.testing.assert_array_equal(parts.counts, together.counts)


def test_rows_are_the_reference_and_columns_the_map() -> None:
    reference, mapped = np.array([0, 0, 0, 1], np.uint8), np.array([0, 1, 1, 1], np.uint8)
    confusion = Confusion.of_codes(reference, mapped, 2)
    assert confusion.counts.tolist() == [[1, 2], [0, 1]]
    assert confusion.recall.tolist() == [1 / 3, 1]
    assert confusion.precision.tolist() == [1, 1 / 3]
    assert confusion.iou.tolist() == [1 / 3, 1 / 3]


def test_only_pixels_with_a_class_in_both_count() -> None:
    legend = Legend((LandClass(id=3, name="a", color="#000000"), LandClass(id=9, name="b", color="#ffffff")))
    reference, mapped = np.array([3, 9, 9, 255, 4], np.uint8), np.array([3, 3, 255, 9, 9], np.uint8)
    assert Confusion.of(reference, mapped, legend).counts.tolist() == [[1, 0], [1, 0]]


def test_nothing_compared_has_no_scores() -> None:
    nothing = Confusion.empty(3)
    assert np.isnan(nothing.iou).all()
    assert np.isnan(nothing.mean_iou)
    assert nothing.accuracy == 0


def test_a_mean_may_leave_classes_out() -> None:
    values = np.array([0.2, np.nan, 0.6])
    assert mean_of(values) == pytest.approx(0.4)
    assert mean_of(values, np.array([False, True, True])) == pytest.approx(0.6)
    assert np.isnan(mean_of(values, np.array([False, True, False])))


def test_shares_of_a_map_score_as_its_pixels() -> None:
    counts = np.array([[50, 7], [3, 11]])
    pixels, shares = Confusion(counts), Confusion(counts / counts.sum())
    np.testing.assert_allclose(shares.iou, pixels.iou)
    np.testing.assert_allclose(shares.f1, pixels.f1)
    assert shares.accuracy == pytest.approx(pixels.accuracy)
    assert pixels.majority().counts.tolist() == [[57, 0], [14, 0]]
