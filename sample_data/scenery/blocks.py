"""Draws buildings: every building is made of blocks, and every block has a roof and a shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from .canvas import SHADOW, SHADOW_PER_METRE, Array, Canvas, Cover, Spot, coverage
from .noise import field
from .shapes import box, rectangle_corners, swept, turned

Roof = Literal["flat", "hip", "metal", "dome", "tank"]
Tint = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One upright block: a box, or a cylinder where the roof is a dome or a tank.

    Attributes:
        x, y: its centre.
        angle: direction of its length.
        length, width: its footprint in pixels.
        height: of its roof above the ground, in metres.
        base: height of what it stands on, in metres, so that shadows end in the right place.
        roof: how it is covered.
        tint: colour of the roof in the sun.
        clutter: number of machines and tanks on a flat roof.
    """

    x: float
    y: float
    angle: float
    length: float
    width: float
    height: float
    roof: Roof
    tint: Tint
    base: float = 0.0
    clutter: int = 0


def draw_block(canvas: Canvas, rng: Generator, block: Block) -> None:
    """Cast the shadow of a block, then put its roof in place."""
    sweep = SHADOW * SHADOW_PER_METRE * (block.height - block.base)
    reach = np.hypot(block.length, block.width) / 2 + 2
    spot = canvas.between(
        block.x - reach + min(sweep[0], 0),
        block.y - reach + min(sweep[1], 0),
        block.x + reach,
        block.y + reach,
        origin=(block.x, block.y),
    )
    if spot is None:
        return
    canvas.cast(spot.area, coverage(_shadow_distance(spot, block, sweep), 1.4))
    near = canvas.around(block.x, block.y, reach)
    if near is None:
        return
    along, across = turned(near, block.angle)
    draw = {"flat": _flat, "hip": _hip, "metal": _metal, "dome": _dome, "tank": _dome}[block.roof]
    shine, distance = draw(rng, block, along, across)
    stains = 0.014 * field(rng, distance.shape, 7) + 0.012 * field(rng, distance.shape, 2)
    roof = np.asarray(block.tint)[:, None, None] * (shine + stains)
    canvas.paint(near.area, np.clip(roof, 12, 250), coverage(distance), Cover.BUILDING)
    for _ in range(block.clutter):
        _draw_machine(canvas, rng, block)


def _shadow_distance(spot: Spot, block: Block, sweep: Array) -> Array:
    if block.roof in ("dome", "tank"):
        turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        corners = np.stack([np.cos(turn), np.sin(turn)], axis=1) * block.length / 2
    else:
        corners = rectangle_corners(block.angle, block.length, block.width)
    return swept(spot, corners, sweep)


def _sun(angle: float) -> tuple[float, float]:
    """Direction to the sun, along and across a block."""
    x, y = -SHADOW
    cos, sin = np.cos(angle), np.sin(angle)
    return float(x * cos + y * sin), float(y * cos - x * sin)


def _flat(_: Generator, block: Block, along: Array, across: Array) -> tuple[Array, Array]:
    """A terrace inside a parapet, which catches light and throws a narrow shadow inwards."""
    distance = box(along, across, block.length, block.width)
    sun = _sun(block.angle)
    depth = 1.6 if min(block.length, block.width) > 14 else 1.1
    sunward = box(along + depth * sun[0], across + depth * sun[1], block.length, block.width)
    parapet, hidden = coverage(-distance - 1.1), coverage(-sunward - 1.1)
    return 1 - 0.26 * hidden * (1 - parapet) + 0.06 * parapet, distance


def _hip(_: Generator, block: Block, along: Array, across: Array) -> tuple[Array, Array]:
    """Four tiled slopes that meet in ridges; those that face the sun are bright."""
    distance = box(along, across, block.length, block.width)
    sun = _sun(block.angle)
    to_end = block.length / 2 - np.abs(along)
    to_side = block.width / 2 - np.abs(across)
    ends = np.sign(along) * sun[0]
    sides = np.sign(across) * sun[1]
    ridge = np.minimum(np.abs(to_end - to_side), np.where(to_side < to_end, np.abs(across), np.inf))
    shine = 1 + 0.27 * np.where(to_end < to_side, ends, sides)
    return shine + 0.14 * np.clip(1 - ridge, 0, 1) + 0.025 * np.sin(
        2.4 * np.minimum(to_end, to_side)
    ), distance


def _metal(_: Generator, block: Block, along: Array, across: Array) -> tuple[Array, Array]:
    """Two shallow slopes of ribbed sheet, with rows of skylights."""
    distance = box(along, across, block.length, block.width)
    sun = _sun(block.angle)
    shine = 1 + 0.10 * np.sign(across) * sun[1] + 0.035 * np.sin(along * 1.9)
    ridge = np.clip(1.2 - np.abs(across), 0, 1) * 0.10
    skylight = coverage(np.abs(np.abs(across) - block.width * 0.26) - 1.2) * (np.mod(along, 14.0) < 8.0)
    edge = coverage(-distance - 1.0) * 0.12
    return shine + ridge + 0.13 * skylight - edge, distance


def _dome(_: Generator, block: Block, along: Array, across: Array) -> tuple[Array, Array]:
    """A hemisphere, or the lid of a tank, which is nearly flat."""
    radius = block.length / 2
    distance = np.hypot(along, across) - radius
    rise = 0.55 if block.roof == "dome" else 0.12
    sun = _sun(block.angle)
    facing = (along * sun[0] + across * sun[1]) / radius
    return 0.94 + rise * 0.6 * facing + rise * 0.18 * np.clip(
        1 - ((facing - 0.45) / 0.3) ** 2, 0, 1
    ), distance


def _draw_machine(canvas: Canvas, rng: Generator, block: Block) -> None:
    """An air conditioner, a water tank or a stair head on a flat roof."""
    a = rng.uniform(-0.5, 0.5) * (block.length - 7)
    b = rng.uniform(-0.5, 0.5) * (block.width - 7)
    length, width, height = rng.uniform(1.8, 4.0), rng.uniform(1.6, 3.0), rng.uniform(1.0, 2.4)
    tone = rng.choice([228.0, 206.0, 176.0, 138.0])
    cos, sin = np.cos(block.angle), np.sin(block.angle)
    spot = canvas.around(block.x + a * cos - b * sin, block.y + a * sin + b * cos, 8)
    if spot is None:
        return
    corners = rectangle_corners(block.angle, length, width)
    canvas.cast(spot.area, 0.85 * coverage(swept(spot, corners, SHADOW * SHADOW_PER_METRE * height)))
    canvas.paint(
        spot.area, (tone, tone, tone * 0.99), coverage(box(*turned(spot, block.angle), length, width))
    )
