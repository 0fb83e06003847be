"""An image that a model learns from: its bands, its place, and what its values mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affine import Affine
from rasterio.crs import CRS

from glnet_geo.core.colors import RGB
from glnet_geo.core.value_range import EIGHT_BITS
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.labels import Labels, opened
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.scenes.scene import open_scene
from glnet_geo.io.scenes.value_range import value_range_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How images are read, alike for all of them.

    Attributes:
        wanted: names of the model's bands.
        bands: numbers or names of the images' bands in that order; None to find them.
        nodata: value of pixels without data, instead of one that the files declare.
        own_range: file values that become 0 and 1 for the model that training begins with.
        value_range: file values that are to; None for the model's own where they fit an image, else for the image's 2nd
            and 98th percentile.
        adaptable: whether the model would be one of other bands where these are named.
    """

    wanted: Sequence[str]
    own_range: tuple[float, float] = EIGHT_BITS
    bands: str | None = None
    nodata: float | None = None
    value_range: tuple[float, float] | None = None
    adaptable: bool = False

    @property
    def suits_photographs(self) -> bool:
        """Whether images of red, green and blue in 8 bits, which lack nothing, can be read without a look at them."""
        return (
            tuple(self.wanted) == RGB
            and self.bands is None
            and self.nodata is None
            and (self.own_range == EIGHT_BITS or self.value_range is not None)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingImage:
    """One image.

    Attributes:
        path: of its file.
        shape: (rows, cols).
        bands: numbers of the bands to read, from 1.
        crs: None where there is none.
        transform: pixel (col, row) to map coordinates; None without georeference.
        distance: metres on the ground from row to row and from column to column; None where that is unknown.
        nodata: value of pixels without data, instead of one that the file declares.
        value_range: file values that become the network's 0 and 1.
    """

    path: Path
    shape: tuple[int, int]
    bands: tuple[int, ...]
    crs: CRS | None
    transform: Affine | None
    distance: tuple[float, float] | None
    nodata: float | None
    value_range: tuple[float, float]

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.path.name

    @property
    def height(self) -> int:
        """Rows."""
        return self.shape[0]

    @property
    def width(self) -> int:
        """Columns."""
        return self.shape[1]

    def with_labels(self, labels: Labels) -> Pair:
        """The image and what its pixels are; the labels are closed with it.

        Raises:
            SceneError: the image cannot be opened any more.
            TrainingError: the two do not fit each other.
        """
        return Pair(self.path, labels, bands=self.bands, nodata=self.nodata, value_range=self.value_range)


def look_at(path: Path, reading: Reading) -> TrainingImage:
    """What there is to know of an image, with the doubts and refusals of mapping it, and its pixels as mapping reads them.

    Raises:
        SceneError: it cannot be opened, or does not offer what the model needs.
        OptionError: the bands or nodata do not fit it.
    """
    with open_scene(
        path, bands=reading.bands, wanted=reading.wanted, nodata=reading.nodata, adaptable=reading.adaptable
    ) as scene:
        return TrainingImage(
            path=path,
            shape=scene.shape,
            bands=scene.bands,
            crs=scene.crs,
            transform=scene.transform,
            distance=scene.ground_sample_distance,
            nodata=reading.nodata,
            value_range=value_range_of(scene, reading.own_range, reading.value_range),
        )


def photograph(path: Path, reading: Reading) -> TrainingImage:
    """An image of red, green and blue in 8 bits, without a place on earth, of a data set that holds nothing else.

    Looking at thousands of images takes minutes, so this one is not, where the reading suits it.

    Raises:
        SceneError: it cannot be opened, or does not offer what the model needs.
        TrainingError: it cannot be opened, or has too few bands.
        OptionError: the bands or nodata do not fit it.
    """
    if not reading.suits_photographs:
        return look_at(path, reading)
    bands = range(1, len(RGB) + 1)
    with opened(path) as dataset:
        if dataset.count < len(bands):
            raise TrainingError(
                f"{path} has {dataset.count} bands and {len(bands)} are needed: check the data set"
            )
        return TrainingImage(
            path=path,
            shape=dataset.shape,
            bands=tuple(bands),
            crs=None,
            transform=None,
            distance=None,
            nodata=None,
            value_range=reading.value_range or reading.own_range,
        )
