"""The files that a map is written to, and what makes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import Self

from glnet_geo.core.legend import Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.strip import Sink
from glnet_geo.errors import OutputError
from glnet_geo.io.files.staging import Staging, is_raster
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.maps.raster import ClassRaster, ConfidenceRaster
from glnet_geo.io.polygons.vector import PolygonLayer
from glnet_geo.io.scenes.source_files import refuse_to_replace

if TYPE_CHECKING:
    from glnet_geo.plan import Options


def named_outputs(out: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The outputs that a person named, one or more.

    Raises:
        OutputError: there is none.
    """
    paths = tuple(Path(path) for path in ([out] if isinstance(out, str | Path) else out))
    if not paths:
        raise OutputError("no output was named: add --out landcover.gpkg")
    return paths


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFiles:
    """The files that the map of a scene, of a tile or of many tiles is written to.

    Attributes:
        maps: get classes or polygons, as their suffixes say.
        confidence: gets the winning class's probability; None where it is not asked for.
        refused: why there are none, for a tile whose files could not be named; else empty.
    """

    maps: tuple[Path, ...]
    confidence: Path | None = None
    refused: str = ""

    @classmethod
    def of(
        cls,
        scene: str | Path,
        out: str | Path | Sequence[str | Path],
        confidence: str | Path | None,
        options: Options,
    ) -> Self:
        """What a person named for a scene.

        Args:
            scene: to be mapped.
            out: one map or more.
            confidence: a raster, or None.
            options: whose files are read too.

        Raises:
            OutputError: no map was named, one would replace what is read, or the confidence is to go into another file
                than a raster.
        """
        maps = named_outputs(out)
        sure = None if confidence is None else Path(confidence)
        if sure is not None and not is_raster(sure):
            raise OutputError(f"{sure} cannot hold confidence: name a .tif file")
        files = cls(maps=maps, confidence=sure)
        for path in files.all:
            refuse_to_replace(path, scene=scene, area_of_interest=options.aoi, model=options.model_file)
        return files

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file, the confidence last."""
        return self.maps if self.confidence is None else (*self.maps, self.confidence)

    @property
    def tell_confidence(self) -> bool:
        """Whether it must be known how sure the map is: a file holds it, or polygons, of which each says so."""
        return self.confidence is not None or any(not is_raster(path) for path in self.maps)

    def sinks(
        self, staging: Staging, raster: Placed, legend: Legend, drawing: Drawing, tags: Mapping[str, str]
    ) -> Iterator[Sink]:
        """What makes the files, one by one: classes, polygons that say how sure they are, the confidence.

        Args:
            staging: where they are made.
            raster: the scene or the tile.
            legend: the model's.
            drawing: how polygons are drawn.
            tags: provenance.

        Raises:
            OutputError: one cannot be made; those before it are to be closed.
        """
        for path in self.maps:
            made = staging.temporary(path)
            if is_raster(path):
                yield ClassRaster(made, raster, legend, tags=tags)
            else:
                yield PolygonLayer(made, raster, legend, drawing, tags=tags, confidence=True)
        if self.confidence is not None:
            yield ConfidenceRaster(staging.temporary(self.confidence), raster, tags=tags)
