from __future__ import annotations

import numpy as np
from affine import Affine

from glnet_geo.core.transform import transformed


def test_points_of_any_shape_go_where_the_transform_puts_each() -> None:
    transform = Affine(2, 0.5, 3, 0.1, -2, 7)
    points = np.arange(24, dtype=np.float64).reshape(3, 4, 2)

    moved = transformed(points, transform)

    assert moved.shape == points.shape
    for place in np.ndindex(3, 4):
        x, y = points[place].tolist()
        assert tuple(moved[place].tolist()) == transform @ (x, y)
