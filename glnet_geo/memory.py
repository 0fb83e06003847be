"""How much memory a job needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL, Lattice
from glnet_geo.io.scenes.scene import Scene
from glnet_geo.model.package import Model

STRIP_PIXELS = 1_500_000
"""Pixels of a strip, about, whatever the width of a scene."""

STRIP_ROWS = (16, 256)
"""Fewest and most rows of a strip."""

_LIBRARIES_BYTES = 900e6
"""Of Python, torch, GDAL and all else that is imported, before a scene is opened: as measured on Linux."""

_MOST_KEPT = 1_000_000_000
"""Bytes of decoded blocks, also where more would be of use: a laptop has other things to do."""

_LEAST_KEPT = 64_000_000
"""Bytes of decoded blocks, also where fewer would do: outputs read their own drafts back, too."""

_FRAME_KEPT = 256_000_000
"""Bytes of the decoded blocks under one frame that are kept as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a job is expected to need at its peak.

    Attributes:
        total: bytes, libraries included.
        kept: of these, what is left to decoded blocks of the scene.
        again: whether whole rows are decoded anew for every frame, since there is no room to keep them.
    """

    total: int
    kept: int
    again: bool


def memory_of(
    scene: Scene,
    lattice: Lattice,
    model: Model,
    *,
    exact: bool,
    readers: int,
    confidence: bool,
    most: int | None,
) -> Memory:
    """The memory that a job needs.

    Args:
        scene: that is mapped.
        lattice: where it lies.
        model: that maps it.
        exact: whether the scene is one frame.
        readers: threads that read ahead.
        confidence: whether the winner's probability is wanted too.
        most: bytes that the job should get along with; None for as many as are of use.
    """
    bands, classes, tiling = len(model.card.bands), len(model.card.legend), model.card.tiling
    fixed = _LIBRARIES_BYTES + 8 * sum(weight.numel() for weight in model.network.parameters())
    # Numbers are float32: pixels of frames that are read ahead and of the one that is mapped, logits of a frame while
    # they are blended, those of all rows that are open, and what a strip is decided from.
    if exact:
        needed = fixed + scene.height * scene.width * 4 * (2 * bands + 2 * classes)
    else:
        extent = lattice.extent
        frame = min(extent.height, tiling.frame) * min(extent.width, tiling.frame)
        reading = frame * (4 * bands + 1) * (2 + readers)
        blending = frame // CELL**2 * 4 * classes * 4
        mosaic = 2 * min(extent.height, tiling.frame + tiling.stride) * extent.width // CELL**2 * 4 * classes
        strip = max(STRIP_PIXELS, STRIP_ROWS[0] * scene.width) * (4 * classes * (4 if confidence else 3) + 8)
        needed = fixed + reading + blending + mosaic + strip
    useful = max(_LEAST_KEPT, _useful_blocks(scene, lattice, tiling, readers))
    room = _MOST_KEPT if most is None else max(0, min(_MOST_KEPT, int(most - needed)))
    kept = useful if useful <= room else min(_LEAST_KEPT, room)
    return Memory(
        total=int(needed + kept), kept=kept, again=kept < useful and scene.blocks.width >= scene.width
    )


def strip_rows(scene: Scene) -> int:
    """Rows that flow to the outputs at a time: the fewer, the wider the scene."""
    least, most = STRIP_ROWS
    return min(most, max(least, STRIP_PIXELS // scene.width))


def _useful_blocks(scene: Scene, lattice: Lattice, tiling: Tiling, readers: int) -> int:
    """Bytes of the decoded blocks that frames, and rows of the map, share with those that come after them."""
    blocks, shape = scene.blocks, scene.shape
    height, width = (math.ceil(tiling.frame / axis.scale) for axis in (lattice.rows, lattice.cols))
    frame = blocks.under(height, width, shape)
    if frame > _FRAME_KEPT and blocks.width < scene.width:
        # Of large frames only what is read next; they decode the blocks at their edges twice.
        frame = blocks.under(1, width, shape)
    return readers * frame + blocks.under(strip_rows(scene), scene.width, shape)
