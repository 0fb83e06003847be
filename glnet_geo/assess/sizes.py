"""How much of a map each class covers, counted while it flows by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.strip import Strip
from glnet_geo.io.classes import ClassMap
from glnet_geo.io.ground import pixel_areas


class ClassSizes:
    """Pixels and ground area of the classes of a map.

    Args:
        classes: the map.
    """

    def __init__(self, classes: ClassMap) -> None:
        self._map = classes
        self._pixels = np.zeros(256, dtype=np.int64)
        # Not a number where the map has no place on the ground.
        self._area = np.zeros(256)

    def take(self, strip: Strip) -> None:
        """Count the next rows."""
        counts = np.bincount(strip.classes.ravel(), minlength=256)
        self._pixels += counts
        self._area += counts * self._pixel_area(slice(strip.row, strip.row + len(strip.classes)))

    @property
    def pixels(self) -> NDArray[np.int64]:
        """(classes,) pixels of each class, in the order of the map's codes."""
        return self._pixels[: len(self._map.legend)]

    @property
    def area_m2(self) -> NDArray[np.float64]:
        """(classes,) square metres on the ground; NaN where unknown."""
        return self._area[: len(self._map.legend)]

    def _pixel_area(self, rows: slice) -> float:
        m = self._map
        if m.transform is None or m.crs is None:
            return float("nan")
        return pixel_areas(m.transform, m.crs, m.width, rows)
