"""Builds what a town has one or a few of: mosques, schools, a mall, hotels, tanks, a harbour."""

from __future__ import annotations

import numpy as np

from .canvas import Array, Cover, coverage
from .plan import coast_x
from .quarters import DIRT, LAWN, PAVING, POOL, car_park
from .shapes import smooth_line, turned
from .town import Lot, Town


def build_landmarks(town: Town, shore: Array) -> None:
    """Build every landmark on the free place nearest to where it should be.

    Args:
        town: where to build.
        shore: distance to the waterline, (rows, cols), positive on land.
    """
    for x, y in ((1420, 1130), (1210, 420), (1040, 2010)):
        _mosque(town, _find(town, x, y, 0.118, 54, 54))
    for x, y in ((1450, 560), (2290, 1790)):
        _school(town, _find(town, x, y, 0.108, 132, 118))
    _mall(town, _find(town, 1780, 300, 0.108, 140, 122))
    for x, y in ((2330, 470), (2330, 300)):
        _tanks(town, _find(town, x, y, 0.115, 128, 128))
    for down in range(110, 1150, 128):
        _hotel(town, Lot(float(coast_x(np.array(down))) + 70, down, -1.45, 104, 56))
    _harbour(town)
    _boats(town, shore)


def _find(town: Town, x: float, y: float, angle: float, length: float, width: float) -> Lot:
    """Claim the free lot nearest to a place, looking in a growing square."""
    steps = [(dx, dy) for dx in range(-14, 15) for dy in range(-14, 15)]
    for dx, dy in sorted(steps, key=lambda step: (step[0] ** 2 + step[1] ** 2, step)):
        lot = Lot(x + 10.0 * dx, y + 10.0 * dy, angle, length, width)
        if town.claim(lot):
            return lot
    raise ValueError(f"no free lot of {length:.0f} x {width:.0f} pixels near {x:.0f}, {y:.0f}: plan for one")


def _mosque(town: Town, lot: Lot) -> None:
    """A prayer hall under a dome, a court with palms, and two minarets with long shadows."""
    white, stone = (238, 234, 224), (222, 212, 192)
    town.ground(lot, PAVING, Cover.BARE, rough=2)
    hall = lot.part(0, 8, 32, 26)
    town.block(hall, 8, "flat", white)
    town.block(hall.part(0, 0, 15, 15), 15, "dome", (206, 190, 142), base=6)
    for sign in (-1, 1):
        town.block(hall.part(sign * 11, 8, 6, 6), 10.5, "dome", white, base=7)
        town.block(hall.part(sign * 18.5, -14, 4.4, 4.4), 30, "tank", white)
        town.block(lot.part(sign * 15, -16, 3, 18), 4, "flat", stone)
        for k in range(4):
            town.plant(*lot.place(sign * 22, -20 + 13.0 * k), "palm", 3.2)


def _school(town: Town, lot: Lot) -> None:
    """Wings round a yard, beside a pitch with its lines."""
    town.ground(lot, PAVING, Cover.BARE, rough=4)
    town.wall(lot, (222, 212, 194))
    tint = (214, 200, 174)
    yard = lot.part(0, -30, 116, 46)
    town.block(yard.part(0, -18, 112, 14), 9, "flat", tint, clutter=10)
    town.block(yard.part(-49, 8, 14, 38), 9, "flat", tint, clutter=4)
    town.block(yard.part(49, 8, 14, 38), 9, "flat", tint, clutter=4)
    town.block(yard.part(0, 8, 12, 38), 6, "flat", tint, clutter=3)
    for k in range(5):
        town.plant(*yard.place(-30.0 + 15 * k, 4.0), "tree", 3.4)
    track = lot.part(0, 28, 118, 52)
    town.ground(track, (172, 106, 84), Cover.BARE, rough=2, radius=25.9)
    town.ground(track.part(0, 0, 106, 40), LAWN, Cover.VEGETATION, rough=4, radius=19.9)
    _pitch_lines(town, track.part(0, 0, 78, 36))


def _pitch_lines(town: Town, lot: Lot) -> None:
    spot = town.canvas.around(lot.x, lot.y, lot.length / 2 + 4)
    if spot is None:
        return
    along, across = turned(spot, lot.angle)
    inside = (np.abs(along) < lot.length / 2) & (np.abs(across) < lot.width / 2)
    mown = np.mod(np.floor(along / 6.5), 2) * inside
    town.canvas.paint(spot.area, (136, 158, 96), 0.5 * mown)
    edge = np.maximum(np.abs(along) - lot.length / 2, np.abs(across) - lot.width / 2)
    circle = np.hypot(along, across) - 8
    line = np.minimum(np.minimum(np.abs(edge), np.abs(circle)), np.where(inside, np.abs(along), 9.0))
    town.canvas.paint(spot.area, (232, 234, 226), 0.75 * coverage(line - 0.1))


def _mall(town: Town, lot: Lot) -> None:
    """One wide roof with glass vaults, and a car park before it."""
    town.ground(lot, PAVING, Cover.BARE)
    roof = lot.part(0, 24, 130, 66)
    town.block(roof, 13, "flat", (226, 224, 218), clutter=46)
    town.block(roof.part(0, 0, 118, 9), 14.5, "metal", (150, 174, 188), base=12)
    town.block(roof.part(30, 0, 20, 20), 17, "dome", (164, 184, 196), base=12)
    for across in (-21, -45):
        car_park(town, lot.part(0, float(across), 128, 20))


