"""Colours for classes that have none."""

from __future__ import annotations

import colorsys
from collections.abc import Collection

_GOLDEN = 0.618033988749895
"""Steps by this share of the circle never come close to where they were."""


def distinct_colours(count: int, taken: Collection[str] = ()) -> list[str]:
    """So many colours ``#rrggbb`` that a person can tell apart; none of those taken.

    The same arguments give the same colours.
    """
    colours: list[str] = []
    step = 0
    while len(colours) < count:
        hue = (0.58 + step * _GOLDEN) % 1
        value = (0.85, 0.6, 0.95)[step // 6 % 3]
        red, green, blue = colorsys.hsv_to_rgb(hue, (0.65, 0.85, 0.4)[step // 6 % 3], value)
        colour = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
        if colour not in taken and colour not in colours:
            colours.append(colour)
        step += 1
    return colours
