"""Reads training pairs, an image and what its pixels are, in windows at any zoom."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling
from rasterio.errors import RasterioError
from typing_extensions import Self

from glnet_geo.core.legend import NODATA
from glnet_geo.errors import TrainingError
from glnet_geo.io.labels import Labels, RasterLabels, opened
from glnet_geo.io.spot import Spot


class Pair:
    """An image and its labels, opened for windowed reading, also from several threads; close it, or use it as a context.

    Args:
        image: a raster.
        labels: what its pixels are, or a raster of one band and the image's size, holding class ids.
        bands: numbers of the image's bands, from 1; or how many of the first ones to read.
        nodata: value of pixels without data, beside what the file declares.
        value_range: file values that become the network's 0 and 1; None for the model's own.

    Raises:
        TrainingError: a file cannot be opened, or the two do not fit each other.
    """

    def __init__(
        self,
        image: Path,
        labels: Path | Labels,
        *,
        bands: Sequence[int] | int = 3,
        nodata: float | None = None,
        value_range: tuple[float, float] | None = None,
    ) -> None:
        self.name = image.stem
        self.value_range = value_range
        self._image = opened(image)
        self._lock = threading.Lock()
        self._labels = RasterLabels(labels) if isinstance(labels, Path) else labels
        self._nodata = nodata
        self._bands = list(range(1, bands + 1)) if isinstance(bands, int) else list(bands)
        if self._labels.shape not in {None, self.shape}:
            raise TrainingError(
                f"{image} has {_size(self.shape)} and {self._labels.name} has {_size(self._labels.shape)}: "
                "give pairs of one size"
            )
        if self._image.count < max(self._bands):
            raise TrainingError(f"{image} has {self._image.count} bands: the model needs {max(self._bands)}")
        flags = [self._image.mask_flag_enums[band - 1] for band in self._bands]
        self._whole = nodata is None and all(MaskFlags.all_valid in flag for flag in flags)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        rows, cols = self._image.shape
        return rows, cols

    @property
    def labels(self) -> Labels:
        """What its pixels are."""
        return self._labels

    def relabelled(self, labels: Labels) -> Pair:
        """The same image with other labels."""
        return Pair(
            Path(self._image.name),
            labels,
            bands=self._bands,
            nodata=self._nodata,
            value_range=self.value_range,
        )

    def image(self, spot: Spot) -> NDArray[np.float32]:
        """The image at a spot: (bands, rows, cols), raw values, averaged where shrunk, else bilinear."""
        shrinking = spot.height > spot.shape[0]
        pixels = self._read(spot, Resampling.average if shrinking else Resampling.bilinear)
        return np.nan_to_num(pixels.astype(np.float32), copy=False)

    def valid(self, spot: Spot) -> NDArray[np.bool_] | None:
        """(rows, cols) True where the image at a spot has data, by the nearest pixel; None where it has everywhere."""
        if self._whole and self._image.dtypes[0] not in {"float32", "float64"}:
            return None
        pixels = self._read(spot, Resampling.nearest)
        valid: NDArray[np.bool_] = ~np.isnan(pixels).any(axis=0)
        if self._nodata is not None:
            valid &= ~(pixels == self._nodata).all(axis=0)
        if not self._whole:
            with self._lock:
                masks = self._image.read_masks(
                    self._bands, window=spot.window, out_shape=pixels.shape, resampling=Resampling.nearest
                )
            # As in mapping: what lacks one band has data in the others.
            valid &= (masks > 0).any(axis=0)
        return valid

    def label(self, spot: Spot) -> NDArray[np.uint8]:
        """Class ids (rows, cols) at a spot, of the nearest pixel; 255 where there is none."""
        ids = self._labels.read(spot)
        valid = self.valid(spot)
        return ids if valid is None else np.where(valid, ids, NODATA).astype(np.uint8)

    def _read(self, spot: Spot, resampling: Resampling) -> NDArray[np.generic]:
        try:
            with self._lock:
                pixels: NDArray[np.generic] = self._image.read(
                    self._bands,
                    window=spot.window,
                    out_shape=(len(self._bands), *spot.shape),
                    resampling=resampling,
                )
        except RasterioError as error:
            raise TrainingError(f"{self._image.name} cannot be read: {error}") from error
        return pixels

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close both files."""
        self._image.close()
        self._labels.close()


def _size(shape: tuple[int, int] | None) -> str:
    rows, cols = shape or (0, 0)
    return f"{rows} x {cols} pixels"
