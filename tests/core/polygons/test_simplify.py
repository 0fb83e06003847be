from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glnet_geo.core.polygons import simplify, trace
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.polygons.marks import DROPPED, MIDDLE_EAST, MIDDLE_SOUTH
from glnet_geo.core.polygons.region_stream import RegionStream
from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.polygons.simplify import Simplifier
from glnet_geo.core.slabs import split_rows
from glnet_geo.errors import OptionError
from tests.core.maps import HARD, drawn, noise

NODATA = 255


def regions(
    classes: NDArray[np.uint8],
    *,
    rows: int | None = None,
    pixel: tuple[float, float] = (1.0, 1.0),
    **drawing: object,
) -> Regions:
    """All regions of a map that comes in blocks of some rows, by class and first pixel."""
    stream = RegionStream(classes.shape[1], Drawing(**drawing), pixel)  # type: ignore[arg-type]
    step = rows or len(classes)
    parts = [part for row in range(0, len(classes), step) for part in stream.feed(classes[row : row + step])]
    found = Regions.stacked([*parts, *stream.finish()])
    order = np.argsort(found.region_ids, kind="stable")
    return Regions(
        found.class_ids[order],
        shapely.normalize(found.polygons[order]),
        found.pixels[order],
        found.weights[order],
        found.unknown[order],
        found.region_ids[order],
    )


