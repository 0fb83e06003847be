from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from glnet_geo.core.polygons import trace
from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.polygons.sums import UNKNOWN
from glnet_geo.core.polygons.trace import Tracer
from glnet_geo.errors import OptionError
from tests.core.maps import HARD, drawn, noise
from tests.core.tracing import (
    MAPS,
    assert_covers,
    cuts_of,
    edges_at,
    exactly,
    flooded,
    oracle,
    regions_set,
    traced,
    weights_of,
)

DUBAI = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "dubai" / "masks"
NEIGHBOURS = st.sampled_from([4, 8])


def assert_vertices_are_corners_and_nodes(regions: Regions, classes: NDArray[np.uint8]) -> None:
    """All lines follow the grid, and straight on they have a vertex at nodes only, and at each of them."""
    edges = edges_at(classes)
    for ring in (
        ring for part in shapely.get_parts(regions.polygons) for ring in (part.exterior, *part.interiors)
    ):
        points = np.array(ring.coords)
        steps = np.diff(points, axis=0) != 0
        assert (steps.sum(axis=1) == 1).all()
        straight = (steps == np.roll(steps, 1, axis=0)).all(axis=1)
        column, line = points[:-1][straight].astype(int).T
        assert (edges[line, column] >= 3).all()
        for a, b in zip(points[:-1].astype(int), points[1:].astype(int), strict=True):
            (left, top), (right, bottom) = np.minimum(a, b), np.maximum(a, b)
            passed = edges[top : bottom + 1, left : right + 1].ravel()[1:-1]
            assert (passed == 2).all()


@given(classes=MAPS, connectivity=NEIGHBOURS)
def test_polygons_cover_every_valid_pixel_once(classes: NDArray[np.uint8], connectivity: int) -> None:
    regions = traced(classes, connectivity=connectivity).regions
    assert_covers(regions, classes)
    assert_vertices_are_corners_and_nodes(regions, classes)
    kind = shapely.GeometryType.POLYGON if connectivity == 4 else shapely.GeometryType.MULTIPOLYGON
    assert (shapely.get_type_id(regions.polygons) == kind).all()


@given(classes=MAPS, connectivity=NEIGHBOURS, data=st.data())
def test_the_answer_does_not_depend_on_how_rows_are_cut(
    classes: NDArray[np.uint8], connectivity: int, data: st.DataObject
) -> None:
    cuts = data.draw(cuts_of(classes.shape[0]))
    weights = data.draw(weights_of(classes))
    whole = traced(classes, weights=weights, connectivity=connectivity)
    assert exactly(traced(classes, cuts, weights=weights, connectivity=connectivity).regions) == exactly(
        whole.regions
    )
    assert whole.aliases == {}


@given(classes=MAPS, connectivity=NEIGHBOURS)
def test_the_answer_is_that_of_gdal(classes: NDArray[np.uint8], connectivity: int) -> None:
    assert regions_set(traced(classes, connectivity=connectivity).regions) == oracle(classes, connectivity)


@given(classes=MAPS, connectivity=NEIGHBOURS, data=st.data())
def test_ids_pixels_and_weights_are_those_of_flooding(
    classes: NDArray[np.uint8], connectivity: int, data: st.DataObject
) -> None:
    weights = data.draw(weights_of(classes))
    cuts = data.draw(cuts_of(classes.shape[0]))
    regions = traced(classes, cuts, weights=weights, connectivity=connectivity).regions
    label = flooded(classes, connectivity)
    first, pixels = np.unique(label[label >= 0], return_counts=True)
    order = np.argsort(regions.region_ids)
    assert regions.region_ids[order].tolist() == first.tolist()
    assert regions.pixels[order].tolist() == pixels.tolist()
    known = (label >= 0) & (weights != UNKNOWN)
    for found, mine, counted in (
        (regions.weights, known, weights),
        (regions.unknown, ~known, np.ones_like(weights)),
    ):
        total = np.bincount(label[mine & (label >= 0)], counted[mine & (label >= 0)], classes.size)[first]
        assert found[order].tolist() == total.tolist()
    assert regions.class_ids[order].tolist() == classes.ravel()[first].tolist()


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("name", HARD)
def test_hard_maps(name: str, connectivity: int) -> None:
    classes = HARD[name]
    regions = traced(classes, connectivity=connectivity).regions
    assert_covers(regions, classes)
    assert_vertices_are_corners_and_nodes(regions, classes)
    assert regions_set(regions) == oracle(classes, connectivity)
    for step in (1, 3):
        parts = traced(classes, range(step, classes.shape[0], step), connectivity=connectivity)
        assert exactly(parts.regions) == exactly(regions)


