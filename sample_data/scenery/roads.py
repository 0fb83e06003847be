"""Paves the roads: asphalt, pavements, lines, planted strips, bridges and roundabouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from . import plan
from .canvas import Array, Canvas, Cover, Spot, coverage
from .noise import field, fractal
from .shapes import line_distance
from .streets import Road

_EVERYWHERE = (slice(None), slice(None))
_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Network:
    """All roads at once.

    Attributes:
        edge: signed distance to the nearest asphalt edge, (rows, cols).
        other: the same to the nearest asphalt of any other road: small at junctions.
        paved: signed distance to the outer edge of the nearest pavement.
        owner: index of the nearest road, -1 where none is near.
    """

    edge: Array
    other: Array
    paved: Array
    owner: NDArray[np.int16]


def survey(canvas: Canvas, roads: list[Road]) -> Network:
    """Measure the distance of every pixel to the roads near it."""
    edge, other, paved = (np.full(canvas.shape, _FAR) for _ in range(3))
    owner = np.full(canvas.shape, -1, dtype=np.int16)
    for k, road in enumerate(roads):
        found = line_distance(canvas, road.line, road.half_width + road.pavement + 36)
        if found is None:
            continue
        spot, distance, _ = found
        mine = distance - road.half_width
        nearest, next_nearest = edge[spot.area], other[spot.area]
        next_nearest[:] = np.minimum(next_nearest, np.maximum(mine, nearest))
        owner[spot.area][mine < nearest] = k
        nearest[:] = np.minimum(mine, nearest)
        paved[spot.area] = np.minimum(paved[spot.area], mine - road.pavement)
    return Network(edge, other, paved, owner)


def draw_roads(canvas: Canvas, rng: Generator, roads: list[Road], network: Network, shore: Array) -> None:
    """Pave the network, paint its lines, and reserve its ground."""
    _draw_bridge_shadows(canvas, network, shore)
    worn, grain = fractal(rng, canvas.shape, (60, 20)), field(rng, canvas.shape, 3)
    dusty = np.clip(0.5 - network.paved / 9.0, 0, 1) * 0.35
    canvas.paint(_EVERYWHERE, (196, 184, 163), dusty * (shore > 3))
    # Ground near streets has been levelled, driven on and littered.
    trodden = (
        (network.paved < 36)
        * np.exp(-np.clip(network.paved, 0, 36) / 24)
        * np.clip(0.32 + 0.22 * worn, 0, 0.8)
    )
    canvas.paint(_EVERYWHERE, (183, 172, 153), trodden * np.clip(shore / 30, 0, 1))
    tiles = np.stack([(tone + 5 * worn + 3 * grain) for tone in (199, 190, 174)])
    canvas.paint(_EVERYWHERE, tiles, coverage(network.paved), Cover.ROAD)
    tone = _tones(rng, roads, network)
    asphalt = np.stack([tone * share + 4.5 * worn + 2.2 * grain for share in (1.0, 0.985, 0.96)])
    canvas.paint(_EVERYWHERE, asphalt, coverage(network.edge), Cover.ROAD)
    for k, road in enumerate(roads):
        if road.lanes:
            _draw_lines(canvas, k, road, network)
    canvas.reserve(_EVERYWHERE, network.paved < 1.5)
    for roundabout in plan.ROUNDABOUTS:
        _draw_island(canvas, rng, roundabout)


def _tones(rng: Generator, roads: list[Road], network: Network) -> NDArray[np.float32]:
    """Grey of the asphalt: avenues are dark, old streets bleached. (rows, cols)."""
    tones = np.array([(102 if road.lanes else 126) + rng.uniform(-9, 9) for road in roads], dtype=np.float32)
    tone = tones[np.maximum(network.owner, 0)]
    # The edge of a carriageway is dusty, the lanes are polished by wheels.
    return tone + np.clip(network.edge + 4, 0, 4).astype(np.float32) * 2.5


def _draw_lines(canvas: Canvas, k: int, road: Road, network: Network) -> None:
    found = line_distance(canvas, road.line, road.half_width + 1)
    if found is None:
        return
    spot, distance, position = found
    clear = (network.owner[spot.area] == k) & (network.other[spot.area] > 9)
    white = (214, 211, 202)
    side = np.abs(distance - (road.half_width - 1.6))
    canvas.paint(spot.area, white, coverage(side - 0.25) * clear * 0.55)
    if road.divided:
        half = road.half_width * 0.16 + 0.9
        middle = (road.half_width - 1.6 + half) / 2
        _draw_dashes(canvas, spot, np.abs(distance - middle), position, clear)
        canvas.paint(spot.area, (203, 196, 180), coverage(distance - half - 1.1) * clear)
        planted = coverage(distance - half) * clear
        canvas.paint(spot.area, (112, 120, 76), planted, Cover.VEGETATION)
    else:
        _draw_dashes(canvas, spot, distance, position, clear)


def _draw_dashes(
    canvas: Canvas, spot: Spot, distance: Array, position: Array, clear: NDArray[np.bool_]
) -> None:
    dashed = np.mod(position, 20.0) < 9.0
    canvas.paint(spot.area, (222, 219, 210), coverage(distance - 0.3) * (clear & dashed) * 0.65)


def _draw_bridge_shadows(canvas: Canvas, network: Network, shore: Array) -> None:
    """Bridges stand 6 m above the creek: their shadow falls on the water up and left of them."""
    dx, dy = 5, 6
    shifted = np.full_like(network.paved, _FAR)
    shifted[:-dy, :-dx] = network.paved[dy:, dx:]
    canvas.cast(_EVERYWHERE, coverage(shifted) * coverage(shore))


def _draw_island(canvas: Canvas, rng: Generator, roundabout: plan.Roundabout) -> None:
    """Lawn, a kerb and a round bed in the middle of a roundabout."""
    x, y = roundabout.center
    radius = roundabout.radius - roundabout.half_width
    spot = canvas.around(x, y, radius + 3)
    if spot is None:
        return
    distance = np.hypot(spot.x, spot.y)
    grass = 8 * field(rng, distance.shape, 5)
    canvas.paint(spot.area, (206, 200, 186), coverage(distance - radius), Cover.ROAD)
    lawn = np.stack([tone + grass for tone in (104, 126, 70)])
    canvas.paint(spot.area, lawn, coverage(distance - radius + 2), Cover.VEGETATION)
    canvas.paint(spot.area, (196, 178, 150), coverage(np.abs(distance - radius * 0.5) - 1.5), Cover.BARE)
    canvas.reserve(spot.area, distance < radius * 0.55)
