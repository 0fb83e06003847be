"""Smooth random fields."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)

_MARGIN = 4  # a cubic spline reads two knots on either side


def field(rng: Generator, shape: tuple[int, int], cell: int) -> NDArray[np.float32]:
    """Smooth noise of mean 0 and standard deviation 1 whose bumps are about ``cell`` pixels wide.

    Args:
        rng: source of randomness.
        shape: (rows, cols) of the field.
        cell: distance between the random knots, in pixels.

    Returns:
        (rows, cols) float32.
    """
    knots = rng.random(knot_shape(shape, cell), dtype=np.float32) - np.float32(0.5)
    # A uniform knot has variance 1/12, and the spline keeps 151/315 of it along each axis, on average.
    smooth = stretch(knots, shape, cell)
    smooth *= np.float32(np.sqrt(12.0) * 315 / 151)
    return smooth


def fractal(rng: Generator, shape: tuple[int, int], cells: tuple[int, ...]) -> NDArray[np.float32]:
    """Noise at several scales, each as strong as its cell is wide: standard deviation about 1, (rows, cols) float32."""
    total = np.zeros(shape, dtype=np.float32)
    for cell in cells:
        total += field(rng, shape, cell) * np.float32(cell)
    total /= np.float32(np.sqrt(sum(cell * cell for cell in cells)))
    return total


def knot_shape(shape: tuple[int, int], cell: int) -> tuple[int, int]:
    """Number of knots (rows, cols) that `stretch` needs to cover ``shape``."""
    return -(-shape[0] // cell) + _MARGIN, -(-shape[1] // cell) + _MARGIN


def stretch(knots: NDArray[Real], shape: tuple[int, int], cell: int) -> NDArray[Real]:
    """Blow knots up to ``shape`` with a uniform cubic B-spline; knot (1, 1) lies on pixel (0, 0).

    The result is twice continuously differentiable, so that neither slopes nor outlines show the knots.
    """
    tall = _stretch_rows(knots, cell)[: shape[0]]
    wide = _stretch_rows(np.ascontiguousarray(tall.T), cell)[: shape[1]]
    return np.ascontiguousarray(wide.T)


def _stretch_rows(knots: NDArray[Real], cell: int) -> NDArray[Real]:
    spans = knots.shape[0] - 3
    t = np.arange(cell) / cell
    weights = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    out = np.zeros((spans, cell, knots.shape[1]), dtype=knots.dtype)
    for k, weight in enumerate(weights):
        out += knots[k : k + spans, None, :] * weight.astype(knots.dtype)[None, :, None]
    return out.reshape(spans * cell, knots.shape[1])
