"""Takes the photograph: light and haze, the blur of the lens, the noise of the sensor, the edge of the mosaic."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .canvas import Array, Canvas
from .noise import field

NODATA = 255
"""The label of a pixel that no photograph covers."""

_CORNERS = ((84.0, 118.0), (2664.0, 46.0), (2694.0, 2548.0), (128.0, 2618.0))
_SKYLIGHT = (0.40, 0.445, 0.52)  # what is left of red, green and blue in the shade


def expose(canvas: Canvas, rng: Generator) -> NDArray[np.uint8]:
    """The photograph of a finished sheet: (3, rows, cols) uint8."""
    rows, cols = canvas.shape
    y, x = (
        np.linspace(-1, 1, rows, dtype=np.float32)[:, None],
        np.linspace(-1, 1, cols, dtype=np.float32)[None, :],
    )
    light = 1.0 + 0.03 * x + 0.025 * y - 0.035 * (x * x + y * y) + 0.012 * field(rng, canvas.shape, 600)
    grain = 2.1 * rng.standard_normal(canvas.shape, dtype=np.float32)
    grain += 0.9 * field(rng, canvas.shape, 2)
    photograph = np.empty((3, rows, cols), dtype=np.uint8)
    for band, (skylight, haze) in enumerate(zip(_SKYLIGHT, (5.0, 6.5, 9.0), strict=True)):
        seen = _blurred(canvas.rgb[band] * (1 - (1 - skylight) * canvas.shade)) * light
        photograph[band] = np.clip(seen * 0.975 + haze + grain + 0.5, 1, 255).astype(np.uint8)
    return photograph


def _blurred(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """A point of light spreads to its neighbours: 1-4-1 along each axis."""
    down: NDArray[np.float32] = plane.copy()
    down[1:-1] = (plane[:-2] + 4 * plane[1:-1] + plane[2:]) / 6
    out: NDArray[np.float32] = down.copy()
    out[:, 1:-1] = (down[:, :-2] + 4 * down[:, 1:-1] + down[:, 2:]) / 6
    return out


def footprint(rng: Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Where the mosaic has pixels: a slightly turned quadrilateral whose sides are ragged. (rows, cols), True = valid."""
    y, x = np.arange(shape[0])[:, None] + 0.5, np.arange(shape[1])[None, :] + 0.5
    valid = np.ones(shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(_CORNERS, _CORNERS[1:] + _CORNERS[:1], strict=True):
        length = np.hypot(x1 - x0, y1 - y0)
        inward = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length
        along = ((x1 - x0) * (x - x0) + (y1 - y0) * (y - y0)) / length
        fray = _fray(rng, int(length) + 400)
        valid &= inward > fray[np.clip(along.astype(np.intp) + 200, 0, len(fray) - 1)]
    return valid


def _fray(rng: Generator, length: int) -> Array:
    """How far the mosaic stays behind its side, pixel by pixel: single photographs end in steps."""
    steps = np.repeat(rng.uniform(0, 13, length // 60 + 1), rng.integers(70, 210, length // 60 + 1))[:length]
    teeth = np.repeat(rng.uniform(0, 3, length // 4 + 1), 4)[:length]
    return np.asarray(steps + teeth)
