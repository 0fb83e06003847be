"""Reads training pairs, an image and a label map of the same size, in windows at any zoom."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow
from typing_extensions import Self

from glnet_geo.core.legend import NODATA
from glnet_geo.errors import TrainingError

_IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".vrt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A rectangle of a pair, in fractions of pixels, and the size (rows, cols) to read it at."""

    row: float
    col: float
    height: float
    width: float
    shape: tuple[int, int]

    @property
    def window(self) -> RasterWindow:
        """The rectangle as rasterio takes it."""
        return RasterWindow(self.col, self.row, self.width, self.height)


class Pair:
    """An image and its label map, opened for windowed reading; close it, or use it as a context.

    Args:
        image: a raster with at least ``bands`` bands; the first ones are used.
        label: a raster of one band and the image's size, holding class ids.
        bands: number of bands to read.

    Raises:
        TrainingError: a file cannot be opened, or the two do not fit each other.
    """

    def __init__(self, image: Path, label: Path, *, bands: int = 3) -> None:
        self.name = image.stem
        self._image = _opened(image)
        self._label = _opened(label)
        if self._image.shape != self._label.shape:
            raise TrainingError(
                f"{image} has {_size(self._image)} and {label} has {_size(self._label)}: give pairs of one size"
            )
        if self._image.count < bands:
            raise TrainingError(f"{image} has {self._image.count} bands: the model needs {bands}")
        if self._label.count != 1:
            raise TrainingError(
                f"{label} has {self._label.count} bands: give a label map of one, holding class ids"
            )
        self._bands = list(range(1, bands + 1))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        rows, cols = self._image.shape
        return rows, cols

    def image(self, spot: Spot) -> NDArray[np.float32]:
        """The image at a spot: (bands, rows, cols), raw values, averaged where shrunk, else bilinear."""
        shrinking = spot.height > spot.shape[0]
        return self._read(
            self._image,
            spot,
            indexes=self._bands,
            out_shape=(len(self._bands), *spot.shape),
            resampling=Resampling.average if shrinking else Resampling.bilinear,
        ).astype(np.float32)

    def label(self, spot: Spot) -> NDArray[np.uint8]:
        """The label map at a spot: (rows, cols) class ids, of the nearest pixel; 255 where there is none."""
        ids = self._read(self._label, spot, indexes=1, out_shape=spot.shape, resampling=Resampling.nearest)
        known = np.isin(ids, np.arange(NODATA))
        return np.where(known, ids, NODATA).astype(np.uint8)

    def _read(self, dataset: rasterio.DatasetReader, spot: Spot, **options: object) -> NDArray[np.generic]:
        try:
            pixels: NDArray[np.generic] = dataset.read(window=spot.window, **options)
        except RasterioError as error:
            raise TrainingError(f"{dataset.name} cannot be read: {error}") from error
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
        self._label.close()


def find_pairs(images: Path, labels: Path) -> list[tuple[Path, Path]]:
    """Image and label files of the same stem in two folders, sorted by name.

    Raises:
        TrainingError: a folder is missing, or an image has no label or more than one.
    """
    for folder in (images, labels):
        if not folder.is_dir():
            raise TrainingError(f"{folder} is not a folder: give one that holds the files")
    by_stem: dict[str, list[Path]] = {}
    for path in _images_in(labels):
        by_stem.setdefault(path.stem, []).append(path)
    pairs = []
    for image in _images_in(images):
        found: Sequence[Path] = by_stem.get(image.stem, [])
        if len(found) != 1:
            raise TrainingError(
                f"{image} has {len(found)} label files named {image.stem}.*: give exactly one"
            )
        pairs.append((image, found[0]))
    if not pairs:
        raise TrainingError(f"{images} holds no image ({', '.join(_IMAGE_SUFFIXES)}): give another folder")
    return pairs


def _images_in(folder: Path) -> list[Path]:
    """Beside rasters, folders hold what viewers leave there: world files, statistics, styles."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGE_SUFFIXES)


def _opened(path: Path) -> rasterio.DatasetReader:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            return rasterio.open(path)
    except RasterioError as error:
        raise TrainingError(f"{path} cannot be opened as an image: {error}") from error


def _size(dataset: rasterio.DatasetReader) -> str:
    return f"{dataset.height} x {dataset.width} pixels"
