"""How the polygons of a map are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from glnet_geo.errors import OptionError

Connectivity: TypeAlias = Literal[4, 8]

MAX_VERTICES = 1_000_000
"""Points of outlines past which areas are split unless something else is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How the polygons of a map are drawn; every option of the command line, by the same name.

    Attributes:
        min_area: square metres on the ground; smaller areas are merged into the neighbour with the longest common
            border, in class rasters of the same job too.
        simplify: metres by which borders may move to become straight; neighbours keep one line.
        smooth: whether the corners of borders are rounded.
        connectivity: 4 where pixels hang together by their edges, 8 where corners are enough.
        max_vertices: areas whose outlines grow past this are split, and their parts share a ``region_id``; 0 for never.
            None for a million, and for never where polygons are dissolved.
        crs: of the polygons, such as ``EPSG:4326``; None for the scene's.
        dissolve: whether all polygons of a class become one, which is never split.

    Raises:
        OptionError: a number is below zero or not finite, the connectivity is another, or what is dissolved is to be split.
    """

    min_area: float = 0.0
    simplify: float = 0.0
    smooth: bool = False
    connectivity: Connectivity = 4
    max_vertices: int | None = None
    crs: str | None = None
    dissolve: bool = False

    def __post_init__(self) -> None:
        for option, value, unit in (
            ("min-area", self.min_area, "square metres"),
            ("simplify", self.simplify, "metres"),
            ("max-vertices", self.max_vertices or 0, "vertices"),
        ):
            if not (math.isfinite(value) and value >= 0):
                raise OptionError(f"--{option} {value:g} is not possible: give 0 or more {unit}")
        if self.connectivity not in {4, 8}:
            raise OptionError(f"--connectivity {self.connectivity} is not possible: give 4 or 8")
        if self.dissolve and self.max_vertices:
            raise OptionError(
                "--dissolve makes one multipolygon of each class, and its parts must not share a border: leave out "
                "--max-vertices"
            )

    @property
    def split_past(self) -> int | None:
        """Points of outlines past which areas are split; None for never."""
        if self.max_vertices is None:
            # Parts of a split area share the line of the cut, which no valid multipolygon allows.
            return None if self.dissolve else MAX_VERTICES
        return self.max_vertices or None
