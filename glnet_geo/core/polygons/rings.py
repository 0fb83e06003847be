"""Polygons from rings: which of their points become vertices, and which rings make one polygon.

    o---m---o          o dropped, m the middle of a run: the border cuts the corner.
            |          A vertex V that may be rounded, between the vertices P and N, becomes four points, two rounds
            m          of corner cutting: they lie in the triangle from the middle of P V over V to the middle of
            |          V N, so that what is cut at P and at N has its own triangle.
            o

Vertices lie at halves of pixels and rounded ones at 32nds, which floating point holds exactly: the two neighbours of
a border come to the same numbers though they walk it in opposite directions.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from glnet_geo.core.polygons.marks import DROPPED, MIDDLE_EAST, MIDDLE_SOUTH, ROUND, ROUND_EAST, ROUND_SOUTH
from glnet_geo.core.polygons.outlines import marks_of, unpacked
from glnet_geo.core.ragged import Ragged, offsets_of

_CUT_TWICE = np.array([[6, 10, 0], [3, 12, 1], [1, 12, 3], [0, 10, 6]]) / 16
"""What the four points of a rounded vertex take from the vertex before it, from itself, and from the one after it.

Source: two rounds of Chaikin, "An algorithm for high-speed curve generation", Computer Graphics and Image Processing
3 (1974), on the way from the middle of one edge to the middle of the next.
"""


def polygons(rings: Ragged, bounds: NDArray[np.int64]) -> NDArray[np.object_]:
    """Polygons from their rings.

    Args:
        rings: the packed points of rings, those of each polygon side by side, the outer one first.
        bounds: (polygons + 1,) where the rings of each polygon begin, and where those of the last one end.

    Returns:
        (polygons,) shapely Polygons, x = column, y = line.
    """
    return _made(shapely.GeometryType.POLYGON, rings, (bounds,))


def multipolygons(rings: Ragged, bounds: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.object_]:
    """As ``polygons``, which are put together to MultiPolygons.

    Args:
        rings: as for ``polygons``.
        bounds: as for ``polygons``.
        parts: (multipolygons + 1,) where the polygons of each begin, and where those of the last one end.

    Returns:
        (multipolygons,) shapely MultiPolygons.
    """
    return _made(shapely.GeometryType.MULTIPOLYGON, rings, (bounds, parts))


def _made(
    kind: shapely.GeometryType, rings: Ragged, bounds: tuple[NDArray[np.int64], ...]
) -> NDArray[np.object_]:
    vertices, offsets = _vertices(rings)
    closed = np.insert(np.arange(len(vertices)), offsets[1:], offsets[:-1])
    made: NDArray[np.object_] = shapely.from_ragged_array(
        kind, vertices[closed], (offsets + np.arange(offsets.size), *bounds)
    )
    return made


def _vertices(rings: Ragged) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The vertices of rings, (vertices, 2) as column and line, and where those of each ring begin."""
    line, column = unpacked(rings.values)
    points = np.stack([column, line], axis=1).astype(np.float64)
    marks = marks_of(rings.values)
    if not marks.any():
        return points, rings.offsets

    after = rings.after
    east = line == line[after]
    # Packed points rise to the south and to the east, and marks stand at the other end.
    marks_of_run = marks[np.where(rings.values < rings.values[after], np.arange(after.size), after)]
    has_middle = (marks_of_run & np.where(east, MIDDLE_EAST, MIDDLE_SOUTH)) > 0
    middles = (points + points[after]) / 2
    # Each point, then the middle of the run that follows it.
    is_vertex = np.stack([marks & DROPPED == 0, has_middle], axis=1)
    rounded = np.stack(
        [marks & ROUND > 0, marks_of_run & np.where(east, ROUND_EAST, ROUND_SOUTH) > 0], axis=1
    )
    count = offsets_of(is_vertex.sum(axis=1))
    vertices = np.stack([points, middles], axis=1)[is_vertex]
    return _rounded(vertices, count[rings.offsets], rounded[is_vertex])


def _rounded(
    vertices: NDArray[np.float64], offsets: NDArray[np.int64], rounded: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rings with some of their vertices rounded: the new vertices, and where those of each ring begin."""
    if not rounded.any():
        return vertices, offsets
    after = Ragged(np.arange(rounded.size), offsets).after
    before = np.empty_like(after)
    before[after] = np.arange(after.size)
    place = np.flatnonzero(rounded)
    triangles = np.stack([vertices[before[place]], vertices[place], vertices[after[place]]], axis=1)
    starts = offsets_of(np.where(rounded, len(_CUT_TWICE), 1))
    made = np.repeat(vertices, np.diff(starts), axis=0)
    made[starts[place, None] + np.arange(len(_CUT_TWICE))] = _CUT_TWICE @ triangles
    return made, starts[offsets]
