"""The STAC catalogue of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TypeAlias

from affine import Affine

from glnet_geo.batching.report import BatchReport, TileResult
from glnet_geo.batching.scenes import VirtualScene
from glnet_geo.core.progress import Progress
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
    entries = [*_tiles(scenes, report, times), *_mosaics(scenes, report, times)]
    mapped = sum(bool(result.outputs) for result in (*report.tiles, *report.mosaics))
    if len(entries) < mapped:
        progress.info(f"{mapped - len(entries)} maps have no CRS and are not in the catalogue")
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
        if file is None or not result.outputs or file.transform is None or file.crs is None:
            continue
        first = Path(result.outputs[0]).relative_to(root).with_suffix("")
        yield _entry("-".join(first.parts), result, (file.height, file.width), file.transform, [file], times)


def _mosaics(scenes: Sequence[VirtualScene], report: BatchReport, times: _Times) -> Iterator[MapEntry]:
    names = [Path(result.tile).stem for result in report.mosaics]
    for number, result in enumerate(report.mosaics):
        (scene,) = scenes
        files = [tile.file for tile in scene.tiles]
        if scene.transform is None or files[0].crs is None:
            continue
        # Several files may show one mosaic.
        name = names[number] if names.count(names[number]) == 1 else Path(result.tile).name
        yield _entry(f"mosaic-{name}", result, scene.shape, scene.transform, files, times)


def _entry(
    name: str,
    result: TileResult,
    shape: tuple[int, int],
    transform: Affine,
    sources: Sequence[TileFile],
    times: _Times,
) -> MapEntry:
    paths = tuple(Path(path) for path in result.outputs)
    return MapEntry(
        name=name,
        files=paths,
        sources=tuple(source.path for source in sources),
        height=shape[0],
        width=shape[1],
        transform=transform,
        crs=sources[0].crs,
        taken=tuple(moment for source in sources for moment in times(source.path)),
        made=datetime.fromtimestamp(paths[0].stat().st_mtime, tz=timezone.utc),
    )
