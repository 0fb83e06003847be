"""Polygons on their way to a file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Polygons in map coordinates and their attributes, each of length n.

    Attributes:
        polygons: shapely Polygons, their outer rings counterclockwise.
        class_id: int16.
        class_name: str.
        area_m2: float64, NaN where unknown.
    """

    polygons: NDArray[np.object_]
    class_id: NDArray[np.int16]
    class_name: NDArray[np.object_]
    area_m2: NDArray[np.float64]

    @classmethod
    def none(cls) -> Features:
        """No feature."""
        return cls(
            polygons=np.empty(0, object),
            class_id=np.empty(0, np.int16),
            class_name=np.empty(0, object),
            area_m2=np.empty(0),
        )

    def attributes(self) -> dict[str, NDArray[np.generic]]:
        """All but the polygons, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "polygons"}


class Layer(Protocol):
    """A file that takes features batch by batch."""

    def add(self, features: Features) -> None:
        """Take the next features."""

    def finish(self) -> None:
        """Complete the file; called once."""

    def close(self) -> None:
        """Let go of open files, finished or not; may be called more than once."""
