"""Signed distances to the shapes that a town is made of: negative inside, in pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .canvas import Array, Canvas, Spot


def turned(spot: Spot, angle: float) -> tuple[Array, Array]:
    """Coordinates of a spot along and across a direction, each (rows, cols)."""
    cos, sin = np.cos(angle), np.sin(angle)
    return spot.x * cos + spot.y * sin, spot.y * cos - spot.x * sin


def box(along: Array, across: Array, length: float, width: float) -> Array:
    """Distance to a rectangle around the origin, with sharp corners inside and out."""
    return np.maximum(np.abs(along) - length / 2, np.abs(across) - width / 2)


def rounded_box(along: Array, across: Array, length: float, width: float, radius: float) -> Array:
    """Distance to a rectangle around the origin with rounded corners."""
    a = np.abs(along) - (length / 2 - radius)
    b = np.abs(across) - (width / 2 - radius)
    return np.hypot(np.maximum(a, 0), np.maximum(b, 0)) + np.minimum(np.maximum(a, b), 0) - radius


def swept(spot: Spot, corners: Array, sweep: Array) -> Array:
    """Distance to what a convex shape passes over when it moves in a straight line: the shadow of a block.

    Args:
        spot: where to measure.
        corners: (n, 2) in order round the shape, relative to the spot's point.
        sweep: (2,) the way it moves.

    Returns:
        (rows, cols), exact along edges; round corners it is a little too small.
    """
    return convex(spot, _hull(np.concatenate([corners, corners + sweep])))


def convex(spot: Spot, corners: Array) -> Array:
    """Distance to a convex polygon, corners (n, 2) in clockwise order as seen on the sheet."""
    distance: Array = np.full((spot.y.shape[0], spot.x.shape[1]), -np.inf)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = np.hypot(x1 - x0, y1 - y0)
        if length > 1e-9:
            outward = ((spot.x - x0) * (y1 - y0) - (spot.y - y0) * (x1 - x0)) / length
            np.maximum(distance, outward, out=distance)
    return distance


def rectangle_corners(angle: float, length: float, width: float) -> Array:
    """Corners (4, 2) of a turned rectangle around the origin, clockwise as seen on the sheet."""
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = length / 2, width / 2
    along, across = np.array([-a, a, a, -a]), np.array([-b, -b, b, b])
    return np.stack([along * cos - across * sin, along * sin + across * cos], axis=1)


def smooth_line(points: Array, step: float = 16.0) -> Array:
    """A Catmull-Rom curve through points, resampled about every ``step`` pixels: (n, 2)."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, 24, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            0.5
            * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
        )
    return resample(np.concatenate([*pieces, points[-1:]]), step)


def resample(points: Array, step: float) -> Array:
    """The same line with evenly spaced points, about ``step`` pixels apart: (n, 2)."""
    position = lengths(points)
    at = np.linspace(0, position[-1], max(2, round(position[-1] / step) + 1))
    return np.stack([np.interp(at, position, points[:, 0]), np.interp(at, position, points[:, 1])], axis=1)


def lengths(points: Array) -> Array:
    """Distance along a line at each of its points: (n,), starting at 0."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def line_distance(canvas: Canvas, points: Array, reach: float) -> tuple[Spot, Array, Array] | None:
    """Distance to a line, and how far along it, for all pixels nearer than ``reach``.

    Returns:
        The spot around the line; distance (rows, cols), infinite beyond reach; position along the line (rows, cols).
        None where the line passes the sheet by.
    """
    (left, top), (right, bottom) = points.min(axis=0) - reach, points.max(axis=0) + reach
    spot = canvas.between(left, top, right, bottom)
    if spot is None:
        return None
    shape = (spot.y.shape[0], spot.x.shape[1])
    distance, position = np.full(shape, np.inf), np.zeros(shape)
    for part, start, a, b in _segments(spot, points, reach):
        x, y = spot.x[:, part[1]] - a[0], spot.y[part[0]] - a[1]
        ahead = b - a
        length = float(np.hypot(*ahead))
        t = np.clip((x * ahead[0] + y * ahead[1]) / length**2, 0, 1)
        d = np.hypot(x - t * ahead[0], y - t * ahead[1])
        nearer = (d < distance[part]) & (d < reach)
        distance[part][nearer] = d[nearer]
        position[part][nearer] = (start + t * length)[nearer]
    return spot, distance, position


def _segments(
    spot: Spot, points: Array, reach: float
) -> Iterator[tuple[tuple[slice, slice], float, Array, Array]]:
    """Each segment with the part of the spot that it can reach."""
    left, top = spot.x[0, 0], spot.y[0, 0]
    rows, cols = spot.y.shape[0], spot.x.shape[1]
    for start, a, b in zip(lengths(points), points, points[1:], strict=False):
        low, high = np.minimum(a, b) - reach, np.maximum(a, b) + reach
        part = (
            slice(max(0, int(low[1] - top)), min(rows, int(np.ceil(high[1] - top)) + 1)),
            slice(max(0, int(low[0] - left)), min(cols, int(np.ceil(high[0] - left)) + 1)),
        )
        if part[0].start < part[0].stop and part[1].start < part[1].stop:
            yield part, float(start), a, b


def _hull(points: Array) -> Array:
    """Convex hull, clockwise as seen on the sheet (Andrew's monotone chain)."""
    ordered: list[NDArray[np.float64]] = [points[i] for i in np.lexsort((points[:, 1], points[:, 0]))]

    def chain(sequence: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        kept: list[NDArray[np.float64]] = []
        for point in sequence:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def _turn(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