def _tanks(town: Town, lot: Lot) -> None:
    """Oil in white tanks behind walls of earth."""
    town.ground(lot, DIRT, Cover.BARE, rough=6)
    for a in (-1, 1):
        for b in (-1, 1):
            bund = lot.part(a * 32, b * 32, 58, 58)
            town.ground(bund, (206, 192, 168), Cover.BARE, radius=4)
            town.ground(bund.part(0, 0, 51, 51), (182, 166, 140), Cover.BARE, radius=4)
            size = float(town.rng.choice([30, 36, 40]))
            town.block(bund.part(0, 0, size, size), 12, "tank", (232, 232, 228))


def _hotel(town: Town, lot: Lot) -> None:
    """A slab by the sea with a lawn, palms and a pool on the side of the beach."""
    if not town.claim(lot):
        return
    rng = town.rng
    town.ground(lot, PAVING, Cover.BARE, rough=3)
    town.ground(lot.part(0, -14, 98, 24), LAWN, Cover.VEGETATION, rough=6, radius=5, ragged=1)
    pool = lot.part(rng.uniform(-22, 22), -14, 30, 12)
    town.ground(pool.part(0, 0, 37, 18), (226, 218, 202), Cover.BARE, radius=6)
    town.ground(pool, POOL, Cover.WATER, rough=2, radius=5.9)
    height = rng.uniform(20, 34)
    tint = (232, 228, 220)
    slab = lot.part(rng.uniform(-12, 12), 13, 62, 15)
    town.block(slab, height, "flat", tint, clutter=9)
    town.block(slab.part(0, 0, 13, 19), height + 4, "flat", tint, base=height - 4, clutter=1)
    town.block(slab.part(0, -10, 34, 12), 5, "flat", (214, 206, 192), clutter=2)
    for _ in range(22):
        x, y = lot.place(rng.uniform(-50, 50), rng.uniform(-27, -3))
        if town.canvas.label[int(y), int(x)] == Cover.VEGETATION:
            town.plant(x, y, "palm", rng.uniform(2.8, 3.8))


def _harbour(town: Town) -> None:
    """Two moles of rock that keep the swell out of the creek, and a jetty in the basin."""
    for points in (
        ((408, 1462), (352, 1452), (296, 1474), (262, 1512)),
        ((392, 1702), (330, 1700), (262, 1672), (226, 1622)),
    ):
        line = smooth_line(np.array(points), 6)
        town.path(line, 8.0, (168, 160, 146), Cover.BARE, ragged=1.2, rough=16)
        town.path(line, 3.0, (196, 188, 172), Cover.BARE, ragged=0.3, rough=4)
    for x, y, turn in ((1478, 1806, -1.02), (1556, 1802, -1.36)):
        end = np.array([x + 88 * np.cos(turn), y + 88 * np.sin(turn)])
        town.path(np.array([[x, y], end]), 1.8, (202, 194, 180), Cover.ROAD, rough=2)
        for k in range(7):
            for side in (-1, 1):
                if town.rng.random() < 0.8:
                    along = 36.0 + 7 * k
                    at = Lot(x, y, turn, 0, 0).place(along, side * 8.0)
                    _boat(town, *at, turn + side * np.pi / 2, 11.0)


def _boats(town: Town, shore: Array) -> None:
    """Boats under way, with their wakes."""
    for x, y, turn in (
        (250, 560, -1.2),
        (330, 1010, 1.9),
        (190, 2050, -1.5),
        (1240, 1585, 0.85),
        (240, 1330, 1.3),
    ):
        if shore[y, x] < -20:
            _wake(town, x, y, turn)
            _boat(town, x, y, turn, 17.0)


def _boat(town: Town, x: float, y: float, turn: float, length: float) -> None:
    spot = town.canvas.around(x, y, length)
    if spot is None:
        return
    along, across = turned(spot, turn)
    taper = np.clip((length / 2 - along) / (length * 0.45), 0, 1) ** 0.6
    hull = np.maximum(np.abs(across) - length * 0.15 * taper, np.abs(along) - length / 2)
    town.canvas.cast(spot.area, 0.6 * coverage(np.roll(hull, (-2, -2), (0, 1))))
    town.canvas.paint(spot.area, (238, 238, 234), coverage(hull))
    deck = np.maximum(np.abs(across) - length * 0.08, np.abs(along + length * 0.1) - length * 0.22)
    town.canvas.paint(spot.area, (176, 148, 116), 0.8 * coverage(deck))


def _wake(town: Town, x: float, y: float, turn: float) -> None:
    spot = town.canvas.around(x, y, 130)
    if spot is None:
        return
    along, across = turned(spot, turn)
    behind = np.clip(-along, 0, None)
    fading = np.exp(-behind / 42) * (along < 0)
    wash = np.exp(-((across / (1.6 + 0.02 * behind)) ** 2))
    arms = np.exp(-(((np.abs(across) - 1.5 - 0.2 * behind) / (1.0 + 0.03 * behind)) ** 2))
    water = town.canvas.label[spot.area] == Cover.WATER
    town.canvas.paint(spot.area, (222, 232, 232), np.clip(0.75 * wash + 0.4 * arms, 0, 1) * fading * water)
