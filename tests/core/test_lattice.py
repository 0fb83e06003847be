from __future__ import annotations

import math
import warnings
from pathlib import Path

import pytest
import rasterio
from affine import Affine
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo.core.lattice import CELL, Axis, Lattice, snapped_scale
from glnet_geo.errors import WindowError

# Where flooring tips over: the only origins at which rounding noise could move the lattice by a pixel.
_TIPPING = 0.9685

_resolutions = st.sampled_from([0.3, 0.5, 1.0, 5.0, 30.0, 1e-5, 1 / 3600, 0.00012345])
_wholes = st.integers(-3_000_000, 3_000_000)
_fractions = st.one_of(
    st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9]), st.floats(0, 1, exclude_max=True)
)
_scales = st.floats(0.1, 6)


@st.composite
def _transforms(draw: st.DrawFn) -> Affine:
    """North-up or south-up, anywhere, on whole or fractional multiples of the pixel, in metres or degrees."""
    across, down = draw(_resolutions), draw(_resolutions) * draw(st.sampled_from([-1, 1]))
    fractions = draw(_fractions), draw(_fractions)
    assume(all(abs(fraction - _TIPPING) > 1e-3 for fraction in fractions))
    col, row = draw(_wholes) + fractions[0], draw(_wholes) + fractions[1]
    return Affine(across, 0, across * col, 0, down, down * row)


def _cropped(transform: Affine, row: int, col: int) -> Affine:
    left, top = transform.c + transform.a * col, transform.f + transform.e * row
    return Affine(transform.a, 0, left, 0, transform.e, top)


@given(_transforms(), st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_crop_lies_on_the_lattice_of_its_scene(transform: Affine, row: int, col: int) -> None:
    scene = Lattice.of(height=30_000, width=30_000, transform=transform)
    crop = Lattice.of(height=7, width=9, transform=_cropped(transform, row, col))
    assert crop.rows.phase == scene.rows.phase + row
    assert crop.cols.phase == scene.cols.phase + col


@given(_transforms(), st.integers(0, 20_000), st.integers(0, 20_000), _scales, _scales)
def test_a_crop_of_a_resampled_scene_lies_there_too(
    transform: Affine, row: int, col: int, down: float, across: float
) -> None:
    assume(1.0 not in (down, across))
    scene = Lattice.of(height=30_000, width=30_000, transform=transform, scales=(down, across))
    crop = Lattice.of(height=7, width=9, transform=_cropped(transform, row, col), scales=(down, across))
    assert crop.rows.phase == pytest.approx(scene.rows.to_lattice(row), abs=1e-4)
    assert crop.cols.phase == pytest.approx(scene.cols.to_lattice(col), abs=1e-4)


@given(_wholes, st.sampled_from([n / 10 for n in range(10)] + [0.25, 0.75]), st.floats(-0.03, 0.03))
def test_origins_written_with_few_digits_keep_their_lattice(
    whole: int, fraction: float, noise: float
) -> None:
    one, other = (
        Lattice.of(height=9, width=9, transform=Affine(1, 0, edge, 0, -1, 0))
        for edge in (whole + fraction, whole + fraction + noise)
    )
    assert one == other


@pytest.mark.parametrize(
    ("transform", "rows", "cols"),
    [
        (Affine(2, 0, 600, 0, -2, 800), -400, 300),
        (Affine(2, 0, -601, 0, -2, 800.5), -401, -301),
        (Affine(2, 0, 600, 0, 2, 800), 400, 300),
        (Affine(1, 0, 0.999_999, 0, -1, -1e-9), 0, 1),
        (None, 0, 0),
        (Affine(1.7, 1, 600, 1, -1.7, 800), 0, 0),
        (Affine(2, 0.1, 600, 0, -2, 800), 0, 0),
        (Affine(2, 0, 600, 0.1, -2, 800), 0, 0),
    ],
    ids=[
        "north-up",
        "negative easting",
        "south-up",
        "noise",
        "no transform",
        "rotated",
        "columns sheared",
        "rows sheared",
    ],
)
def test_the_anchor_of_drawn_scenes(transform: Affine | None, rows: int, cols: int) -> None:
    lattice = Lattice.of(height=10, width=10, transform=transform)
    assert (lattice.rows.phase, lattice.cols.phase) == (rows, cols)
    assert lattice.native


def test_the_extent_reaches_outward_to_whole_logits() -> None:
    lattice = Lattice.of(height=10, width=8, transform=Affine(1, 0, 5, 0, -1, 6))
    extent = lattice.extent
    assert (extent.row, extent.row_stop) == (-8, 4)
    assert (extent.col, extent.col_stop) == (4, 16)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 6), st.integers(1, 50_000))
