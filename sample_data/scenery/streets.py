"""Lays out the local streets of the districts, and keeps them on dry land."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from . import plan
from .canvas import Array
from .plan import Grid, Roundabout, Style, Wheel
from .shapes import resample

_BANK = 30.0  # streets end this far from the water
_SHORTEST = 70.0  # a stump is no street


@dataclass(frozen=True, slots=True)
class Road:
    """A road: centreline (n, 2), half width of the asphalt, width of the pavement, and what lies along it.

    Attributes:
        divided: a planted strip runs down the middle.
        lanes: it has painted lines.
        palms: palms stand on both sides.
        style: what is built along it; None for avenues.
    """

    line: Array
    half_width: float
    pavement: float
    divided: bool = False
    lanes: bool = False
    palms: bool = False
    style: Style | None = None


def all_roads(shore: Array) -> list[Road]:
    """Every road of the town, main roads first.

    Args:
        shore: distance to the waterline, (rows, cols), positive on land.
    """
    roads = [_avenue(avenue) for avenue in plan.AVENUES]
    roads += [_ring(roundabout) for roundabout in plan.ROUNDABOUTS]
    claimed: list[shapely.Polygon] = []
    for wheel in plan.WHEELS:
        roads += _wheel_roads(wheel, shore)
        claimed.append(shapely.Point(wheel.center).buffer(wheel.rings[-1] + 40))
    for grid in plan.GRIDS:
        roads += _grid_roads(grid, shore)
    return roads


def _avenue(avenue: plan.Avenue) -> Road:
    return Road(avenue.line, avenue.half_width, 3.5, divided=avenue.divided, lanes=True, palms=avenue.palms)


def _ring(roundabout: Roundabout) -> Road:
    return Road(_circle(roundabout.center, roundabout.radius), roundabout.half_width, 3.0, lanes=False)


def _circle(center: tuple[float, float], radius: float) -> Array:
    turn = np.linspace(0, 2 * np.pi, max(24, int(radius / 3)) + 1)
    return np.stack([center[0] + radius * np.cos(turn), center[1] + radius * np.sin(turn)], axis=1)


def _grid_roads(grid: Grid, shore: Array) -> Iterator[Road]:
    outline = shapely.Polygon(grid.outline)
    middle = np.array([outline.centroid.x, outline.centroid.y])
    reach = outline.minimum_clearance + outline.length
    cos, sin = np.cos(grid.angle), np.sin(grid.angle)
    for direction, normal, gap in (((cos, sin), (-sin, cos), grid.across), ((-sin, cos), (cos, sin), grid.along)):
        for k in range(-int(reach / gap), int(reach / gap) + 1):
            start = middle + np.array(normal) * (gap * k)
            ends = np.stack([start - np.array(direction) * reach, start + np.array(direction) * reach])
            for piece in _inside(ends, outline, shore):
                yield Road(piece, grid.half_width, 2.0, style=grid.style)


def _wheel_roads(wheel: Wheel, shore: Array) -> Iterator[Road]:
    outline = _wheel_outline(wheel)
    for radius in wheel.rings:
        for piece in _inside(_circle(wheel.center, radius), outline, shore):
            yield Road(piece, wheel.half_width, 2.0, style=wheel.style)
    center = np.array(wheel.center)
    for k in range(wheel.spokes):
        turn = wheel.turn + 2 * np.pi * k / wheel.spokes
        ray = np.array([np.cos(turn), np.sin(turn)])
        for piece in _inside(np.stack([center + 30 * ray, center + (wheel.rings[-1] + 10) * ray]), outline, shore):
            yield Road(piece, wheel.half_width + 0.5, 2.0, style=wheel.style)


def _wheel_outline(wheel: Wheel) -> shapely.Polygon:
    """The wheel between the avenues that bound it: the first, the second and the fourth."""
    west, east, north = (plan.AVENUES[k].line for k in (0, 1, 3))
    south = np.array([[2100.0, 2700.0], [660.0, 2700.0]])
    x_from, x_to = 742.0, 1975.0
    top = north[(north[:, 0] >= x_from) & (north[:, 0] <= x_to)]
    right, left = east[east[:, 1] > 2106], west[west[:, 1] > 2110][::-1]
    return shapely.Polygon(np.concatenate([top, right, south, left])).buffer(0)


def _inside(line: Array, outline: shapely.Polygon, shore: Array) -> Iterator[Array]:
    """The stretches of a line that lie within an outline and away from water."""
    points = resample(line, 8.0)
    keep = np.asarray(shapely.contains_xy(outline, points[:, 0], points[:, 1])) & _dry(points, shore)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], keep, [False]]).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if (last - first - 1) * 8.0 >= _SHORTEST:
            yield points[first:last]


def _dry(points: Array, shore: Array) -> NDArray[np.bool_]:
    cols = np.clip(points[:, 0].astype(np.intp), 0, shore.shape[1] - 1)
    rows = np.clip(points[:, 1].astype(np.intp), 0, shore.shape[0] - 1)
    return shore[rows, cols] > _BANK


def walk(road: Road, start: float, step: float) -> Iterator[tuple[float, float, float]]:
    """Places (x, y, angle of the road) along a road, every ``step`` pixels from ``start``."""
    from .shapes import lengths

    position = lengths(road.line)
    for at in np.arange(start, position[-1] - start / 2, step):
        k = min(int(np.searchsorted(position, at, side="right")) - 1, len(position) - 2)
        ahead = road.line[k + 1] - road.line[k]
        share = (at - position[k]) / (position[k + 1] - position[k])
        x, y = road.line[k] + share * ahead
        yield float(x), float(y), float(np.arctan2(ahead[1], ahead[0]))


Along = Callable[[Road, float, float], Iterator[tuple[float, float, float]]]
