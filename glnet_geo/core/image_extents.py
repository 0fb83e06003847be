"""Which ground images show, by their transforms, and which of them show the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from glnet_geo.core.window import Window

_COMMON = 0.01
"""Share of the smaller of two images that both show where they overlap: tiles do not end on one line exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageExtents:
    """The extents of images of one CRS.

    Attributes:
        shapes: (rows, cols) of each.
        transforms: of each, pixel (col, row) to map coordinates.
    """

    shapes: tuple[tuple[int, int], ...]
    transforms: tuple[Affine, ...]

    def touching(self) -> NDArray[np.int64]:
        """(2, links) numbers of two images that meet, each one with itself among them."""
        return _meeting(self._outlines())

    def overlapping(self) -> NDArray[np.int64]:
        """(2, links) numbers of two images that show the same ground, each one with itself among them."""
        outlines = self._outlines()
        links = _meeting(outlines)
        one, other = outlines[links]
        common = shapely.area(shapely.intersection(one, other))
        return links[:, common > _COMMON * np.minimum(shapely.area(one), shapely.area(other))]

    def neighbours(self) -> list[list[int]]:
        """Of each image the numbers of those that it meets, itself among them, rising."""
        found: list[list[int]] = [[] for _ in self.shapes]
        for one, other in sorted(self.touching().T.tolist()):
            found[one].append(other)
        return found

    def seen(self, window: Window, one: int, other: int) -> Window | None:
        """The pixels of another image around what a window of one shows; None where it shows nothing of that.

        Args:
            window: of pixels of one image.
            one: its number.
            other: number of the other image.
        """
        to_other = ~self.transforms[other] @ self.transforms[one]
        cols, rows = np.array(
            [to_other @ (col, row) for col, row in _corners(window)], dtype=np.float64
        ).T.tolist()
        top, left = math.floor(min(rows)), math.floor(min(cols))
        around = Window(
            row=top,
            col=left,
            height=max(math.ceil(max(rows)) - top, 1),
            width=max(math.ceil(max(cols)) - left, 1),
        )
        return around.intersection(Window.whole(self.shapes[other]))

    def _outlines(self) -> NDArray[np.object_]:
        """(images,) polygons in map coordinates."""
        return np.array(
            [
                shapely.Polygon([transform @ corner for corner in _corners(Window.whole(shape))])
                for shape, transform in zip(self.shapes, self.transforms, strict=True)
            ],
            dtype=np.object_,
        )


def _meeting(outlines: NDArray[np.object_]) -> NDArray[np.int64]:
    """(2, links) numbers of two polygons that meet, each one with itself among them."""
    links: NDArray[np.int64] = shapely.STRtree(outlines).query(outlines, predicate="intersects")
    return links


def _corners(window: Window) -> list[tuple[int, int]]:
    """The corners of a window, each as (col, row)."""
    return [
        (window.col, window.row),
        (window.col_stop, window.row),
        (window.col_stop, window.row_stop),
        (window.col, window.row_stop),
    ]