@example(-5e-324, 1.0, 1)
def test_the_extent_covers_the_scene_and_nothing_more(phase: float, scale: float, length: int) -> None:
    axis = Axis(phase=phase, scale=scale, length=length)
    assert axis.start % CELL == axis.stop % CELL == 0
    assert axis.start - 1e-4 <= phase < axis.start + CELL
    end = phase + scale * length
    assert axis.stop - CELL - 1e-4 <= end <= axis.stop + 1e-4


def test_rounding_of_an_origin_adds_no_logit() -> None:
    tile = Axis(phase=736_888.6 / 0.05 * 2, scale=2, length=500)
    assert tile.phase < 29_475_544
    assert (tile.start, tile.stop) == (29_475_544, 29_476_544)


@given(st.floats(-1e6, 1e6), st.floats(0.1, 6), st.floats(-1e5, 1e5))
def test_there_and_back(phase: float, scale: float, pixel: float) -> None:
    axis = Axis(phase=phase, scale=scale, length=1)
    assert axis.to_scene(axis.to_lattice(pixel)) == pytest.approx(pixel, abs=1e-6)


def test_one_scaled_axis_leaves_the_other_on_its_pixels() -> None:
    lattice = Lattice.of(height=10, width=10, transform=Affine(1, 0, 3.5, 0, -1, 7), scales=(1.0, 0.5))
    assert lattice.rows.phase == -7
    assert lattice.cols.phase == 1.75
    assert not lattice.native


@given(st.floats(0.01, 100))
def test_a_scale_snaps_to_the_nearest_eighth_of_an_octave(scale: float) -> None:
    snapped = snapped_scale(scale)
    assert abs(math.log2(snapped / scale)) <= 1 / 16 + 1e-9
    assert math.log2(snapped) * 8 == pytest.approx(round(math.log2(snapped) * 8), abs=1e-9)
    assert snapped_scale(snapped) == snapped


def test_drawn_scales() -> None:
    assert [snapped_scale(scale) for scale in (1.0, 1.02, 0.5, 2.05)] == [1.0, 1.0, 0.5, 2.0]
    assert snapped_scale(1.1) == pytest.approx(2 ** (1 / 8))


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    with pytest.raises(WindowError, match=f"scale must be positive, got {scale}"):
        Axis(phase=0, scale=scale, length=1)


def test_an_empty_axis_is_refused() -> None:
    with pytest.raises(WindowError, match="length must be positive, got 0"):
        Axis(phase=0, scale=1, length=0)


def test_crops_of_real_scenes(shared_data: Path) -> None:
    files = sorted([*(shared_data / "naip").glob("*.tif"), *(shared_data / "edgecases").glob("*.tif")])
    assert len(files) == 18
    for file in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(file) as scene:
                transform = scene.transform
        whole = Lattice.of(height=512, width=512, transform=transform)
        part = Lattice.of(height=64, width=64, transform=_cropped(transform, 57, 131))
        assert (part.rows.phase, part.cols.phase) == (whole.rows.phase + 57, whole.cols.phase + 131), (
            file.name
        )
