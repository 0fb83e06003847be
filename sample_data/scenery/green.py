"""Lays out what is green: parks, golf, farms, and the scrub of the desert."""

from __future__ import annotations

import numpy as np

from .blocks import Tint
from .canvas import Array, Cover, coverage
from .noise import field
from .plan import WHEELS
from .quarters import DIRT, LAWN, PAVING
from .shapes import smooth_line, turned
from .town import Lot, Town

PARK = Lot(772, 1008, 1.49, 380, 270)
BANK = Lot(1010, 1655, 0.19, 300, 116)
POND: Tint = (66, 92, 80)
CROP: Tint = (112, 122, 76)


def draw_greens(town: Town) -> None:
    """Lay out all parks, the golf course and the farms, and take their ground."""
    _park(town, PARK, trees=330, pond=True)
    _park(town, BANK, trees=120, pond=False)
    _circus(town, *WHEELS[0].center, radius=WHEELS[0].rings[0] - 10)
    _golf(town)
    _farms(town)


def _park(town: Town, lot: Lot, *, trees: int, pond: bool) -> None:
    """A lawn with winding paths, groves and perhaps a pond."""
    rng = town.rng
    town.ground(lot, LAWN, Cover.VEGETATION, rough=9, radius=50, ragged=2, around=True)
    town.ground(
        lot.part(lot.length * 0.18, 8, lot.length * 0.3, lot.width * 0.3),
        (132, 146, 88),
        Cover.VEGETATION,
        radius=20,
        ragged=4,
        around=True,
    )
    for k in range(4):
        u = np.linspace(-0.5, 0.5, 7) * lot.length
        v = lot.width * (0.25 * np.sin(u / 60 + 1.7 * k) + 0.11 * (k - 1.5))
        points = np.array([lot.place(float(a), float(b)) for a, b in zip(u, v, strict=True)])
        town.path(smooth_line(points, 8), 2.0, (204, 190, 162), Cover.BARE, rough=3, around=True)
    water = lot.part(-lot.length * 0.2, -lot.width * 0.1, 92, 58)
    if pond:
        town.ground(water.part(0, 0, 98, 64), (170, 156, 128), Cover.BARE, radius=28, ragged=3)
        town.ground(water, POND, Cover.WATER, radius=26, ragged=3, rough=3)
    plaza = lot.part(lot.length * 0.3, lot.width * 0.28, 40, 40)
    town.ground(plaza, PAVING, Cover.BARE, radius=19)
    for _ in range(trees):
        a, b = rng.uniform(-0.49, 0.49) * lot.length, rng.uniform(-0.48, 0.48) * lot.width
        x, y = lot.place(a, b)
        grove = np.sin(a / 31 + 1) * np.sin(b / 27 + 2) > rng.uniform(-0.8, 0.4)
        in_pond = pond and _within(water, x, y, 6)
        if grove and not in_pond and not _within(plaza, x, y, -4) and not town.canvas.taken[int(y), int(x)]:
            palm = rng.random() < 0.2
            town.plant(
                x, y, "palm" if palm else "tree", rng.uniform(2.8, 4) if palm else rng.uniform(2.4, 6.6)
            )
    town.take(lot)


def _circus(town: Town, x: float, y: float, radius: float) -> None:
    """Lawns between the spokes round a roundabout, with a circle of palms and loose trees."""
    lot = Lot(x, y, 0, 2 * radius, 2 * radius)
    town.ground(lot, LAWN, Cover.VEGETATION, rough=8, radius=radius - 0.01, around=True)
    for turn in np.linspace(0, 2 * np.pi, 44, endpoint=False):
        _grow_on_green(town, x + 0.9 * radius * np.cos(turn), y + 0.9 * radius * np.sin(turn))
        inner, shift = town.rng.uniform(0.5, 0.85) * radius, turn + town.rng.uniform(0, 0.3)
        if town.rng.random() < 0.7:
            _grow_on_green(town, x + inner * np.cos(shift), y + inner * np.sin(shift))
    town.take(lot)


