"""Draws trees, palms and shrubs: a few dozen of each are grown once and then planted everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .canvas import SHADOW, Array, Canvas, Cover
from .noise import field

Kind = Literal["tree", "palm", "shrub"]
Outline = Callable[[Array, Array, float], Array]
"""Signed distance to a crown, from x and y relative to the trunk and the crown's radius."""

_VARIANTS = 10
_SIZES = (1.4, 2.0, 2.8, 3.6, 4.6, 5.8, 7.2)
_TINTS: dict[Kind, tuple[tuple[float, float, float], ...]] = {
    "tree": ((72, 92, 50), (84, 100, 58), (62, 84, 48), (92, 104, 62)),
    "palm": ((86, 104, 62), (98, 112, 70), (76, 96, 58)),
    "shrub": ((112, 112, 76), (100, 104, 70), (122, 118, 84)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A plant: where, what, and the radius of its crown in pixels."""

    x: float
    y: float
    kind: Kind
    size: float

    @property
    def height(self) -> float:
        """Its height in metres."""
        return {"tree": 1.1, "palm": 1.9, "shrub": 0.45}[self.kind] * self.size


@dataclass(frozen=True, slots=True)
class _Sprite:
    """A grown plant: colour (3, n, n), coverage and shadow (n, n), the trunk in the middle."""

    color: NDArray[np.float32]
    crown: Array
    shadow: Array


class Nursery:
    """Grows sprites of every kind and size, and plants them.

    Args:
        rng: source of randomness.
    """

    def __init__(self, rng: Generator) -> None:
        self._sprites: dict[tuple[Kind, float], list[_Sprite]] = {
            (kind, size): [_grow(rng, kind, size) for _ in range(_VARIANTS)]
            for kind in _TINTS
            for size in _SIZES
        }

    def draw(self, canvas: Canvas, rng: Generator, plant: Plant) -> None:
        """Draw a plant and its shadow; one that would reach over the edge of the sheet is left out."""
        size = min(_SIZES, key=lambda size: abs(size - plant.size))
        sprite = self._sprites[plant.kind, size][int(rng.integers(_VARIANTS))]
        half = sprite.crown.shape[0] // 2
        row, col = int(plant.y) - half, int(plant.x) - half
        if min(row, col) < 0 or row + 2 * half > canvas.shape[0] or col + 2 * half > canvas.shape[1]:
            return
        area = (slice(row, row + 2 * half), slice(col, col + 2 * half))
        canvas.cast(area, sprite.shadow)
        canvas.paint(area, sprite.color, sprite.crown, Cover.VEGETATION)


def _grow(rng: Generator, kind: Kind, size: float) -> _Sprite:
    radius = size * rng.uniform(0.9, 1.12)
    reach = int(np.ceil(radius * 1.35 + 1.5 * radius + 2))
    y, x = np.mgrid[-reach:reach, -reach:reach] + 0.5
    x, y = x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5)
    outline = _palm_outline(rng) if kind == "palm" else _crown_outline(rng)
    distance = outline(x, y, radius)
    crown = np.clip(0.5 - distance / 1.3, 0, 1)
    drop = SHADOW * radius * {"tree": 0.85, "palm": 1.25, "shrub": 0.5}[kind]
    shadow = np.clip(0.5 - outline(x - drop[0], y - drop[1], radius) / 1.6, 0, 1)
    facing = (-SHADOW[0] * x - SHADOW[1] * y) / radius
    bumps = field(rng, x.shape, 3 if kind == "tree" else 2)
    bowl = np.clip(1 - (x * x + y * y) / (radius * radius * 1.3), 0, 1)
    light = 0.86 + 0.30 * facing * (1 - 0.4 * bowl) + 0.10 * bumps + 0.16 * bowl
    tints = _TINTS[kind]
    tint = np.array(tints[int(rng.integers(len(tints)))]) * rng.uniform(0.9, 1.1)
    color = tint[:, None, None] * np.clip(light, 0.35, 1.6)
    return _Sprite(color.astype(np.float32), crown, 0.9 * shadow)


def _crown_outline(rng: Generator) -> Outline:
    """A lumpy disc."""
    lumps = [(k, rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 0.09)) for k in (2, 3, 5)]

    def distance(x: Array, y: Array, radius: float) -> Array:
        turn = np.arctan2(y, x)
        wobble = np.asarray(sum(strength * np.cos(k * turn + phase) for k, phase, strength in lumps))
        return np.hypot(x, y) - radius * (1 + wobble)

    return distance


def _palm_outline(rng: Generator) -> Outline:
    """A star of fronds."""
    fronds, first = int(rng.integers(8, 12)), rng.uniform(0, 2 * np.pi)

    def distance(x: Array, y: Array, radius: float) -> Array:
        return np.hypot(x, y) - radius * (0.78 + 0.3 * np.cos(fronds * np.arctan2(y, x) + first))

    return distance
