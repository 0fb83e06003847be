"""Maps of classes that are hard to trace, drawn or made by rule; 255 is nodata."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NODATA = 255


def drawn(*rows: str) -> NDArray[np.uint8]:
    """A map from a picture: a digit is a class, a dot is nodata."""
    return np.array([[NODATA if pixel == "." else int(pixel) for pixel in row] for row in rows], np.uint8)


def spiral(size: int) -> NDArray[np.uint8]:
    """Two arms, one pixel wide, wound around each other."""
    classes = np.zeros((size, size), np.uint8)
    row, col, step = 0, -1, (0, 1)
    for length in (size, *(size - 1 - turn // 2 * 2 for turn in range(size - 1))):
        for _ in range(length):
            row, col = row + step[0], col + step[1]
            classes[row, col] = 1
        step = (step[1], -step[0])
    return classes


def checkerboard(height: int, width: int) -> NDArray[np.uint8]:
    row, col = np.indices((height, width))
    return np.array((row + col) % 2, np.uint8)


def nested(size: int) -> NDArray[np.uint8]:
    """Frames inside frames."""
    row, col = np.indices((size, size))
    depth = np.minimum(np.minimum(row, col), size - 1 - np.maximum(row, col))
    return np.array(depth % 2, np.uint8)


def comb(height: int, width: int) -> NDArray[np.uint8]:
    """Teeth that hang together in the last row only."""
    classes = np.tile(np.arange(width) % 2, (height, 1)).astype(np.uint8)
    classes[-1] = 0
    return classes


def noise(height: int, width: int, classes: int, *, seed: int, nodata: float = 0.0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    made = rng.integers(0, classes, (height, width)).astype(np.uint8)
    made[rng.random((height, width)) < nodata] = NODATA
    return made


HARD = {
    "one class": np.zeros((5, 7), np.uint8),
    "all nodata": np.full((5, 7), NODATA, np.uint8),
    "one pixel": np.zeros((1, 1), np.uint8),
    "one row": drawn("0110..2"),
    "one column": drawn(*"0110..2"),
    "checkerboard": checkerboard(9, 8),
    "spiral": spiral(21),
    "spiral on its side": spiral(21).T.copy(),
    "comb": comb(9, 12),
    "comb upside down": comb(9, 12)[::-1].copy(),
    "comb on its side": comb(12, 9).T.copy(),
    "nested": nested(15),
    "touches itself": drawn("111", "101", "110"),
    "touches itself outside": drawn("011", "101", "111"),
    "touches itself in a row": drawn("1111111", "1010101", "1101011", "1010101", "1111111"),
    "two holes that touch": drawn("11111", "10111", "11011", "11111"),
    "hole that touches the outline twice removed": drawn("111111", "101111", "110111", "111011", "111100"),
    "pinched ring around a pinched ring": drawn("11111", "10001", "10101", "10011", "11110"),
    "island in a lake on an island": drawn("00000", "01110", "01210", "01110", "00000"),
    "holes side by side across rows": drawn("111111", "101011", "101.11", "111011", "111111"),
    "two legs meet late": drawn("1.1.1", "1.1.1", "111.1", "..1.1", "..111"),
    "noise": noise(40, 37, 2, seed=1),
    "noise with nodata": noise(37, 40, 3, seed=2, nodata=0.2),
}
