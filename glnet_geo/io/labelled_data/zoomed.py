"""What a model learns from shows at any zoom: the pixels, and the validity, that mapping sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from glnet_geo.core.resample import Stretches
from glnet_geo.core.window import Window
from glnet_geo.errors import SceneError
from glnet_geo.io.labelled_data.open_files import OPEN_FILES
from glnet_geo.io.labelled_data.spot import Spot, window_over
from glnet_geo.io.scenes.pixels import FilePixels, as_they_are, resample_into
from glnet_geo.io.scenes.source import Source, control_points

_ROWS_AT_ONCE = 512
"""Rows whose validity is found at a time."""


class SharedSource(Source):
    """A raster that all threads read through one dataset, one after the other; it is open only when it is needed.

    A training has so many rasters that systems would not allow to have all of them open.
    """

    def __init__(self, path: str, nodata: float | None = None) -> None:
        self._turn = threading.Lock()
        self._shared: DatasetReader | None = None
        super().__init__(path, nodata)

    def dataset(self) -> DatasetReader:
        """The only one; it may be closed as soon as another raster is read.

        Raises:
            SceneError: it cannot be opened, or is closed.
        """
        if self._shared is None or self._closed:
            self._shared = self._open()
            OPEN_FILES.note(self)
        return self._shared

    def close_for_now(self) -> bool:
        """See `Reopenable`."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            self._close_files()
            self._shared = None
        finally:
            self._turn.release()
        return True

    def close(self) -> None:
        """Close the file for good; no thread may be reading."""
        OPEN_FILES.forget(self)
        super().close()

    def zoomed(self, bands: Sequence[int], spot: Spot) -> NDArray[np.generic]:
        """(bands, rows, cols) in the file's type, averaged where shrunk, else bilinear; overviews may be used.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        resampling = Resampling.average if spot.height > spot.shape[0] else Resampling.bilinear
        with self._reading(spot.around) as dataset:
            pixels: NDArray[np.generic] = dataset.read(
                list(bands), window=spot.window, out_shape=(len(bands), *spot.shape), resampling=resampling
            )
            return pixels

    @contextmanager
    def _reading(self, window: Window) -> Iterator[DatasetReader]:
        with self._turn, super()._reading(window) as dataset:
            OPEN_FILES.note(self)
            yield dataset


@dataclass(frozen=True, slots=True)
class ZoomedPixels:
    """Pixels of one file at any zoom.

    Attributes:
        pixels: of the file, as mapping reads them.
        source: where they come from.
        warped: whether the file is seen where its ground control points place it.
        whole: whether no pixel can lack data, in bands of one type; GDAL resamples them then, which is quick.
    """

    pixels: FilePixels
    source: SharedSource
    warped: bool
    whole: bool

    @classmethod
    def of(cls, path: str, bands: Sequence[int], nodata: float | None) -> ZoomedPixels:
        """Open a file; the arguments are those of `FilePixels.of`.

        Raises:
            SceneError: it cannot be opened, has too few bands, or holds complex numbers.
            OptionError: it cannot hold the nodata value.
        """
        source = SharedSource(path, nodata)
        with ExitStack() as refused:
            refused.callback(source.close)
            count = source.dataset().count
            if count < max(bands):
                raise SceneError(
                    f"{path} has {count} bands and {max(bands)} are to be read: give another image"
                )
            pixels = FilePixels.of(source, bands, nodata)
            dataset, validity = source.dataset(), pixels.validity
            one_type = len({dataset.dtypes[number - 1] for number in bands}) == 1
            whole = one_type and not (validity.declared or validity.floating)
            warped = control_points(dataset) > 0
            refused.pop_all()
        return cls(pixels, source, warped, whole)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        return self.pixels.shape

    def read(self, spot: Spot) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
        """Values (bands, rows, cols) at a spot, and (rows, cols) True where usable; None where all are.

        Shrunk, they are averaged, else bilinear. What is not usable has no weight in that, and is 0; what some usable
        pixel reaches into is usable.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        if self.whole:
            return self.source.zoomed(self.pixels.bands, spot).astype(np.float32), None
        if spot.at_own_size:
            return as_they_are(self.pixels, spot.around)
        rows, cols = (
            Stretches.between(edges, length)
            for edges, length in zip(spot.edges(self.pixels.shape), self.pixels.shape, strict=True)
        )
        values = np.empty((len(self.pixels.bands), *spot.shape), np.float32)
        valid = np.empty(spot.shape, np.bool_)
        resample_into(values, valid, self.pixels, rows, cols)
        return values, valid

    def valid(self, spot: Spot) -> NDArray[np.bool_] | None:
        """(rows, cols) True where the nearest pixels at a spot are usable; None where all are; as `read`."""
        if self.whole:
            return None
        rows, cols = spot.nearest(self.pixels.shape)
        return np.concatenate(
            [
                self._nearest(rows[start : start + _ROWS_AT_ONCE], cols)
                for start in range(0, len(rows), _ROWS_AT_ONCE)
            ]
        )

    def close(self) -> None:
        """Close the file; no thread may be reading."""
        self.source.close()

    def _nearest(self, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the pixels in these rows and columns, which rise, are usable."""
        window, (down, across) = window_over(rows, cols)
        pixels = self.pixels
        valid = pixels.validity.apply(self.source, window, None)[down, across]
        if pixels.validity.by_pixels:
            valid &= pixels.validity.measured(self.source.values(pixels.bands, window)[:, down, across])
        return valid
