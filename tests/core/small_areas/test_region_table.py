from __future__ import annotations

import numpy as np

from glnet_geo.core.small_areas.region_table import OUTSIDE, RegionTable, grown, lots
from glnet_geo.core.small_areas.runs import runs_of
from tests.core.flood import lot
from tests.core.maps import NODATA, drawn


def test_no_two_pixels_draw_one_lot() -> None:
    drawn_lots = lots(np.arange(100_000))
    assert np.unique(drawn_lots).size == drawn_lots.size
    assert drawn_lots[:50].tolist() == [lot(place) for place in range(50)]


def test_rows_grow_to_regions() -> None:
    rows = drawn("....", "0110", "011.", "0002")
    runs, contacts = runs_of(rows, corners=False)
    runs = runs.below_first_row()
    table = RegionTable.of_runs(runs, np.array([1.0, 2.0, 4.0]), 10)
    both, contacts, number = grown(RegionTable.empty(), table, contacts)
    assert number.tolist() == [OUTSIDE, 1, 2, 3, 1, 2, OUTSIDE, 1, 4]
    assert both.class_id.tolist() == [NODATA, 0, 1, 0, 2]
    assert both.pixels.tolist()[1:] == [5, 4, 1, 1]
    assert both.area.tolist()[1:] == [15, 6, 1, 4]
    assert both.last.tolist()[1:] == [12, 11, 10, 12]
    assert both.lot.tolist()[1:] == [lot(place) for place in (40, 41, 43, 51)]
    summed = contacts.summed(len(both))
    assert summed.ends.T.tolist() == [[1, 2], [1, 4], [2, 3]]
    assert summed.edges.tolist() == [4, 1, 1]


def test_runs_that_lie_in_columns_of_different_areas() -> None:
    """Against the sum over pixels."""
    rng = np.random.default_rng(0)
    block = rng.integers(0, 2, (5, 23)).astype(np.uint8)
    columns, areas = np.array([0, 4, 5, 17, 23]), rng.uniform(1, 2, (5, 4))
    runs, _ = runs_of(block, corners=False)
    found = RegionTable.of_runs(runs, areas, 0, columns).area
    pixels = np.repeat(areas, np.diff(columns), axis=1).ravel()
    expected = [
        pixels[start : start + length].sum() for start, length in zip(runs.start, runs.length, strict=True)
    ]
    np.testing.assert_allclose(found, expected)
