"""The rasters of STAC items that a person names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from glnet_geo.errors import OptionError, SceneError, doubt
from glnet_geo.io.files.suffixes import IMAGES

LOCATION = "location"
"""The field of a tile index that names the file, as gdaltindex writes it."""

_ASSETS = ("visual", "image", "data")
"""Assets that are taken where several are rasters and none was asked for."""

_WITHOUT_ITEMS = ("Catalog", "Collection")
"""Types of STAC files that name items in other files."""

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRaster:
    """The raster of an item.

    Attributes:
        href: its address, as it is written.
        asset: its key; empty for a line of a tile index, which has no assets.
        others: keys of the other rasters, none of which was asked for either.
        taken: when the imagery was taken: no, one or two moments, the first and the last.
    """

    href: str
    asset: str
    others: tuple[str, ...]
    taken: tuple[datetime, ...]


def rasters_of(path: Path, asset: str | None) -> Iterator[ItemRaster]:
    """The raster of every item in a file.

    Args:
        path: of an item or an item collection.
        asset: key of the asset to take; None for the only raster, or the one whose key says that it is to be looked at.

    Raises:
        SceneError: it holds something else.
        OptionError: an item has several rasters and none was chosen, or lacks the one that was.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        if found["type"] in _WITHOUT_ITEMS:
            raise SceneError(
                f"{path} is a STAC {found['type'].lower()}, whose items are files of their own: name those, or a GeoJSON collection of "
                "STAC items"
            )
        items = found["features"] if found["type"] == "FeatureCollection" else [found]
        for item in items:
            yield _raster(item, asset, path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OptionError | SceneError):
            raise
        raise SceneError(
            f"{path} is no STAC item collection ({type(error).__name__}: {error}): give a GeoJSON collection of STAC items"
        ) from error


def _raster(item: Mapping[str, Any], asked: str | None, path: Path) -> ItemRaster:
    assets: Mapping[str, Mapping[str, Any]] = item.get("assets", {})
    taken = _taken(item, path)
    if not assets and LOCATION in item.get("properties", {}):
        return ItemRaster(href=str(item["properties"][LOCATION]), asset="", others=(), taken=taken)
    if asked is not None:
        if asked not in assets:
            raise OptionError(
                f"item {item.get('id')} of {path.name} has no asset {asked}: choose one of {', '.join(assets)} with --asset"
            )
        return ItemRaster(href=str(assets[asked]["href"]), asset=asked, others=(), taken=taken)
    rasters = [key for key, one in assets.items() if _is_raster(one)]
    preferred = [key for key in _ASSETS if key in rasters]
    if len(rasters) != 1 and not preferred:
        raise OptionError(
            f"item {item.get('id')} of {path.name} has {len(rasters)} rasters ({', '.join(rasters or assets)}): choose one "
            "with --asset"
        )
    chosen = (preferred or rasters)[0]
    others = tuple(key for key in rasters if key != chosen)
    return ItemRaster(href=str(assets[chosen]["href"]), asset=chosen, others=others, taken=taken)


def _is_raster(asset: Mapping[str, Any]) -> bool:
    kind, href = str(asset.get("type", "")), str(asset.get("href", "")).partition("?")[0]
    if {"thumbnail", "overview"} & set(asset.get("roles", [])):
        return False
    return kind.startswith(("image/tiff", "image/jp2", "image/vnd.stac")) or (
        not kind and href.lower().endswith(IMAGES)
    )


def _taken(item: Mapping[str, Any], path: Path) -> tuple[datetime, ...]:
    """When the imagery of an item was taken; a collection of maps in time may tell a first and a last moment alone."""
    properties = item.get("properties") or {}
    texts = [properties.get("datetime")]
    if texts == [None]:
        texts = [properties.get(name) for name in ("start_datetime", "end_datetime")]
    if None in texts:
        return ()
    try:
        moments = [_moment(text) for text in texts]
    except ValueError:
        doubt(
            f"item {item.get('id')} of {path.name} has no date that can be read ({', '.join(map(str, texts))}): it counts as "
            "without one"
        )
        return ()
    return tuple(dict.fromkeys(moments))


def _moment(text: object) -> datetime:
    """That of a text as RFC 3339 has it."""
    found = _MOMENT.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is no date with a time")
    # Python 3.10 takes no other fractions, and no Z.
    zone = "+00:00" if found[3] is None or found[3] in "Zz" else found[3]
    return datetime.fromisoformat(f"{found[1]}.{found[2] or '':0<6}{zone}").astimezone(timezone.utc)
