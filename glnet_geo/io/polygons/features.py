"""Polygons on their way to a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Polygons in map coordinates and their attributes, each of length n; None for an attribute that none has.

    Attributes:
        polygons: shapely Polygons, or MultiPolygons, their outer rings counterclockwise.
        class_id: int32, or int64 where an id needs it.
        class_name: str.
        area_m2: float64, NaN where unknown.
        perimeter_m: float64, NaN where unknown.
        confidence: float32, mean percent, NaN where unknown.
        region_id: int64, equal for parts of one region.
    """

    polygons: NDArray[np.object_]
    class_id: NDArray[np.int32] | NDArray[np.int64]
    class_name: NDArray[np.object_]
    area_m2: NDArray[np.float64]
    perimeter_m: NDArray[np.float64]
    confidence: NDArray[np.float32] | None
    region_id: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.polygons)

    @classmethod
    def none(cls, *, confidence: bool, region_id: bool) -> Features:
        """No feature, but all attributes that such features have.

        Args:
            confidence: whether they have one.
            region_id: whether they have one.
        """
        return cls(
            polygons=np.empty(0, object),
            class_id=np.empty(0, np.int32),
            class_name=np.empty(0, object),
            area_m2=np.empty(0),
            perimeter_m=np.empty(0),
            confidence=np.empty(0, np.float32) if confidence else None,
            region_id=np.empty(0, np.int64) if region_id else None,
        )

    def attributes(self) -> dict[str, NDArray[np.generic]]:
        """All but the polygons, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "polygons"}
        return {name: values for name, values in named.items() if values is not None}


class Layer(Protocol):
    """A file that takes features batch by batch; between two of them, nothing is open."""

    def add(self, features: Features) -> None:
        """Take the next features."""

    def finish(self, aliases: Mapping[int, int]) -> None:
        """Complete the file; called once.

        Args:
            aliases: region ids that were given, and by which they are to be replaced.
        """
