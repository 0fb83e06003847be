"""Colours ``#rrggbb``, and packed as ``red << 16 | green << 8 | blue``."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

RGB = ("red", "green", "blue")
"""Names of the bands of a photograph, in their order."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def is_color(text: str) -> bool:
    """Whether a text is a colour, ``#rrggbb``."""
    return _COLOR.fullmatch(text) is not None


def hex_color(red: int, green: int, blue: int) -> str:
    """``#rrggbb`` of three numbers 0..255."""
    return f"#{red:02x}{green:02x}{blue:02x}"


def packed_color(text: str) -> int:
    """A colour ``#rrggbb``, packed.

    Raises:
        ValueError: it is none.
    """
    return int(text.removeprefix("#"), 16)


def packed_colors(rgb: NDArray[np.generic]) -> NDArray[np.int64]:
    """Bands of red, green and blue, (3, ...), packed to one number a pixel."""
    red, green, blue = rgb.astype(np.int64)
    packed: NDArray[np.int64] = red << 16 | green << 8 | blue
    return packed


def nearest_colors(colors: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.intp]:
    """The place of that known colour, (known,), which differs least from each of some packed colours, of any shape."""
    found, back = np.unique(colors, return_inverse=True)
    distance = ((_rgb(found)[:, None] - _rgb(known)[None]) ** 2).sum(axis=2)
    places: NDArray[np.intp] = distance.argmin(axis=1)[back].reshape(colors.shape)
    return places


def alike_colors(colors: NDArray[np.int64], most: int) -> tuple[int, int] | None:
    """The first two of some packed colours, (n,), that differ by ``most`` at most in red, in green and in blue."""
    rgb = _rgb(colors)
    near = (np.abs(rgb[:, None] - rgb[None]) <= most).all(axis=2)
    pairs = np.argwhere(np.triu(near, k=1))
    return None if not len(pairs) else (int(colors[pairs[0, 0]]), int(colors[pairs[0, 1]]))


def _rgb(colors: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=-1)
