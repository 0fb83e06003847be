"""Many tiles, one job: each gets a map, and the maps fit together."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import glnet_geo
from glnet_geo.batching.books import Books
from glnet_geo.batching.catalogue import catalogue
from glnet_geo.batching.fingerprints import job_mark, mark, pixels_mark
from glnet_geo.batching.inputs import all_paths, outputs_of_tiles
from glnet_geo.batching.outputs import Outputs
from glnet_geo.batching.report import BatchReport, TileResult
from glnet_geo.batching.scene_run import Workshop, failure, map_scene
from glnet_geo.batching.scenes import VirtualScene, virtual_scenes
from glnet_geo.core.listing import counted
from glnet_geo.core.numerals import shortest
from glnet_geo.core.overall import Overall
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.progress import Progress, Silence, stop_if_cancelled
from glnet_geo.core.value_range import fits, outwards
from glnet_geo.errors import (
    AoiError,
    CancelledError,
    DoubtfulInputWarning,
    OptionError,
    OutputError,
    doubt,
)
from glnet_geo.frames import Frames, LocalFrames
from glnet_geo.io.files.staging import check_output, is_raster
from glnet_geo.io.files.suffixes import MAPS
from glnet_geo.io.maps.stac import check_folder, require_pystac
from glnet_geo.io.polygons.reproject import crs_asked_for
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.grouping import Kind, kinds, sentences
from glnet_geo.io.scenes.inputs import named_tiles
from glnet_geo.io.scenes.scene import SAMPLE_SIDE, range_of
from glnet_geo.io.scenes.tiled import sample_of
from glnet_geo.io.scenes.tiles import TileError, TileFile, TileReader, described
from glnet_geo.io.work_folder.ledger import REPORT, Ledger
from glnet_geo.io.work_folder.store import check_address
from glnet_geo.job import means_of
from glnet_geo.map_files import MapFiles
from glnet_geo.plan import Options, machine_of, model_of
from glnet_geo.vectorization import check_place


def batch(
    inputs: str | Path | Sequence[str | Path],
    outputs: Outputs,
    *,
    options: Options | None = None,
    drawing: Drawing | None = None,
    seamless: bool = True,
    retries: int = 2,
    asset: str | None = None,
    frames: Frames | None = None,
    work: str | Path | None = None,
    progress: Progress | None = None,
) -> BatchReport:
    """Map the land cover of many tiles, each on its own grid; neighbours are mapped as one scene.

    A tile that fails is reported and does not stop the others. A batch that was stopped or killed goes on when it is run
    again, and makes the very same files; so does one that has ended, for tiles that are new, were changed, or failed.

    Args:
        inputs: files, folders, patterns, lists, tile indexes, catalogues: see `glnet_geo.io.scenes.inputs.named_tiles`.
        outputs: what to write, and where.
        options: how to classify. A value range that is not given is that of all tiles of a kind together.
        drawing: how to draw polygons, and whether to merge small areas.
        seamless: whether frames see beyond the edges of tiles.
        retries: how often a tile that cannot be read is tried again.
        asset: key of the asset to take from STAC items.
        frames: who computes frames; None for this process.
        work: the folder, or any address that fsspec writes to, where finished parts are kept instead of in the folder of
            the outputs.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something else than a tile cannot be used; finished tiles stay.
    """
    options, drawing, progress = options or Options(), drawing or Drawing(), progress or Silence()
    _check(options, outputs, work, seamless=seamless)
    started = time.monotonic()
    given = [inputs] if isinstance(inputs, str | Path) else inputs
    read = [*given, *(path for path in (options.aoi, options.model_file) if path is not None)]
    tiles = named_tiles(given, asset=asset)
    for note in tiles.notes:
        progress.info(note)
    named = outputs_of_tiles(tiles.paths, outputs, read, progress)
    if outputs.stac is not None:
        check_folder(outputs.stac, [outputs.folder, *all_paths(named, outputs)])
    _check_crs(drawing, all_paths(named, outputs))
    frames = frames or LocalFrames()
    model, machine = model_of(options), machine_of(options, here=frames.here)
    with Ledger(outputs.folder) as ledger, ExitStack() as closing:
        closing.enter_context(block_cache())
        reader = TileReader(retries)
        closing.callback(reader.close)
        job = means_of(model, machine, options) | {
            "bands": options.bands,
            "value range": options.value_range,
            "exact": options.exact,
            "seamless": seamless,
        }
        books = Books(ledger, job_mark(job, drawing))
        shop = Workshop(
            model=model,
            machine=machine,
            options=options,
            drawing=drawing,
            outputs=outputs,
            named=named,
            frames=frames,
            reader=reader,
            books=books,
            work=ledger.work if work is None else work,
        )
        if not outputs.overwrite:
            books.refuse_foreign(all_paths(named, outputs))
        with _stopping(books, named, outputs):
            scenes = _map_all(shop, progress, seamless=seamless)
        report = _report(shop, seconds=time.monotonic() - started)
        ledger.write_report(report.to_json())
        if outputs.stac is not None:
            catalogue(outputs.stac, scenes, report, model.card, tiles.taken, progress)
        ledger.remove()
    return report


def _check(options: Options, outputs: Outputs, work: str | Path | None, *, seamless: bool) -> None:
    """Refuse what the options alone tell: what cannot be done together, is missing, or has no place."""
    if outputs.mosaics and not seamless:
        raise OptionError("a mosaic is made of seamless tiles: leave out --no-seamless, or --mosaic")
    if options.exact and seamless:
        raise OptionError("--exact maps each scene as one frame: add --no-seamless")
    if options.aoi is not None and not Path(options.aoi).exists():
        raise AoiError(f"{options.aoi} does not exist: check the path of the area of interest")
    check_address(work)
    if outputs.stac is not None:
        require_pystac()
        check_folder(outputs.stac)
    for mosaic in outputs.mosaics:
        # The folder of the maps is made, with those that it lies in.
        if outputs.folder.exists() or not outputs.folder.resolve().is_relative_to(mosaic.parent.resolve()):
            # One that is there may be this very batch's.
            check_output(mosaic, MAPS, overwrite=True)


def _check_crs(drawing: Drawing, paths: Iterable[Path]) -> None:
    """Refuse a CRS that polygons cannot have, or not in one of the formats, wherever tiles lie."""
    if drawing.crs is not None:
        for path in {path.suffix: path for path in paths if not is_raster(path)}.values():
            crs_asked_for(drawing.crs, path)


def _map_all(shop: Workshop, progress: Progress, *, seamless: bool) -> list[VirtualScene]:
    """Map all tiles that can be opened; returns the scenes that they made up."""
    tiles = _looked_at(shop, progress)
    found = kinds(tiles)
    for sentence in sentences(found):
        progress.info(sentence)
    ranges = {}
    for kind, members in list(found.items()):
        if shop.options.value_range is None and not fits(
            shop.model.card.normalization.value_range, kind.dtype
        ):
            ranges[kind] = _value_range(kind, members, shop)
        if not members:
            del found[kind]
    scenes = virtual_scenes(found, ranges, seamless=seamless, mosaic=bool(shop.outputs.mosaics))
    if not scenes:
        return scenes
    count = sum(len(scene.tiles) for scene in scenes)
    megapixels = sum(scene.megapixels for scene in scenes)
    tiled, several = counted(count, "tile"), counted(len(scenes), "scene")
    progress.info(f"{tiled} of {megapixels:.1f} megapixels, mapped as {several}, on {shop.machine}")
    overall = Overall(progress, [scene.megapixels for scene in scenes], f"mapping {tiled}")
    for scene in scenes:
        stop_if_cancelled(progress)
        part = overall.part(scene.megapixels, talks=len(scenes) == 1 or len(scene.tiles) > 1)
        map_scene(scene, shop, part)
        part.finish()
    _refuse_an_area_beside_all(shop, scenes)
    return scenes


def _looked_at(shop: Workshop, progress: Progress) -> list[TileFile]:
    """What the tiles say of themselves; those that cannot be opened, or mapped, are entered as failed."""
    tiles = []
    progress.begin("looking at the tiles", len(shop.named))
    with _doubts_told_once(list(shop.named)):
        for path in shop.named:
            stop_if_cancelled(progress)
            try:
                tiles.append(_described(path, shop))
            except TileError as error:
                shop.books.enter(failure(path, str(error), shop.books.job))
                progress.info(f"failed: {error}")
            progress.advance()
    return tiles


def _described(path: str, shop: Workshop) -> TileFile:
    """What a tile says of itself.

    Raises:
        TileError: it cannot be opened, its outputs cannot be named, or cannot be drawn where it lies.
    """
    named = shop.named[path]
    if named.refused:
        raise TileError(f"no map of {Path(path).name} can be named: {named.refused}", path)
    bands, nodata = shop.options.bands, shop.options.nodata
    tile = shop.reader.tried(
        partial(described, path, bands=bands, wanted=shop.model.card.bands, nodata=nodata)
    )
    try:
        check_place(tile, shop.drawing, named.maps)
    except (OptionError, OutputError) as error:
        raise TileError(str(error), path) from error
    return tile


@contextmanager
def _doubts_told_once(paths: Sequence[str]) -> Iterator[None]:
    """Of doubts that many tiles raise, the first is told, with the number of others."""
    names = sorted({Path(path.partition("?")[0]).name for path in paths}, key=len, reverse=True)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", DoubtfulInputWarning)
        yield
    found: dict[str, list[str]] = {}
    for warning in raised:
        if not issubclass(warning.category, DoubtfulInputWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
            continue
        text = str(warning.message)
        name = next((name for name in names if name in text), "")
        found.setdefault(text.replace(name, "") if name else text, []).append(text)
    for texts in found.values():
        others = "" if len(texts) == 1 else f" (and so for {counted(len(texts) - 1, 'more tile')})"
        doubt(texts[0] + others)


def _value_range(kind: Kind, tiles: list[TileFile], shop: Workshop) -> tuple[float, float]:
    """The value range of all tiles of a kind; those that cannot be read are entered as failed, and removed."""
    # That of other tiles, or of tiles that were changed since, is another.
    name = mark([str(kind), [pixels_mark(tile) for tile in tiles]])
    known = shop.books.value_range(name)
    while known is None and tiles:
        try:
            sample = sample_of(tiles, shop.reader, SAMPLE_SIDE)
        except TileError as error:
            shop.books.enter(failure(error.tile, str(error), shop.books.job))
            tiles[:] = [tile for tile in tiles if tile.path != error.tile]
            continue
        known = outwards(*range_of(sample)) if sample.size else (0.0, 1.0)
        shop.books.enter_range(name, known)
        doubt(
            f"the model does not know the {kind.dtype} values of {counted(len(tiles), 'tile')} such as {tiles[0].name}: they are "
            f"scaled by their common range {shortest(known[0])}..{shortest(known[1])} (2nd to 98th percentile); give --value-range to "
            "choose another",
        )
    return known or (0.0, 1.0)


def _refuse_an_area_beside_all(shop: Workshop, scenes: Sequence[VirtualScene]) -> None:
    """Refuse an area of interest that holds nothing of any tile."""
    results = [shop.books.result(tile.file.path) for scene in scenes for tile in scene.tiles]
    if shop.options.aoi is not None and all(
        one is not None and "area of interest" in one.reason for one in results
    ):
        raise AoiError(f"{shop.options.aoi} holds no valid pixel of any tile: check its place and its CRS")


def _report(shop: Workshop, *, seconds: float) -> BatchReport:
    mosaics = [str(path) for path in shop.outputs.mosaics]
    return BatchReport(
        tiles=_results(shop.books, list(shop.named)),
        mosaics=_results(shop.books, mosaics),
        model=shop.model.card.name,
        model_sha256=shop.model.sha256,
        device=str(shop.machine),
        version=glnet_geo.__version__,
        megapixels_computed=shop.books.megapixels_computed,
        seconds=seconds,
        path=str(shop.outputs.folder / REPORT),
        earlier=shop.books.others([*shop.named, *mosaics]),
    )


def _results(books: Books, paths: Sequence[str]) -> tuple[TileResult, ...]:
    return tuple(result for path in paths if (result := books.result(path)) is not None)


@contextmanager
def _stopping(books: Books, named: dict[str, MapFiles], outputs: Outputs) -> Iterator[None]:
    """Says on leaving by Ctrl-C, or as the progress asked, how to go on."""
    try:
        yield
    except (KeyboardInterrupt, CancelledError) as stopped:
        done = sum(result.status != "failed" for result in _results(books, list(named)))
        raise CancelledError(
            f"{done} of {len(named)} tiles are finished and stay in {outputs.folder}; run the same command again to go on"
        ) from stopped
