from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image
from rasterio.features import shapes
from shapely.geometry.base import BaseGeometry

from glnet_geo.core import trace
from glnet_geo.core.trace import Regions, Tracer
from glnet_geo.errors import OptionError
from tests.core.maps import HARD, NODATA, drawn, noise

DUBAI = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "dubai" / "masks"

MAPS = st.integers(1, 4).flatmap(
    lambda classes: arrays(
        np.uint8,
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([*range(classes), NODATA]),
    )
)


def traced(classes: NDArray[np.uint8], cuts: Sequence[int] = ()) -> Regions:
    """All regions of a map that is cut above the given rows."""
    tracer = Tracer(classes.shape[1])
    bounds = [0, *cuts, classes.shape[0]]
    return Regions.stacked([*(tracer.feed(classes[a:b]) for a, b in pairwise(bounds)), tracer.finish()])


def as_set(class_ids: Sequence[int], polygons: Sequence[BaseGeometry]) -> set[tuple[int, bytes]]:
    normal = shapely.to_wkb(shapely.normalize(np.array(polygons, dtype=object)))
    found = set(zip((int(class_id) for class_id in class_ids), normal, strict=True))
    assert len(found) == len(class_ids)
    return found


def regions_set(regions: Regions) -> set[tuple[int, bytes]]:
    return as_set(regions.class_ids.tolist(), regions.polygons.tolist())


def oracle(classes: NDArray[np.uint8]) -> set[tuple[int, bytes]]:
    """The same by GDAL."""
    found = [
        (int(value), shapely.geometry.shape(geometry))
        for geometry, value in shapes(classes, mask=classes != NODATA, connectivity=4)
    ]
    return as_set([value for value, _ in found], [polygon for _, polygon in found])


def assert_covers(regions: Regions, classes: NDArray[np.uint8]) -> None:
    """Every pixel lies in exactly one polygon, and that one has its class."""
    assert shapely.is_valid(regions.polygons).all()
    assert (shapely.get_type_id(regions.polygons) == shapely.GeometryType.POLYGON).all()
    assert shapely.area(regions.polygons).tolist() == regions.pixels.tolist()
    row, col = np.indices(classes.shape).reshape(2, -1)
    centres = np.array(shapely.points(col + 0.5, row + 0.5))
    region, pixel = shapely.STRtree(centres).query(regions.polygons, "contains")
    assert sorted(pixel.tolist()) == np.flatnonzero(classes != NODATA).tolist()
    assert (classes.ravel()[pixel] == regions.class_ids[region]).all()


def assert_corners_only(regions: Regions) -> None:
    """No vertex lies on a straight line between its neighbours, and all lines follow the grid."""
    for ring in (ring for p in regions.polygons for ring in (p.exterior, *p.interiors)):
        steps = np.diff(np.array(ring.coords), axis=0) != 0
        assert (steps.sum(axis=1) == 1).all()
        assert (steps != np.roll(steps, 1, axis=0)).all()


@given(classes=MAPS)
def test_polygons_cover_every_valid_pixel_once(classes: NDArray[np.uint8]) -> None:
    regions = traced(classes)
    assert_covers(regions, classes)
    assert_corners_only(regions)


@given(classes=MAPS, data=st.data())
def test_the_answer_does_not_depend_on_how_rows_are_cut(
    classes: NDArray[np.uint8], data: st.DataObject
) -> None:
    rows = st.integers(1, classes.shape[0] - 1) if classes.shape[0] > 1 else st.nothing()
    cuts = sorted(data.draw(st.sets(rows)))
    assert regions_set(traced(classes, cuts)) == regions_set(traced(classes))


@given(classes=MAPS)
def test_the_answer_is_that_of_gdal(classes: NDArray[np.uint8]) -> None:
    assert regions_set(traced(classes)) == oracle(classes)


@pytest.mark.parametrize("name", HARD)
def test_hard_maps(name: str) -> None:
    classes = HARD[name]
    regions = traced(classes)
    assert_covers(regions, classes)
    assert_corners_only(regions)
    expected = oracle(classes)
    assert regions_set(regions) == expected
    assert regions_set(traced(classes, range(1, classes.shape[0]))) == expected
    assert regions_set(traced(classes, range(3, classes.shape[0], 3))) == expected


@pytest.mark.parametrize("seed", range(3))
def test_noise_in_many_blocks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = noise(150, 130, 2 + seed, seed=seed, nodata=0.1 * seed)
    monkeypatch.setattr(trace, "_BLOCK_PIXELS", 7 * classes.shape[1])
    assert regions_set(traced(classes, [61, 62, 100])) == oracle(classes)


def test_columns_beyond_sixteen_bits() -> None:
    classes = np.zeros((3, 70_001), np.uint8)
    classes[1:, 100::1000] = 1
    assert regions_set(traced(classes, [1, 2])) == oracle(classes)


def test_one_block_of_a_wide_map_is_at_least_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "_BLOCK_PIXELS", 2)
    classes = noise(5, 9, 2, seed=3)
    assert regions_set(traced(classes)) == oracle(classes)


@pytest.mark.parametrize("part", ["t4_part_005", "t8_part_001"])
def test_a_real_map(part: str) -> None:
    path = DUBAI / f"{part}.png"
    if not path.exists():
        pytest.skip("the Dubai masks are not on this machine")
    with Image.open(path) as image:
        classes = np.array(image, np.uint8)
    expected = oracle(classes)
    assert regions_set(traced(classes)) == expected
    assert regions_set(traced(classes, range(100, classes.shape[0], 100))) == expected


@given(classes=MAPS)
def test_a_region_comes_with_the_first_row_that_no_longer_touches_it(classes: NDArray[np.uint8]) -> None:
    tracer = Tracer(classes.shape[1])
    for row in range(classes.shape[0]):
        below = shapely.bounds(tracer.feed(classes[row : row + 1]).polygons)[:, 3]
        assert (below == row).all()
    assert (shapely.bounds(tracer.finish().polygons)[:, 3] == classes.shape[0]).all()


def test_the_drawn_ring() -> None:
    regions = traced(drawn("3333", "3..3", "3333"))
    assert regions.class_ids.tolist() == [3]
    assert regions.pixels.tolist() == [10]
    assert shapely.equals(regions.polygons[0], shapely.box(0, 0, 4, 3) - shapely.box(1, 1, 3, 2))
    # Rows grow downward, so what is clockwise on the map is counter-clockwise in numbers.
    assert regions.polygons[0].exterior.is_ccw
    assert not regions.polygons[0].interiors[0].is_ccw


def test_any_value_can_be_nodata() -> None:
    tracer = Tracer(2, nodata=0)
    tracer.feed(np.array([[0, 255]], np.uint8))
    assert tracer.finish().class_ids.tolist() == [255]


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


def test_other_options_are_refused() -> None:
    with pytest.raises(OptionError, match="width must be positive, got 0"):
        Tracer(0)
    with pytest.raises(OptionError, match=r"nodata must be in 0\.\.255, got -1"):
        Tracer(3, nodata=-1)
