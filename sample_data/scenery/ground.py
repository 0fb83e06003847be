"""The land before anything is built: desert, beach and water."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from . import plan
from .canvas import SHADOW, Array, Canvas, Cover, coverage
from .noise import field, fractal, knot_shape, stretch
from .shapes import lengths, line_distance

_CELL = 8  # the shore is computed on every eighth pixel, and is smooth between them

Plane = NDArray[np.float32]


def shore_distance(rng: Generator, shape: tuple[int, int]) -> Array:
    """Distance to the waterline: positive on land, (rows, cols) float64, about right within 200 pixels of it.

    It decides classes, so it is computed in double precision: rounding differs between machines.
    """
    rows, cols = knot_shape(shape, _CELL)
    y = (np.arange(rows, dtype=np.float64)[:, None] - 1) * _CELL
    x = (np.arange(cols, dtype=np.float64)[None, :] - 1) * _CELL
    # The coast leans, so that a step to the right is a little more than a step away from it.
    sea = (x - plan.coast_x(y)) * 0.95
    distance = _smooth_minimum(_smooth_minimum(sea, _creek_distance(x, y), 70), _lagoon_distance(x, y), 60)
    shore = stretch(distance, shape, _CELL)
    for cell, strength in ((70, 13.0), (26, 7.0), (9, 2.2)):
        shore += strength * stretch(rng.random(knot_shape(shape, cell)) * 2 - 1, shape, cell)
    return shore


def _creek_distance(x: Array, y: Array) -> Array:
    along = np.array(plan.CREEK_HALF_WIDTH)
    half_width = np.interp(lengths(plan.CREEK), along[:, 0], along[:, 1])
    distance = np.full((y.shape[0], x.shape[1]), np.inf)
    for (cx, cy), half in zip(plan.CREEK, half_width, strict=True):
        np.minimum(distance, np.sqrt((x - cx) ** 2 + (y - cy) ** 2) - half, out=distance)
    return distance


def _lagoon_distance(x: Array, y: Array) -> Array:
    cx, cy, radius = plan.LAGOON
    return np.sqrt((x - cx) ** 2 + (1.35 * (y - cy)) ** 2) - radius


def _smooth_minimum(a: Array, b: Array, width: float) -> Array:
    near = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - near * near * width / 4


def draw_desert(canvas: Canvas, rng: Generator) -> None:
    """Cover the sheet with sand: dunes in the east, gravel and old tracks of water between them."""
    shape = canvas.shape
    broad, middle, fine = (
        field(rng, shape, 260),
        fractal(rng, shape, (96, 40)),
        fractal(rng, shape, (14, 6, 3)),
    )
    dunes = _dunes(rng, shape)
    relief = 4.5 * middle + 1.6 * fine + 11.0 * dunes
    light = _slope(relief)
    gravel = np.clip(0.45 + 0.26 * middle - 0.28 * broad, 0, 1)
    pale, brown = np.array([216, 203, 181]), np.array([184, 166, 141])
    for band in range(3):
        canvas.rgb[band] = pale[band] + (brown[band] - pale[band]) * gravel
        canvas.rgb[band] *= 1 + 0.05 * light + 0.016 * fine + 0.025 * broad


def _dunes(rng: Generator, shape: tuple[int, int]) -> Plane:
    """Ridges across the wind, strongest in the east: (rows, cols), 0..1."""
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    bend = 26 * field(rng, shape, 150) + 8 * field(rng, shape, 48)
    phase = (0.92 * x + 0.39 * y + bend) * np.float32(2 * np.pi / 46)
    crest = (0.5 + 0.5 * np.sin(phase + 0.6 * np.sin(phase))) ** 2
    strength = np.clip((x - 2150) / 420 + 0.35 * field(rng, shape, 200), 0, 1)
    return np.asarray(crest * strength, dtype=np.float32)


def _slope(height: Plane) -> Plane:
    """How much a surface faces the sun: about -1..1, by the rise towards the shadow's side."""
    light = np.zeros_like(height)
    # A face that falls towards the sun is lit; the sun stands where shadows do not fall.
    light[1:-1, 1:-1] = (height[1:-1, :-2] - height[1:-1, 2:]) * np.float32(-SHADOW[0]) + (
        height[:-2, 1:-1] - height[2:, 1:-1]
    ) * np.float32(-SHADOW[1])
    return np.clip(light, -2.5, 2.5)


def draw_tracks(canvas: Canvas, rng: Generator) -> None:
    """Draw the ruts that wheels have left in the desert: pale, and gone in places."""
    worn = field(rng, canvas.shape, 30)
    for track in plan.TRACKS:
        found = line_distance(canvas, track, 8)
        if found is not None:
            spot, distance, _ = found
            seen = np.clip(0.55 + 0.3 * worn[spot.area], 0, 1)
            canvas.paint(spot.area, (224, 212, 191), 0.6 * coverage(distance - 4.0, 3.0) * seen)
            canvas.paint(spot.area, (170, 152, 128), 0.5 * coverage(np.abs(distance - 1.7) - 0.5) * seen)


def draw_water(canvas: Canvas, rng: Generator, shore: Array) -> None:
    """Lay the sea and the creek, shallow to deep, and the wet sand beside them."""
    shape = canvas.shape
    cloudy, patches = field(rng, shape, 120), fractal(rng, shape, (52, 22))
    depth = (-shore).astype(np.float32) * (1 + 0.18 * cloudy) + 9 * patches
    wet = np.clip(1 - (shore.astype(np.float32) + 1) / (9 + 3 * cloudy), 0, 1) * 0.6
    beach = np.clip(1 - shore.astype(np.float32) / (46 + 12 * cloudy), 0, 1)
    everywhere = (slice(None), slice(None))
    canvas.paint(everywhere, (232, 217, 190), 0.65 * beach)
    canvas.paint(everywhere, (150, 131, 104), wet)
    canvas.paint(everywhere, _water_color(rng, depth, patches), coverage(shore, 1.6), Cover.WATER)
    foam = np.exp(-(((shore + 2.5) / 1.6) ** 2)) * np.clip(0.25 + 0.35 * patches, 0, 0.6)
    foam[:, 760:] *= 0.15  # hardly any surf in the creek
    canvas.paint(everywhere, (236, 238, 230), foam)
    canvas.reserve(everywhere, shore < 16)


def _water_color(rng: Generator, depth: Plane, patches: Plane) -> Plane:
    """(3, rows, cols) from depth in pixels of distance to the shore: sand shines through, weeds darken it."""
    knots = (-10.0, 6.0, 24.0, 60.0, 120.0, 220.0, 420.0)
    red = (176, 142, 96, 52, 30, 20, 14)
    green = (168, 166, 150, 118, 88, 70, 58)
    blue = (136, 148, 146, 128, 106, 92, 82)
    ripples = 1 + 0.016 * field(rng, depth.shape, 5) + 0.02 * field(rng, depth.shape, 17)
    weeds = np.clip(patches - 0.6, 0, 1.0) * np.clip(depth / 30, 0, 1) * np.clip(2.4 - depth / 70, 0, 1)
    return np.stack(
        [
            np.interp(depth, knots, band).astype(np.float32) * ripples * (1 - 0.16 * weeds)
            for band in (red, green, blue)
        ]
    )
