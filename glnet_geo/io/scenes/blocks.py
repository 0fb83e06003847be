"""The blocks in which a raster is stored, and how many of them GDAL keeps decoded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from typing_extensions import Self

_UNKNOWN = (512, 512)
"""Of what lies behind a virtual raster: most files that are tiled are tiled so."""

_KEPT = 64 << 20
"""Bytes for a raster of one band that is read some rows at a time: a row of such tiles over 100,000 columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What is decoded at a time when a raster is read.

    Attributes:
        height: rows of a block.
        width: columns of a block.
        pixel_bytes: of a decoded pixel, with its mask and all bands that are decoded together.
    """

    height: int
    width: int
    pixel_bytes: int

    @classmethod
    def of(cls, dataset: DatasetReader, bands: Sequence[int]) -> Self:
        """The blocks of an open raster of which some bands are read, numbered from 1."""
        virtual = isinstance(dataset, WarpedVRT) or dataset.driver == "VRT"
        shapes = [_UNKNOWN] if virtual else dataset.block_shapes
        apart = dataset.interleaving == Interleaving.band
        sizes = [_itemsize(dtype) for dtype in dataset.dtypes]
        return cls(
            height=max(height for height, _ in shapes),
            width=max(width for _, width in shapes),
            # And one for the mask.
            pixel_bytes=1 + sum(sizes[number - 1] for number in bands) if apart else 1 + sum(sizes),
        )

    @classmethod
    def largest(cls, blocks: Iterable[Self]) -> Self:
        """As large as the largest of some, along each side."""
        known = list(blocks)
        return cls(
            height=max(each.height for each in known),
            width=max(each.width for each in known),
            pixel_bytes=max(each.pixel_bytes for each in known),
        )

    def under(self, height: int, width: int, raster: tuple[int, int]) -> int:
        """Bytes of the blocks under a window, wherever it lies in a raster of some rows and columns."""
        rows, cols = (
            min(math.ceil(side / block) + 1, math.ceil(whole / block)) * block
            for side, block, whole in zip((height, width), (self.height, self.width), raster, strict=True)
        )
        return rows * cols * self.pixel_bytes


def block_cache(size: int = _KEPT) -> rasterio.Env:
    """A context in which GDAL keeps at most this many bytes of decoded blocks; by default it would take a share of all memory."""
    # Bytes, also where a small number would be megabytes to GDAL itself.
    return rasterio.Env(GDAL_CACHEMAX=size)


def block_cache_of(rasters: int) -> rasterio.Env:
    """`block_cache` for some rasters of one band that are read together, some rows at a time."""
    return block_cache(rasters * _KEPT)


def _itemsize(dtype: str) -> int:
    """Bytes of a value. NumPy does not know all complex ones."""
    return 4 if dtype.startswith("complex_int") else np.dtype(dtype).itemsize
