"""Where everything lies: the coast, the creek, the avenues and the districts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .canvas import Array
from .shapes import smooth_line

ROWS, COLS = 2660, 2740

Style = Literal["old town", "villas", "apartments", "warehouses"]


Frontage = tuple[Style, float, float]
"""What is built along a road, and between which shares of its length."""


@dataclass(frozen=True, slots=True)
class Avenue:
    """A main road: centreline (n, 2), half its width, what lines it, and whether a planted strip divides it."""

    line: Array
    half_width: float
    frontages: tuple[Frontage, ...]
    divided: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A district of parallel streets: outline, direction, and the distances between streets."""

    style: Style
    outline: tuple[tuple[float, float], ...]
    angle: float
    along: float
    across: float
    half_width: float = 5.5


@dataclass(frozen=True, slots=True)
class Wheel:
    """A district of rings and spokes round a roundabout: ``spokes`` from the middle, as many more further out."""

    style: Style
    outline: tuple[tuple[float, float], ...]
    center: tuple[float, float]
    rings: tuple[float, ...]
    spokes: int
    turn: float
    half_width: float = 5.5


@dataclass(frozen=True, slots=True)
class Roundabout:
    """A ring road round a planted island: centre, radius of its centreline."""

    center: tuple[float, float]
    radius: float
    half_width: float = 8.0


def _line(*points: tuple[float, float]) -> Array:
    return smooth_line(np.array(points))


def coast_x(y: Array) -> Array:
    """Where the sea ends, before the waves have gnawed at it: land lies to the right."""
    return np.asarray(500 - 0.085 * y + 70 * np.sin(y / 390 + 0.6) + 26 * np.sin(y / 131 + 2.0))


def _corniche() -> Array:
    y = np.arange(-60.0, 1190.0, 40.0)
    shore = np.stack([coast_x(y) + 118 + 0.02 * y, y], axis=1)
    return smooth_line(np.concatenate([shore, [[676, 1235], [760, 1262], [868, 1258]]]))


CREEK = _line(
    (150, 1592), (430, 1560), (640, 1500), (860, 1438), (1100, 1492), (1330, 1640), (1600, 1690), (1850, 1590),
    (2080, 1440), (2330, 1420), (2560, 1490), (2840, 1430),
)  # fmt: skip
CREEK_HALF_WIDTH = ((0.0, 118.0), (600.0, 66.0), (1500.0, 60.0), (2200.0, 42.0), (3000.0, 30.0))
"""(distance from the mouth, half width) along the creek."""
LAGOON = (1500.0, 1705.0, 128.0)
"""Centre and radius of the basin that the creek widens into."""

ROUNDABOUTS = (
    Roundabout(center=(944, 772), radius=34),
    Roundabout(center=(1975, 2106), radius=36),
    Roundabout(center=(1392, 2392), radius=30),
)
AVENUES = (
    Avenue(
        _line((1012, -60), (985, 300), (944, 772), (900, 1150), (858, 1440), (806, 1760), (742, 2110), (690, 2420), (650, 2720)),
        13.0, (("apartments", 0.0, 0.28), ("old town", 0.31, 0.49), ("villas", 0.74, 1.0)), divided=True,
    ),
    Avenue(
        _line((2150, -60), (2085, 400), (2020, 930), (1955, 1300), (1925, 1560), (1945, 1830), (1975, 2106), (2040, 2400), (2120, 2720)),
        19.0, (("warehouses", 0.04, 0.33), ("old town", 0.37, 0.50), ("villas", 0.62, 0.76)), divided=True,
    ),
    Avenue(
        _line((640, 722), (700, 735), (944, 772), (1300, 822), (1660, 868), (2020, 930), (2380, 1030), (2820, 1110)),
        12.0, (("apartments", 0.0, 0.62), ("old town", 0.14, 0.62)), divided=True,
    ),
    Avenue(_line((742, 2110), (1100, 2128), (1540, 2112), (1975, 2106), (2400, 2040), (2820, 1935)), 11.0, (("villas", 0.04, 0.8),)),
    Avenue(_corniche(), 9.0, (("apartments", 0.0, 0.5), ("villas", 0.5, 1.0))),
    Avenue(
        _line((877, 1300), (1110, 1368), (1370, 1512), (1585, 1566), (1790, 1492), (1945, 1372)), 7.5,
        (("old town", 0.04, 0.96),),
    ),
)  # fmt: skip
TRACKS = (
    _line((2040, 1120), (2200, 1180), (2330, 1290), (2480, 1260), (2740, 1330)),
    _line((2200, 1180), (2390, 1150), (2560, 1190), (2760, 1170)),
    _line((2500, 700), (2600, 640), (2590, 400), (2680, 200)),
    _line((2480, 860), (2560, 960), (2700, 900)),
    _line((560, 1330), (480, 1390), (520, 1450), (700, 1400), (850, 1345)),
    _line((700, 1700), (600, 1690), (460, 1720), (360, 1900), (350, 2200), (420, 2560)),
    _line((2440, 2035), (2575, 2140), (2590, 2420), (2480, 2560), (2110, 2600)),
)
"""Where lorries have driven over the desert without a road."""

GRIDS = (
    Grid("old town", ((930, 752), (1300, 802), (1660, 848), (2040, 912), (1962, 1362), (1800, 1504), (1585, 1580), (1362, 1526), (1100, 1382), (872, 1310)), 0.118, 78, 88, 4.0),
    Grid("apartments", ((998, 0), (2150, 0), (2095, 420), (2035, 945), (1660, 882), (1300, 838), (930, 786)), 0.108, 168, 150, 6.0),
    Grid("apartments", ((560, 0), (1010, 0), (985, 300), (955, 790), (700, 748), (560, 720)), 0.07, 146, 152, 5.5),
    Grid("warehouses", ((2135, 0), (2520, 0), (2500, 1080), (2380, 1045), (2005, 940), (2075, 400)), 0.115, 176, 176, 6.5),
    Grid("villas", ((822, 1620), (1100, 1640), (1330, 1800), (1640, 1850), (1930, 1640), (1955, 1830), (1990, 2120), (1540, 2127), (1100, 2143), (725, 2125)), -0.02, 190, 90),
    Grid("villas", ((1915, 1560), (2330, 1500), (2560, 1600), (2640, 1990), (2400, 2056), (1965, 2125), (1930, 1830)), -0.17, 190, 90),
)  # fmt: skip
WHEELS = (
    Wheel(
        "villas",
        (
            (727, 2098),
            (1100, 2114),
            (1540, 2098),
            (1990, 2092),
            (2055, 2400),
            (2140, 2720),
            (630, 2720),
            (675, 2420),
        ),
        (1392, 2392),
        (96, 186, 276, 366, 456, 546, 636),
        6,
        0.31,
    ),
)
