"""What a batch writes, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.files.odd_names import is_text
from glnet_geo.io.files.staging import check_name, check_suffix, is_raster
from glnet_geo.io.files.suffixes import MAP_VECTORS, MAPS
from glnet_geo.map_files import MapFiles

DEFAULT_NAME = "{stem}_landcover{suffix}"

_FIELDS = {"stem", "parent", "number", "suffix"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What a batch writes, and where.

    Attributes:
        folder: made where it is missing.
        formats: of the map of every tile: ``tif`` for classes, ``gpkg``, ``fgb``, ``parquet``, ``geojson`` for
            polygons; none for no maps of tiles.
        name: of the files of a tile: ``{stem}`` its name without suffix, ``{parent}`` its folder, ``{number}`` its
            place among the tiles, ``{suffix}`` that of the format; may hold folders.
        confidence: whether a raster of how sure the map is, is made of every tile.
        mosaics: files that get one map over all tiles.
        stac: folder of a STAC catalogue of the results, or None.
        overwrite: whether existing files that the batch did not make itself may be replaced.
    """

    folder: Path
    formats: tuple[str, ...] = ("tif",)
    name: str = DEFAULT_NAME
    confidence: bool = False
    mosaics: tuple[Path, ...] = ()
    stac: Path | None = None
    overwrite: bool = False

    def __post_init__(self) -> None:
        # Callers without a type checker write paths as texts.
        object.__setattr__(self, "folder", Path(self.folder))
        object.__setattr__(self, "mosaics", tuple(map(Path, self.mosaics)))
        object.__setattr__(self, "stac", None if self.stac is None else Path(self.stac))
        known = [suffix.lstrip(".") for suffix in MAPS]
        for kind in self.formats:
            if kind not in known:
                raise OptionError(f"{kind} is no format of a map: use some of {', '.join(known)}, or none")
            if self.formats.count(kind) > 1:
                raise OptionError(f"the format {kind} is named twice: name it once")
        for mosaic in self.mosaics:
            check_suffix(mosaic, MAPS)
            if sum(other.resolve() == mosaic.resolve() for other in self.mosaics) > 1:
                raise OutputError(f"the mosaic {mosaic} is named twice: give every output a name of its own")
        if not self.formats and not self.confidence and not self.mosaics:
            raise OptionError("nothing is to be written: name a format, or a file with --mosaic")
        self._formatted("a", "b", 1, ".tif")

    def of(self, tiles: Sequence[str]) -> dict[str, MapFiles]:
        """The outputs of every tile, by its path; none for one whose outputs could not be named.

        Raises:
            OptionError: two tiles would get files of one name, or one that of a mosaic.
            OutputError: those of no tile could be named.
        """
        named = {tile: _checked(tile, made) for tile, made in self.proposed(tiles).items()}
        refused = [made.refused for made in named.values() if made.refused]
        if refused and len(refused) == len(named):
            raise OutputError(refused[0])
        owners = {path.resolve(): "the mosaic" for path in self.mosaics}
        for tile, made in named.items():
            for path in made.all:
                other = owners.setdefault(path.resolve(), tile)
                if other != tile:
                    raise OptionError(
                        f"{other} and {tile} would both be written to {path}: tell them apart with --name, such as "
                        "'{parent}_{stem}_landcover{suffix}'"
                    )
        return named

    def proposed(self, tiles: Sequence[str]) -> dict[str, MapFiles]:
        """As `of`, but several may get files of one name."""
        found: dict[str, MapFiles] = {}
        for number, tile in enumerate(tiles, 1):
            plain = Path(tile.partition("?")[0])
            found[tile] = self._named(plain.stem, plain.parent.name, number)
        return found

    @property
    def wants_polygons(self) -> bool:
        """Whether polygons, which say how sure they are, are among the outputs."""
        return any(f".{kind}" in MAP_VECTORS for kind in self.formats) or any(
            not is_raster(mosaic) for mosaic in self.mosaics
        )

    def _named(self, stem: str, parent: str, number: int) -> MapFiles:
        maps = tuple(self.folder / self._formatted(stem, parent, number, f".{kind}") for kind in self.formats)
        sure = self.folder / self._formatted(stem, parent, number, "_confidence.tif")
        return MapFiles(maps=maps, confidence=sure if self.confidence else None)

    def _formatted(self, stem: str, parent: str, number: int, suffix: str) -> Path:
        fields: Mapping[str, object] = {"stem": stem, "parent": parent, "number": number, "suffix": suffix}
        try:
            used = _fields(self.name)
            path = Path(self.name.format(**fields)) if used <= _FIELDS else None
        except ValueError:
            path = None
        if path is None:
            known = ", ".join("{" + name + "}" for name in sorted(_FIELDS))
            raise OptionError(
                f"{self.name!r} is no name for outputs: use {DEFAULT_NAME!r}, with any of {known}"
            )
        if path.is_absolute() or ".." in path.parts:
            raise OptionError(f"{self.name!r} leads out of the output folder: name files inside it")
        if not path.name.endswith(suffix) or not used & {"stem", "number"}:
            raise OptionError(f"{self.name!r} must hold {{stem}} or {{number}}, and end with {{suffix}}")
        return path


def _checked(tile: str, made: MapFiles) -> MapFiles:
    """The outputs of a tile; none where one has a name that cannot be written."""
    # Another cannot be opened whatever it is called, which is told better then.
    if is_text(tile):
        try:
            for path in made.all:
                check_name(path)
        except OutputError as error:
            return MapFiles(maps=(), confidence=None, refused=str(error))
    return made


def _fields(template: str) -> set[str]:
    """The fields of a template, with the way to their attributes and their forms where these hold fields.

    Raises:
        ValueError: it is none.
    """
    parts = [(field, form or "") for _, field, form, _ in Formatter().parse(template) if field is not None]
    return {field + form * ("{" in form) for field, form in parts}
