"""What a raster says of itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from affine import Affine
from rasterio.crs import CRS

from glnet_geo.io.scenes.blocks import Blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a raster without its pixels.

    Attributes:
        path: as it was given.
        shown: the path for a person, without what may be secret in an address.
        name: without its folder.
        height: rows.
        width: columns.
        transform: pixel (col, row) to map coordinates; None without georeference.
        crs: None where there is none.
        dtype: the type of the values in the file, or the narrowest that holds those of all bands.
        bands: numbers of the bands that are read, from 1, in the model's order.
        band_names: what the raster calls them; empty where it does not say.
        nodata: how pixels without data are told, in words.
        notes: sentences for the log.
        blocks: in which it is stored.
        bits: of a byte, those that the file declares to use; 8 for all.
    """

    path: str
    shown: str
    name: str
    height: int
    width: int
    transform: Affine | None
    crs: CRS | None
    dtype: str
    bands: tuple[int, ...]
    band_names: tuple[str, ...]
    nodata: str
    notes: tuple[str, ...]
    blocks: Blocks
    bits: int = 8

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.height * self.width / 1e6

    def header(self) -> dict[str, Any]:
        """The attributes above, by name."""
        return {each.name: getattr(self, each.name) for each in fields(Header)}
