from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.accuracy.stratified import StratifiedSample
from glnet_geo.errors import EvaluationError

# Olofsson et al. 2014, tables 8 and 9: deforestation, forest gain, stable forest, stable non-forest; rows: the map.
PAPER = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED_PIXELS = np.array([200_000.0, 150_000.0, 3_200_000.0, 6_450_000.0])
HECTARES = 0.09


def by_map_class(matrix: NDArray[np.int64], sizes: NDArray[np.float64]) -> StratifiedSample:
    """A sample whose strata are the map's classes, from a matrix with a row for each."""
    counts = np.zeros((len(matrix), *matrix.shape), dtype=np.int64)
    for stratum, row in enumerate(matrix):
        counts[stratum, :, stratum] = row
    return StratifiedSample(counts=counts, sizes=sizes)


class TestThePapersExample:
    sample = by_map_class(PAPER, MAPPED_PIXELS)

    def test_overall_accuracy(self) -> None:
        assert PAPER.sum() == 640
        accuracy = self.sample.accuracy
        assert (round(accuracy.value, 3), round(accuracy.half_width, 3)) == (0.947, 0.018)

    def test_area_of_deforestation(self) -> None:
        pixels = self.sample.sizes_of_classes[0]
        assert (round(pixels.value), round(pixels.half_width)) == (235_086, 68_418)
        hectares = by_map_class(PAPER, MAPPED_PIXELS * HECTARES).sizes_of_classes[0]
        assert (round(hectares.value), round(hectares.half_width)) == (21_158, 6_158)

    def test_users_accuracy(self) -> None:
        assert [round(one.value, 2) for one in self.sample.precision] == [0.88, 0.73, 0.93, 0.96]
        assert [round(one.half_width, 2) for one in self.sample.precision] == [0.07, 0.10, 0.04, 0.02]

    def test_producers_accuracy(self) -> None:
        deforestation = self.sample.recall[0]
        assert (round(deforestation.value, 2), round(deforestation.half_width, 2)) == (0.75, 0.21)


