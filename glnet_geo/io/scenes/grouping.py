"""Which tiles belong together: on one pixel grid, and beside each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import shapely
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.core.graph import components
from glnet_geo.io.scenes.tiled import corner
from glnet_geo.io.scenes.tiles import TileFile

NEAR = 16
"""Tiles with a gap of at most this many pixels between them are neighbours."""

_BINS = 50
"""Parts of a pixel by which grids are told apart: shifts of less than one are rounding."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What tiles must share so that one map of them makes sense.

    Attributes:
        crs: as text; None where there is none.
        pixel: its width and height in units of the CRS, to nine digits.
        bands: numbers of the bands that are read.
        dtype: of the values.
    """

    crs: str | None
    pixel: tuple[str, str]
    bands: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, tile: TileFile) -> Kind:
        """That of a tile."""
        pixel = tile.transform or Affine.identity()
        sizes = tuple(f"{size:.9g}" for size in (abs(pixel.a), abs(pixel.e)))
        return cls(_text(tile.crs), (sizes[0], sizes[1]), tile.bands, tile.dtype)

    def __str__(self) -> str:
        place = "without CRS" if self.crs is None else f"in {self.crs}"
        width, height = self.pixel
        size = width if width == height else f"{width} x {height}"
        bands = ",".join(map(str, self.bands))
        return f"{place}, pixels of {size}, bands {bands} of {self.dtype}"


def kinds(tiles: Sequence[TileFile]) -> dict[Kind, list[TileFile]]:
    """Tiles by their kind, in their order."""
    found: dict[Kind, list[TileFile]] = defaultdict(list)
    for tile in tiles:
        found[Kind.of(tile)].append(tile)
    return dict(found)


def grids(tiles: Sequence[TileFile]) -> list[list[TileFile]]:
    """Tiles of one kind by the pixel grid that they lie on; one without a place, turned or mirrored is alone."""
    alone: list[list[TileFile]] = []
    found: dict[tuple[int, int], list[TileFile]] = {}
    for tile in tiles:
        if not _on_grid(tile):
            alone.append([tile])
            continue
        bins = _bins(tile)
        shifts = product((0, -1, 1), repeat=2)
        near = [((bins[0] + row) % _BINS, (bins[1] + col) % _BINS) for row, col in shifts]
        found.setdefault(next((place for place in near if place in found), bins), []).append(tile)
    return [*found.values(), *alone]


def against(tile: TileFile, other: TileFile) -> str:
    """Why a tile is not on the pixel grid of another of its kind, in words; empty where it is."""
    own, theirs = tile.transform, other.transform
    if own is None or theirs is None or tile.crs is None:
        return "without a place"
    if not _on_grid(tile):
        return "turned or mirrored"
    shifts = (own.c - theirs.c) / theirs.a, (own.f - theirs.f) / theirs.e
    # Adding 0 makes one of the two zeros that there are.
    cols, rows = (round(shift - round(shift), 2) + 0 for shift in shifts)
    return f"shifted by {cols:g} columns and {rows:g} rows against {other.name}" if cols or rows else ""


def clusters(tiles: Sequence[TileFile]) -> list[list[TileFile]]:
    """Tiles of one grid by what hangs together: each cluster in its order, clusters by their first tile."""
    grid = tiles[0].transform
    if grid is None or len(tiles) == 1:
        return [[tile] for tile in tiles]
    corners = np.array([corner(tile, grid) for tile in tiles])
    sizes = np.array([(tile.height, tile.width) for tile in tiles])
    (top, left), (bottom, right) = corners.T, (corners + sizes).T
    reach = NEAR / 2
    boxes = shapely.box(left - reach, top - reach, right + reach, bottom + reach)
    neighbours = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    found: dict[int, list[TileFile]] = defaultdict(list)
    for tile, cluster in zip(tiles, components(len(tiles), neighbours).tolist(), strict=True):
        found[cluster].append(tile)
    return list(found.values())


def sentences(found: dict[Kind, list[TileFile]]) -> Iterator[str]:
    """Says which kinds of tiles there are, where there are several."""
    if len(found) > 1:
        yield f"the tiles are of {len(found)} kinds, which are mapped on their own:"
        for kind, tiles in found.items():
            yield f"  {len(tiles)} {kind} ({tiles[0].name}{', ...' if len(tiles) > 1 else ''})"


def _on_grid(tile: TileFile) -> bool:
    pixel = tile.transform
    return (
        pixel is not None and tile.crs is not None and (pixel.b, pixel.d) == (0, 0) and pixel.a > 0 > pixel.e
    )


def _bins(tile: TileFile) -> tuple[int, int]:
    """The part of a pixel by which a tile is shifted against the origin of its CRS, along rows and columns."""
    pixel = tile.transform or Affine.identity()
    row, col = (round(edge % 1 * _BINS) % _BINS for edge in (pixel.f / pixel.e, pixel.c / pixel.a))
    return row, col


def _text(crs: CRS | None) -> str | None:
    return None if crs is None else str(crs.to_string())
