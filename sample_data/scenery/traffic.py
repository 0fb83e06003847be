"""Brings the roads to life: cars in their lanes and at the kerb, palms and trees along the pavements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .canvas import Array, Cover
from .roads import Network
from .streets import Road, walk
from .town import Town


def drive(town: Town, roads: Sequence[Road], network: Network) -> None:
    """Put cars on every road: flowing on avenues, mostly parked in streets."""
    rng = town.rng
    for road in roads:
        for x, y, angle in walk(road, 24.0, 13.0):
            if rng.random() > (0.26 if road.lanes else 0.20):
                continue
            side = 1 if rng.random() < 0.5 else -1
            lane = _lane(road, float(rng.random()))
            left, top = x - side * lane * np.sin(angle), y + side * lane * np.cos(angle)
            if _at(network.edge, left, top, 0.0) < -1.2 and _at(network.other, left, top, 0.0) > 6:
                lorry = road.lanes and rng.random() < 0.06
                town.car(left, top, angle + float(rng.normal(0, 0.02)), long=lorry)


def _lane(road: Road, chance: float) -> float:
    """Distance of a car from the centreline."""
    if not road.lanes:
        return road.half_width - 1.9
    if not road.divided:
        return road.half_width * 0.5
    return road.half_width * (0.42 if chance < 0.5 else 0.74)


def plant_avenues(town: Town, roads: Sequence[Road], network: Network) -> None:
    """Plant palms along avenues and on their strips, and single trees in streets."""
    rng = town.rng
    for road in roads:
        beside = road.half_width + road.pavement - 0.5
        for x, y, angle in walk(road, 12.0, 17.0 if road.lanes else 31.0):
            if road.divided and _at(network.other, x, y, 0.0) > 12 and _dry(town, x, y, 26):
                town.plant(x, y, "palm", rng.uniform(2.6, 3.4))
            for side in (-1, 1):
                px, py = x - side * beside * np.sin(angle), y + side * beside * np.cos(angle)
                clear = _at(network.edge, px, py, -1.0) > 1 and _at(network.paved, px, py, 0.0) > -6
                if clear and rng.random() < (0.75 if road.lanes else 0.3) and _dry(town, px, py, 8):
                    palm = road.lanes and rng.random() < 0.85
                    size = rng.uniform(2.6, 3.6) if palm else rng.uniform(1.9, 3.6)
                    town.plant(px, py, "palm" if palm else "tree", size)


def _at(plane: Array, x: float, y: float, outside: float) -> float:
    row, col = int(y), int(x)
    if 0 <= row < plane.shape[0] and 0 <= col < plane.shape[1]:
        return float(plane[row, col])
    return outside


def _dry(town: Town, x: float, y: float, reach: int) -> bool:
    """Whether no water lies within reach: trees do not grow on bridges."""
    row, col = int(y), int(x)
    if row < 0 or col < 0:
        return False
    around = town.canvas.label[max(0, row - reach) : row + reach + 1, max(0, col - reach) : col + reach + 1]
    return not bool((around == Cover.WATER).any())
