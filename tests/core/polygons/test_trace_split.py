from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glnet_geo.core.polygons import trace
from tests.core.maps import HARD, drawn, noise
from tests.core.tracing import MAPS, Traced, assert_covers, cuts_of, exactly, regions_set, traced, weights_of

NEIGHBOURS = st.sampled_from([4, 8])


def split_traced(
    classes: NDArray[np.uint8], cuts: Sequence[int] = (), *, rows: int, **options: Any
) -> Traced:
    """A map that may be cut every few rows."""
    with mock.patch.object(trace, "split_rows", return_value=rows):
        return traced(classes, cuts, **options)


def assert_parts_of(split: Traced, whole: Traced) -> None:
    """The parts with one final id are the region with that id."""
    ids, parts, regions = split.ids, split.regions, whole.regions
    assert set(ids.tolist()) == set(regions.region_ids.tolist())
    for region, region_id in enumerate(regions.region_ids):
        own = np.flatnonzero(ids == region_id)
        assert set(parts.class_ids[own].tolist()) == {regions.class_ids[region]}
        assert parts.pixels[own].sum() == regions.pixels[region]
        assert parts.weights[own].sum() == regions.weights[region]
        assert parts.unknown[own].sum() == regions.unknown[region]
        assert shapely.equals(shapely.union_all(parts.polygons[own]), regions.polygons[region])


def assert_borders_stop_at(split: Traced, rows: int) -> None:
    """No line runs across a line on which regions may be cut."""
    for part in shapely.get_parts(split.regions.polygons):
        for ring in (part.exterior, *part.interiors):
            y = np.array(ring.coords)[:, 1]
            upper, lower = np.minimum(y[1:], y[:-1]), np.maximum(y[1:], y[:-1])
            assert (lower <= (np.floor(upper / rows) + 1) * rows).all()


@given(classes=MAPS, connectivity=NEIGHBOURS, rows=st.integers(1, 5), most=st.integers(1, 30), data=st.data())
def test_parts_make_up_the_regions_however_rows_are_fed(
    classes: NDArray[np.uint8], connectivity: int, rows: int, most: int, data: st.DataObject
) -> None:
    weights = data.draw(weights_of(classes))
    options: dict[str, Any] = {"weights": weights, "connectivity": connectivity}
    split = split_traced(classes, rows=rows, max_vertices=most, **options)
    assert_covers(split.regions, classes)
    assert_borders_stop_at(split, rows)
    assert_parts_of(split, traced(classes, **options))
    cuts = data.draw(cuts_of(classes.shape[0]))
    again = split_traced(classes, cuts, rows=rows, max_vertices=most, **options)
    assert exactly(again.regions) == exactly(split.regions)
    assert again.aliases == split.aliases
    assert set(split.aliases) <= set(split.regions.region_ids.tolist())


