from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from glnet_geo.core.small_areas.runs import Contacts, runs_of
from tests.core.maps import drawn

ROWS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(0, 2))


def run_of_pixels(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The number of the run of each pixel."""
    runs, _ = runs_of(rows, corners=False)
    return np.repeat(np.arange(len(runs)), runs.length).reshape(rows.shape)


@given(rows=ROWS)
def test_runs_are_the_longest_stretches_of_one_class(rows: NDArray[np.uint8]) -> None:
    runs, _ = runs_of(rows, corners=False)
    assert np.repeat(runs.class_id, runs.length).reshape(rows.shape).tolist() == rows.tolist()
    same_row = np.diff(runs.row) == 0
    assert (np.diff(runs.class_id.astype(int))[same_row] != 0).all()
    assert (runs.row == (runs.start + runs.length - 1) // rows.shape[1]).all()


@given(rows=ROWS)
def test_runs_share_as_many_edges_as_their_pixels_do(rows: NDArray[np.uint8]) -> None:
    run = run_of_pixels(rows)
    edges: Counter[tuple[int, int]] = Counter()
    edges.update(zip(run[:-1].ravel().tolist(), run[1:].ravel().tolist(), strict=True))
    beside = run[1:, :-1] != run[1:, 1:]
    edges.update(zip(run[1:, :-1][beside].tolist(), run[1:, 1:][beside].tolist(), strict=True))

    _, contacts = runs_of(rows, corners=False)
    summed = contacts.summed(int(run.max()) + 1)
    pairs = zip(*summed.ends.tolist(), strict=True)
    assert dict(zip(pairs, summed.edges.tolist(), strict=True)) == dict(edges)
    assert contacts.edges.sum() == edges.total()


@given(rows=ROWS)
def test_runs_that_touch_only_at_a_corner_are_listed_on_request(rows: NDArray[np.uint8]) -> None:
    run = run_of_pixels(rows)
    diagonal = {*zip(run[:-1, :-1].ravel().tolist(), run[1:, 1:].ravel().tolist(), strict=True)}
    diagonal |= {*zip(run[:-1, 1:].ravel().tolist(), run[1:, :-1].ravel().tolist(), strict=True)}
    _, by_edges = runs_of(rows, corners=False)
    _, contacts = runs_of(rows, corners=True)
    shared = {*zip(*by_edges.ends.tolist(), strict=True)}
    listed = {*zip(*contacts.ends.tolist(), strict=True)}
    assert shared <= listed
    assert listed - shared == diagonal - shared
    assert contacts.edges.sum() == by_edges.edges.sum()


def test_the_first_row_can_be_left_out() -> None:
    runs, _ = runs_of(drawn("0110", "2201", "1111"), corners=False)
    below = runs.below_first_row()
    assert below.start.tolist() == [0, 2, 3, 4]
    assert below.class_id.tolist() == [2, 0, 1, 1]
    assert below.length.tolist() == [2, 1, 1, 4]


def test_contacts_add_up_and_lose_what_has_become_one() -> None:
    contacts = Contacts(np.array([[0, 3, 2, 1], [1, 2, 3, 2]]), np.array([4, 1, 2, 0]))
    assert contacts.summed(4).ends.tolist() == [[0, 1, 2], [1, 2, 3]]
    assert contacts.summed(4).edges.tolist() == [4, 0, 3]
    renamed = contacts.renamed(np.array([0, 0, 2, 3]))
    assert renamed.ends.tolist() == [[3, 2, 0], [2, 3, 2]]
    assert renamed.edges.tolist() == [1, 2, 0]
    assert len(Contacts.empty().summed(1)) == 0
