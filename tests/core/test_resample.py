from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from glnet_geo.core.resample import Stretches, resample


def _resampled(
    pixels: NDArray[np.float32],
    valid: NDArray[np.bool_],
    row_edges: NDArray[np.float64],
    col_edges: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The source is given whole, as a caller sees it who reads only what matters."""
    rows = Stretches.between(row_edges, pixels.shape[1])
    cols = Stretches.between(col_edges, pixels.shape[2])
    return resample(pixels[:, rows.source, cols.source], valid[rows.source, cols.source], rows, cols)


def _edges(length: int, scale: float, phase: float) -> NDArray[np.float64]:
    """The edges, in source pixels, of all whole targets that overlap a source."""
    first, stop = int(np.floor(phase)), int(np.ceil(round(phase + scale * length, 6)))
    return np.asarray((np.arange(first, stop + 1) - phase) / scale, dtype=np.float64)


_scales = st.floats(0.06, 6.0)
_phases = st.floats(0, 1).map(lambda phase: round(phase, 3))
_lengths = st.integers(1, 40)
_sources = st.tuples(_lengths, _lengths).flatmap(
    lambda shape: st.tuples(
        arrays(np.float32, (2, *shape), elements=st.integers(0, 255)), arrays(np.bool_, shape)
    )
)


class TestLaws:
    @given(length=_lengths, scale=_scales, phase=_phases)
    def test_every_target_is_made_of_the_source_alone(self, length: int, scale: float, phase: float) -> None:
        stretches = Stretches.between(_edges(length, scale, phase), length)
        means = stretches.means(np.ones((1, length, 1), np.float32)[:, stretches.source], axis=1)
        np.testing.assert_allclose(means, 1, rtol=1e-6)

    @given(source=_sources, scale=_scales, phase=_phases)
    def test_values_stay_between_those_of_valid_pixels(
        self, source: tuple[NDArray[np.float32], NDArray[np.bool_]], scale: float, phase: float
    ) -> None:
        pixels, valid = source
        edges = [_edges(side, scale, phase) for side in valid.shape]
        got, usable = _resampled(np.where(valid, pixels, 1e9).astype(np.float32), valid, *edges)
        assert (got[:, ~usable] == 0).all()
        assert usable.any() == valid.any()
        if usable.any():
            assert got[:, usable].min() >= pixels[:, valid].min() - 1e-3
            assert got[:, usable].max() <= pixels[:, valid].max() + 1e-3

    @given(source=_sources, scale=_scales, phase=_phases, data=st.data())
    def test_pieces_equal_the_whole(
        self,
        source: tuple[NDArray[np.float32], NDArray[np.bool_]],
        scale: float,
        phase: float,
        data: st.DataObject,
    ) -> None:
        pixels, valid = source
        rows, cols = (_edges(side, scale, phase) for side in valid.shape)
        whole, usable = _resampled(pixels, valid, rows, cols)
        top = data.draw(st.integers(0, len(rows) - 2))
        bottom = data.draw(st.integers(top + 1, len(rows) - 1))
        left = data.draw(st.integers(0, len(cols) - 2))
        right = data.draw(st.integers(left + 1, len(cols) - 1))
        piece, part = _resampled(pixels, valid, rows[top : bottom + 1], cols[left : right + 1])
        np.testing.assert_array_equal(piece, whole[:, top:bottom, left:right])
        np.testing.assert_array_equal(part, usable[top:bottom, left:right])

    @given(source=_sources)
    def test_the_same_grid_gives_the_same_pixels(
        self, source: tuple[NDArray[np.float32], NDArray[np.bool_]]
    ) -> None:
        pixels, valid = source
        rows, cols = (np.arange(side + 1.0) for side in valid.shape)
        got, usable = _resampled(pixels, valid, rows, cols)
        np.testing.assert_array_equal(got, np.where(valid, pixels, 0))
        np.testing.assert_array_equal(usable, valid)

    @given(length=st.integers(3, 40), scale=_scales, phase=_phases)
    def test_a_slope_stays_where_it_is(self, length: int, scale: float, phase: float) -> None:
        """Away from the ends, a target has the value of the slope at its own centre."""
        edges = _edges(length, scale, phase)
        stretches = Stretches.between(edges, length)
        slope = (np.arange(length, dtype=np.float32) + 0.5)[None, stretches.source, None]
        centres = (edges[:-1] + edges[1:]) / 2
        reach = np.maximum(1, edges[1] - edges[0]) / 2
        whole = (centres - reach >= 0.5) & (centres + reach <= length - 0.5)
        got = stretches.means(slope, axis=1)[0, :, 0]
        # A pixel is flat, so a mean strays from the slope by less than what a pixel's edge can.
        np.testing.assert_allclose(got[whole], centres[whole], atol=0.13)

    @given(factor=st.integers(1, 9), rows=st.integers(1, 5), cols=st.integers(1, 5))
    def test_shrinking_by_whole_numbers_takes_the_means_of_blocks(
        self, factor: int, rows: int, cols: int
    ) -> None:
        rng = np.random.default_rng(factor)
        pixels = rng.integers(0, 256, (3, rows * factor, cols * factor)).astype(np.float32)
        valid = np.ones(pixels.shape[1:], np.bool_)
        got, usable = _resampled(
            pixels, valid, np.arange(rows + 1.0) * factor, np.arange(cols + 1.0) * factor
        )
        blocks = pixels.reshape(3, rows, factor, cols, factor).mean(axis=(2, 4))
        np.testing.assert_allclose(got, blocks, rtol=1e-5)
        assert usable.all()


class TestExamples:
    def test_enlarging_is_bilinear_and_flat_beyond_the_outermost_centres(self) -> None:
        pixels = np.array([[[0, 8]]], np.float32)
        valid = np.ones((1, 2), np.bool_)
        got, _ = _resampled(pixels, valid, np.array([0.0, 1.0]), np.arange(9) / 4)
        assert got[0, 0].tolist() == [0, 0, 1, 3, 5, 7, 8, 8]

    def test_a_target_that_reaches_beyond_the_scene_is_made_of_what_it_shows_of_it(self) -> None:
        pixels = np.array([[[2, 4, 6]]], np.float32)
        valid = np.ones((1, 3), np.bool_)
        got, usable = _resampled(pixels, valid, np.array([0.0, 1.0]), np.array([-1.0, 1.0, 3.0, 5.0])[:3])
        assert got[0, 0].tolist() == [2, 5]
        assert usable.all()

    def test_invalid_pixels_do_not_bleed(self) -> None:
        pixels = np.array([[[10, 20, np.nan, 1e30]]], np.float32)
        valid = np.array([[True, True, False, False]])
        got, usable = _resampled(pixels, valid, np.array([0.0, 1.0]), np.array([0.0, 1.5, 3.0, 4.0]))
        np.testing.assert_allclose(got[0, 0], [(10 + 20 / 2) / 1.5, 20, 0])
        assert usable.tolist() == [[True, True, False]]

    @pytest.mark.parametrize("factor", [2, 7, 60])
    def test_a_lone_valid_pixel_is_not_lost(self, factor: int) -> None:
        pixels = np.zeros((1, factor, factor), np.float32)
        valid = np.zeros((factor, factor), np.bool_)
        pixels[0, 1, 0], valid[1, 0] = 77, True
        edges = np.array([0.0, factor])
        got, usable = _resampled(pixels, valid, edges, edges)
        assert usable.all()
        np.testing.assert_allclose(got, 77, rtol=1e-5)