@given(classes=MAPS, connectivity=NEIGHBOURS, rows=st.integers(1, 5))
def test_with_the_least_limit_every_region_is_cut_on_every_line(
    classes: NDArray[np.uint8], connectivity: int, rows: int
) -> None:
    split = split_traced(classes, rows=rows, max_vertices=1, connectivity=connectivity)
    bounds = shapely.bounds(split.regions.polygons).reshape(-1, 4)
    assert (bounds[:, 1] // rows == (bounds[:, 3] - 1) // rows).all()


@given(classes=MAPS, connectivity=NEIGHBOURS, rows=st.integers(1, 5))
def test_below_the_limit_nothing_is_cut(classes: NDArray[np.uint8], connectivity: int, rows: int) -> None:
    split = split_traced(classes, rows=rows, max_vertices=10_000, connectivity=connectivity)
    assert split.aliases == {}
    whole = traced(classes, connectivity=connectivity)
    assert regions_set(split.regions) == regions_set(whole.regions)
    assert sorted(split.regions.region_ids.tolist()) == sorted(whole.regions.region_ids.tolist())


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("name", HARD)
def test_hard_maps_in_parts(name: str, connectivity: int) -> None:
    classes = HARD[name]
    whole = traced(classes, connectivity=connectivity)
    for rows, most in ((1, 1), (2, 8), (4, 20)):
        split = split_traced(classes, rows=rows, max_vertices=most, connectivity=connectivity)
        assert_covers(split.regions, classes)
        assert_parts_of(split, whole)


def test_noise_in_parts() -> None:
    classes = noise(90, 50, 2, seed=5, nodata=0.02)
    for connectivity in (4, 8):
        split = split_traced(classes, rows=8, max_vertices=60, connectivity=connectivity)
        assert_covers(split.regions, classes)
        assert_parts_of(split, traced(classes, connectivity=connectivity))
        again = split_traced(classes, range(7, 90, 7), rows=8, max_vertices=60, connectivity=connectivity)
        assert exactly(again.regions) == exactly(split.regions)


def test_only_what_is_too_large_is_cut() -> None:
    classes = drawn(
        "11111.22",
        "1.1.1.22",
        "11111.22",
        "11111.22",
    )
    # Above line 2, class 1 has an open outline with 2 + 2 * 2 corners and more in its holes; class 2 has 2.
    split = split_traced(classes, rows=2, max_vertices=2)
    assert sorted(split.regions.class_ids.tolist()) == [1, 1, 2]
    assert split.regions.region_ids[split.regions.class_ids == 1].tolist() == [0, 0]
    assert sorted(shapely.bounds(split.regions.polygons)[:, 3].tolist()) == [2, 4, 4]


def test_neighbours_of_a_cut_have_a_vertex_at_its_ends() -> None:
    split = split_traced(drawn("121", "121", "111"), rows=1, max_vertices=100)
    assert len(split.regions) == 2
    two = split.regions.polygons[split.regions.class_ids == 2][0]
    assert {(1.0, 1.0), (2.0, 1.0)} <= set(two.exterior.coords)


def test_arms_that_are_cut_before_they_join_have_an_alias() -> None:
    arms = drawn(
        "1..1",
        "1..1",
        "1111",
    )
    split = split_traced(arms, rows=1, max_vertices=1)
    assert split.aliases == {3: 0}
    by_place = {
        tuple(box[:2]): i
        for box, i in zip(
            shapely.bounds(split.regions.polygons).tolist(), split.regions.region_ids.tolist(), strict=True
        )
    }
    assert by_place == {(0, 0): 0, (3, 0): 3, (0, 1): 0, (3, 1): 3, (0, 2): 0}


def test_aliases_lead_to_the_first_of_many_arms() -> None:
    # From right to left, one arm after the other joins those before.
    arms = drawn(
        "1.1.1.1",
        "1.1.111",
        "1.1...1",
        "1.11111",
        "1.....1",
        "1111111",
    )
    split = split_traced(arms, rows=1, max_vertices=1)
    assert split.aliases == {2: 0, 4: 0, 6: 0}


def test_an_arm_that_was_never_cut_needs_no_alias() -> None:
    arms = drawn(
        "1.1.1",
        "111.1",
        "1...1",
        "11111",
    )
    # On line 2, the left region has 6 corners on its outline, the right one 2.
    split = split_traced(arms, rows=2, max_vertices=5)
    assert split.aliases == {}
    assert sorted(split.regions.region_ids.tolist()) == [0, 0]


def test_a_tracer_forgets_aliases_with_the_next_map() -> None:
    with mock.patch.object(trace, "split_rows", return_value=1):
        tracer = trace.Tracer(3, max_vertices=1)
        tracer.feed(drawn("1.1", "1.1", "111"))
        tracer.finish()
        assert tracer.aliases == {2: 0}
        tracer.feed(drawn("1.1"))
        assert tracer.aliases == {}


def test_all_values_may_be_classes() -> None:
    classes = np.arange(254, dtype=np.uint8)[np.newaxis].repeat(3, axis=0)
    split = split_traced(classes, rows=1, max_vertices=1)
    assert split.regions.class_ids.tolist() == [*range(254)] * 3
