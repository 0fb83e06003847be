"""Where a sample lies in its scene, how it is enlarged and turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.model.sharing import Place

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class View:
    """A frame of ``shape`` pixels at ``origin`` in the pair, seen at ``zoom``, then turned."""

    origin: tuple[float, float]
    shape: tuple[int, int]
    zoom: float
    quarters: int
    flip: bool

    @classmethod
    def random(
        cls,
        scene: tuple[int, int],
        tiling: Tiling,
        rng: np.random.Generator,
        *,
        zoom: tuple[float, float],
        turn: bool,
        around: tuple[float, float] | None = None,
    ) -> View:
        """A frame anywhere in a scene, or anywhere around a point (row, col) of it."""
        low, high = np.log2(zoom)
        scale = float(2 ** rng.uniform(low, high))
        rows, cols = (max(CELL, min(tiling.frame, int(side * scale) // CELL * CELL)) for side in scene)
        row = _start(scene[0], rows / scale, None if around is None else around[0], rng)
        col = _start(scene[1], cols / scale, None if around is None else around[1], rng)
        turns, flip = (int(rng.integers(4)), bool(rng.integers(2))) if turn else (0, False)
        return cls((row, col), (rows, cols), scale, turns, flip)

    @property
    def whole(self) -> Window:
        """All of the frame, in its own pixels."""
        return Window.whole(self.shape)

    def random_patches(self, count: int, side: int, rng: np.random.Generator) -> list[Window]:
        """Patches anywhere in the frame."""
        height, width = (min(side, length) for length in self.shape)
        rows = rng.integers(0, (self.shape[0] - height) // CELL + 1, count) * CELL
        cols = rng.integers(0, (self.shape[1] - width) // CELL + 1, count) * CELL
        return [
            Window(row=int(r), col=int(c), height=height, width=width)
            for r, c in zip(rows, cols, strict=True)
        ]

    def patch_around(self, point: tuple[float, float], side: int, rng: np.random.Generator) -> Window:
        """A patch anywhere around a point (row, col) of the pair."""
        starts, lengths = [], []
        for axis in (0, 1):
            length = min(side, self.shape[axis])
            at = (point[axis] - self.origin[axis]) * self.zoom
            start = _start(self.shape[axis], length, at, rng)
            starts.append(int(start) // CELL * CELL)
            lengths.append(length)
        return Window(row=starts[0], col=starts[1], height=lengths[0], width=lengths[1])

    def spot(self, window: Window, shape: tuple[int, int]) -> Spot:
        """Where a part of the frame lies in the pair, to be read at a size."""
        return Spot(
            row=self.origin[0] + window.row / self.zoom,
            col=self.origin[1] + window.col / self.zoom,
            height=window.height / self.zoom,
            width=window.width / self.zoom,
            shape=shape,
        )

    def turned(self, array: NDArray[Number]) -> NDArray[Number]:
        """Pixels (..., rows, cols), turned as the frame is."""
        turned = np.rot90(array, self.quarters, axes=(-2, -1))
        # Copied: where a side is one pixel, numpy takes any strides for contiguous, and torch does not.
        copied: NDArray[Number] = (turned[..., ::-1] if self.flip else turned).copy()
        return copied

    def place(self, window: Window) -> Place:
        """Where a part of the frame lies in it once it is turned."""
        rows, cols = self.shape
        for _ in range(self.quarters):
            window = Window(
                row=cols - window.col_stop, col=window.row, height=window.width, width=window.height
            )
            rows, cols = cols, rows
        if self.flip:
            window = Window(
                row=window.row, col=cols - window.col_stop, height=window.height, width=window.width
            )
        return Place(window, (rows, cols))


def _start(whole: float, length: float, around: float | None, rng: np.random.Generator) -> float:
    """Where a stretch begins on an axis, so that it lies inside, and holds a point where there is one."""
    room = max(whole - length, 0)
    if around is None:
        return float(rng.uniform(0, room))
    return float(min(max(around - rng.uniform(0, length), 0), room))
