"""Many tiles, one job: each gets a map, and the maps fit together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import glnet_geo
from glnet_geo.batching.books import Books
from glnet_geo.batching.catalogue import catalogue
from glnet_geo.batching.fingerprints import job_mark
from glnet_geo.batching.inputs import all_paths, outputs_of_tiles
from glnet_geo.batching.outputs import Outputs
from glnet_geo.batching.report import BatchReport, TileResult
from glnet_geo.batching.scene_run import map_scene
from glnet_geo.batching.scenes import VirtualScene, virtual_scenes
from glnet_geo.batching.setup import BatchSetup
from glnet_geo.batching.survey import Survey, survey
from glnet_geo.core.listing import counted
from glnet_geo.core.overall import Overall
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.progress import Progress, Silence, stop_if_cancelled
from glnet_geo.errors import AoiError, CancelledError, OptionError
from glnet_geo.frames import Frames, LocalFrames
from glnet_geo.io.files.staging import check_output, is_raster
from glnet_geo.io.files.suffixes import MAPS
from glnet_geo.io.maps.stac import require_pystac
from glnet_geo.io.maps.stac_folder import check_folder
from glnet_geo.io.polygons.reproject import crs_asked_for
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.inputs import named_tiles
from glnet_geo.io.scenes.tiles import TileReader
from glnet_geo.io.work_folder.ledger import REPORT, Ledger
from glnet_geo.io.work_folder.store import check_address
from glnet_geo.job import means_of
from glnet_geo.map_files import MapFiles
from glnet_geo.plan import Options, machine_of, model_of


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
    tiles = named_tiles(given, asset=asset)
    for note in tiles.notes:
        progress.info(note)
    named = _named(tiles.paths, given, outputs, options, progress)
    _check_crs(drawing, all_paths(named, outputs))
    frames = frames or LocalFrames()
    model, machine = model_of(options), machine_of(options, here=frames.here)
    with Ledger(outputs.folder) as ledger, block_cache(), closing(TileReader(retries)) as reader:
        job = means_of(model, machine, options) | {
            "bands": options.bands,
            "value range": options.value_range,
            "exact": options.exact,
            "seamless": seamless,
        }
        setup = BatchSetup(
            model=model,
            machine=machine,
            options=options,
            drawing=drawing,
            outputs=outputs,
            named=named,
            frames=frames,
            reader=reader,
            books=Books(ledger, job_mark(job, drawing)),
            work=ledger.work if work is None else work,
        )
        if not outputs.overwrite:
            setup.books.refuse_foreign(all_paths(named, outputs))
        with _stopping(setup):
            scenes = _map_all(setup, survey(setup, progress), progress, seamless=seamless)
        report = _report(setup, seconds=time.monotonic() - started)
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


def _named(
    paths: Sequence[str],
    given: Sequence[str | Path],
    outputs: Outputs,
    options: Options,
    progress: Progress,
) -> dict[str, MapFiles]:
    """The outputs of every tile, none of which replaces what is read or lies in the folder of the catalogue."""
    read = [*given, *(path for path in (options.aoi, options.model_file) if path is not None)]
    named = outputs_of_tiles(paths, outputs, read, progress)
    if outputs.stac is not None:
        check_folder(outputs.stac, [outputs.folder, *all_paths(named, outputs)])
    return named


def _map_all(setup: BatchSetup, found: Survey, progress: Progress, *, seamless: bool) -> list[VirtualScene]:
    """Map all tiles that can be; returns the scenes that they made up."""
    scenes = virtual_scenes(found.tiles, found.ranges, seamless=seamless, mosaic=bool(setup.outputs.mosaics))
    if not scenes:
        return scenes
    sizes = [scene.megapixels for scene in scenes]
    tiles, several = (
        counted(sum(len(scene.tiles) for scene in scenes), "tile"),
        counted(len(scenes), "scene"),
    )
    progress.info(f"{tiles} of {sum(sizes):.1f} megapixels, mapped as {several}, on {setup.machine}")
    overall = Overall(progress, sizes, f"mapping {tiles}")
    for scene in scenes:
        stop_if_cancelled(progress)
        part = overall.part(scene.megapixels, talks=len(scenes) == 1 or len(scene.tiles) > 1)
        map_scene(scene, setup, part)
        part.finish()
    _refuse_an_area_beside_all(setup, scenes)
    return scenes


def _refuse_an_area_beside_all(setup: BatchSetup, scenes: Sequence[VirtualScene]) -> None:
    """Refuse an area of interest that holds nothing of any tile."""
    results = [setup.books.result(tile.file.path) for scene in scenes for tile in scene.tiles]
    if setup.options.aoi is not None and all(
        one is not None and "area of interest" in one.reason for one in results
    ):
        raise AoiError(f"{setup.options.aoi} holds no valid pixel of any tile: check its place and its CRS")


def _report(setup: BatchSetup, *, seconds: float) -> BatchReport:
    mosaics = [str(path) for path in setup.outputs.mosaics]
    return BatchReport(
        tiles=_results(setup.books, list(setup.named)),
        mosaics=_results(setup.books, mosaics),
        model=setup.model.card.name,
        model_sha256=setup.model.sha256,
        device=str(setup.machine),
        version=glnet_geo.__version__,
        megapixels_computed=setup.books.megapixels_computed,
        seconds=seconds,
        path=str(setup.outputs.folder / REPORT),
        earlier=setup.books.others([*setup.named, *mosaics]),
    )


def _results(books: Books, paths: Sequence[str]) -> tuple[TileResult, ...]:
    return tuple(result for path in paths if (result := books.result(path)) is not None)


@contextmanager
def _stopping(setup: BatchSetup) -> Iterator[None]:
    """Turns a stop, by Ctrl-C or as the progress asked, into a sentence that tells how to go on."""
    try:
        yield
    except (KeyboardInterrupt, CancelledError) as stopped:
        done = sum(result.status != "failed" for result in _results(setup.books, list(setup.named)))
        raise CancelledError(
            f"{done} of {len(setup.named)} tiles are finished and stay in {setup.outputs.folder}; run the same command again "
            "to go on"
        ) from stopped
