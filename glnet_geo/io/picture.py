"""An image that a model learns from: its bands, its place, and what its values mean."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affine import Affine
from rasterio.crs import CRS

from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, TrainingError
from glnet_geo.io.labels import Labels, opened
from glnet_geo.io.pairs import Pair
from glnet_geo.io.scene import open_scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How images are read, alike for all of them.

    Attributes:
        wanted: names of the model's bands.
        bands: numbers or names of the images' bands in that order; None to find them.
        nodata: value of pixels without data, beside what the files declare.
        value_range: file values that become the network's 0 and 1; None for the model's own where an image is of 8
            bits, else for the image's 2nd and 98th percentile.
    """

    wanted: Sequence[str]
    bands: str | None = None
    nodata: float | None = None
    value_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One image.

    Attributes:
        path: of its file.
        shape: (rows, cols).
        bands: numbers of the bands to read, from 1.
        crs: None where there is none.
        transform: pixel (col, row) to map coordinates; None without georeference.
        distance: metres on the ground from row to row and from column to column; None where that is unknown.
        nodata: value of pixels without data, beside what the file declares.
        value_range: file values that become the network's 0 and 1; None for the model's own.
    """

    path: Path
    shape: tuple[int, int]
    bands: tuple[int, ...]
    crs: CRS | None
    transform: Affine | None
    distance: tuple[float, float] | None
    nodata: float | None
    value_range: tuple[float, float] | None

    @property
    def whole(self) -> Window:
        """All pixels."""
        return Window(row=0, col=0, height=self.shape[0], width=self.shape[1])

    def with_labels(self, labels: Labels) -> Pair:
        """The image and what its pixels are.

        Raises:
            TrainingError: the two do not fit each other.
        """
        return Pair(self.path, labels, bands=self.bands, nodata=self.nodata, value_range=self.value_range)


def look_at(path: Path, reading: Reading) -> Picture:
    """What there is to know of an image, with the doubts and refusals of mapping it.

    Raises:
        SceneError: it cannot be opened, or does not offer what the model needs.
        OptionError: the bands or nodata do not fit it.
    """
    with open_scene(path, bands=reading.bands, wanted=reading.wanted, nodata=reading.nodata) as scene:
        value_range = reading.value_range
        if value_range is None and scene.dtype != "uint8":
            low, high = scene.value_range()
            value_range = (low, high if high > low else low + 1)
            warnings.warn(
                f"{scene.name} holds {scene.dtype} values: they are scaled by its own range {low:g}..{high:g} (2nd to "
                "98th percentile), as mapping does; give --value-range here and there, so that all images agree",
                DoubtfulInputWarning,
                stacklevel=2,
            )
        return Picture(
            path=path,
            shape=scene.shape,
            bands=scene.bands,
            crs=scene.crs,
            transform=scene.transform,
            distance=scene.ground_sample_distance,
            nodata=reading.nodata,
            value_range=value_range,
        )


def plain_picture(path: Path, bands: int = 3) -> Picture:
    """A picture of 8 bits without any place on earth, of a data set that is known to hold nothing else.

    Raises:
        TrainingError: it cannot be opened, or has too few bands.
    """
    with opened(path) as dataset:
        if dataset.count < bands:
            raise TrainingError(
                f"{path} has {dataset.count} bands and {bands} are needed: check the data set"
            )
        return Picture(
            path=path,
            shape=dataset.shape,
            bands=tuple(range(1, bands + 1)),
            crs=None,
            transform=None,
            distance=None,
            nodata=None,
            value_range=None,
        )