def _within(lot: Lot, x: float, y: float, margin: float) -> bool:
    cos, sin = np.cos(lot.angle), np.sin(lot.angle)
    along, across = (x - lot.x) * cos + (y - lot.y) * sin, (y - lot.y) * cos - (x - lot.x) * sin
    return bool(abs(along) < lot.length / 2 + margin and abs(across) < lot.width / 2 + margin)


_FAIRWAYS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((432, 1800), (540, 1775), (650, 1800)),
    ((655, 1880), (540, 1862), (420, 1900)),
    ((400, 1985), (480, 1950), (600, 1965), (650, 2040)),
    ((620, 2130), (560, 2050), (455, 2065), (425, 2150)),
    ((440, 2240), (520, 2170), (610, 2220)),
    ((592, 2310), (500, 2300), (440, 2350), (446, 2450)),
    ((520, 2480), (560, 2400), (520, 2540)),
)


def _golf(town: Town) -> None:
    """Fairways with greens and bunkers between groves, on ground that was desert."""
    rng = town.rng
    for points in _FAIRWAYS:
        line = smooth_line(np.array(points))
        town.path(line, rng.uniform(34, 40), (128, 128, 86), Cover.VEGETATION, ragged=6, rough=9)
        _reserve_along(town, line, 48)
    for lake in (Lot(486, 1838, 0.1, 66, 26), Lot(540, 2120, 1.1, 60, 34), Lot(498, 2385, 0.6, 58, 36)):
        town.ground(
            lake.part(0, 0, lake.length + 7, lake.width + 7), (150, 140, 104), Cover.BARE, radius=16, ragged=4
        )
        town.ground(lake, (52, 84, 84), Cover.WATER, radius=12, ragged=4, rough=3)
    for points in _FAIRWAYS:
        line = smooth_line(np.array(points))
        town.path(line, rng.uniform(15, 19), (118, 142, 78), Cover.VEGETATION, ragged=4, rough=6)
        x, y = line[-1]
        town.ground(Lot(x, y, 0, 26, 24), (134, 164, 92), Cover.VEGETATION, radius=11, ragged=1, rough=2)
        for _ in range(3):
            turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(17, 25)
            bunker = Lot(x + away * np.cos(turn), y + away * np.sin(turn), turn, 9, 13)
            town.ground(bunker, (228, 214, 186), Cover.BARE, radius=4, ragged=1, rough=2)
        for _ in range(70):
            k = int(rng.integers(len(line)))
            turn, away = rng.uniform(0, 2 * np.pi), rng.uniform(23, 42)
            _grow_on_green(town, line[k, 0] + away * np.cos(turn), line[k, 1] + away * np.sin(turn))


def _grow_on_green(town: Town, x: float, y: float) -> None:
    """Plant a tree or a palm where the ground is green already."""
    rows, cols = town.canvas.shape
    if 0 <= x < cols and 0 <= y < rows and town.canvas.label[int(y), int(x)] == Cover.VEGETATION:
        palm = town.rng.random() < 0.35
        town.plant(
            x,
            y,
            "palm" if palm else "tree",
            town.rng.uniform(2.6, 3.6) if palm else town.rng.uniform(2.2, 5.6),
        )


def _reserve_along(town: Town, line: Array, half_width: float) -> None:
    for x, y in line:
        spot = town.canvas.around(float(x), float(y), half_width)
        if spot is not None:
            town.canvas.reserve(spot.area, np.hypot(spot.x, spot.y) < half_width)


