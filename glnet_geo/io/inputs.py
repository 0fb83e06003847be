"""The tiles that a person names: files, folders, patterns, lists, indexes, catalogues."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from glnet_geo.errors import OptionError, SceneError
from glnet_geo.io.source import is_remote
from glnet_geo.io.suffixes import IMAGES
from glnet_geo.io.virtual import tiles_of_vrt

LOCATION = "location"
"""The field of a tile index that names the file, as gdaltindex writes it."""

_ASSETS = ("visual", "image", "data")
"""Assets of a STAC item that are taken where several are rasters and none was asked for."""


def tile_paths(inputs: Sequence[str | Path], *, asset: str | None = None) -> list[str]:
    """The whole paths and addresses of all tiles, each once, in the order in which they were named.

    Args:
        inputs: files, addresses, folders (the rasters in them), patterns such as ``tiles/*.tif``, lists (``.txt``, a path
            a line), tile indexes (``.gpkg`` or ``.shp``, field ``location``), STAC items or item collections
            (``.json``, ``.geojson``), mosaics (``.vrt``: the files in them). Relative paths inside a file count from its folder,
            or else from the current one.
        asset: key of the asset to take from STAC items.

    Raises:
        SceneError: an input is missing, names no tile, or cannot be read.
        OptionError: a STAC item has several rasters and none was chosen.
    """
    found: dict[str, None] = {}
    for given in inputs:
        paths = [_absolute(path) for path in _named(str(given), asset)]
        if not paths:
            raise SceneError(f"{given} names no raster: give rasters, or a folder or pattern that finds some")
        found |= dict.fromkeys(paths)
    if not found:
        raise SceneError("no input was named: give rasters, a folder or a list of them")
    return list(found)


def _named(given: str, asset: str | None) -> Iterator[str]:
    path = Path(given)
    readers: Mapping[str, Callable[[Path], Iterator[str]]] = {
        ".txt": _listed,
        ".vrt": tiles_of_vrt,
        ".gpkg": _indexed,
        ".shp": _indexed,
        ".json": lambda path: _in_catalogue(path, asset),
        ".geojson": lambda path: _in_catalogue(path, asset),
    }
    if _is_address(given):
        yield given
    elif path.is_dir():
        yield from (str(one) for one in sorted(path.iterdir()) if one.suffix.lower() in IMAGES)
    elif not path.exists() and any(sign in given for sign in "*?["):
        yield from sorted(one for one in glob(given, recursive=True) if Path(one).is_file())  # noqa: PTH207 - of any root
    elif path.is_file() and path.suffix.lower() in readers:
        yield from readers[path.suffix.lower()](path)
    else:
        # What cannot be opened is told with the other tiles that cannot.
        yield given


def _is_address(text: str) -> bool:
    return is_remote(text) or text.startswith("/vsi")


def _absolute(path: str) -> str:
    """A path that means the same from any folder; what GDAL alone understands stays as it is."""
    return path if _is_address(path) or ":" in path[2:] else str(Path(path).absolute())


def _listed(path: Path) -> Iterator[str]:
    """The lines of a list, without empty ones and remarks."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SceneError(
            f"{path} cannot be read as a list of tiles ({error}): write one path a line"
        ) from error
    for line in lines:
        text = line.strip().strip('"')
        if text and not text.startswith("#"):
            yield _resolved(text, path)


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


def _in_catalogue(path: Path, asset: str | None) -> Iterator[str]:
    """The rasters of STAC items."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        items = found["features"] if found["type"] == "FeatureCollection" else [found]
        for item in items:
            yield _resolved(_asset(item, asset, path), path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OptionError | SceneError):
            raise
        raise SceneError(
            f"{path} is no STAC item collection ({type(error).__name__}: {error}): give a GeoJSON collection of STAC items"
        ) from error


def _asset(item: Mapping[str, Any], asked: str | None, path: Path) -> str:
    """The address of an item's raster."""
    assets: Mapping[str, Mapping[str, Any]] = item.get("assets", {})
    if not assets and LOCATION in item.get("properties", {}):
        return str(item["properties"][LOCATION])
    if asked is not None:
        if asked not in assets:
            raise OptionError(
                f"item {item.get('id')} of {path.name} has no asset {asked}: choose one of {', '.join(assets)} with --asset"
            )
        return str(assets[asked]["href"])
    rasters = [key for key, one in assets.items() if _is_raster(one)]
    preferred = [key for key in _ASSETS if key in rasters]
    if len(rasters) != 1 and not preferred:
        raise OptionError(
            f"item {item.get('id')} of {path.name} has {len(rasters)} rasters ({', '.join(rasters or assets)}): choose one "
            "with --asset"
        )
    return str(assets[(preferred or rasters)[0]]["href"])


def _is_raster(asset: Mapping[str, Any]) -> bool:
    kind, href = str(asset.get("type", "")), str(asset.get("href", "")).partition("?")[0]
    if {"thumbnail", "overview"} & set(asset.get("roles", [])):
        return False
    return kind.startswith(("image/tiff", "image/jp2", "image/vnd.stac")) or (
        not kind and href.lower().endswith(IMAGES)
    )


def _resolved(text: str, file: Path) -> str:
    """A path that is written in a file."""
    if text.startswith("file://"):
        return url2pathname(urlsplit(text).path)
    if _is_address(text) or Path(text).is_absolute():
        return text
    beside = file.parent / text
    return str(beside if beside.exists() or not Path(text).exists() else Path(text))
