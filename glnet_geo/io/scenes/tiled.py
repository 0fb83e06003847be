"""Tiles on one pixel grid as one virtual scene, of which nothing is written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import methodcaller

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from glnet_geo.core.glance import Shows
from glnet_geo.core.window import Window
from glnet_geo.io.scenes.blocks import Blocks
from glnet_geo.io.scenes.pixels import SOON_DECODED
from glnet_geo.io.scenes.scene import Scene
from glnet_geo.io.scenes.tiles import TileFile, TileReader

_WITHIN_A_PIXEL = 0.25
"""By so much boxes of tiles are made smaller, so that those that only touch do not meet, and one of one pixel is left."""


@dataclass(frozen=True, slots=True)
class PlacedTile:
    """A tile in a virtual scene.

    Attributes:
        file: what is known of it.
        window: the pixels of the scene that are its own.
    """

    file: TileFile
    window: Window


def placed(tiles: Sequence[TileFile]) -> tuple[list[PlacedTile], Affine | None]:
    """Tiles of one pixel grid in the smallest virtual scene that holds them, and where its pixels lie.

    Args:
        tiles: at least one; several of them share one grid, with north up.
    """
    if len(tiles) == 1 or tiles[0].transform is None:
        (tile,) = tiles
        return [PlacedTile(tile, Window.whole((tile.height, tile.width)))], tile.transform
    grid = tiles[0].transform
    corners = [corner(tile, grid) for tile in tiles]
    top, left = min(row for row, _ in corners), min(col for _, col in corners)
    # The edges of real tiles, so that the scene lies exactly where one file of all pixels would.
    north = next(
        t.transform for t, (row, _) in zip(tiles, corners, strict=True) if t.transform and row == top
    )
    west = next(
        t.transform for t, (_, col) in zip(tiles, corners, strict=True) if t.transform and col == left
    )
    windows = [
        Window(row=row - top, col=col - left, height=tile.height, width=tile.width)
        for tile, (row, col) in zip(tiles, corners, strict=True)
    ]
    origin = Affine(grid.a, 0, west.c, 0, grid.e, north.f)
    return [PlacedTile(*pair) for pair in zip(_shared(tiles), windows, strict=True)], origin


def _shared(tiles: Sequence[TileFile]) -> list[TileFile]:
    """Tiles that hold what they have in common once: a scene of many is small when it is sent to other processes."""
    validity = {tile.validity: tile.validity for tile in tiles}
    return [replace(tile, crs=tiles[0].crs, validity=validity[tile.validity]) for tile in tiles]


def corner(tile: TileFile, grid: Affine) -> tuple[int, int]:
    """The row and column of a grid at which a tile on it begins."""
    if tile.transform is None:
        raise ValueError(f"{tile.name} has no place on a grid")
    # Grids of tiles have north up.
    row, col = (tile.transform.f - grid.f) / grid.e, (tile.transform.c - grid.c) / grid.a
    return round(row), round(col)


def overlaps(tiles: Sequence[PlacedTile]) -> list[tuple[int, int]]:
    """Numbers of tiles that share pixels: of the one that lies below, and of the one above it."""
    boxes = [box(tile.window).buffer(-_WITHIN_A_PIXEL, join_style="mitre") for tile in tiles]
    pairs = shapely.STRtree(boxes).query(boxes, predicate="intersects").T
    return [(int(below), int(above)) for below, above in pairs if below < above]


@dataclass(frozen=True, slots=True)
class TiledPixels:
    """The pixels of tiles where they lie; nothing is usable between them. A later tile lies over an earlier one.

    Attributes:
        tiles: that are read.
        wanted: whether the map of each tile is wanted; the others are only looked at.
        bands: how many are read.
        dtype: of the values.
        reader: opens and reads them.
    """

    tiles: tuple[PlacedTile, ...]
    wanted: tuple[bool, ...]
    bands: int
    dtype: str
    reader: TileReader
    _tree: shapely.STRtree = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", shapely.STRtree([box(tile.window) for tile in self.tiles]))

    @property
    def wanted_paths(self) -> tuple[str, ...]:
        """Paths of the tiles whose map is wanted."""
        return tuple(t.file.path for t, wanted in zip(self.tiles, self.wanted, strict=True) if wanted)

    def read(self, window: Window) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        """See `Pixels`."""
        pixels = np.zeros((self.bands, *window.shape), self.dtype)
        valid = np.zeros(window.shape, np.bool_)
        for tile, part, spot in self._parts(window):
            values, usable = self.reader.read(tile.file, methodcaller("read", part))
            np.copyto(pixels[:, spot.rows, spot.cols], values, where=usable, casting="unsafe")
            valid[spot.rows, spot.cols] |= usable
        return pixels, valid

    def valid(self, window: Window) -> NDArray[np.bool_]:
        """See `Pixels`."""
        valid = np.zeros(window.shape, np.bool_)
        for tile, part, spot in self._parts(window, wanted=True):
            usable = self.reader.read(tile.file, methodcaller("valid", part))
            valid[spot.rows, spot.cols] |= usable
        return valid

    def sample(self, most: int) -> NDArray[np.generic]:
        """See `Pixels`."""
        return sample_of([tile.file for tile in self.tiles], self.reader, most)

    def glance(self) -> Shows | None:
        """See `Pixels`."""
        unsure = [tile.file for tile in self.tiles if not tile.file.validity.everywhere]
        if sum(tile.height * tile.width for tile in unsure) > SOON_DECODED:
            return None
        known: dict[str, Shows] = {}
        for tile in unsure:
            shown = self.reader.read(tile, methodcaller("glance"))
            if shown is None:
                return None
            known[tile.path] = shown

        def shows(window: Window) -> bool:
            parts = ((tile.file.path, part) for tile, part, _ in self._parts(window))
            return any(path not in known or known[path](part) for path, part in parts)

        return shows

    def covers(self, window: Window) -> bool:
        """Whether a tile whose map is wanted lies there."""
        return any(self.wanted[number] for number in self._near(window))

    def close(self) -> None:
        """See `Pixels`."""
        self.reader.close()

    def _near(self, window: Window) -> list[int]:
        """Numbers of the tiles that share pixels with a window, in their order."""
        near = (int(number) for number in self._tree.query(box(window)))
        return sorted(number for number in near if self.tiles[number].window.intersection(window))

    def _parts(self, window: Window, *, wanted: bool = False) -> Sequence[tuple[PlacedTile, Window, Window]]:
        """Tiles under a window; what of it is theirs, in their pixels and in those of the window."""
        found = []
        for number in self._near(window):
            tile = self.tiles[number]
            part = tile.window.intersection(window)
            if part is not None and (self.wanted[number] or not wanted):
                own = part.moved(-tile.window.row, -tile.window.col)
                found.append((tile, own, part.moved(-window.row, -window.col)))
        return found


def sample_of(tiles: Sequence[TileFile], reader: TileReader, most: int) -> NDArray[np.generic]:
    """(bands, pixels) usable values of at most about ``most`` x ``most`` pixels, spread evenly over all tiles.

    Raises:
        TileError: a tile cannot be read.
    """
    total = sum(tile.height * tile.width for tile in tiles)
    share = min(1.0, most**2 / total)

    def part(tile: TileFile) -> NDArray[np.generic]:
        # Of a long tile all rows, or all columns, may be in the sample.
        square, along = math.sqrt(share * tile.height * tile.width), share * max(tile.height, tile.width)
        side = math.ceil(max(square, along))
        return reader.read(tile, lambda pixels: pixels.sample(side))

    return np.concatenate([part(tile) for tile in tiles], axis=1)


def scene_of(
    tiles: Sequence[PlacedTile],
    transform: Affine | None,
    shape: tuple[int, int],
    *,
    name: str,
    wanted: Sequence[bool],
    reader: TileReader,
) -> Scene:
    """A virtual scene of placed tiles; those that cannot be read are simply not among them.

    Args:
        tiles: at least one.
        transform: of the scene.
        shape: rows and columns of the scene.
        name: what to call it in a sentence.
        wanted: whether the map of each tile is wanted.
        reader: opens and reads them.
    """
    first = tiles[0].file
    words = list(dict.fromkeys(tile.file.nodata for tile in tiles))
    return Scene(
        path=name,
        shown=name,
        name=name,
        height=shape[0],
        width=shape[1],
        transform=transform,
        crs=first.crs,
        dtype=first.dtype,
        bands=first.bands,
        band_names=first.band_names,
        nodata=", ".join(words),
        blocks=Blocks.largest(tile.file.blocks for tile in tiles),
        bits=max(tile.file.bits for tile in tiles),
        notes=tuple(dict.fromkeys(note for tile in tiles for note in tile.file.notes)),
        pixels=TiledPixels(tuple(tiles), tuple(wanted), len(first.bands), first.dtype, reader),
    )


def box(window: Window) -> shapely.Polygon:
    """A window as a polygon, x = col and y = row."""
    return shapely.box(window.col, window.row, window.col_stop, window.row_stop)
