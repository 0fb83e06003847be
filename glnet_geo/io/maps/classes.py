"""Categorical rasters, ours or anybody's: read in strips, with the names and colours that lie in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from typing_extensions import Self

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError, SceneError, doubt
from glnet_geo.io.maps.class_names import class_names
from glnet_geo.io.scenes.doubts import warn_of_a_place_beyond_the_ground, warn_of_other_images
from glnet_geo.io.scenes.source import Source, is_integer, transform_of
from glnet_geo.io.scenes.validity import Validity

MOST_CLASSES = NODATA
"""So many classes a map may have: one of 256 values is left for nodata."""

_LARGEST = int(np.iinfo(np.int64).max)
"""The largest number that vector files hold."""

_PIXELS_AT_ONCE = 1 << 20
_MANY = 64
_COUNTED = 1 << 16
"""Values are counted, not sorted, where they span no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMap:
    """A raster whose values are classes, open for reading; made by `open_classes`.

    Attributes:
        shown: its path for a person: see `Source`.
        name: without its folder.
        height: rows.
        width: columns.
        transform: pixel (col, row) to map coordinates; None without georeference.
        crs: None where there is none.
        legend: the classes that occur, by rising value.
        known: these and the classes that are only named, in the order of a class file, else by rising value.
        named: whether any class has a name that is more than its number.
        tags: what the raster says of itself.
    """

    shown: str
    name: str
    height: int
    width: int
    transform: Affine | None
    crs: CRS | None
    legend: Legend
    known: Legend
    named: bool
    tags: dict[str, str]
    _band: int
    _source: Source = field(repr=False)
    _validity: Validity = field(repr=False)

    @property
    def codes(self) -> NDArray[np.uint8]:
        """(classes,) uint8, the value in `strips` of each class of the legend."""
        return np.arange(len(self.legend), dtype=np.uint8)

    def strips(self) -> Iterator[Strip]:
        """All rows from top to bottom, as `codes`, and 255 where there is no class.

        Raises:
            SceneError: the file is damaged, or went away.
        """
        values = np.array([c.id for c in self.legend])
        for window in _row_windows(self.height, self.width):
            pixels, valid = _read(self._source, self._validity, self._band, window)
            # In the type of the pixels, all of which occur: of mixed ones NumPy would compare fractions.
            codes = np.searchsorted(values.astype(pixels.dtype), pixels).astype(np.uint8)
            yield Strip(row=window.row, classes=np.where(valid, codes, np.uint8(NODATA)))

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open_classes(path: str | Path, *, band: int | None = None, legend: Legend | None = None) -> ClassMap:
    """Open a categorical raster; it is read once to see which classes occur.

    Args:
        path: anything that GDAL opens.
        band: number of the band that holds the classes, from 1; None for the first, where there is no choice.
        legend: names and colours, instead of those in the raster.

    Raises:
        SceneError: it cannot be opened, is damaged, or does not hold classes.
        OptionError: it has no such band.
    """
    # Between two classes lies no third one.
    source = Source(str(path), resampling=Resampling.nearest)
    try:
        return _described(source, band, legend)
    except BaseException:
        source.close()
        raise


