from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from glnet_geo.core.small_areas import sieve
from glnet_geo.core.small_areas.sieve import Sieve
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OptionError
from tests.core.flood import regions_of, sieved
from tests.core.maps import HARD, NODATA, checkerboard, drawn, noise

SLAB = 100
"""Rows from line to line where a test says nothing else: more than any of these maps has."""

MAPS = st.integers(1, 4).flatmap(
    lambda classes: arrays(
        np.uint8,
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([*range(classes), NODATA]),
    )
)
LEAST = st.sampled_from([0, 1, 1.5, 2, 3, 4, 6, 9, 20, 1000])
CONNECTIVITY = st.sampled_from([4, 8])
# Quarters, so that sums are exact.
PIXEL_AREAS = st.sampled_from([np.ones(12), 1 + np.arange(12) / 4, 4 - np.arange(12) / 4])


def sieve_of(
    width: int,
    least: float,
    area: NDArray[np.float64],
    *,
    connectivity: int = 4,
    slab: int = SLAB,
) -> Sieve:
    """A sieve that decides on lines ``slab`` rows apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sieve, "slab_rows", lambda width: slab)
        return Sieve(width, least=least, pixel_area=area.__getitem__, connectivity=connectivity)  # type: ignore[arg-type]


def streamed(
    classes: NDArray[np.uint8],
    least: float,
    area: NDArray[np.float64] | None = None,
    *,
    cuts: Iterable[int] = (),
    connectivity: int = 4,
    slab: int = SLAB,
) -> NDArray[np.uint8]:
    """The map after the sieve, put together again; it is cut above the given rows."""
    rows = classes.shape[0]
    small = sieve_of(
        classes.shape[1],
        least,
        np.ones(rows) if area is None else area,
        connectivity=connectivity,
        slab=slab,
    )
    out = []
    for top, stop in pairwise([0, *cuts, rows]):
        out += small.feed(Strip(row=top, classes=classes[top:stop]))
    out += small.finish()
    assert [strip.row + row for strip in out for row in range(strip.classes.shape[0])] == list(range(rows))
    return np.concatenate([strip.classes for strip in out])


def assert_lawful(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    least: float,
    area: NDArray[np.float64],
    connectivity: int,
) -> None:
    """No small region has a neighbour; no large one has changed, nor one without neighbours, nor nodata."""
    assert ((before == NODATA) == (after == NODATA)).all()
    for region in regions_of(after, area, connectivity=connectivity):
        assert region.area >= least or not region.edges
    for region in regions_of(before, area, connectivity=connectivity):
        if region.area >= least or not region.edges:
            assert (after[tuple(np.array(region.pixels).T)] == region.class_id).all()


def cuts_of(data: st.DataObject, rows: int) -> list[int]:
    return sorted(data.draw(st.sets(st.integers(1, rows - 1)))) if rows > 1 else []


@given(classes=MAPS, least=LEAST, connectivity=CONNECTIVITY, area=PIXEL_AREAS, data=st.data())
def test_the_answer_is_that_of_flooding_the_whole_map(
    classes: NDArray[np.uint8],
    least: float,
    connectivity: int,
    area: NDArray[np.float64],
    data: st.DataObject,
) -> None:
    cuts = cuts_of(data, classes.shape[0])
    after = streamed(classes, least, area, cuts=cuts, connectivity=connectivity)
    assert after.tolist() == sieved(classes, least, area, connectivity=connectivity).tolist()
    assert_lawful(classes, after, least, area, connectivity)


@given(
    classes=MAPS,
    least=LEAST,
    connectivity=CONNECTIVITY,
    area=PIXEL_AREAS,
    slab=st.integers(1, 7),
    data=st.data(),
)
def test_lines_decide_and_feeding_does_not(
    classes: NDArray[np.uint8],
    least: float,
    connectivity: int,
    area: NDArray[np.float64],
    slab: int,
    data: st.DataObject,
) -> None:
    cuts = cuts_of(data, classes.shape[0])
    after = streamed(classes, least, area, cuts=cuts, connectivity=connectivity, slab=slab)
    assert after.tolist() == sieved(classes, least, area, connectivity=connectivity, slab=slab).tolist()
    assert_lawful(classes, after, least, area, connectivity)


@given(classes=MAPS, least=LEAST, connectivity=CONNECTIVITY)
def test_a_map_of_less_than_two_slabs_is_decided_as_a_whole(
    classes: NDArray[np.uint8], least: float, connectivity: int
) -> None:
    slab = classes.shape[0] // 2 + 1
    whole = streamed(classes, least, connectivity=connectivity)
    assert streamed(classes, least, connectivity=connectivity, slab=slab).tolist() == whole.tolist()


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("least", [2, 5, 40])
@pytest.mark.parametrize("name", HARD)
def test_hard_maps(name: str, least: float, connectivity: int) -> None:
    classes = HARD[name]
    rows, area = classes.shape[0], np.ones(classes.shape[0])
    for slab in (2, SLAB):
        expected = sieved(classes, least, area, connectivity=connectivity, slab=slab)
        assert_lawful(classes, expected, least, area, connectivity)
        for cuts in ((), range(1, rows), range(3, rows, 3)):
            after = streamed(classes, least, cuts=cuts, connectivity=connectivity, slab=slab)
            assert after.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("least", "before", "after"),
    [
        pytest.param(2, ["000", "010", "000"], ["000", "000", "000"], id="a pixel in a field"),
        pytest.param(1, ["000", "010", "000"], ["000", "010", "000"], id="just large enough"),
        pytest.param(0, ["010", "101", "010"], ["010", "101", "010"], id="no least area"),
        pytest.param(
            2,
            ["000000", "011100", "012100", "000000"],
            ["000000", "011100", "011100", "000000"],
            id="the longest border wins over the larger area",
        ),
        pytest.param(2, ["002111"], ["001111"], id="a tie goes to the larger"),
        pytest.param(2, ["111200"], ["111100"], id="a tie goes to the larger, left"),
        pytest.param(2, ["00211"], ["00011"], id="a tie of equals goes to the first"),
        pytest.param(9, ["...", ".0.", "..."], ["...", ".0.", "..."], id="an island in nodata"),
        pytest.param(9, ["0.1"], ["0.1"], id="nodata is no bridge"),
        pytest.param(3, ["00001223333"], ["00000003333"], id="a chain, the fewest pixels first"),
        pytest.param(3, ["00011211000"], ["00011111000"], id="two small ones become one that is large"),
        pytest.param(
            9,
            ["00000", "01110", "01210", "01110", "00000"],
            ["00000", "01110", "01110", "01110", "00000"],
            id="a hole in a hole fills the hole",
        ),
        pytest.param(
            10,
            ["00000", "01110", "01210", "01110", "00000"],
            ["00000", "00000", "00000", "00000", "00000"],
            id="a hole in a hole, both too small",
        ),
        pytest.param(
            4,
            ["00.11", "00.11", "..2..", "00.11", "00.11"],
            ["00.11", "00.11", "..2..", "00.11", "00.11"],
            id="corners are no border",
        ),
    ],
)
@pytest.mark.parametrize("connectivity", [4, 8])
def test_drawn(least: float, before: list[str], after: list[str], connectivity: int) -> None:
    for transpose in (False, True):
        given, expected = drawn(*before), drawn(*after)
        if transpose:
            given, expected = given.T.copy(), expected.T.copy()
        assert streamed(given, least, connectivity=connectivity).tolist() == expected.tolist()


def test_by_corners_a_diagonal_is_one_region() -> None:
    diagonal = drawn("1000", "0100", "0000")
    assert streamed(diagonal, 2, connectivity=8).tolist() == diagonal.tolist()
    assert streamed(diagonal, 2, connectivity=4).tolist() == np.zeros((3, 4)).tolist()


def test_by_corners_a_region_grows_across_a_corner() -> None:
    # The 2 becomes 1, and touches the 1 below at a corner: together they are large, and not absorbed by the 3.
    before = drawn("3333112....", ".......1111")
    by_corners, by_edges = drawn("3333111....", ".......1111"), drawn("3333333....", ".......1111")
    assert streamed(before, 4, connectivity=8).tolist() == by_corners.tolist()
    assert streamed(before, 4, connectivity=4).tolist() == by_edges.tolist()


def test_by_corners_what_has_no_neighbor_is_passed_by() -> None:
    # As above, but the 1 below is small and has no neighbour: it was final before the 2 became 1.
    before, after = drawn("3333112....", ".......111."), drawn("3333333....", ".......111.")
    assert streamed(before, 4, connectivity=8).tolist() == after.tolist()


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("slab", [2, 7, SLAB])
def test_where_all_are_small_one_class_is_left(slab: int, connectivity: int) -> None:
    for classes in (checkerboard(30, 31), noise(30, 31, 4, seed=3)):
        assert np.unique(streamed(classes, 1e6, connectivity=connectivity, slab=slab)).size == 1


@pytest.mark.parametrize("connectivity", [4, 8])
def test_a_larger_map_is_lawful_on_many_lines(connectivity: int) -> None:
    classes = noise(200, 60, 4, seed=5, nodata=0.1)
    after = streamed(classes, 6, connectivity=connectivity, slab=16)
    assert_lawful(classes, after, 6, np.ones(200), connectivity)
    assert (
        streamed(classes, 6, connectivity=connectivity, slab=16, cuts=range(1, 200)).tolist()
        == after.tolist()
    )


def test_sizes_are_areas_and_not_pixels() -> None:
    column = drawn(*"0011222")
    area = np.array([1, 1, 1, 1, 5, 5, 5.0])
    assert streamed(column, 3, area).tolist() == drawn(*"2222222").tolist()
    assert streamed(column, 3, area[::-1]).tolist() == column.tolist()


def test_a_region_of_just_the_least_area_is_large_however_its_area_is_rounded() -> None:
    for pixels in range(1, 50):
        row = np.zeros((1, 200), np.uint8)
        row[0, 90 : 90 + pixels] = 1
        for pixel_area in (0.09, 0.3 * 0.3, 1 / 3, 100 / 7):
            area = np.full(1, pixel_area)
            assert streamed(row, sum([pixel_area] * pixels), area).tolist() == row.tolist()
            assert streamed(row, 1.001 * pixels * pixel_area, area).tolist() == [[0] * 200]


def test_rows_leave_once_they_are_settled() -> None:
    classes = np.zeros((64, 9), np.uint8)
    classes[::5, 4] = 1
    small = sieve_of(9, 3, np.ones(64), slab=4)
    gone = [
        sum(strip.classes.shape[0] for strip in small.feed(Strip(row=row, classes=classes[row : row + 4])))
        for row in range(0, 64, 4)
    ]
    held = np.arange(4, 65, 4) - np.cumsum(gone)
    assert held.max() <= 12
    assert len(small._table) < 10
    assert len(small._contacts) < 10


def test_what_is_held_does_not_grow_with_the_map() -> None:
    sizes = []
    for rows in (400, 1600):
        small = sieve_of(20, 8, np.ones(rows), slab=8)
        for row in range(0, rows, 8):
            small.feed(Strip(row=row, classes=noise(8, 20, 3, seed=row % 80, nodata=0.2)))
        sizes.append((len(small._table), len(small._contacts), small._backlog.region.size))
    assert max(sizes[1]) < 1.5 * max(sizes[0])


@given(classes=MAPS, slab=st.integers(1, 7), data=st.data())
def test_confidence_stays_with_its_row(classes: NDArray[np.uint8], slab: int, data: st.DataObject) -> None:
    confidence = np.arange(classes.size, dtype=np.uint8).reshape(classes.shape)
    rows, first = classes.shape[0], 1000
    small = sieve_of(classes.shape[1], 3, np.ones(first + rows), slab=slab)
    out = []
    for top, stop in pairwise([0, *cuts_of(data, rows), rows]):
        reused = confidence[top:stop].copy()
        out += small.feed(Strip(row=first + top, classes=classes[top:stop], confidence=reused))
        reused[:] = 0
    out += small.finish()
    for strip in out:
        place = slice(strip.row - first, strip.row - first + strip.classes.shape[0])
        assert strip.confidence is not None
        assert strip.confidence.tolist() == confidence[place].tolist()
    assert sum(strip.classes.shape[0] for strip in out) == rows


def test_pixel_areas_are_asked_for_in_rows_of_the_scene() -> None:
    asked: list[int] = []

    def pixel_area(rows: slice) -> NDArray[np.float64]:
        asked.extend(range(rows.start, rows.stop))
        return np.ones(rows.stop - rows.start)

    small = Sieve(3, least=2, pixel_area=pixel_area)
    for row in range(70, 90, 5):
        small.feed(Strip(row=row, classes=np.zeros((5, 3), np.uint8)))
    assert [strip.row for strip in small.finish()] == [70]
    assert asked == list(range(70, 90))


def test_a_sieve_starts_over() -> None:
    classes = noise(20, 20, 3, seed=0)
    small = sieve_of(20, 5, np.ones(20), slab=4)
    assert small.finish() == []
    maps = []
    for _ in range(2):
        out = small.feed(Strip(row=0, classes=classes)) + small.finish()
        maps.append(np.concatenate([strip.classes for strip in out]).tolist())
    assert maps[0] == maps[1]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"width": 0}, "width must be positive, got 0"),
        ({"least": -1.0}, "least area must be zero or more, got -1"),
        ({"least": float("nan")}, "least area must be zero or more, got nan"),
        ({"connectivity": 6}, "connectivity must be 4 or 8, got 6"),
    ],
)
def test_wrong_options_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    options: dict[str, Any] = {"width": 3, "least": 1.0, "pixel_area": np.ones(9).__getitem__} | wrong
    with pytest.raises(OptionError, match=sentence):
        Sieve(**options)


@pytest.mark.parametrize("area", [np.ones(2), np.zeros(3), np.full(3, np.nan), np.array([1, -1, 1.0])])
def test_areas_that_cannot_be_are_refused(area: NDArray[np.float64]) -> None:
    small = Sieve(3, least=1, pixel_area=lambda rows: area)
    small.feed(Strip(row=0, classes=np.zeros((3, 3), np.uint8)))
    with pytest.raises(OptionError, match="one positive number a row"):
        small.finish()
