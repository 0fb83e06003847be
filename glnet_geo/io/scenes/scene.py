"""A scene: one raster, read in windows, on its own grid or resampled to a lattice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from typing_extensions import Self

from glnet_geo.core.lattice import Axis, Lattice
from glnet_geo.core.resample import Stretches
from glnet_geo.core.window import Window
from glnet_geo.errors import SceneError
from glnet_geo.io.geodesy.ground import ground_sample_distance, has_ground
from glnet_geo.io.scenes.bands import choose_bands
from glnet_geo.io.scenes.blocks import Blocks
from glnet_geo.io.scenes.doubts import (
    warn_of_a_place_beyond_the_ground,
    warn_of_collar,
    warn_of_imagery_as_alpha,
    warn_of_other_images,
    warn_of_rational_polynomials,
)
from glnet_geo.io.scenes.header import Header
from glnet_geo.io.scenes.pixels import FilePixels, Pixels, as_they_are, common_dtype, resample_into
from glnet_geo.io.scenes.source import Source, control_points, transform_of

SAMPLE_SIDE = 1024
"""Rows and columns of the pixels from which a value range is taken."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a window of a scene shows.

    Attributes:
        pixels: (bands, rows, cols) float32, values as in the file; 0 where not valid.
        valid: (rows, cols) True = usable.
    """

    pixels: NDArray[np.float32]
    valid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Header):
    """One raster on its own pixel grid, open for reading from several threads; made by `open_scene`.

    Attributes:
        pixels: where they come from.
    """

    pixels: Pixels = field(repr=False)

    @property
    def ground_sample_distance(self) -> tuple[float, float] | None:
        """Metres on the ground from row to row and from column to column; None where that is unknown."""
        return ground_sample_distance(self)

    def read(self, window: Window, lattice: Lattice) -> Excerpt:
        """What a window of the lattice shows; nothing is valid outside the scene.

        A place gets the same values whatever the window around it, and overviews are not used.

        Args:
            window: in lattice pixels.
            lattice: where the scene lies.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        pixels = np.zeros((len(self.bands), *window.shape), np.float32)
        valid = np.zeros(window.shape, np.bool_)
        rows = _overlap(lattice.rows, window.row, window.height)
        cols = _overlap(lattice.cols, window.col, window.width)
        if not rows or not cols:
            return Excerpt(pixels, valid)
        down = slice(rows.start - window.row, rows.stop - window.row)
        across = slice(cols.start - window.col, cols.stop - window.col)
        if lattice.native:
            origin = int(lattice.rows.phase), int(lattice.cols.phase)
            inside = Window(row=rows.start, col=cols.start, height=len(rows), width=len(cols))
            pixels[:, down, across], valid[down, across] = as_they_are(
                self.pixels, inside.moved(-origin[0], -origin[1])
            )
        else:
            stretches = _stretches(lattice.rows, rows), _stretches(lattice.cols, cols)
            resample_into(pixels[:, down, across], valid[down, across], self.pixels, *stretches)
        return Excerpt(pixels, valid)

    def valid(self, window: Window) -> NDArray[np.bool_]:
        """(rows, cols) True where the scene's own pixels in a window inside it are usable.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        return self.pixels.valid(window)

    def value_range(self) -> tuple[float, float]:
        """The 2nd and 98th percentile of the valid values of all bands, from at most 1024 x 1024 pixels.

        The pixels lie on a regular grid over the scene; where the file has overviews, they are taken from these.

        Raises:
            SceneError: no pixel of the sample is valid, or the file is damaged.
        """
        sample = self.pixels.sample(SAMPLE_SIDE)
        if not sample.size:
            raise SceneError(
                f"{self.name} has no valid pixel (nodata: {self.nodata}): check its nodata value and its alpha band"
            )
        return range_of(sample)

    def close(self) -> None:
        """Close the file in all threads; none may be reading."""
        self.pixels.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def range_of(sample: NDArray[np.generic]) -> tuple[float, float]:
    """The 2nd and 98th percentile of values."""
    low, high = np.percentile(sample.astype(np.float64), [2, 98])
    return float(low), float(high)


def open_scene(
    path: str | Path,
    *,
    bands: str | None = None,
    wanted: Sequence[str],
    nodata: float | None = None,
    adaptable: bool = False,
) -> Scene:
    """Open a raster for classification.

    Args:
        path: anything that GDAL opens: GeoTIFF, COG, VRT, JPEG, an address.
        bands: numbers or names of its bands in the model's order, separated by commas; None to find them.
        wanted: names of the model's bands.
        nodata: value of pixels without data, instead of one that the scene declares; alpha and mask still count.
        adaptable: whether the model is only to be made: see `choose_bands`.

    Raises:
        SceneError: it cannot be opened, or does not offer what the model needs.
        OptionError: ``bands`` or ``nodata`` does not fit it.
    """
    source = Source(str(path), nodata)
    try:
        return _described(source, bands, wanted, nodata, adaptable=adaptable)
    except BaseException:
        source.close()
        raise


def _described(
    source: Source, bands: str | None, wanted: Sequence[str], nodata: float | None, *, adaptable: bool
) -> Scene:
    dataset = source.dataset()
    chosen = choose_bands(dataset, bands, wanted, source.name, adaptable=adaptable)
    numbers = tuple(band.number for band in chosen)
    pixels = FilePixels.of(source, numbers, nodata)
    validity = pixels.validity
    warn_of_collar(source, numbers, validity, dataset.shape)
    warn_of_imagery_as_alpha(source, validity, dataset.shape)
    warn_of_other_images(dataset, source.name)
    warn_of_rational_polynomials(dataset, source.name)
    warn_of_a_place_beyond_the_ground(dataset, source.name)
    warped = control_points(dataset) > 0
    return Scene(
        path=source.path,
        shown=source.shown,
        name=source.name,
        height=dataset.height,
        width=dataset.width,
        transform=transform_of(dataset),
        crs=dataset.crs,
        dtype=common_dtype(source, numbers),
        bands=numbers,
        band_names=tuple(band.label for band in chosen),
        nodata=validity.words + " of the warped view" * warped,
        notes=tuple(_notes(dataset, numbers, source.name)),
        blocks=Blocks.of(dataset, numbers),
        bits=max(_bits(dataset, number) for number in numbers),
        pixels=pixels,
    )


def _notes(dataset: DatasetReader, bands: Sequence[int], name: str) -> Iterator[str]:
    points = control_points(dataset)
    if points:
        yield (
            f"{name} is georeferenced by {points} ground control points: it is mapped through a warped view of "
            f"{dataset.height} x {dataset.width} pixels"
        )
    elif dataset.gcps[0] and dataset.crs is None:
        yield f"the {len(dataset.gcps[0])} ground control points of {name} have no CRS and are not used"
    if dataset.crs is None:
        yield f"{name} has no CRS: the map will have none either, and no areas"
    elif dataset.transform.is_identity:
        yield f"{name} has a CRS but no place in it: the map will have none either, and no areas"
    elif not has_ground(dataset.crs):
        yield f"the CRS of {name} has no place on the ground: the map keeps it, and has no areas"
    for scale, offset in dict.fromkeys((dataset.scales[n - 1], dataset.offsets[n - 1]) for n in bands):
        if (scale, offset) != (1, 0):
            yield (
                f"values of {name} are taken as they are stored, without the scale {scale:g} and the offset {offset:g} that "
                "it declares: --value-range counts in stored values"
            )


def _bits(dataset: DatasetReader, band: int) -> int:
    """The bits that a band declares to use of a byte."""
    declared = dataset.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", "")
    return min(8, int(declared)) if declared.isdecimal() else 8


def _overlap(axis: Axis, start: int, length: int) -> range:
    """The lattice pixels of a stretch that the scene reaches into."""
    # Slivers come from rounding.
    first = math.floor(round(axis.to_lattice(0), 6))
    stop = math.ceil(round(axis.to_lattice(axis.length), 6))
    return range(max(start, first), min(start + length, stop))


def _stretches(axis: Axis, places: range) -> Stretches:
    """The scene's pixels under lattice pixels."""
    edges = np.array([axis.to_scene(place) for place in range(places.start, places.stop + 1)])
    return Stretches.between(edges, axis.length)
