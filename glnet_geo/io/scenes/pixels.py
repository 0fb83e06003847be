"""Where a scene's pixels come from: one file, or whatever else reads like one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.glance import Glance, Shows
from glnet_geo.core.resample import Stretches, resample
from glnet_geo.core.window import Window
from glnet_geo.errors import SceneError
from glnet_geo.io.scenes.source import Source, control_points
from glnet_geo.io.scenes.validity import Validity, check_nodata

_PIXELS_AT_ONCE = 1 << 22
"""Pixels resampled at a time, so that shrinking fine imagery needs no more memory than its result."""

SOON_DECODED = 64_000_000
"""Pixels that are read within a second or two."""

_SOON_FETCHED = 4_000_000
"""The same, from another machine."""

_GLANCE_SIDE = 1024
"""Rows and columns of what is seen of a scene from afar."""


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

    def glance(self) -> Shows | None:
        """Where there seems to be data; None where that would take long to find out; as `read`."""

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

    @classmethod
    def of(cls, source: Source, bands: Sequence[int], nodata: float | None) -> FilePixels:
        """Some bands of an open file.

        Args:
            source: the open file.
            bands: numbers from 1.
            nodata: value of pixels without data, instead of one that the file declares; None to use this.

        Raises:
            SceneError: they hold complex numbers.
            OptionError: the file cannot hold the nodata value.
        """
        dataset = source.dataset()
        dtype = common_dtype(source, bands)
        if nodata is not None:
            check_nodata(nodata, dtype, source.name)
        # A warped view has made an alpha band of the nodata value.
        validity = Validity.of(dataset, bands, dtype, None if control_points(dataset) else nodata)
        return cls(source, validity, tuple(bands), dataset.shape)

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
        pixels, valid = self._from_afar(most)
        return pixels[:, valid]

    def glance(self) -> Shows | None:
        """See `Pixels`."""
        if self.validity.everywhere:
            return lambda _window: True
        if self.source.least_pixels() > (_SOON_FETCHED if self.source.remote else SOON_DECODED):
            return None
        return Glance(self._from_afar(_GLANCE_SIDE)[1], self.shape)

    def _from_afar(self, most: int) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """Values (bands, rows, cols) of at most so many rows and columns of all, and (rows, cols) True where usable."""
        shape = (min(self.shape[0], most), min(self.shape[1], most))
        whole = Window.whole(self.shape)
        pixels = self.source.values(self.bands, whole, shape)
        return pixels, self.validity.apply(self.source, whole, pixels, shape)

    def covers(self, window: Window) -> bool:  # noqa: ARG002 - the same everywhere
        """Everywhere."""
        return True

    def close(self) -> None:
        """See `Pixels`."""
        self.source.close()


def as_they_are(pixels: Pixels, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values (bands, rows, cols) in a window inside the scene, 0 where not usable, and (rows, cols) True where usable.

    Raises:
        SceneError: a file is damaged there, or went away.
    """
    raw, valid = pixels.read(window)
    np.copyto(raw, 0, where=~valid)
    return raw.astype(np.float32), valid


def resample_into(
    values: NDArray[np.float32], valid: NDArray[np.bool_], pixels: Pixels, rows: Stretches, cols: Stretches
) -> None:
    """Fill in the means of usable pixels over stretches of the scene's rows and columns, some rows at a time.

    Args:
        values: (bands, rows, cols), to be filled; 0 where not usable.
        valid: (rows, cols), to be filled; True = usable.
        pixels: where they come from.
        rows: stretches of the scene's rows.
        cols: stretches of its columns.

    Raises:
        SceneError: a file is damaged there, or went away.
    """
    width = cols.source.stop - cols.source.start
    shrink = (rows.source.stop - rows.source.start) / len(rows)
    step = max(1, int(_PIXELS_AT_ONCE / (max(width, len(cols)) * max(shrink, 1))))
    for start in range(0, len(rows), step):
        targets = slice(start, start + step)
        down = rows[targets].source
        source = Window(row=down.start, col=cols.source.start, height=down.stop - down.start, width=width)
        values[:, targets], valid[targets] = resample(*as_they_are(pixels, source), rows[targets], cols)


def common_dtype(source: Source, bands: Sequence[int]) -> str:
    """The type of the values of some bands, or the narrowest that holds those of all.

    Raises:
        SceneError: they are complex numbers.
    """
    dtypes = source.dataset().dtypes
    types = [dtypes[number - 1] for number in bands]
    if any(dtype.startswith("complex") for dtype in types):
        raise SceneError(f"{source.name} holds complex numbers: turn them into amplitudes first")
    return str(np.result_type(*types))
