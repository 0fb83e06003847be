from __future__ import annotations

import numpy as np
import shapely

from glnet_geo.core.polygons.rings import multipolygons, polygons
from glnet_geo.core.ragged import Ragged
from tests.core.polygons.test_outlines import HOLE, SQUARE, rings


def test_polygons_take_their_first_ring_as_the_outer_one() -> None:
    made = polygons(rings(SQUARE, HOLE, SQUARE), np.array([0, 2, 3]))
    assert [polygon.area for polygon in made] == [8, 9]
    assert shapely.equals(made[1], shapely.box(0, 0, 3, 3))
    assert polygons(Ragged.empty(), np.zeros(1, np.int64)).size == 0


def test_multipolygons_take_polygons_side_by_side() -> None:
    beside = [(line, column + 3) for line, column in SQUARE]
    made = multipolygons(rings(SQUARE, HOLE, beside, SQUARE), np.array([0, 2, 3, 4]), np.array([0, 2, 3]))
    assert [shapely.get_num_geometries(one) for one in made] == [2, 1]
    assert shapely.area(made).tolist() == [17, 9]
