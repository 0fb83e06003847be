from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glnet_geo.core.holdout import blocks, hold_out, places_of

COUNTS = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 900)
)


@given(COUNTS)
def test_every_class_keeps_a_good_part_of_its_labels(counts: np.ndarray) -> None:
    held = hold_out(counts)
    totals, lost = counts.sum(axis=0), counts[held].sum(axis=0)
    assert (lost <= 0.6 * totals + 1e-6).all()
    assert held == sorted(set(held))
    assert held == hold_out(counts)


def test_about_a_fifth_is_held_out() -> None:
    assert len(hold_out(np.full((10, 3), 7))) == 2
    assert len(hold_out(np.full((2, 3), 7))) == 1


def test_rare_classes_are_held_out_too() -> None:
    counts = np.full((10, 2), [100, 0])
    counts[[2, 5, 7], 1] = 10
    held = hold_out(counts)
    assert 0 < counts[held, 1].sum() < 30


@pytest.mark.parametrize("counts", [[[5, 9]], [[0, 0], [0, 0]], [[5, 0], [0, 9]]])
def test_nothing_is_held_out_where_a_class_would_be_lost(counts: list[list[int]]) -> None:
    assert hold_out(np.array(counts)) == []


def test_parts_of_one_picture_are_one_place() -> None:
    assert places_of(["t1_part_001", "t1_part_009", "t4_part_001"]) == ["t1", "t1", "t4"]
    assert places_of(["city_1_2", "town_1-3", "town 7"]) == ["city", "town", "town"]
    assert places_of(["vienna1", "vienna2"]) == ["vienna1", "vienna2"]
    assert places_of(["scene_1", "scene_2"]) == ["scene_1", "scene_2"]


@given(st.integers(1, 400), st.integers(1, 400))
def test_blocks_cover_a_scene_once(rows: int, cols: int) -> None:
    seen = np.zeros((rows, cols), int)
    for block in blocks((rows, cols), 32):
        assert block.row % 32 == block.col % 32 == 0
        seen[block.rows, block.cols] += 1
    assert (seen == 1).all()
