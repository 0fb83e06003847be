"""From tiles to virtual scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affine import Affine

from glnet_geo.errors import OptionError
from glnet_geo.io.scenes.grouping import Kind, against, clusters, grids
from glnet_geo.io.scenes.tiled import PlacedTile, overlaps, placed
from glnet_geo.io.scenes.tiles import TileFile


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualScene:
    """Tiles that are mapped as one scene.

    Attributes:
        name: what to call it in a sentence.
        tiles: where they lie in it; a later one lies over an earlier one.
        shape: rows and columns.
        transform: pixel (col, row) to map coordinates; None without georeference.
        value_range: file values that become the network's 0 and 1; None for the model's own.
    """

    name: str
    tiles: tuple[PlacedTile, ...]
    shape: tuple[int, int]
    transform: Affine | None
    value_range: tuple[float, float] | None

    @classmethod
    def of(cls, tiles: Sequence[TileFile], value_range: tuple[float, float] | None) -> VirtualScene:
        """The smallest that holds some tiles of one grid."""
        parts, transform = placed(tiles)
        shape = max(part.window.row_stop for part in parts), max(part.window.col_stop for part in parts)
        name = tiles[0].name if len(tiles) == 1 else f"the scene of {len(tiles)} tiles around {tiles[0].name}"
        return cls(name=name, tiles=tuple(parts), shape=shape, transform=transform, value_range=value_range)

    @property
    def megapixels(self) -> float:
        """Millions of pixels of the tiles."""
        return sum(tile.file.megapixels for tile in self.tiles)

    def overlapped(self) -> frozenset[str]:
        """Paths of the tiles that share pixels with others."""
        return frozenset(self.tiles[number].file.path for pair in overlaps(self.tiles) for number in pair)


def virtual_scenes(
    found: Mapping[Kind, list[TileFile]],
    ranges: Mapping[Kind, tuple[float, float]],
    *,
    seamless: bool,
    mosaic: bool,
) -> list[VirtualScene]:
    """Virtual scenes of all tiles.

    Args:
        found: tiles by kind.
        ranges: value ranges of the kinds that have one of their own.
        seamless: whether neighbours are one scene.
        mosaic: whether all tiles shall be one scene, near each other or not.

    Raises:
        OptionError: a mosaic is wanted, and the tiles do not lie on one grid.
    """
    by_grid = [(kind, grid) for kind, tiles in found.items() for grid in grids(tiles)]
    if mosaic and len(by_grid) > 1:
        shown = "; ".join(_shown(kind, grid, found[kind]) for kind, grid in by_grid[:5])
        raise OptionError(
            f"--mosaic needs tiles on one pixel grid, and these lie on {len(by_grid)}: {shown}; bring them to one grid first "
            "(gdalwarp -t_srs -tr -tap), or run a batch for each"
        )
    scenes: list[VirtualScene] = []
    for kind, grid in by_grid:
        parts = [grid] if mosaic else clusters(grid) if seamless else [[tile] for tile in grid]
        scenes += [VirtualScene.of(part, ranges.get(kind)) for part in parts]
    return scenes


def _shown(kind: Kind, grid: Sequence[TileFile], of_kind: Sequence[TileFile]) -> str:
    """A grid in a sentence, with what tells it from the first of its kind."""
    apart = against(grid[0], grids(of_kind)[0][0])
    return f"{len(grid)} {kind} ({grid[0].name}{', ' * bool(apart)}{apart})"
