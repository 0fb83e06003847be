"""Regions as they are handed out: polygons, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.polygons.outlines import Outlines, areas
from glnet_geo.core.polygons.rings import multipolygons, polygons


@dataclass(frozen=True, slots=True)
class Regions:
    """Largest sets of pixels of one class that hang together, or parts of such a set, in no promised order.

    Attributes:
        class_ids: (regions,) uint8, the class of each.
        polygons: (regions,) shapely Polygons with holes (MultiPolygons where pixels hang together by their corners),
            valid where no marks were given; x is the column, y the row (growing downward), both counted at pixel
            edges. Outer rings run clockwise on the map.
        pixels: (regions,) int64, number of pixels in each, whatever its outlines were marked with.
        weights: (regions,) int64, sum of the known weights of these pixels; 0 where none were given.
        unknown: (regions,) int64, number of these pixels whose weight is not known.
        region_ids: (regions,) int64, index in the map of the region's first pixel; equal for parts of one region.
    """

    class_ids: NDArray[np.uint8]
    polygons: NDArray[np.object_]
    pixels: NDArray[np.int64]
    weights: NDArray[np.int64]
    unknown: NDArray[np.int64]
    region_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return self.class_ids.size

    @classmethod
    def enclosed(cls, rings: Outlines, region: NDArray[np.int64], *, multi: bool) -> Regions:
        """The regions that complete sets of rings enclose.

        Args:
            rings: closed outlines.
            region: (rings,) equal for rings of one region.
            multi: True for MultiPolygons, False where every region is one piece.
        """
        area = areas(rings.points)
        order = np.lexsort((area < 0, rings.piece, region))
        rings, area, region = rings.take(order), area[order], region[order]
        if not region.size:
            none = np.empty(0, np.int64)
            return cls(rings.class_id, np.empty(0, np.object_), none, none, none, none)
        starts = np.flatnonzero(np.diff(region, prepend=-1))
        shells = np.flatnonzero(area > 0)
        bounds = np.append(shells, len(rings))
        if multi:
            parts = np.append(np.searchsorted(shells, starts), shells.size)
            made = multipolygons(rings.points, bounds, parts)
        else:
            made = polygons(rings.points, bounds)
        weights, unknown = np.add.reduceat(rings.weight, starts).T
        return cls(
            class_ids=rings.class_id[starts],
            polygons=made,
            pixels=np.add.reduceat(area, starts),
            weights=weights,
            unknown=unknown,
            region_ids=np.minimum.reduceat(rings.first, starts),
        )

    @classmethod
    def stacked(cls, parts: Sequence[Regions]) -> Regions:
        """The regions of all parts, in order."""
        return cls(
            np.concatenate([part.class_ids for part in parts]),
            np.concatenate([part.polygons for part in parts]),
            np.concatenate([part.pixels for part in parts]),
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.unknown for part in parts]),
            np.concatenate([part.region_ids for part in parts]),
        )

    def part(self, rows: slice) -> Regions:
        """Some of them, in order."""
        return Regions(
            self.class_ids[rows],
            self.polygons[rows],
            self.pixels[rows],
            self.weights[rows],
            self.unknown[rows],
            self.region_ids[rows],
        )
