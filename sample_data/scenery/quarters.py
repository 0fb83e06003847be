"""Builds the quarters: lots along the streets, and houses on the lots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .blocks import Roof, Tint
from .canvas import Cover
from .plan import Style
from .shapes import lengths
from .streets import Road, walk
from .town import Lot, Town

WHITES: tuple[Tint, ...] = ((232, 228, 219), (224, 217, 202), (240, 237, 231), (214, 204, 186))
EARTHS: tuple[Tint, ...] = (
    (203, 188, 163),
    (215, 202, 180),
    (190, 174, 150),
    (222, 214, 199),
    (178, 166, 148),
)
TILES: tuple[Tint, ...] = ((176, 104, 78), (160, 92, 70), (186, 122, 92))
SHEETS: tuple[Tint, ...] = (
    (226, 227, 226), (204, 207, 209), (176, 182, 188), (104, 134, 164), (206, 192, 164), (150, 112, 90), (118, 140, 122),
)  # fmt: skip
GREYS: tuple[Tint, ...] = ((206, 203, 197), (190, 187, 181), (221, 219, 214), (172, 168, 162))
PAVING: Tint = (206, 196, 178)
DIRT: Tint = (192, 175, 148)
LAWN: Tint = (112, 130, 76)
POOL: Tint = (84, 178, 190)


def build_quarters(town: Town, roads: Sequence[Road]) -> None:
    """Build on both sides of every street as its district does, then on what is left along the avenues."""
    for road in sorted(roads, key=lambda road: road.lanes):
        for style, first, last in road.frontages:
            for row in range(2 if style == "old town" else 1):
                _build_along(town, road, _STYLES[style], (first, last), row)


def _build_along(town: Town, road: Road, style: _Building, part: tuple[float, float], row: int) -> None:
    """Build one row of lots on either side of a part of a road; row 1 stands behind row 0."""
    total = float(lengths(road.line)[-1])
    start, end = (share * total for share in part)
    for side in (1, -1):
        for x, y, angle in walk(road, start + style.frontage[0] / 2, 3.5, end):
            length, width = town.rng.uniform(*style.frontage), town.rng.uniform(*style.depth)
            # The lot's negative across side must face the street, on either side of it.
            facing = angle if side > 0 else angle + np.pi
            away = road.half_width + road.pavement + 3.5 + width / 2 + row * style.depth[1] * 0.9
            lot = Lot(x - away * np.sin(facing), y + away * np.cos(facing), facing, length, width)
            if town.claim(lot, margin=0.5):
                style.build(town, lot)


def _pick(town: Town, tints: Sequence[Tint]) -> Tint:
    r, g, b = tints[int(town.rng.integers(len(tints)))]
    k = float(town.rng.uniform(0.93, 1.04))
    return r * k, g * k, b * k


def _villa(town: Town, lot: Lot) -> None:
    """A house with a wing in a walled garden, some with a lawn or a pool."""
    rng = town.rng
    if rng.random() < 0.07:
        _vacant(town, lot)
        return
    inner = lot.part(0, 0, lot.length - 1, lot.width - 1)
    town.ground(inner, _pick(town, (PAVING, DIRT, (216, 205, 184))), Cover.BARE)
    side = 1 if rng.random() < 0.5 else -1
    if rng.random() < 0.45:
        town.ground(
            lot.part(side * lot.length * 0.3, -lot.width * 0.3, lot.length * 0.34, lot.width * 0.34),
            _pick(town, (LAWN,)), Cover.VEGETATION, rough=7, radius=3, ragged=0.4,
        )  # fmt: skip
    if rng.random() < 0.16:
        pool = lot.part(-side * lot.length * 0.30, -lot.width * 0.32, 8, 4.6)
        town.ground(pool.part(0, 0, 10.5, 7), (226, 220, 208), Cover.BARE, rough=1)
        town.ground(pool, POOL, Cover.WATER, rough=3, radius=1.5)
    town.wall(inner, (222, 212, 194))
    tiled = rng.random() < 0.3
    tint = _pick(town, TILES if tiled else WHITES)
    main = lot.part(side * rng.uniform(-2, 1), lot.width * 0.10, rng.uniform(17, 21), rng.uniform(14, 18))
    wing = main.part(-side * main.length * 0.5, rng.uniform(-3, 3), main.length * 0.62, main.width * 0.6)
    height = rng.uniform(6.5, 9)
    town.block(
        main, height, "hip" if tiled else "flat", tint, clutter=0 if tiled else int(rng.integers(1, 5))
    )
    town.block(
        wing, height * 0.6, "hip" if tiled else "flat", tint, clutter=0 if tiled else int(rng.integers(0, 2))
    )
    _garden(town, lot, int(rng.integers(1, 6)))


def _garden(town: Town, lot: Lot, count: int) -> None:
    """Trees and palms near the wall of a lot."""
    rng = town.rng
    for _ in range(count):
        u, v = rng.uniform(-0.46, 0.46), rng.choice([-0.43, 0.43])
        along, across = (u, v) if rng.random() < 0.6 else (v, u)
        x, y = lot.place(along * lot.length, across * lot.width)
        palm = rng.random() < 0.4
        town.plant(x, y, "palm" if palm else "tree", rng.uniform(2.4, 3.4) if palm else rng.uniform(1.8, 4.4))


def _vacant(town: Town, lot: Lot) -> None:
    """Nothing but dust and a few shrubs."""
    town.ground(lot, DIRT, Cover.BARE, rough=6, ragged=1.5, opacity=0.5)
    for _ in range(int(town.rng.integers(0, 5))):
        x, y = lot.place(*(town.rng.uniform(-0.4, 0.4, 2) * (lot.length, lot.width)))
        town.plant(x, y, "shrub", town.rng.uniform(1.3, 2.4))


def _old_house(town: Town, lot: Lot) -> None:
    """A house that fills its lot, round a courtyard or in two heights."""
    rng = town.rng
    town.ground(lot, DIRT, Cover.BARE, rough=6)
    if rng.random() < 0.05:
        _garden(town, lot, 4)
        return
    height, tint = rng.uniform(4, 9.5), _pick(town, EARTHS if rng.random() < 0.7 else WHITES)
    roof: Roof = "flat"
    if rng.random() < 0.42 and min(lot.length, lot.width) > 20:
        depth = rng.uniform(6, 8)
        for sign in (-1, 1):
            bar = lot.part(0, sign * (lot.width - depth) / 2, lot.length, depth)
            town.block(bar, height + (sign > 0), roof, tint, clutter=int(rng.integers(0, 3)))
            arm = lot.part(sign * (lot.length - depth) / 2, 0, depth, lot.width - 2 * depth)
            town.block(arm, height, roof, tint, clutter=int(rng.integers(0, 2)))
        if rng.random() < 0.5:
            town.plant(lot.x, lot.y, "tree", rng.uniform(1.8, 3.0))
        return
    split = rng.uniform(0.35, 0.75)
    front = lot.part(-(1 - split) * lot.length / 2, 0, split * lot.length, lot.width * rng.uniform(0.84, 1))
    back = lot.part(split * lot.length / 2, 0, (1 - split) * lot.length, lot.width * rng.uniform(0.6, 1))
    town.block(front, height, roof, tint, clutter=int(rng.integers(1, 5)))
    town.block(
        back, height * rng.uniform(0.5, 1.1), roof, _pick(town, (tint,)), clutter=int(rng.integers(0, 3))
    )


def _apartments(town: Town, lot: Lot) -> None:
    """A slab, an angle or a pair of towers behind a car park."""
    rng = town.rng
    if rng.random() < 0.10:
        _vacant(town, lot)
        return
    town.ground(lot.part(0, 0, lot.length - 2, lot.width - 2), _pick(town, (PAVING,)), Cover.BARE)
    car_park(town, lot.part(0, -lot.width / 2 + 11, lot.length - 8, 19))
    tint, height = _pick(town, WHITES + GREYS), rng.uniform(9, 19)
    yard = lot.part(0, 9, lot.length - 8, lot.width - 26)
    kind = rng.random()
    if kind < 0.4:
        slab = yard.part(0, 2, yard.length * 0.9, 17)
        town.block(slab, height, "flat", tint, clutter=9)
        town.block(slab.part(0, 0, 9, 19), height + 3.5, "flat", tint, base=height * 0.8, clutter=1)
    elif kind < 0.7:
        town.block(yard.part(0, 6, yard.length * 0.94, 14), height, "flat", tint, clutter=8)
        town.block(yard.part(-yard.length * 0.36, -7, 15, 14), height, "flat", tint, clutter=3)
        town.block(yard.part(yard.length * 0.36, -7, 15, 14), height, "flat", tint, clutter=3)
    else:
        for sign in (-1, 1):
            tower = yard.part(sign * yard.length * 0.26, 1, 20, 20)
            town.block(tower, height * 1.4, "flat", tint, clutter=5)
            town.block(tower.part(0, 0, 8, 8), height * 1.4 + 4, "flat", tint, base=height * 1.2)
    if rng.random() < 0.6:
        strip = lot.part(0, lot.width / 2 - 5, lot.length - 10, 6)
        town.ground(strip, _pick(town, (LAWN,)), Cover.VEGETATION, rough=7, ragged=0.5)
    _garden(town, lot, int(rng.integers(4, 10)))


def car_park(town: Town, lot: Lot) -> None:
    """Asphalt with two rows of bays, partly taken."""
    town.ground(lot, (124, 122, 118), Cover.ROAD, rough=3)
    for sign in (-1, 1):
        for along in np.arange(-lot.length / 2 + 4, lot.length / 2 - 3, 4.6):
            bay = lot.part(float(along), sign * (lot.width / 2 - 4.4), 0.5, 7.5)
            town.ground(bay, (196, 194, 188), Cover.ROAD, rough=0, opacity=0.5)
            if town.rng.random() < 0.55:
                x, y = bay.place(2.3, 0)
                town.car(x, y, bay.angle + np.pi / 2)


def _warehouse(town: Town, lot: Lot) -> None:
    """A hall of ribbed sheet in a yard with containers and lorries."""
    rng = town.rng
    if rng.random() < 0.14:
        _vacant(town, lot)
        return
    town.ground(
        lot.part(0, 0, lot.length - 2, lot.width - 2),
        _pick(town, ((186, 178, 164), DIRT)),
        Cover.BARE,
        rough=7,
    )
    town.wall(lot.part(0, 0, lot.length - 2, lot.width - 2), (206, 200, 188))
    tint = _pick(town, SHEETS)
    hall = lot.part(
        rng.uniform(-5, 5), lot.width * 0.12, lot.length * rng.uniform(0.62, 0.82), lot.width * 0.58
    )
    if rng.random() < 0.35:
        for sign in (-1, 1):
            half = hall.part(0, sign * hall.width / 4, hall.length, hall.width / 2)
            town.block(half, 8.5, "metal", tint)
    else:
        town.block(hall, rng.uniform(7, 11), "metal", tint)
    office = lot.part(rng.uniform(-0.3, 0.3) * lot.length, -lot.width * 0.24, 14, 8)
    town.block(office, 4.5, "flat", _pick(town, WHITES), clutter=2)
    for _ in range(int(rng.integers(0, 7))):
        x, y = lot.place(rng.uniform(-0.44, 0.44) * lot.length, -lot.width * rng.uniform(0.36, 0.45))
        town.car(x, y, lot.angle + rng.normal(0, 0.06), long=True)


@dataclass(frozen=True, slots=True)
class _Building:
    """How a district is built: least and greatest frontage and depth of a lot, and what stands on it."""

    frontage: tuple[float, float]
    depth: tuple[float, float]
    build: Callable[[Town, Lot], None]


_STYLES: dict[Style, _Building] = {
    "apartments": _Building((66, 84), (56, 62), _apartments),
    "warehouses": _Building((76, 104), (66, 74), _warehouse),
    "villas": _Building((32, 39), (31, 34), _villa),
    "old town": _Building((17, 31), (17, 30), _old_house),
}