@pytest.mark.parametrize("seed", range(3))
def test_noise_in_many_blocks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = noise(150, 130, 2 + seed, seed=seed, nodata=0.1 * seed)
    monkeypatch.setattr(trace, "_BLOCK_PIXELS", 7 * classes.shape[1])
    assert regions_set(traced(classes, [61, 62, 100]).regions) == oracle(classes)


def test_columns_beyond_sixteen_bits() -> None:
    classes = np.zeros((3, 70_001), np.uint8)
    classes[1:, 100::1000] = 1
    assert regions_set(traced(classes, [1, 2]).regions) == oracle(classes)


def test_one_block_of_a_wide_map_is_at_least_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_BLOCK_PIXELS", 2)
    classes = noise(5, 9, 2, seed=3)
    assert regions_set(traced(classes).regions) == oracle(classes)


@pytest.mark.parametrize("part", ["t4_part_005", "t8_part_001"])
def test_a_real_map(part: str) -> None:
    path = DUBAI / f"{part}.png"
    if not path.exists():
        pytest.skip("the Dubai masks are not on this machine")
    with Image.open(path) as image:
        classes = np.array(image, np.uint8)
    expected = oracle(classes)
    assert regions_set(traced(classes).regions) == expected
    assert regions_set(traced(classes, range(100, classes.shape[0], 100)).regions) == expected


@given(classes=MAPS)
def test_a_region_comes_with_the_first_row_that_no_longer_touches_it(classes: NDArray[np.uint8]) -> None:
    tracer = Tracer(classes.shape[1])
    for row in range(classes.shape[0]):
        below = shapely.bounds(tracer.feed(classes[row : row + 1]).polygons)[:, 3]
        assert (below == row).all()
    assert (shapely.bounds(tracer.finish().polygons)[:, 3] == classes.shape[0]).all()


def test_the_drawn_ring() -> None:
    regions = traced(drawn("3333", "3..3", "3333")).regions
    assert regions.class_ids.tolist() == [3]
    assert regions.pixels.tolist() == [10]
    assert shapely.equals(regions.polygons[0], shapely.box(0, 0, 4, 3) - shapely.box(1, 1, 3, 2))
    # Rows grow downward, so what is clockwise on the map is counter-clockwise in numbers.
    assert regions.polygons[0].exterior.is_ccw
    assert not regions.polygons[0].interiors[0].is_ccw


def test_fed_rows_may_be_overwritten_afterwards() -> None:
    classes = drawn("11", "11", "22")
    tracer, rows = Tracer(2), np.empty((1, 2), np.uint8)
    parts = []
    for row in classes:
        rows[:] = row
        parts.append(tracer.feed(rows))
    assert regions_set(Regions.stacked([*parts, tracer.finish()])) == oracle(classes)


def test_a_finished_tracer_starts_over() -> None:
    tracer = Tracer(3)
    first = [tracer.feed(drawn("121", "111")), tracer.finish()]
    second = [tracer.feed(drawn("121", "111")), tracer.finish()]
    assert regions_set(Regions.stacked(first)) == regions_set(Regions.stacked(second))
    assert len(tracer.finish()) == 0


@pytest.mark.parametrize(
    "classes",
    [
        np.zeros((2, 4), np.uint8),
        np.zeros((0, 3), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((2, 3), np.int64),
    ],
)
def test_other_rows_are_refused(classes: NDArray[np.generic]) -> None:
    with pytest.raises(OptionError, match="uint8 rows of 3 columns"):
        Tracer(3).feed(classes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["marks", "weights"])
def test_other_planes_are_refused(name: str) -> None:
    tracer, classes = Tracer(3), np.zeros((2, 3), np.uint8)
    with pytest.raises(OptionError, match=f"got {name} as uint8 of shape"):
        tracer.feed(classes, **{name: np.zeros((2, 5), np.uint8)})
    with pytest.raises(OptionError, match=f"got {name} as int64 of shape"):
        tracer.feed(classes, **{name: np.zeros((2, 4 if name == "marks" else 3), np.int64)})  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="got marks as uint8 of shape"):
        tracer.finish(marks=np.zeros((1, 4), np.uint8))


def test_other_options_are_refused() -> None:
    with pytest.raises(OptionError, match=r"width must be in 1\.\.268435455, got 0"):
        Tracer(0)
    with pytest.raises(OptionError, match="connectivity must be 4 or 8, got 6"):
        Tracer(3, connectivity=6)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="max_vertices must be positive, got 0"):
        Tracer(3, max_vertices=0)