def _farms(town: Town) -> None:
    """Date palms in rows, fields in stripes, and one that is watered in a circle."""
    angle = -0.15
    corner = Lot(2390, 2310, angle, 0, 0)
    for across in (-118, 8, 134):
        for along in (-246, -112, 22):
            lot = corner.part(along, across, 126, 118)
            if town.claim(lot):
                (_dates if (along + across) % 5 in (0, 3) else _field)(town, lot)
    _circle_field(town, *corner.place(196, -42), radius=96)
    farm = corner.part(150, 130, 60, 50)
    if town.claim(farm):
        town.ground(farm, DIRT, Cover.BARE)
        town.block(farm.part(-12, 0, 26, 16), 5, "hip", (168, 100, 76))
        town.block(farm.part(16, 10, 18, 12), 4, "metal", (196, 200, 202))


def _dates(town: Town, lot: Lot) -> None:
    """Date palms, 8 m apart, over bare soil and ditches."""
    town.ground(lot, (176, 152, 120), Cover.BARE, rough=6, ragged=0.25)
    rng = town.rng
    for a in np.arange(-lot.length / 2 + 8, lot.length / 2 - 5, 11.5):
        for b in np.arange(-lot.width / 2 + 8, lot.width / 2 - 5, 11.5):
            if rng.random() < 0.93:
                x, y = lot.place(float(a + rng.normal(0, 0.5)), float(b + rng.normal(0, 0.5)))
                town.plant(x, y, "palm", rng.uniform(3.6, 5.2))


def _field(town: Town, lot: Lot) -> None:
    """A crop in rows, at some stage between seed and harvest."""
    grown = town.rng.random() < 0.7
    tint: Tint = CROP if grown else (166, 140, 106)
    k = town.rng.uniform(0.88, 1.12)
    tint = (tint[0] * k, tint[1] * k, tint[2] * k)
    town.ground(lot, tint, Cover.VEGETATION if grown else Cover.BARE, rough=6, ragged=0.25)
    spot = town.canvas.around(lot.x, lot.y, 100)
    if spot is not None:
        along, across = turned(spot, lot.angle)
        rows = (0.5 + 0.5 * np.sin(across * 2 * np.pi / 5.0)) * 0.22
        inside = (np.abs(along) < lot.length / 2 - 3) & (np.abs(across) < lot.width / 2 - 3)
        town.canvas.paint(spot.area, (150, 128, 96), rows * inside)


def _circle_field(town: Town, x: float, y: float, radius: float) -> None:
    """A field that an arm waters as it turns: rings of wheel tracks, one sector cut."""
    spot = town.canvas.around(x, y, radius + 4)
    if spot is None:
        return
    away, turn = np.hypot(spot.x, spot.y), np.arctan2(spot.y, spot.x)
    texture = 7 * field(town.rng, away.shape, 22) + 4 * field(town.rng, away.shape, 4)
    texture += 6 * np.sin(away * 2 * np.pi / 16)
    tint = np.where((turn > 0.3) & (turn < 1.5), 1.22, 1.0) * np.asarray((98, 114, 66))[:, None, None]
    town.canvas.paint(spot.area, tint + texture, coverage(away - radius), Cover.VEGETATION)
    arm = np.abs(spot.y * np.cos(2.4) - spot.x * np.sin(2.4)) - 0.3
    ahead = spot.x * np.cos(2.4) + spot.y * np.sin(2.4) > 0
    town.canvas.paint(spot.area, (214, 214, 210), 0.7 * coverage(arm) * (ahead & (away < radius)))
    town.canvas.reserve(spot.area, away < radius + 2)


def scatter_scrub(town: Town) -> None:
    """Shrubs where nothing was built: in patches, and denser towards the creek."""
    rng, shape = town.rng, town.canvas.shape
    patches = field(rng, shape, 90)
    for _ in range(9000):
        x, y = rng.uniform(30, shape[1] - 30), rng.uniform(30, shape[0] - 30)
        if patches[int(y), int(x)] > rng.uniform(0.1, 3.2) and not town.canvas.taken[int(y), int(x)]:
            town.plant(x, y, "shrub", rng.uniform(1.2, 3.0))
