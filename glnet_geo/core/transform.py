"""Points moved by an affine transform, many at a time."""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray


def transformed(points: NDArray[np.float64], transform: Affine) -> NDArray[np.float64]:
    """Points (..., 2), x and y, where a transform puts them."""
    a, b, c, d, e, f = tuple(transform)[:6]
    x, y = points[..., 0], points[..., 1]
    return np.stack([a * x + b * y + c, d * x + e * y + f], axis=-1)
