"""Hashes that tell whether outputs are still those of a job and of the pixels that they were made of."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import shapely

from glnet_geo.core.grid import Frame
from glnet_geo.core.lattice import in_cells
from glnet_geo.core.mosaic import Enlargement
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.window import Window
from glnet_geo.io.files.identity import mark_of
from glnet_geo.io.scenes.tiled import PlacedTile, box, overlaps
from glnet_geo.io.scenes.tiles import TileFile
from glnet_geo.plan import Plan


def mark(value: object) -> str:
    """The hash of anything that JSON can hold, or that has a text."""
    return mark_of(value).hex()


def job_mark(job: Mapping[str, object], drawing: Drawing) -> str:
    """What tells outputs of one job from those of another, whatever the tiles."""
    return mark([dict(job), asdict(drawing)])


def place_mark(plan: Plan) -> str:
    """What tells one virtual scene from another: its place and its size."""
    scene = plan.scene
    crs = None if scene.crs is None else scene.crs.to_wkt()
    transform = None if scene.transform is None else tuple(scene.transform)
    return mark([crs, transform, scene.shape, plan.normalization.low, plan.normalization.high])


def pixels_mark(file: TileFile) -> str:
    """What the pixels of a tile depend on; some formats tell how to read them in files beside the tile."""
    return mark([file.identity, file.bands, asdict(file.validity)])


def fingerprints(plan: Plan, tiles: Sequence[PlacedTile], *, merges: bool) -> dict[str, str]:
    """What the map of every tile depends on: the scene's place, and all tiles in its reach.

    Args:
        plan: of the scene.
        tiles: all that can be read.
        merges: whether small areas join their neighbours; through them every tile reaches every other.
    """
    place, own = place_mark(plan), _own_marks(tiles)
    if merges:
        everything = mark(sorted(own))
        return {tile.file.path: mark([place, one, everything]) for tile, one in zip(tiles, own, strict=True)}
    tree = shapely.STRtree([box(tile.window) for tile in tiles])
    rows, cols = (
        math.ceil(plan.card.tiling.frame / axis.scale) for axis in (plan.lattice.rows, plan.lattice.cols)
    )
    found = {}
    for number, tile in enumerate(tiles):
        near = sorted(own[int(other)] for other in tree.query(box(tile.window.grown(rows, cols))))
        found[tile.file.path] = mark([place, own[number], near])
    return found


def _own_marks(tiles: Sequence[PlacedTile]) -> list[str]:
    """What the pixels of every tile's map depend on, were there no frames that see its neighbours."""
    above: Mapping[int, list[str]] = defaultdict(list)
    for below, number in overlaps(tiles):
        above[below].append(tiles[number].file.path)
    return [
        mark([pixels_mark(tile.file), asdict(tile.window), sorted(above[number])])
        for number, tile in enumerate(tiles)
    ]


def touched(plan: Plan, window: Window) -> tuple[int, list[tuple[int, int]]]:
    """What has seen a part of a scene: the first row of the map, and the places of the frames.

    Args:
        plan: of the scene.
        window: the part, in the scene's pixels.
    """
    frames = [frame for frame, seen in _views(plan) if seen.intersection(window)]
    if not frames:
        return plan.scene.height, []
    first_cell = min(frame.share.row for frame in frames)
    first_row = Enlargement(plan.lattice.rows).ready(first_cell)
    return first_row, [(frame.window.row, frame.window.col) for frame in frames]


def lacking(plan: Plan, tiles: Sequence[PlacedTile]) -> dict[tuple[int, int], str]:
    """Which frames would have seen something of tiles that cannot be read, by their places: hashes of these tiles.

    Args:
        plan: of the scene without them.
        tiles: that cannot be read.
    """
    if not tiles:
        return {}
    tree = shapely.STRtree([box(tile.window) for tile in tiles])
    found = {}
    for frame, seen in _views(plan):
        near = (tiles[int(number)] for number in tree.query(box(seen)))
        missed = sorted(tile.file.path for tile in near if tile.window.intersection(seen))
        if missed:
            found[frame.window.row, frame.window.col] = mark(missed)
    return found


def _views(plan: Plan) -> Iterator[tuple[Frame, Window]]:
    """All frames, and what each sees, in the scene's pixels."""
    for row in plan.frames():
        for frame in row:
            yield frame, plan.scene_window(in_cells(frame.window))
