"""Collects what stands on the ground, and draws it from the lowest to the tallest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from .blocks import Block, Roof, Tint, draw_block
from .canvas import SHADOW, SHADOW_PER_METRE, Array, Canvas, Color, Cover, coverage
from .noise import field
from .plants import Kind, Nursery, Plant
from .shapes import box, line_distance, rectangle_corners, rounded_box, swept, turned


@dataclass(frozen=True, slots=True)
class Lot:
    """A turned rectangle of ground: its street lies at the side of negative ``across``."""

    x: float
    y: float
    angle: float
    length: float
    width: float

    def place(self, along: float, across: float) -> tuple[float, float]:
        """Position on the sheet of a point given relative to the lot's centre."""
        cos, sin = float(np.cos(self.angle)), float(np.sin(self.angle))
        return self.x + along * cos - across * sin, self.y + along * sin + across * cos

    def part(self, along: float, across: float, length: float, width: float) -> Lot:
        """A smaller rectangle with the same direction, by its centre relative to this one's."""
        x, y = self.place(along, across)
        return Lot(x, y, self.angle, length, width)


class Town:
    """The sheet, and all that will stand on it.

    Attributes:
        canvas: what is drawn at once: yards, lawns, pools.
        rng: source of randomness, used in the order of building.
    """

    def __init__(self, canvas: Canvas, rng: Generator) -> None:
        self.canvas = canvas
        self.rng = rng
        self._blocks: list[Block] = []
        self._plants: list[Plant] = []

    def claim(self, lot: Lot, margin: float = 0.0) -> bool:
        """Take a lot if all of it is free, and say whether it was."""
        if not self.canvas.is_free(lot.x, lot.y, lot.angle, lot.length + 2 * margin, lot.width + 2 * margin):
            return False
        self.take(lot)
        return True

    def take(self, lot: Lot) -> None:
        """Mark all of a lot as taken."""
        spot = self.canvas.around(lot.x, lot.y, float(np.hypot(lot.length, lot.width)) / 2 + 2)
        if spot is not None:
            self.canvas.reserve(spot.area, box(*turned(spot, lot.angle), lot.length, lot.width) < 0)

    def block(
        self, lot: Lot, height: float, roof: Roof, tint: Tint, *, clutter: int = 0, base: float = 0.0
    ) -> None:
        """Put a block on all of a lot."""
        self._blocks.append(
            Block(
                x=lot.x, y=lot.y, angle=lot.angle, length=lot.length, width=lot.width,
                height=height, roof=roof, tint=tint, base=base, clutter=clutter,
            )
        )  # fmt: skip

    def ground(
        self,
        lot: Lot,
        tint: Tint,
        cover: Cover,
        *,
        rough: float = 4.0,
        radius: float = 0.0,
        ragged: float = 0.0,
        opacity: float = 1.0,
        around: bool = False,
    ) -> None:
        """Cover a lot with something flat.

        Args:
            lot: the rectangle.
            tint: its mean colour.
            cover: its class.
            rough: how much its brightness varies.
            radius: of its corners.
            ragged: how far its edge wanders, in pixels.
            opacity: 1 hides what lies below; less lets its texture through.
            around: leave out the ground that is taken.
        """
        spot = self.canvas.around(lot.x, lot.y, float(np.hypot(lot.length, lot.width)) / 2 + 2 + 2 * ragged)
        if spot is None:
            return
        distance = rounded_box(*turned(spot, lot.angle), lot.length, lot.width, max(radius, 0.01))
        if ragged:
            distance = distance + ragged * field(self.rng, distance.shape, 14).astype(np.float64)
        texture = rough * (
            0.7 * field(self.rng, distance.shape, 9) + 0.5 * field(self.rng, distance.shape, 3)
        )
        color: Color = np.asarray(tint, dtype=np.float32)[:, None, None] + texture
        share = coverage(distance) * (~self.canvas.taken[spot.area] if around else 1)
        self.canvas.paint(spot.area, color, opacity * share)
        self.canvas.label[spot.area][share > 0.5] = cover

    def path(
        self,
        points: Array,
        half_width: float,
        tint: Tint,
        cover: Cover,
        *,
        ragged: float = 0.0,
        rough: float = 4.0,
        around: bool = False,
    ) -> None:
        """Cover a strip along a line (n, 2); ``ragged``, ``rough`` and ``around`` as for `ground`."""
        found = line_distance(self.canvas, points, half_width + 2 + 3 * ragged)
        if found is None:
            return
        spot, distance, _ = found
        edge = distance - half_width
        if ragged:
            edge = edge + ragged * field(self.rng, edge.shape, 16)
        texture = rough * (0.7 * field(self.rng, edge.shape, 11) + 0.5 * field(self.rng, edge.shape, 3))
        share = coverage(edge, 1.3) * (~self.canvas.taken[spot.area] if around else 1)
        self.canvas.paint(
            spot.area, np.asarray(tint, dtype=np.float32)[:, None, None] + texture, share, cover
        )

    def wall(self, lot: Lot, tint: Tint) -> None:
        """A garden wall round a lot, 2 m high and half a metre thick: drawn, but too thin for a class."""
        spot = self.canvas.around(lot.x, lot.y, float(np.hypot(lot.length, lot.width)) / 2 + 4)
        if spot is None:
            return
        distance = box(*turned(spot, lot.angle), lot.length, lot.width)
        line = np.abs(distance + 0.5) - 0.35
        shifted = _down_shadow(distance)
        self.canvas.cast(spot.area, 0.75 * coverage(np.abs(shifted + 0.5) - 0.8))
        self.canvas.paint(spot.area, tint, 0.9 * coverage(line))

    def plant(self, x: float, y: float, kind: Kind, size: float) -> None:
        """Let a plant with a crown of ``size`` pixels radius grow."""
        self._plants.append(Plant(x=x, y=y, kind=kind, size=size))

    def car(self, x: float, y: float, angle: float, *, long: bool = False) -> None:
        """Park a car, or a lorry if it is ``long``; the ground below keeps its class."""
        spot = self.canvas.around(x, y, 14 if long else 8)
        if spot is None:
            return
        length, width, height = (17.0, 4.2, 3.4) if long else (7.4, 3.1, 1.5)
        paints = (
            (232, 232, 230),
            (240, 240, 238),
            (196, 198, 200),
            (62, 64, 68),
            (120, 34, 32),
            (52, 74, 112),
        )
        corners = rectangle_corners(angle, length, width)
        self.canvas.cast(spot.area, 0.9 * coverage(swept(spot, corners, SHADOW * SHADOW_PER_METRE * height)))
        along, across = turned(spot, angle)
        self.canvas.paint(
            spot.area,
            paints[int(self.rng.integers(len(paints)))],
            coverage(box(along, across, length, width)),
        )
        if not long:
            glass = box(np.abs(along + 0.3) - 1.9, across, 0.9, width - 0.8)
            self.canvas.paint(spot.area, (48, 54, 60), 0.8 * coverage(glass))

    def rise(self) -> None:
        """Draw all blocks and plants, from the lowest to the tallest, so that shadows fall downwards only."""
        nursery = Nursery(self.rng)
        things: list[Block | Plant] = [*self._blocks, *self._plants]
        for thing in sorted(things, key=lambda thing: thing.height):
            if isinstance(thing, Block):
                draw_block(self.canvas, self.rng, thing)
            else:
                nursery.draw(self.canvas, self.rng, thing)


def _down_shadow(distance: Array) -> Array:
    """The same distances two pixels further along the shadow."""
    shifted = np.full_like(distance, 1e3)
    shifted[:-2, :-2] = distance[2:, 2:]
    return shifted
