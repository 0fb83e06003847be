"""Takes vertices out of borders, so that these move little, stay apart, and none is lost."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.polygons.border_points import (
    MIDDLE_OF_COLUMN,
    MIDDLE_OF_ROW,
    NODE,
    NONE,
    Bools,
    BorderPoints,
    Ints,
)

_HASH_BITS = 22
"""Of a key, behind the area of the triangle: they put triangles of one area in some order."""

_NEVER = np.iinfo(np.int64).max

_SPARSE = 0.7
"""Share of the vertices of a crowd that are still there, below which the others are dropped from it."""


@dataclass(slots=True)
class Thinning:
    """Thins the borders in a window of the map.

    A vertex b between a and c goes if the border stays within the tolerance of the edge from a to c, if no other vertex
    lies in the triangle a b c, and if no border leads from a to c already, nor by one vertex. Then borders cannot come to cross or touch
    each other anew. Vertices with small triangles go first, many at a time: two that go at once do not meet, as each
    triangle would have to hold a vertex of the other.

    Args:
        points: of the map; changed in place.
        tolerance: in the unit of ``pixel``.
        pixel: height and width of a pixel.
        edges: (2, edges) points between which a border runs straight, or may come to run, that ``points`` does not know of:
            between nodes, and along lines on which regions are cut.

    Source: after Visvalingam and Whyatt, "Line generalisation by repeated elimination of points", The Cartographic
    Journal 30 (1993); the guarantees are our own.
    """

    points: BorderPoints
    tolerance: float
    pixel: tuple[float, float]
    edges: Ints
    _named: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._named = np.sort(self.edges, axis=0)[0] * len(self.points) + np.sort(self.edges, axis=0)[1]

    def window(self, top: int, bottom: int) -> None:
        """Thin between two lines, both in half pixels; nothing outside is looked at or changed."""
        p = self.points
        inside = (p.y >= top) & (p.y <= bottom) & p.alive
        active = np.flatnonzero(inside & p.free & (p.before != NONE) & (p.after != NONE))
        within = inside[p.before[active]] & inside[p.after[active]]
        active = active[within]
        if not active.size:
            return
        crowd = Crowd(p, np.flatnonzero(inside))
        # Steps of a staircase go first: what is left is the line through the middles of its runs.
        middle = (p.kind == MIDDLE_OF_ROW) | (p.kind == MIDDLE_OF_COLUMN)
        step = middle[p.before[active]] & middle[p.after[active]] & ~middle[active]
        self._round(active[step], crowd, inside)
        active = active[p.alive[active]]
        key = np.full(len(p), _NEVER)
        while active.size:
            active = self._round(active, crowd, inside, key=key)
            crowd = crowd.without_gone()

    def _round(self, active: Ints, crowd: Crowd, inside: Bools, *, key: Ints | None = None) -> Ints:
        """Take out what can go at once; returns what may be able to go in the next round.

        Without a key none waits for another: none of them may lead to another.
        """
        p = self.points
        error, area = self._errors(active)
        possible = (error <= self.tolerance) & (p.before[active] != p.after[active])
        active, error, area = active[possible], error[possible], area[possible]
        if key is None:
            first = np.ones(active.size, np.bool_)
        else:
            key[active] = (area << _HASH_BITS) | _scattered(p.x[active], p.y[active])
            first = _lower(key, active, p.before[active]) & _lower(key, active, p.after[active])
            key[active[~first]] = _NEVER
        going, waiting = np.flatnonzero(first), active[~first]
        going = going[self._new_edges(active[going])]
        going = going[~crowd.holds(active[going], p.before[active[going]], p.after[active[going]])]
        gone, error = active[going], error[going]
        if key is not None:
            key[active] = _NEVER
        self._remove(gone, error)
        near: Ints = np.unique(np.concatenate([p.before[gone], p.after[gone], waiting]))
        near = near[p.alive[near] & p.free[near] & inside[near]]
        near = near[(p.before[near] != NONE) & (p.after[near] != NONE)]
        within: Bools = inside[p.before[near]] & inside[p.after[near]]
        return near[within]

    def _errors(self, b: Ints) -> tuple[NDArray[np.float64], Ints]:
        """How far the border may be from the edge that would replace b, and twice the area of the triangle."""
        p, (height, width) = self.points, self.pixel
        a, c = p.before[b], p.after[b]
        abx, aby = p.x[b] - p.x[a], p.y[b] - p.y[a]
        acx, acy = p.x[c] - p.x[a], p.y[c] - p.y[a]
        area = np.abs(abx * acy - aby * acx)
        ux, uy = acx * (width / 2), acy * (height / 2)
        vx, vy = abx * (width / 2), aby * (height / 2)
        squared = np.maximum(ux * ux + uy * uy, 1e-300)
        along = np.clip((ux * vx + uy * vy) / squared, 0, 1)
        distance = np.hypot(vx - along * ux, vy - along * uy)
        return np.maximum(p.error_before[b], p.error_after[b]) + distance, area

    def _new_edges(self, b: Ints) -> Bools:
        """Which of these vertices leave an edge that is not there yet, that no other one leaves, and no triangle."""
        p = self.points
        low, high = np.minimum(p.before[b], p.after[b]), np.maximum(p.before[b], p.after[b])
        there = (
            (p.before[low] == high)
            | (p.after[low] == high)
            | (p.before[high] == low)
            | (p.after[high] == low)
        )
        name = low * len(p) + high
        there |= np.isin(name, self._named)
        # An island keeps four vertices: as a triangle, a small one would lose half of its area.
        for links in (p.before, p.after):
            far = np.where(links[low] == b, NONE, links[low])
            there |= (far != NONE) & ((far == p.before[high]) | (far == p.after[high]))
        once = np.zeros(b.size, np.bool_)
        once[np.unique(name, return_index=True)[1]] = True
        new: Bools = once & ~there
        return new

    def _remove(self, gone: Ints, error: NDArray[np.float64]) -> None:
        p = self.points
        a, c = p.before[gone], p.after[gone]
        p.alive[gone] = False
        for one, other in ((a, c), (c, a)):
            for link, errors in ((p.before, p.error_before), (p.after, p.error_after)):
                mine = link[one] == gone
                link[one[mine]] = other[mine]
                errors[one[mine]] = error[mine]
        # A node does not know where its borders lead.
        both = (p.kind[a] == NODE) & (p.kind[c] == NODE)
        low, high = np.minimum(a, c)[both], np.maximum(a, c)[both]
        self.edges = np.concatenate([self.edges, np.stack([low, high])], axis=1)
        self._named = np.concatenate([self._named, low * len(p) + high])


class Crowd:
    """Vertices by their places, to see whether any lies in a triangle.

    Args:
        points: of the map.
        members: numbers of the vertices.
    """

    def __init__(self, points: BorderPoints, members: Ints) -> None:
        self._points = points
        self._span = int(points.x.max(initial=0)) + 1
        place = points.y[members] * self._span + points.x[members]
        order = np.argsort(place, kind="stable")
        self._members, self._places = members[order], place[order]

    def without_gone(self) -> Crowd:
        """The same without vertices that have gone, where these are many."""
        alive = self._points.alive[self._members]
        if alive.mean() < _SPARSE:
            self._members, self._places = self._members[alive], self._places[alive]
        return self

    def holds(self, b: Ints, a: Ints, c: Ints) -> Bools:
        """Whether the triangles between vertices hold any other vertex, also on their sides."""
        p = self._points
        corners = [(p.x[i], p.y[i]) for i in (a, b, c)]
        return self.held(corners, np.stack([a, b, c]), 1)

    def held(self, corners: list[tuple[Ints, Ints]], own: Ints, scale: int) -> Bools:
        """Whether triangles hold a vertex.

        Args:
            corners: x and y of the three corners of each triangle, in half pixels times the scale.
            own: (any, triangles) vertices that do not count.
            scale: see corners.
        """
        xs, ys = np.stack([x for x, _ in corners]), np.stack([y for _, y in corners])
        top, bottom = -(-ys.min(axis=0) // scale), ys.max(axis=0) // scale
        left, right = -(-xs.min(axis=0) // scale), xs.max(axis=0) // scale
        lines = np.maximum(bottom - top + 1, 0)
        triangle = np.repeat(np.arange(lines.size), lines)
        line = np.arange(triangle.size) - np.repeat(np.cumsum(lines) - lines, lines) + top[triangle]
        start = np.searchsorted(self._places, line * self._span + left[triangle], side="left")
        stop = np.searchsorted(self._places, line * self._span + right[triangle], side="right")
        counts = np.maximum(stop - start, 0)
        near = np.repeat(np.arange(counts.size), counts)
        place = np.arange(near.size) - np.repeat(np.cumsum(counts) - counts, counts) + start[near]
        member, triangle = self._members[place], triangle[near]
        p = self._points
        counted = p.alive[member] & ~(own[:, triangle] == member).any(axis=0)
        member, triangle = member[counted], triangle[counted]
        inside = _inside(p.x[member] * scale, p.y[member] * scale, xs[:, triangle], ys[:, triangle])
        held = np.zeros(lines.size, np.bool_)
        held[triangle[inside]] = True
        return held


def _inside(x: Ints, y: Ints, xs: Ints, ys: Ints) -> Bools:
    """Whether points lie in triangles, or on their sides: (points,) and (3, points)."""
    sides = []
    for i, j in ((0, 1), (1, 2), (2, 0)):
        sides.append((xs[j] - xs[i]) * (y - ys[i]) - (ys[j] - ys[i]) * (x - xs[i]))
    one, two, three = sides
    flat = (one == 0) & (two == 0) & (three == 0)
    within = ((one >= 0) & (two >= 0) & (three >= 0)) | ((one <= 0) & (two <= 0) & (three <= 0))
    # Of a flat triangle, what lies in its box lies on it.
    boxed = (x >= xs.min(axis=0)) & (x <= xs.max(axis=0)) & (y >= ys.min(axis=0)) & (y <= ys.max(axis=0))
    result: Bools = within & (~flat | boxed)
    return result


def _lower(key: Ints, one: Ints, other: Ints) -> Bools:
    """Whether the keys of some vertices are lower than those of others; of equals, the earlier is."""
    lower: Bools = (key[one] < key[other]) | ((key[one] == key[other]) & (one < other))
    return lower


def _scattered(x: Ints, y: Ints) -> Ints:
    """Numbers that tell neighbours apart, and have no order along a border."""
    mixed = (x * 0x9E3779B1 + y * 0x85EBCA77) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    scattered: Ints = (mixed ^ (mixed >> 12)) & ((1 << _HASH_BITS) - 1)
    return scattered