def _described(source: Source, chosen: int | None, legend: Legend | None) -> ClassMap:
    dataset, band = source.dataset(), 1 if chosen is None else chosen
    if chosen is not None and not 1 <= chosen <= dataset.count:
        raise OptionError(f"{source.name} has no band {band}: choose one from 1 to {dataset.count}")
    dtype = dataset.dtypes[band - 1]
    if not is_integer(dtype):
        raise SceneError(
            f"{source.name} holds {dtype} values, which are no classes: if they are whole numbers, convert them with "
            "gdal_translate -ot Byte (or Int16), else classify them first"
        )
    validity = Validity.of(dataset, (band,), dtype, None)
    remedy = "a classified raster" if chosen is None else "a classified raster, or another --band"
    values = _values(source, validity, band, dataset.shape, remedy)
    if not values:
        raise SceneError(f"{source.name} has no pixel with a class: check its nodata value and its mask")
    names, colors = (
        class_names(dataset, band)
        if legend is None
        else ({c.id: c.name for c in legend}, {c.id: c.color for c in legend})
    )
    _doubt_values(source, values, names, colors, given=legend is not None)
    warn_of_other_images(dataset, source.name)
    warn_of_a_place_beyond_the_ground(dataset, source.name)
    if dataset.crs is not None and dataset.transform.is_identity:
        doubt(
            f"{source.name} has a CRS but no place in it, and is taken for a map without CRS: give it one first "
            "(gdal_edit.py -a_ullr)"
        )
    return ClassMap(
        shown=source.shown,
        name=source.name,
        height=dataset.height,
        width=dataset.width,
        transform=transform_of(dataset),
        crs=dataset.crs,
        legend=Legend.of_values(values, names, colors),
        known=_known(values, names, colors, legend),
        named=bool(names),
        tags=dataset.tags(),
        _band=band,
        _source=source,
        _validity=validity,
    )


def _doubt_values(
    source: Source, values: Sequence[int], names: Mapping[int, str], colors: Mapping[int, str], *, given: bool
) -> None:
    """Warn of values that look like no classes, or that a class file does not name."""
    if not given and len(values) > _MANY and not names and not colors:
        doubt(
            f"{source.name} holds {len(values)} different values without names or colours: if it is an image and not "
            "a map of classes, classify it first"
        )
    unnamed = sorted(set(values) - names.keys())
    if given and unnamed:
        doubt(
            f"{source.name} holds the classes {', '.join(map(str, unnamed[:10]))}, which the class file does not name: "
            "they are called by their numbers"
        )


def _known(
    values: Sequence[int], names: Mapping[int, str], colors: Mapping[int, str], given: Legend | None
) -> Legend:
    """The classes that occur and those that are only named."""
    known = {*values}
    if len(known | names.keys()) <= MOST_CLASSES:
        # 255 is a class where the map uses it, and never otherwise.
        known |= names.keys() - {NODATA}
    whole = Legend.of_values(known, names, colors)
    order = {c.id: place for place, c in enumerate(given or ())}
    return Legend(tuple(sorted(whole, key=lambda c: order.get(c.id, len(order)))))


def _values(source: Source, validity: Validity, band: int, shape: tuple[int, int], remedy: str) -> list[int]:
    """All values of usable pixels, rising."""
    found: set[int] = set()
    for window in _row_windows(*shape):
        pixels, valid = _read(source, validity, band, window)
        usable = pixels[valid]
        if usable.size and usable.max() > _LARGEST:
            raise SceneError(
                f"{source.name} holds the value {usable.max()}, and a class is at most {_LARGEST}: give its classes smaller "
                "numbers, or declare this value as nodata"
            )
        found |= _distinct(usable)
        if len(found) > MOST_CLASSES:
            raise SceneError(
                f"{source.name} holds more than {MOST_CLASSES} different values by row {window.row_stop}: it looks like an "
                f"image and not like a map of classes; give {remedy}"
            )
    return sorted(found)


def _distinct(values: NDArray[np.integer]) -> set[int]:
    if not values.size:
        return set()
    low, high = int(values.min()), int(values.max())
    if high - low >= _COUNTED:
        return set(np.unique(values).tolist())
    counts = np.bincount((values.astype(np.int64) - low).ravel())
    return set((np.flatnonzero(counts) + low).tolist())


def _read(
    source: Source, validity: Validity, band: int, window: Window
) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
    raw = source.values([band], window)
    pixels: NDArray[np.integer] = raw[0]
    return pixels, validity.apply(source, window, raw)


def _row_windows(height: int, width: int) -> Iterator[Window]:
    step = max(1, _PIXELS_AT_ONCE // width)
    for row in range(0, height, step):
        yield Window(row=row, col=0, height=min(step, height - row), width=width)
