"""What all scenes of a batch are mapped with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glnet_geo.batching.books import Books
from glnet_geo.batching.outputs import Outputs
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.frames import Frames
from glnet_geo.io.scenes.tiles import TileReader
from glnet_geo.map_files import MapFiles
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import Model
from glnet_geo.plan import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSetup:
    """What all scenes of a batch are mapped with.

    Attributes:
        model: loaded once for all of them.
        machine: where to compute.
        options: how to classify.
        drawing: how to draw polygons, and whether to merge small areas.
        outputs: what is written.
        named: the outputs of every tile, by its path.
        frames: who computes frames.
        reader: of the tiles.
        books: what is known of every tile.
        work: the folder or the address where what is unfinished is kept.
    """

    model: Model
    machine: Machine
    options: Options
    drawing: Drawing
    outputs: Outputs
    named: Mapping[str, MapFiles]
    frames: Frames
    reader: TileReader
    books: Books
    work: str | Path

    @property
    def confidence(self) -> bool:
        """Whether the winner's probability is needed: a raster of it is written, or polygons, which carry its mean."""
        return self.outputs.confidence or self.outputs.wants_polygons

    @property
    def merges(self) -> bool:
        """Whether small areas are merged into their neighbours."""
        return self.drawing.min_area > 0