@pytest.fixture
def thin_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a few rows, so that their seams matter."""
    monkeypatch.setattr(simplify, "slab_rows", lambda _width: 8)


@st.composite
def maps(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Patches, stripes and speckles of some classes, with nodata."""
    height, width, patch = draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        row, col = np.mgrid[:height, :width]
        across, down = rng.uniform(-1, 1, 2)
        classes = ((across * col + down * row) / rng.uniform(1, 6)).astype(np.int64) % 3
    else:
        coarse = rng.integers(0, 4, (height // patch + 1, width // patch + 1))
        classes = coarse.repeat(patch, 0).repeat(patch, 1)[:height, :width]
    classes[rng.random((height, width)) < draw(st.sampled_from([0, 0.05]))] = NODATA
    made: NDArray[np.uint8] = classes.astype(np.uint8)
    return made


KINDS = st.fixed_dictionaries(
    {"simplify": st.sampled_from([0.0, 0.5, 1.0, 2.5, 8.0]), "smooth": st.booleans()}
)


def assert_law(classes: NDArray[np.uint8], *, simplify: float, smooth: bool) -> None:
    plain, found = regions(classes), regions(classes, simplify=simplify, smooth=smooth)
    assert found.region_ids.tolist() == plain.region_ids.tolist()
    assert found.class_ids.tolist() == plain.class_ids.tolist()
    assert found.pixels.tolist() == plain.pixels.tolist()
    assert shapely.is_valid(found.polygons).all()
    assert (shapely.area(found.polygons) > 0).all()
    assert shapely.coverage_is_valid(found.polygons)
    before, after = shapely.union_all(plain.polygons), shapely.union_all(found.polygons)
    assert before.symmetric_difference(after).area == pytest.approx(0, abs=1e-9)
    if not smooth:
        for old, new in zip(shapely.boundary(plain.polygons), shapely.boundary(found.polygons), strict=True):
            assert shapely.hausdorff_distance(old, new, densify=0.2) <= simplify + 1e-6


@settings(max_examples=150)
@given(classes=maps(), kind=KINDS)
def test_polygons_stay_a_coverage_and_borders_stay_near(
    classes: NDArray[np.uint8], kind: dict[str, object]
) -> None:
    assert_law(classes, **kind)  # type: ignore[arg-type]


@pytest.mark.usefixtures("thin_slabs")
@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("smooth", [False, True])
def test_seams_between_windows_break_no_law(seed: int, *, smooth: bool) -> None:
    rng = np.random.default_rng(seed)
    patch = int(rng.integers(1, 9))
    classes = rng.integers(0, 4, (12, 7)).repeat(patch, 0).repeat(patch, 1).astype(np.uint8)
    assert_law(classes, simplify=float(rng.choice([0.5, 1.5, 4])), smooth=smooth)


@pytest.mark.usefixtures("thin_slabs")
@pytest.mark.parametrize("line", range(8, 24))
def test_what_lies_above_a_seam_keeps_a_corner_below_it_from_being_rounded(line: int) -> None:
    classes = np.ones((40, 30), np.uint8)
    classes[:line, :20] = 0
    classes[line - 3 : line - 1, 17:19] = 2
    assert_law(classes, simplify=0.0, smooth=True)


@st.composite
def tips(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Boxes on one ground, whose ends lie anywhere."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    classes = np.zeros((40, 30), np.uint8)
    for row, col, rows, cols, value in rng.integers(
        (0, 0, 1, 1, 0), (40, 30, 20, 9, 3), (draw(st.integers(1, 9)), 5)
    ):
        classes[row : row + rows, col : col + cols] = value
    return classes


@pytest.fixture
def split_often(thin_slabs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines every few rows on which regions may be cut."""
    for module in (simplify, trace):
        monkeypatch.setattr(module, "split_rows", lambda _width: 16)


def assert_parts_are_a_coverage(classes: NDArray[np.uint8], **drawing: object) -> None:
    """Regions that may be cut on certain lines lose no part, and their parts fit."""
    found = regions(classes, rows=1000, **drawing)  # type: ignore[arg-type]
    parts = shapely.get_parts(found.polygons)
    assert shapely.is_valid(found.polygons).all()
    assert (shapely.area(found.polygons) > 0).all()
    assert shapely.coverage_is_valid(parts)
    assert shapely.area(shapely.union_all(parts)) == pytest.approx((classes != NODATA).sum())


@pytest.mark.usefixtures("split_often")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    classes=st.one_of(maps(), tips()),
    kind=st.fixed_dictionaries({"simplify": st.sampled_from([1.0, 2.5, 8.0]), "smooth": st.booleans()}),
    most=st.sampled_from([1, 6]),
    connectivity=st.sampled_from([4, 8]),
)
def test_what_is_cut_on_a_line_stays_a_coverage(
    classes: NDArray[np.uint8], kind: dict[str, object], most: int, connectivity: int
) -> None:
    assert_parts_are_a_coverage(classes, max_vertices=most, connectivity=connectivity, **kind)


@pytest.mark.usefixtures("split_often")
@pytest.mark.parametrize("smooth", [False, True])
def test_what_reaches_just_over_a_line_on_which_it_is_cut_keeps_its_area(*, smooth: bool) -> None:
    classes = np.zeros((40, 12), np.uint8)
    classes[:17, 3:7] = 1
    found = regions(classes, simplify=3.0, smooth=smooth, max_vertices=1)
    tips = found.polygons[(found.class_ids == 1) & (shapely.bounds(found.polygons)[:, 1] >= 16)]
    assert len(tips) == 1
    assert shapely.area(tips[0]) > 0


def test_a_tall_narrow_map_fits_on_the_line_on_which_maps_of_its_width_are_cut() -> None:
    line = split_rows(12)
    classes = np.zeros((line + 8, 12), np.uint8)
    classes[: line + 1, 3:7] = 1
    # Teeth, so that the outline is long when it comes to the line.
    classes[(np.arange(line) // 100 % 2).nonzero()[0], 7] = 1
    assert_parts_are_a_coverage(classes, simplify=3.0, max_vertices=50)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("smooth", [False, True])
def test_hard_maps(name: str, *, smooth: bool) -> None:
    assert_law(HARD[name], simplify=2.0, smooth=smooth)


@pytest.mark.usefixtures("thin_slabs")
@pytest.mark.parametrize("rows", [1, 3, 8, 13])
@pytest.mark.parametrize("smooth", [False, True])
def test_it_does_not_matter_how_rows_come(rows: int, *, smooth: bool) -> None:
    classes = noise(70, 50, 4, seed=2).repeat(2, 0).repeat(2, 1)
    whole, parts = (regions(classes, rows=step, simplify=2.0, smooth=smooth) for step in (None, rows))
    assert shapely.equals_exact(whole.polygons, parts.polygons, 0).all()


def test_a_staircase_becomes_the_line_through_the_middles_of_its_steps() -> None:
    """But for its ends, where it meets the edge of the map."""
    row, col = np.mgrid[:40, :40]
    classes = (col > row).astype(np.uint8)
    found = regions(classes, simplify=0.5)
    upper = shapely.get_coordinates(found.polygons[found.class_ids == 1][0])
    inner = upper[(upper > 0).all(axis=1) & (upper < 39).all(axis=1)]
    assert len(inner) <= 4
    assert (inner[:, 0] - inner[:, 1] == 0.5).all()


@pytest.mark.parametrize("turn", [0.0, 0.2, 0.5, 0.78, 1.2])
def test_neither_side_of_a_slanting_border_wins(turn: float) -> None:
    """A square island, turned: without a node, its area stays."""
    row, col = np.mgrid[:160, :160] - 80
    x, y = np.cos(turn) * col - np.sin(turn) * row, np.sin(turn) * col + np.cos(turn) * row
    classes = ((np.abs(x) < 50) & (np.abs(y) < 50)).astype(np.uint8)
    found = regions(classes, simplify=1.0)
    island = found.polygons[found.class_ids == 1][0]
    assert shapely.get_num_coordinates(island) < 40
    assert island.area == pytest.approx(found.pixels[found.class_ids == 1][0], rel=5e-3)


def test_a_block_parallel_to_the_grid_stays() -> None:
    classes = np.zeros((30, 30), np.uint8)
    classes[5:20, 8:25] = 1
    found = regions(classes, simplify=3.0)
    block = found.polygons[found.class_ids == 1][0]
    assert block.equals(shapely.box(8, 5, 25, 20))
    assert shapely.get_num_coordinates(block) == 5


def test_even_the_smallest_island_stays_what_it_is() -> None:
    classes = np.zeros((9, 9), np.uint8)
    classes[4, 4] = 1
    found = regions(classes, simplify=50.0)
    assert found.polygons[found.class_ids == 1][0].equals(shapely.box(4, 4, 5, 5))


def test_a_bump_lower_than_the_tolerance_goes_and_a_higher_one_stays() -> None:
    classes = np.zeros((20, 40), np.uint8)
    classes[10:] = 1
    classes[9, 10:14] = 1
    classes[5:10, 25:29] = 1
    found = regions(classes, simplify=2.5)
    upper = found.polygons[found.class_ids == 0][0]
    assert upper.contains(shapely.Point(12, 9.9))
    assert not upper.intersects(shapely.Point(27, 6))


def test_tolerance_is_in_the_unit_of_the_pixel() -> None:
    classes = noise(60, 60, 3, seed=5).repeat(3, 0).repeat(3, 1)
    fine = regions(classes, simplify=1.0, pixel=(0.5, 0.5))
    same = regions(classes, simplify=2.0)
    assert shapely.equals_exact(fine.polygons, same.polygons, 0).all()


def test_long_pixels_are_not_taken_for_square_ones() -> None:
    """A step of one pixel is ten metres along the line, and half a metre down."""
    classes = np.zeros((20, 40), np.uint8)
    classes[10:] = 1
    classes[9, 20:] = 1
    steps = regions(classes, simplify=1.0, pixel=(0.5, 10.0))
    assert shapely.get_num_coordinates(steps.polygons).max() < 7
    kept = regions(classes.T.copy(), simplify=1.0, pixel=(0.5, 10.0))
    assert shapely.get_num_coordinates(kept.polygons).min() == 7


def test_seams_leave_hardly_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 64 rows, less than there ever are: beside their lines there are hardly more vertices than elsewhere."""
    monkeypatch.setattr(simplify, "slab_rows", lambda _width: 64)
    rng = np.random.default_rng(0)
    coarse = np.stack([rng.normal(size=(41, 41)).repeat(17, 0).repeat(17, 1) for _ in range(3)])
    blurred = sum(np.roll(coarse, shift, axis=axis) for axis in (1, 2) for shift in range(-7, 8))
    classes = np.argmax(blurred, axis=0).astype(np.uint8)[:640, :640]
    vertices = np.unique(shapely.get_coordinates(regions(classes, simplify=1.0).polygons), axis=0)
    line = vertices[(vertices[:, 1] > 3) & (vertices[:, 1] < 637), 1]
    beside = np.abs((line + 16) % 32 - 16) <= 2
    density = beside.sum() / (19 * 5), (~beside).sum() / (634 - 19 * 5)
    assert len(line) > 1000
    assert density[0] < 1.25 * density[1]


def test_the_points_where_three_meet_stay() -> None:
    classes = drawn("0001", "0011", "0221", "2222")
    plain, found = regions(classes), regions(classes, simplify=5.0)

    def meeting(polygons: NDArray[np.object_]) -> set[tuple[float, ...]]:
        points = shapely.get_coordinates(polygons)
        corners, counts = np.unique(points, axis=0, return_counts=True)
        return {tuple(corner) for corner in corners[counts >= 3]}

    assert {(2.0, 2.0)} & meeting(plain.polygons) <= meeting(found.polygons)


def test_marks_of_steps_by_hand() -> None:
    """A border that steps down twice: the corners between its runs go, and it runs through the middles of these."""
    classes = drawn("00000000", "00000000", "00000011", "00001111", "00111111", "11111111")
    simplifier = Simplifier(8, tolerance=0.6)
    blocks = list(simplifier.feed(classes))
    rest, last = simplifier.finish()
    marks = np.concatenate([block.marks for block in [*blocks, *rest]])
    assert not last.any()
    dropped = {tuple(place) for place in np.argwhere(marks & DROPPED)}
    assert {(3, 6), (3, 4), (4, 4)} <= dropped
    middles = np.argwhere(marks & (MIDDLE_EAST | MIDDLE_SOUTH))
    assert len(middles)
    assert {tuple(place) for place in middles} <= {(2, 6), (3, 4), (3, 6), (4, 2), (4, 4), (5, 2)}


def test_nothing_asked_for_is_nothing_done() -> None:
    classes = noise(30, 30, 3, seed=1)
    simplifier = Simplifier(30, tolerance=0.0)
    blocks = [*simplifier.feed(classes)]
    rest, last = simplifier.finish()
    assert np.array_equal(np.concatenate([block.classes for block in [*blocks, *rest]]), classes)
    assert not any(block.marks.any() for block in [*blocks, *rest])
    assert not last.any()


@pytest.mark.parametrize("tolerance", [-1.0, float("nan"), float("inf")])
def test_an_impossible_tolerance_is_refused(tolerance: float) -> None:
    with pytest.raises(OptionError, match="tolerance must be zero or more"):
        Simplifier(5, tolerance=tolerance)


def test_an_impossible_pixel_is_refused() -> None:
    with pytest.raises(OptionError, match="sides of a pixel must be positive"):
        Simplifier(5, tolerance=1.0, pixel=(0.0, 1.0))