@st.composite
def samples(draw: st.DrawFn) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A matrix with at least two points in every row, and sizes of its strata."""
    classes = draw(st.integers(2, 5))
    matrix = draw(hnp.arrays(np.int64, (classes, classes), elements=st.integers(0, 40)))
    sizes = draw(hnp.arrays(np.float64, classes, elements=st.floats(1, 1e9)))
    return matrix + 2 * np.eye(classes, dtype=np.int64), sizes


@given(samples())
def test_every_interval_is_that_of_the_papers_own_equations(
    drawn: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> None:
    """Equations 1 to 11, written as they stand there."""
    matrix, sizes = drawn
    sample, classes = by_map_class(matrix, sizes), len(matrix)
    n, weights = matrix.sum(axis=1), sizes / sizes.sum()
    p = weights[:, None] * matrix / n[:, None]
    user = np.diag(p) / p.sum(axis=1)
    producer = np.diag(p) / p.sum(axis=0)
    # Differences of nearly equal numbers leave some rounding in variances that are 0.
    close = {"rel_tol": 1e-6, "abs_tol": 1e-7}
    v_overall = (weights**2 * user * (1 - user) / (n - 1)).sum()
    assert _near(sample.accuracy.value, np.diag(p).sum(), **close)
    assert _near(sample.accuracy.half_width, 1.96 * np.sqrt(v_overall), **close)
    pixels = (sizes[:, None] * matrix / n[:, None]).sum(axis=0)
    for j in range(classes):
        v_user = user[j] * (1 - user[j]) / (n[j] - 1)
        assert _near(sample.precision[j].value, user[j], **close)
        assert _near(sample.precision[j].half_width, 1.96 * np.sqrt(v_user), **close)
        others = [i for i in range(classes) if i != j]
        q = matrix[others, j] / n[others]
        v_producer = (
            sizes[j] ** 2 * (1 - producer[j]) ** 2 * user[j] * (1 - user[j]) / (n[j] - 1)
            + producer[j] ** 2 * (sizes[others] ** 2 * q * (1 - q) / (n[others] - 1)).sum()
        ) / pixels[j] ** 2
        assert _near(sample.recall[j].value, producer[j], **close)
        assert _near(sample.recall[j].half_width, 1.96 * np.sqrt(v_producer), **close)
        share = matrix[:, j] / n
        v_area = (weights**2 * share * (1 - share) / (n - 1)).sum()
        area, total = sample.sizes_of_classes[j], sizes.sum()
        assert _near(area.value / total, p[:, j].sum(), **close)
        assert _near(area.half_width / total, 1.96 * np.sqrt(v_area), **close)


def _near(ours: float, theirs: float, *, rel_tol: float, abs_tol: float) -> bool:
    return bool(np.isclose(ours, theirs, rtol=rel_tol, atol=abs_tol))


@given(samples())
def test_scores_are_those_of_the_map_that_the_sample_stands_for(
    drawn: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> None:
    sample = by_map_class(*drawn)
    whole = sample.confusion
    np.testing.assert_allclose(whole.in_map, drawn[1])
    np.testing.assert_allclose([one.value for one in sample.iou], whole.iou)
    np.testing.assert_allclose([one.value for one in sample.f1], whole.f1)
    np.testing.assert_allclose([one.value for one in sample.recall], whole.recall)
    np.testing.assert_allclose([one.value for one in sample.sizes_of_classes], whole.in_reference)


@pytest.mark.parametrize("same_map", [True, False])
def test_intervals_hold_as_often_as_they_say(same_map: bool) -> None:  # noqa: FBT001 - a parameter
    """Of 500 samples of a known map; the strata may be classes of another map than the one assessed."""
    rng = np.random.default_rng(5)
    true = rng.choice(3, 40_000, p=[0.2, 0.3, 0.5])
    blurred = [np.where(rng.random(true.size) < 0.75, true, rng.integers(0, 3, true.size)) for _ in range(2)]
    mapped, strata = blurred[0], blurred[0 if same_map else 1]
    places = [np.flatnonzero(strata == c) for c in range(3)]
    sizes = np.array([float(len(place)) for place in places])
    whole = Confusion.of_codes(true.astype(np.uint8), mapped.astype(np.uint8), 3)
    right: dict[str, int] = {"accuracy": 0, "area": 0, "recall": 0, "iou": 0}
    values = []
    for _ in range(500):
        counts = np.zeros((3, 3, 3), dtype=np.int64)
        for stratum, place in enumerate(places):
            drawn = rng.choice(place, 200, replace=False)
            np.add.at(counts[stratum], (true[drawn], mapped[drawn]), 1)
        sample = StratifiedSample(counts=counts, sizes=sizes)
        for name, estimate, truth in (
            ("accuracy", sample.accuracy, whole.accuracy),
            ("area", sample.sizes_of_classes[0], float(whole.in_reference[0])),
            ("recall", sample.recall[0], float(whole.recall[0])),
            ("iou", sample.iou[1], float(whole.iou[1])),
        ):
            right[name] += abs(estimate.value - truth) <= estimate.half_width
        values.append(sample.sizes_of_classes[0].value)
    assert all(450 <= count <= 492 for count in right.values()), right
    assert np.mean(values) == pytest.approx(float(whole.in_reference[0]), rel=0.01)


def test_one_point_tells_a_value_and_no_interval() -> None:
    sample = by_map_class(np.array([[1, 0], [3, 5]]), np.array([10.0, 20.0]))
    assert sample.accuracy.value == pytest.approx((10 + 20 * 5 / 8) / 30)
    assert np.isnan(sample.accuracy.half_width)


def test_what_was_drawn_whole_is_certain() -> None:
    """All is known of a stratum of which no unit is left, also of one that has only one."""
    matrix, sizes = np.array([[1, 0], [3, 5]]), np.array([1.0, 20.0])
    counts = by_map_class(matrix, sizes).counts
    sample = StratifiedSample(counts=counts, sizes=sizes, whole=np.array([True, False]))
    alone = StratifiedSample(counts=counts[1:], sizes=sizes[1:])
    assert sample.accuracy.value == pytest.approx((1 + 20 * 5 / 8) / 21)
    assert sample.accuracy.half_width == pytest.approx(alone.accuracy.half_width * 20 / 21)
    assert sample.precision[0].half_width == 0


def test_units_that_the_map_does_not_show_count_for_their_part_of_a_stratum() -> None:
    """Of 8 drawn from 80, 4 lie on the map, so that it shows 40 of these."""
    counts = by_map_class(np.array([[3, 1], [0, 8]]), np.ones(2)).counts
    sizes = np.array([80.0, 20.0])
    sample = StratifiedSample(counts=counts, sizes=sizes, beside=np.array([4, 0]))
    shown = StratifiedSample(counts=counts, sizes=np.array([40.0, 20.0]))
    np.testing.assert_allclose(sample.confusion.counts, shown.confusion.counts)
    assert sample.accuracy.value == pytest.approx((30 + 20) / 60)
    assert [one.value for one in sample.sizes_of_classes] == pytest.approx([30, 10 + 20])
    # Nobody knows exactly how much of the stratum the map shows.
    assert sample.sizes_of_classes[0].half_width > shown.sizes_of_classes[0].half_width
    none_there = np.stack([0 * counts[0], counts[1]])
    gone = StratifiedSample(counts=none_there, sizes=sizes, beside=np.array([9, 0]))
    assert gone.accuracy.value == 1
    certain = StratifiedSample(
        counts=counts, sizes=sizes, beside=np.array([4, 0]), whole=np.array([True, True])
    )
    assert {one.half_width for one in certain.sizes_of_classes} == {0}


def test_a_class_that_is_nowhere_has_no_scores() -> None:
    counts = np.zeros((1, 2, 2), dtype=np.int64)
    counts[0, 0, 0] = 4
    sample = StratifiedSample(counts=counts, sizes=np.array([7.0]))
    assert np.isnan(sample.precision[1].value)
    assert np.isnan(sample.iou[1].half_width)
    assert sample.sizes_of_classes[1].value == 0
    assert (sample.accuracy.value, sample.accuracy.half_width) == (1, 0)


@pytest.mark.parametrize(
    ("counts", "sizes", "words"),
    [
        (np.ones((1, 1, 1), np.int64), np.array([0.0]), "size above 0"),
        (np.zeros((1, 1, 1), np.int64), np.array([1.0]), "no labelled point"),
        (np.zeros((0, 1, 1), np.int64), np.array([]), "size above 0"),
    ],
)
def test_strata_need_points_and_sizes(
    counts: NDArray[np.int64], sizes: NDArray[np.float64], words: str
) -> None:
    with pytest.raises(EvaluationError, match=words):
        StratifiedSample(counts=counts, sizes=sizes)
