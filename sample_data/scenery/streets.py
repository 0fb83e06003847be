"""Lays out the local streets of the districts, and keeps them on dry land."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from . import plan
from .canvas import Array
from .plan import Frontage, Grid, Roundabout, Wheel
from .shapes import lengths, resample

_BANK = 30.0  # streets end this far from the water
_SHORTEST = 70.0  # a stump is no street


@dataclass(frozen=True, slots=True)
class Road:
    """A road: centreline (n, 2), half width of the asphalt, width of the pavement, and what lies along it.

    Attributes:
        divided: a planted strip runs down the middle.
        lanes: it has painted lines.
        frontages: what is built along which part of it.
    """

    line: Array
    half_width: float
    pavement: float
    divided: bool = False
    lanes: bool = False
    frontages: tuple[Frontage, ...] = ()


def all_roads(shore: Array) -> list[Road]:
    """Every road of the town, main roads first.

    Args:
        shore: distance to the waterline, (rows, cols), positive on land.
    """
    main = [_avenue(avenue) for avenue in plan.AVENUES] + [
        _ring(roundabout) for roundabout in plan.ROUNDABOUTS
    ]
    streets = [street for wheel in plan.WHEELS for street in _wheel_roads(wheel, shore)]
    streets += [street for grid in plan.GRIDS for street in _grid_roads(grid, shore)]
    for _ in range(2):  # a street that is cut may have been what another one led to
        streets = list(_cut_stumps(main, streets))
    return main + streets


def _cut_stumps(main: list[Road], streets: list[Road]) -> Iterator[Road]:
    """Let every street begin and end at another road."""
    lines = [shapely.LineString(road.line) for road in (*main, *streets)]
    tree = shapely.STRtree(lines)
    for k, street in enumerate(streets, start=len(main)):
        others = sorted(int(j) for j in tree.query(lines[k], predicate="intersects") if j != k)
        met = [lines[k].intersection(lines[j]) for j in others]
        at = sorted(
            float(lines[k].project(point)) for where in met for point in shapely.get_parts(where).tolist()
        )
        if lines[k].is_ring:
            yield street
        elif at and at[-1] - at[0] >= _SHORTEST:
            cut = shapely.ops.substring(lines[k], at[0], at[-1])
            yield replace(street, line=np.asarray(cut.coords))


def _avenue(avenue: plan.Avenue) -> Road:
    return Road(
        avenue.line, avenue.half_width, 3.5, divided=avenue.divided, lanes=True, frontages=avenue.frontages
    )


def _ring(roundabout: Roundabout) -> Road:
    return Road(_circle(roundabout.center, roundabout.radius), roundabout.half_width, 3.0, lanes=False)


def _circle(center: tuple[float, float], radius: float) -> Array:
    turn = np.linspace(0, 2 * np.pi, max(24, int(radius / 3)) + 1)
    return np.stack([center[0] + radius * np.cos(turn), center[1] + radius * np.sin(turn)], axis=1)


def _grid_roads(grid: Grid, shore: Array) -> Iterator[Road]:
    outline = shapely.Polygon(grid.outline)
    middle = np.array([outline.centroid.x, outline.centroid.y])
    reach = outline.length / 2
    cos, sin = np.cos(grid.angle), np.sin(grid.angle)
    for direction, normal, gap in (
        ((cos, sin), (-sin, cos), grid.across),
        ((-sin, cos), (cos, sin), grid.along),
    ):
        for k in range(-int(reach / gap), int(reach / gap) + 1):
            start = middle + np.array(normal) * (gap * k)
            ends = np.stack([start - np.array(direction) * reach, start + np.array(direction) * reach])
            for piece in _inside(_bent(resample(ends, 8.0)), outline, shore):
                yield Road(piece, grid.half_width, 2.0, frontages=((grid.style, 0.0, 1.0),))


def _bent(points: Array) -> Array:
    """The same points, moved a little: surveyors of old did not draw straight lines."""
    x, y = points.T
    return np.stack([x + 13 * np.sin(y / 233 + 0.7), y + 11 * np.sin(x / 287 + 2.1)], axis=1)


def _wheel_roads(wheel: Wheel, shore: Array) -> Iterator[Road]:
    outline = shapely.Polygon(wheel.outline)
    for radius in wheel.rings:
        for piece in _inside(_circle(wheel.center, radius), outline, shore):
            yield Road(piece, wheel.half_width, 2.0, frontages=((wheel.style, 0.0, 1.0),))
    center = np.array(wheel.center)
    for k in range(2 * wheel.spokes):
        turn = wheel.turn + np.pi * k / wheel.spokes
        ray = np.array([np.cos(turn), np.sin(turn)])
        first = wheel.rings[1] - 4 if k % 2 else 24.0  # every other spoke begins at the second ring
        ends = np.stack([center + first * ray, center + (wheel.rings[-1] + 10) * ray])
        for piece in _inside(ends, outline, shore):
            yield Road(piece, wheel.half_width, 2.0, frontages=((wheel.style, 0.0, 1.0),))


def _inside(line: Array, outline: shapely.Polygon, shore: Array) -> Iterator[Array]:
    """The stretches of a line that lie within an outline and away from water."""
    points = resample(line, 8.0)
    within = np.asarray(shapely.contains_xy(outline, points[:, 0], points[:, 1]))
    for start, stop in _runs(within & _dry(points, shore)):
        piece = points[start:stop]
        for first, last in _runs(~_beside_avenue(piece)) if len(piece) > 1 else ():
            if (last - first - 1) * 8.0 >= _SHORTEST:
                yield piece[first:last]


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First index, and index after the last, of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(last)


def _beside_avenue(points: Array) -> NDArray[np.bool_]:
    """Where a line runs along an avenue, next to it: no town needs two roads there."""
    beside = np.zeros(len(points), dtype=bool)
    where = shapely.points(points)
    for avenue in plan.AVENUES:
        distance = np.asarray(shapely.distance(where, shapely.LineString(avenue.line).simplify(1.0)))
        nearing = np.abs(np.gradient(distance)) / 8.0  # the sine of the angle between the two
        for first, last in _runs((distance < avenue.half_width + 46) & (nearing < 0.6)):
            beside[first:last] |= last - first > 5  # it does not merely cross
    return beside


def _dry(points: Array, shore: Array) -> NDArray[np.bool_]:
    cols = np.clip(points[:, 0].astype(np.intp), 0, shore.shape[1] - 1)
    rows = np.clip(points[:, 1].astype(np.intp), 0, shore.shape[0] - 1)
    return shore[rows, cols] > _BANK


def walk(road: Road, start: float, step: float, end: float = np.inf) -> Iterator[tuple[float, float, float]]:
    """Places (x, y, angle of the road) along a road, every ``step`` pixels between two distances from its beginning."""
    position = lengths(road.line)
    for at in np.arange(start, min(end, position[-1]), step):
        k = min(int(np.searchsorted(position, at, side="right")) - 1, len(position) - 2)
        ahead = road.line[k + 1] - road.line[k]
        share = (at - position[k]) / (position[k + 1] - position[k])
        x, y = road.line[k] + share * ahead
        yield float(x), float(y), float(np.arctan2(ahead[1], ahead[0]))
