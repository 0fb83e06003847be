"""The files that the map of a scene is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import Self

from glnet_geo.errors import OutputError
from glnet_geo.io.files.staging import is_raster
from glnet_geo.io.scenes.source_files import refuse_to_replace

if TYPE_CHECKING:
    from glnet_geo.plan import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFiles:
    """The files that the map of a scene is written to.

    Attributes:
        maps: get classes or polygons, as their suffixes say; at least one.
        confidence: gets the winning class's probability; None where it is not asked for.
    """

    maps: tuple[Path, ...]
    confidence: Path | None

    @classmethod
    def of(
        cls,
        scene: str | Path,
        out: str | Path | Sequence[str | Path],
        confidence: str | Path | None,
        options: Options,
    ) -> Self:
        """What a person named.

        Args:
            scene: to be mapped.
            out: one map or more.
            confidence: a raster, or None.
            options: whose files are read too.

        Raises:
            OutputError: no map was named, one would replace what is read, or the confidence is to go into another file
                than a raster.
        """
        maps = tuple(Path(path) for path in ([out] if isinstance(out, str | Path) else out))
        if not maps:
            raise OutputError("no output was named: add --out landcover.gpkg")
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
