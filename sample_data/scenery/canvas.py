"""The sheet that all painters share: colour, class, shadow, and which ground is taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Color = tuple[float, float, float] | NDArray[np.float32] | NDArray[np.float64]

SHADOW = np.array([-0.64, -0.77])
"""Unit vector along which shadows fall: a morning sun in the south-east, seen from north of the tropics."""

SHADOW_PER_METRE = 1.3
"""Pixels of shadow per metre of height: the sun stands 52 degrees high."""


class Cover(IntEnum):
    """The class ids of the label."""

    WATER = 0
    BARE = 1
    ROAD = 2
    BUILDING = 3
    VEGETATION = 4


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of the sheet, with the coordinates of its pixel centres.

    Attributes:
        area: (rows, cols) slices into the arrays of the sheet.
        x: (1, cols) float64, right of the point the spot was asked around.
        y: (rows, 1) float64, below that point.
    """

    area: tuple[slice, slice]
    x: Array
    y: Array


class Canvas:
    """What has been drawn so far.

    Attributes:
        rgb: (3, rows, cols) float32, 0..255.
        label: (rows, cols) uint8 of `Cover`.
        shade: (rows, cols) float32, 0 in the sun to 1 in full shadow.
        taken: (rows, cols) bool, True = something stands, flows or drives here.
    """

    def __init__(self, rows: int, cols: int) -> None:
        self.shape = (rows, cols)
        self.rgb = np.zeros((3, rows, cols), dtype=np.float32)
        self.label = np.full((rows, cols), Cover.BARE, dtype=np.uint8)
        self.shade = np.zeros((rows, cols), dtype=np.float32)
        self.taken = np.zeros((rows, cols), dtype=bool)

    def around(self, x: float, y: float, reach: float) -> Spot | None:
        """The square of ``reach`` pixels around a point, cut to the sheet; None where nothing is left of it."""
        return self.between(x - reach, y - reach, x + reach, y + reach, origin=(x, y))

    def between(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        *,
        origin: tuple[float, float] = (0.0, 0.0),
    ) -> Spot | None:
        """The rectangle between two corners, cut to the sheet; None where nothing is left of it."""
        rows = slice(max(0, int(np.floor(top))), min(self.shape[0], int(np.ceil(bottom))))
        cols = slice(max(0, int(np.floor(left))), min(self.shape[1], int(np.ceil(right))))
        if rows.start >= rows.stop or cols.start >= cols.stop:
            return None
        return Spot(
            area=(rows, cols),
            x=(np.arange(cols.start, cols.stop, dtype=np.float64) + 0.5 - origin[0])[None, :],
            y=(np.arange(rows.start, rows.stop, dtype=np.float64) + 0.5 - origin[1])[:, None],
        )

    def paint(
        self,
        area: tuple[slice, slice],
        color: Color,
        coverage: NDArray[np.floating],
        cover: Cover | None = None,
    ) -> None:
        """Lay a colour over an area, in the sun, and give it a class where it covers most of a pixel.

        Args:
            area: (rows, cols) slices.
            color: (3,) for one colour or (3, rows, cols) for a texture, 0..255.
            coverage: (rows, cols) share of each pixel that is covered, 0..1.
            cover: the class; None leaves the label as it is, as for a car on a road.
        """
        share = coverage.astype(np.float32)
        ink = np.asarray(color, dtype=np.float32)
        under = self.rgb[:, area[0], area[1]]
        under += ((ink[:, None, None] if ink.ndim == 1 else ink) - under) * share
        self.shade[area] *= 1 - share
        if cover is not None:
            self.label[area][coverage > 0.5] = cover

    def cast(self, area: tuple[slice, slice], coverage: NDArray[np.floating]) -> None:
        """Let a shadow fall on what lies there already; shadows that overlap do not add up."""
        np.maximum(self.shade[area], coverage.astype(np.float32), out=self.shade[area])

    def reserve(self, area: tuple[slice, slice], inside: NDArray[np.bool_]) -> None:
        """Mark ground as taken."""
        self.taken[area] |= inside

    def is_free(self, x: float, y: float, angle: float, length: float, width: float) -> bool:
        """Whether a turned rectangle lies on the sheet and touches nothing that is taken; it looks every 4 pixels."""
        along = np.linspace(-length / 2, length / 2, max(2, int(length / 4) + 1))[None, :]
        across = np.linspace(-width / 2, width / 2, max(2, int(width / 4) + 1))[:, None]
        cos, sin = np.cos(angle), np.sin(angle)
        cols = np.floor(x + along * cos - across * sin).astype(np.intp)
        rows = np.floor(y + along * sin + across * cos).astype(np.intp)
        if min(rows.min(), cols.min()) < 0 or rows.max() >= self.shape[0] or cols.max() >= self.shape[1]:
            return False
        return not self.taken[rows, cols].any()


def coverage(distance: NDArray[np.float64], softness: float = 1.0) -> Array:
    """Share of each pixel inside a shape, from its signed distance: the edge is ``softness`` pixels wide."""
    return np.clip(0.5 - distance / softness, 0.0, 1.0)
