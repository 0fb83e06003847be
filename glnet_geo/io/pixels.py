"""Where a scene's pixels come from: one file, or whatever else reads like one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.window import Window
from glnet_geo.io.source import Source
from glnet_geo.io.validity import Validity


class Pixels(Protocol):
    """The bands of a scene that are read, in the model's order; several threads may read at once."""

    def read(self, window: Window) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Values (bands, rows, cols) in a window of the scene, and (rows, cols) True where they are usable.

        Raises:
            SceneError: a file is damaged there, or went away.
        """

    def valid(self, window: Window) -> NDArray[np.bool_]:
        """(rows, cols) True where pixels of a window are usable and the map is wanted; as `read`."""

    def sample(self, most: int) -> NDArray[np.generic]:
        """(bands, pixels) usable values of about ``most`` x ``most`` pixels spread over the scene; as `read`."""

    def covers(self, window: Window) -> bool:
        """Whether the map may be wanted anywhere in a window."""

    def close(self) -> None:
        """Close all files; no thread may be reading."""


@dataclass(frozen=True, slots=True)
class FilePixels:
    """Pixels of one file.

    Attributes:
        source: the open file.
        validity: the rule by which its pixels are usable.
        bands: numbers of the bands that are read, from 1.
        shape: rows and columns of the file.
    """

    source: Source
    validity: Validity
    bands: tuple[int, ...]
    shape: tuple[int, int]

    def read(self, window: Window) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """See `Pixels`."""
        pixels = self.source.values(self.bands, window)
        return pixels, self.validity.apply(self.source, window, pixels)

    def valid(self, window: Window) -> NDArray[np.bool_]:
        """See `Pixels`."""
        pixels = self.source.values(self.bands, window) if self.validity.by_pixels else None
        return self.validity.apply(self.source, window, pixels)

    def sample(self, most: int) -> NDArray[np.generic]:
        """See `Pixels`; the pixels lie on a regular grid, and are taken from overviews where there are some."""
        shape = (min(self.shape[0], most), min(self.shape[1], most))
        whole = Window(row=0, col=0, height=self.shape[0], width=self.shape[1])
        pixels = self.source.values(self.bands, whole, shape)
        return pixels[:, self.validity.apply(self.source, whole, pixels, shape)]

    def covers(self, window: Window) -> bool:  # noqa: ARG002 - the same everywhere
        """Everywhere."""
        return True

    def close(self) -> None:
        """See `Pixels`."""
        self.source.close()
