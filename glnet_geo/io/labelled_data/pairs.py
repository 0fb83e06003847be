"""Reads training pairs, an image and what its pixels are, in windows at any zoom."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from glnet_geo.core.legend import NODATA
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.labels import Labels, RasterLabels
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.io.labelled_data.zoomed import ZoomedPixels


class Pair:
    """An image and its labels, opened for windowed reading, also from several threads; close it, or use it as a context.

    Args:
        image: a raster.
        labels: what its pixels are, or a raster of one band and the image's size, holding class ids; closed with the
            pair, and where the two are refused.
        bands: numbers of the image's bands, from 1; or how many of the first ones to read.
        nodata: value of pixels without data, instead of one that the file declares.
        value_range: file values that become the network's 0 and 1; None for the model's own.

    Raises:
        SceneError: the image cannot be opened.
        TrainingError: the labels cannot, or the two do not fit each other.
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
        numbers = range(1, bands + 1) if isinstance(bands, int) else bands
        with ExitStack() as refused:
            self._labels = RasterLabels(labels) if isinstance(labels, Path) else labels
            refused.callback(self._labels.close)
            self._pixels = ZoomedPixels.of(str(image), numbers, nodata)
            refused.callback(self._pixels.close)
            if self._labels.shape not in {None, self.shape}:
                raise TrainingError(self._apart(image))
            refused.pop_all()

    @property
    def path(self) -> str:
        """The path of the image."""
        return self._pixels.source.path

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        return self._pixels.shape

    @property
    def labels(self) -> Labels:
        """What its pixels are."""
        return self._labels

    def relabelled(self, labels: Labels) -> Pair:
        """The same open image with other labels; closing either closes the image of both."""
        other = copy(self)
        other._labels = labels  # noqa: SLF001 - of its own kind
        return other

    def read(self, spot: Spot) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
        """Values (bands, rows, cols) at a spot as in the file, and (rows, cols) True where usable; None where all are.

        They are those that mapping sees: see `ZoomedPixels.read`.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        return self._pixels.read(spot)

    def label(self, spot: Spot) -> NDArray[np.uint8]:
        """Class ids (rows, cols) at a spot, of the nearest pixel; 255 where there is none, or that is not usable.

        Raises:
            SceneError: the image is damaged there, or went away.
            TrainingError: the label map is.
        """
        ids = self._labels.read(spot)
        if (ids == NODATA).all():
            return ids
        valid = self._pixels.valid(spot)
        return ids if valid is None else np.where(valid, ids, NODATA).astype(np.uint8)

    def _apart(self, image: Path) -> str:
        """The sentence on an image and labels of different sizes."""
        how, remedy = "", "give pairs of one size"
        if self._pixels.warped:
            how = " as its ground control points place it"
            remedy = "warp both onto one grid (gdalwarp), since maps are made of what it shows there"
        return f"{image} has {_size(self.shape)}{how} and {self._labels.name} has {_size(self._labels.shape)}: {remedy}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both files."""
        self._pixels.close()
        self._labels.close()


def _size(shape: tuple[int, int] | None) -> str:
    rows, cols = shape or (0, 0)
    return f"{rows} x {cols} pixels"
