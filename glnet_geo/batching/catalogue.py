"""The STAC catalogue of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import TypeAlias

from affine import Affine

from glnet_geo.batching.report import BatchReport, TileResult
from glnet_geo.batching.scenes import VirtualScene
from glnet_geo.core.listing import counted
from glnet_geo.core.progress import Progress
from glnet_geo.io.maps.footprint import footprint
from glnet_geo.io.maps.stac import Maker, MapEntry, write_catalogue
from glnet_geo.io.scenes.taken import taken
from glnet_geo.io.scenes.tiles import TileFile
from glnet_geo.model.card import Card

_Times: TypeAlias = Callable[[str], tuple[datetime, ...]]
"""When the imagery at a path was taken."""


def catalogue(
    folder: Path,
    scenes: Sequence[VirtualScene],
    report: BatchReport,
    card: Card,
    told: Mapping[str, tuple[datetime, ...]],
    progress: Progress,
) -> None:
    """List all maps that there are of a batch, also those that were there before.

    Args:
        folder: of the catalogue.
        scenes: all of the batch.
        report: what became of their tiles.
        card: of the model.
        told: when imagery was taken, by its path, where something else than the file tells.
        progress: told of maps that have no place, which no catalogue can list.

    Raises:
        OutputError: the folder cannot be written.
    """
    # A tile may be the source of its own map and of several mosaics.
    times = cache(lambda path: told.get(path) or taken(path))
    entries = _told_apart([*_tiles(scenes, report, times), *_mosaics(scenes, report, times)])
    mapped = sum(bool(result.outputs) for result in (*report.tiles, *report.mosaics))
    if len(entries) < mapped:
        progress.info(
            f"not in the catalogue: {counted(mapped - len(entries), 'map')} without a place on the ground"
        )
    if not entries:
        progress.info("there is no map to list: no catalogue was written")
        return
    maker = Maker(
        version=report.version,
        model=report.model,
        sha256=report.model_sha256,
        credit=card.credit,
        license=card.license,
        legend=card.legend,
    )
    progress.info(f"catalogue: {write_catalogue(folder, entries, maker)}")


def _tiles(scenes: Sequence[VirtualScene], report: BatchReport, times: _Times) -> Iterator[MapEntry]:
    files: Mapping[str, TileFile] = {tile.file.path: tile.file for scene in scenes for tile in scene.tiles}
    root = Path(report.path).parent.resolve()
    for result in report.tiles:
        file = files.get(result.tile)
        if file is not None and result.outputs:
            path = Path(result.outputs[0])
            # A folder of the outputs may be a link to another place.
            first = (path.relative_to(root) if path.is_relative_to(root) else Path(path.name)).with_suffix("")
            yield from _entry("-".join(first.parts), result, file.shape, file.transform, [file], times)


def _mosaics(scenes: Sequence[VirtualScene], report: BatchReport, times: _Times) -> Iterator[MapEntry]:
    names = [Path(result.tile).stem for result in report.mosaics]
    failed = {result.tile for result in report.failed}
    for number, result in enumerate(report.mosaics):
        (scene,) = scenes
        files = [tile.file for tile in scene.tiles if tile.file.path not in failed]
        # Several files may show one mosaic.
        name = names[number] if names.count(names[number]) == 1 else Path(result.tile).name
        yield from _entry(f"mosaic-{name}", result, scene.shape, scene.transform, files, times)


def _entry(
    name: str,
    result: TileResult,
    shape: tuple[int, int],
    transform: Affine | None,
    sources: Sequence[TileFile],
    times: _Times,
) -> Iterator[MapEntry]:
    """The entry of a map; none where it has no place on the ground."""
    crs = sources[0].crs
    place = None if transform is None or crs is None else footprint(transform, crs, *shape)
    if transform is None or crs is None or place is None:
        return
    paths = tuple(Path(path) for path in result.outputs)
    yield MapEntry(
        name=name,
        files=paths,
        sources=tuple(source.path for source in sources),
        height=shape[0],
        width=shape[1],
        transform=transform,
        crs=crs,
        footprint=place,
        taken=tuple(moment for source in sources for moment in times(source.path)),
        made=datetime.fromtimestamp(paths[0].stat().st_mtime, tz=timezone.utc),
    )


def _told_apart(entries: Sequence[MapEntry]) -> list[MapEntry]:
    """The same, with a number at the end of a name that another has: their files would be one."""
    known: set[str] = set()
    found = []
    for entry in entries:
        numbers = (f"{entry.name}-{number}" for number in count(2))
        name = next(name for name in chain([entry.name], numbers) if name not in known)
        known.add(name)
        found.append(replace(entry, name=name))
    return found
