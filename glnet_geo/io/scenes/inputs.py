"""The tiles that a person names: files, folders, patterns, lists, indexes, catalogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from glob import glob
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from glnet_geo.core.listing import listed
from glnet_geo.errors import OptionError, SceneError, looking_at
from glnet_geo.io.files.identity import place_of
from glnet_geo.io.files.suffixes import IMAGES
from glnet_geo.io.scenes.source import is_remote
from glnet_geo.io.scenes.stac_items import LOCATION, ItemRaster, rasters_of
from glnet_geo.io.scenes.vrt import tiles_of_vrt

_Named: TypeAlias = "tuple[str, ItemRaster | None]"
"""A path, and the STAC item that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTiles:
    """The tiles that a person names.

    Attributes:
        paths: whole paths and addresses in the order in which they were named, each file once, by its first name.
        taken: when imagery was taken, by its path, where a STAC item tells: one moment, or the first and the last.
        notes: sentences for the log.
    """

    paths: list[str]
    taken: Mapping[str, tuple[datetime, ...]]
    notes: tuple[str, ...]


def named_tiles(inputs: Sequence[str | Path], *, asset: str | None = None) -> NamedTiles:
    """The tiles that inputs name.

    Args:
        inputs: files, addresses, folders (the rasters in them), patterns such as ``tiles/*.tif``, lists (``.txt``, a path
            a line), tile indexes (``.gpkg`` or ``.shp``, field ``location``), STAC items or item collections
            (``.json``, ``.geojson``), mosaics (``.vrt``: the files in them). Relative paths inside a file count from its folder,
            or else from the current one. What a list or an index names need not be there.
        asset: key of the asset to take from STAC items.

    Raises:
        SceneError: an input is missing, names no tile, or cannot be read.
        OptionError: a STAC item has several rasters and none was chosen, or one was chosen and there is no item.
    """
    found: dict[str, ItemRaster | None] = {}
    for given in inputs:
        named = {_absolute(path): raster for path, raster in _named(str(given), asset)}
        if not named:
            raise SceneError(f"{given} names no raster: give rasters, or a folder or pattern that finds some")
        found = found | named
    if not found:
        raise SceneError("no input was named: give rasters, a folder or a list of them")
    items = {path: raster for path, raster in found.items() if raster is not None}
    if asset is not None and not any(raster.asset for raster in items.values()):
        raise OptionError(
            "--asset chooses among the rasters of STAC items, and no input is one: leave it out"
        )
    # The first is what stays of several.
    files = set({place_of(path): path for path in reversed(found)}.values())
    return NamedTiles(
        paths=[path for path in found if path in files],
        taken={path: raster.taken for path, raster in items.items() if raster.taken},
        notes=(*_choices(items.values()), *_other_names([path for path in found if path not in files])),
    )


def _choices(items: Iterable[ItemRaster]) -> Iterator[str]:
    """Which assets were taken of several, none of which was asked for."""
    for (asset, others), count in Counter((item.asset, item.others) for item in items if item.others).items():
        of = "a STAC item" if count == 1 else f"{count} STAC items"
        yield f"asset {asset} of {of} is mapped: --asset takes another ({', '.join(others)})"


def _other_names(paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield f"left out, as they are other names of files that are named before: {listed(paths)}"


def _named(given: str, asset: str | None) -> Iterator[_Named]:
    if not given:
        raise SceneError(
            "an empty input cannot be told from the current folder: name tiles, or that folder as ."
        )
    given = _plain(given)
    path = Path(given)
    readers: Mapping[str, Callable[[Path], Iterator[str]]] = {
        ".txt": _listed,
        ".vrt": tiles_of_vrt,
        ".gpkg": _indexed,
        ".shp": _indexed,
    }
    if not _is_address(given):
        with looking_at(path, SceneError):
            path.exists()
    if _is_address(given):
        yield given, None
    elif path.is_dir():
        yield from ((str(one), None) for one in sorted(path.iterdir()) if _is_shown_image(one))
    elif not path.exists() and any(sign in given for sign in "*?["):
        files = sorted(one for one in glob(given, recursive=True) if Path(one).is_file())  # noqa: PTH207 - of any root
        yield from ((one, None) for one in files)
    elif not path.exists() and not _is_part(given):
        raise SceneError(f"{given} does not exist: check the path")
    elif path.is_file() and path.suffix.lower() in {".json", ".geojson"}:
        yield from _in_catalogue(path, asset)
    elif path.is_file() and path.suffix.lower() in readers:
        yield from ((one, None) for one in readers[path.suffix.lower()](path))
    else:
        # What cannot be opened is told with the other tiles that cannot.
        yield given, None


def _is_shown_image(path: Path) -> bool:
    """Whether a file is an image by its name; other systems leave hidden files of the same names beside images."""
    return path.suffix.lower() in IMAGES and not path.name.startswith(".") and not path.is_dir()


def _is_part(text: str) -> bool:
    """Whether a colon behind a drive's letter names a part of a file, such as NETCDF:file.nc:variable."""
    return ":" in text[2:]


def _is_address(text: str) -> bool:
    return is_remote(text) or text.startswith("/vsi")


def _absolute(path: str) -> str:
    """A path that means the same from any folder; what GDAL alone understands stays as it is."""
    return path if _is_address(path) or _is_part(path) else str(Path(path).absolute())


def _listed(path: Path) -> Iterator[str]:
    """The lines of a list, without empty ones and remarks."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _no_list(path, error) from error
    if "\0" in content:
        raise _no_list(path, "it holds characters of no text")
    for line in content.splitlines():
        text = line.strip().strip('"')
        if text and not text.startswith("#"):
            yield _resolved(text, path)


def _no_list(path: Path, reason: object) -> SceneError:
    return SceneError(f"{path} cannot be read as a list of tiles ({reason}): write one path a line, in UTF-8")


def _indexed(path: Path) -> Iterator[str]:
    """The files in a tile index; a raster GeoPackage is a tile itself."""
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        for layer in layers:
            if LOCATION in pyogrio.read_info(path, layer=layer)["fields"]:
                table = pyogrio.read_dataframe(path, layer=layer, columns=[LOCATION], read_geometry=False)
                yield from (_resolved(str(one), path) for one in table[LOCATION].dropna())
                return
    except (DataSourceError, DataLayerError) as error:
        if path.suffix.lower() == ".gpkg":
            yield str(path)
            return
        raise SceneError(
            f"{path} cannot be read as a tile index ({error}): make one with gdaltindex"
        ) from error
    if layers:
        raise SceneError(
            f"{path} has no field {LOCATION!r}, so it is no tile index: make one with gdaltindex"
        )
    yield str(path)


def _in_catalogue(path: Path, asset: str | None) -> Iterator[_Named]:
    """The rasters of STAC items."""
    for raster in rasters_of(path, asset):
        yield _resolved(raster.href, path), raster


def _plain(text: str) -> str:
    """A path, also where it is written as an address of this computer."""
    return url2pathname(urlsplit(text).path) if text.startswith("file://") else text


def _resolved(text: str, file: Path) -> str:
    """A path that is written in a file."""
    text = _plain(text)
    if _is_address(text) or Path(text).is_absolute():
        return text
    beside = file.parent / text
    return text if not beside.exists() and (Path(text).exists() or _is_part(text)) else str(beside)
