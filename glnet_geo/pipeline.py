"""The way of the data: scene -> frames -> GLNet -> mosaic -> rows of classes -> raster and polygons."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import glnet_geo
from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement, Mosaic
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.core.strip import Sink, Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import CancelledError, OutputError
from glnet_geo.io.raster import ClassRaster, ConfidenceRaster
from glnet_geo.io.scene import Block
from glnet_geo.io.staging import Staging, is_raster
from glnet_geo.io.vector import PolygonLayer
from glnet_geo.model.decide import Decision
from glnet_geo.model.exact import ExactPredictor
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Options, Plan, Tile, count_patches, planned
from glnet_geo.report import Forecast, Summary, Tally, duration


def classify(
    scene: str | Path,
    out: str | Path | Sequence[str | Path],
    *,
    options: Options | None = None,
    confidence: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Map the land cover of a scene, on the scene's own grid, in memory that does not grow with its height.

    Args:
        scene: any raster that GDAL opens.
        out: one or more files; ``.tif`` gets classes, ``.gpkg``, ``.fgb``, ``.parquet`` and ``.geojson`` polygons.
        options: how to classify.
        confidence: a ``.tif`` for the winning class's probability, in percent.
        overwrite: whether existing files may be replaced.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; nothing is left behind. The message says what, where, what to do.
    """
    started = time.monotonic()
    options = options or Options()
    progress = progress or Silence()
    outs = [Path(path) for path in ([out] if isinstance(out, str | Path) else out)]
    if not outs and confidence is None:
        raise OutputError("no output was named: add --out landcover.gpkg")
    if confidence is not None and not is_raster(Path(confidence)):
        raise OutputError(f"{confidence} cannot hold confidence: name a .tif file")
    paths = [*outs, *([Path(confidence)] if confidence is not None else [])]
    for path in paths:
        if path.exists() and Path(scene).exists() and path.samefile(scene):
            raise OutputError(f"{path} is the scene itself: give the map another name")
    with Staging(paths, overwrite=overwrite) as staging:
        with planned(scene, options, confidence=confidence is not None) as plan:
            for note in plan.notes:
                progress.info(note)
            tally = Tally(plan.scene, plan.card.legend)
            with ExitStack() as closing:
                sinks = _sinks(plan, outs, confidence, staging)
                for sink in sinks:
                    closing.callback(sink.close)
                _run(plan, [tally, *sinks], progress, confidence=confidence is not None)
            shares = tally.shares()
        staging.commit()
    return Summary(
        scene=plan.scene.path,
        outputs=tuple(str(path) for path in paths),
        model=plan.card.name,
        model_sha256=plan.model.sha256,
        device=str(plan.machine),
        classes=shares,
        megapixels=plan.megapixels,
        seconds=time.monotonic() - started,
    )


def check(scene: str | Path, *, options: Options | None = None) -> Forecast:
    """Tell what `classify` would do with a scene, and refuse or warn as it would.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, what to do.
    """
    with planned(scene, options or Options()) as plan:
        if plan.exact:
            seconds = _exact_predictor(plan).seconds(plan.scene.shape)
        else:
            seconds = _seconds(plan, _predictor(plan, Silence()), list(plan.tiles()))
        return Forecast(
            scene=plan.scene.path,
            height=plan.scene.height,
            width=plan.scene.width,
            crs=None if plan.scene.crs is None else plan.scene.crs.to_string(),
            bands=plan.scene.bands,
            band_names=plan.card.bands,
            dtype=plan.scene.dtype,
            value_range=(plan.normalization.low, plan.normalization.high),
            nodata=plan.scene.nodata,
            ground_sample_distance=plan.scene.ground_sample_distance,
            scales=(plan.lattice.rows.scale, plan.lattice.cols.scale),
            model=plan.card.name,
            model_sha256=plan.model.sha256,
            device=str(plan.machine),
            megapixels=plan.megapixels,
            memory=plan.memory,
            seconds=seconds,
            notes=plan.notes,
        )


def _seconds(plan: Plan, predictor: Predictor, tiles: Sequence[Sequence[Tile]]) -> float:
    """How long the plan takes on this machine: a patch is timed, the outputs' part is known by experience."""
    return predictor.seconds_per_patch() * count_patches(tiles) + 0.15 * plan.megapixels


def _sinks(plan: Plan, outs: Sequence[Path], confidence: str | Path | None, staging: Staging) -> list[Sink]:
    scene, tags = plan.scene, provenance(plan)
    place: dict[str, Any] = {
        "width": scene.width,
        "transform": scene.transform,
        "crs": scene.crs,
        "tags": tags,
    }
    sinks: list[Sink] = []
    for path in outs:
        temporary, legend = staging.temporary(path), plan.card.legend
        if is_raster(path):
            sinks.append(ClassRaster(temporary, height=scene.height, legend=legend, **place))
        else:
            sinks.append(PolygonLayer(temporary, legend=legend, **place))
    if confidence is not None:
        sinks.append(ConfidenceRaster(staging.temporary(Path(confidence)), height=scene.height, **place))
    return sinks


def provenance(plan: Plan) -> Mapping[str, str]:
    """How the map was made, for the outputs to carry."""
    return {
        "GLNET_GEO_VERSION": glnet_geo.__version__,
        "GLNET_GEO_SCENE": plan.scene.name,
        "GLNET_GEO_MODEL": plan.card.name,
        "GLNET_GEO_MODEL_SHA256": plan.model.sha256,
        "GLNET_GEO_MODEL_CREDIT": plan.card.credit,
        "GLNET_GEO_MODEL_LICENSE": plan.card.license,
        "GLNET_GEO_OPTIONS": (
            f"bands={','.join(map(str, plan.scene.bands))} "
            f"value_range={plan.normalization.low:g},{plan.normalization.high:g} "
            f"scales={plan.lattice.rows.scale:g},{plan.lattice.cols.scale:g} "
            f"precision={str(plan.machine.dtype).removeprefix('torch.')} exact={plan.exact}"
        ),
    }


def _run(plan: Plan, sinks: Sequence[Sink], progress: Progress, *, confidence: bool) -> None:
    """Send every row of the map through the sinks, and finish them."""
    strips = (_exact_strips if plan.exact else _strips)(plan, progress, confidence=confidence)
    with ThreadPoolExecutor(1) as writer:
        # One strip is written while the next is made; more would only pile up.
        pending: Future[None] | None = None
        for strip in strips:
            if pending is not None:
                pending.result()
            pending = writer.submit(_write, sinks, strip)
        if pending is not None:
            pending.result()
    progress.begin("writing", len(sinks))
    for sink in sinks:
        _stop_if_cancelled(progress)
        sink.finish()
        progress.advance()


def _write(sinks: Sequence[Sink], strip: Strip) -> None:
    for sink in sinks:
        sink.write(strip)


def _strips(plan: Plan, progress: Progress, *, confidence: bool) -> Iterator[Strip]:
    """The finished rows of the map, from top to bottom."""
    tiles = list(plan.tiles())
    predictor = _predictor(plan, progress)
    expected = _seconds(plan, predictor, tiles)
    progress.info(
        f"{plan.megapixels:.1f} megapixels on {plan.machine}: about {duration(expected)}, {plan.memory / 1e9:.1f} GB"
    )
    progress.begin("classifying", count_patches(tiles))
    extent = plan.lattice.extent
    cells = Window(
        row=extent.row // CELL,
        col=extent.col // CELL,
        height=extent.height // CELL,
        width=extent.width // CELL,
    )
    mosaic = Mosaic(cells, predictor.classes)
    finished = _FinishedRows(plan, mosaic, confidence=confidence)
    frame_tops = [_share_top(row) for row in tiles]
    for number, row in enumerate(_read_ahead(plan, tiles)):
        for tile, block in row:
            _predict(plan, tile, block, predictor, mosaic, progress)
        later = [top for top in frame_tops[number + 1 :] if top is not None]
        yield from finished.before(later[0] if later else cells.row_stop, last=not later)


def _share_top(row: Sequence[Tile]) -> int | None:
    return row[0].frame.share.row if row else None


def _predict(
    plan: Plan, tile: Tile, block: Block, predictor: Predictor, mosaic: Mosaic, progress: Progress
) -> None:
    """Add one frame to the mosaic; where it shows nothing, skip it."""
    steps = max(1, len(tile.patches))
    patches = [window for window in tile.patches if block.valid[window.rows, window.cols].any()]
    _stop_if_cancelled(progress)
    if not patches:
        progress.advance(steps)
        return

    def advance(done: int) -> None:
        progress.advance(done)
        _stop_if_cancelled(progress)

    pixels = plan.normalization(block.pixels, block.valid)
    mosaic.add(tile.frame, predictor.logits(pixels, patches, advance))
    progress.advance(steps - len(patches))


class _FinishedRows:
    """Turns settled rows of a mosaic into strips, each row of the scene once."""

    def __init__(self, plan: Plan, mosaic: Mosaic, *, confidence: bool) -> None:
        self._plan = plan
        self._mosaic = mosaic
        self._rows = Enlargement(plan.lattice.rows)
        self._decide = Decision(
            self._rows, Enlargement(plan.lattice.cols), plan.card.legend.ids, confidence=confidence
        )
        self._next = 0

    def before(self, cell: int, *, last: bool) -> Iterator[Strip]:
        """All rows not yet given that need no cell from ``cell`` on; all that are left where it is the last call."""
        stop = self._plan.scene.height if last else self._rows.ready(cell)
        while self._next < stop:
            rows = slice(self._next, min(self._next + self._plan.strip_rows, stop))
            first, end = int(self._rows.lower[rows.start]), int(self._rows.upper[rows.stop - 1]) + 1
            logits = self._mosaic.rows(first, end)
            classes, percent = self._decide(logits, first, rows, _wanted(self._plan, rows))
            yield Strip(row=rows.start, classes=classes, confidence=percent)
            self._next = rows.stop
        if self._next < self._plan.scene.height:
            self._mosaic.let_go(min(cell, int(self._rows.lower[self._next])))


def _wanted(plan: Plan, rows: slice) -> NDArray[np.bool_]:
    """(rows, cols) True where a pixel of these rows is to be classified."""
    window = Window(row=rows.start, col=0, height=rows.stop - rows.start, width=plan.scene.width)
    valid = plan.scene.valid(window)
    return valid if plan.aoi is None else valid & plan.aoi.mask(window)


def _exact_strips(plan: Plan, progress: Progress, *, confidence: bool) -> Iterator[Strip]:
    """The finished rows of the map as the published code computes it, the scene being one frame."""
    predictor = _exact_predictor(plan)
    shape = plan.scene.shape
    whole = Window(row=0, col=0, height=shape[0], width=shape[1])
    lattice = plan.lattice
    block = plan.scene.read(whole.moved(int(lattice.rows.phase), int(lattice.cols.phase)), lattice)
    patches = predictor.patches(shape)
    progress.info(
        f"{plan.megapixels:.1f} megapixels as the published code computes them, on {plan.machine}: "
        f"about {duration(predictor.seconds(shape))}, {plan.memory / 1e9:.1f} GB"
    )
    progress.begin("classifying", len(patches))

    def advance(done: int) -> None:
        progress.advance(done)
        _stop_if_cancelled(progress)

    logits = predictor.logits(block.pixels, advance)
    for start in range(0, shape[0], plan.strip_rows):
        rows = slice(start, min(start + plan.strip_rows, shape[0]))
        wanted, part = _wanted(plan, rows), logits[:, rows]
        classes = np.where(wanted, plan.card.legend.ids[part.argmax(axis=0)], NODATA).astype(np.uint8)
        percent = None
        if confidence:
            likelihood = 1 / np.exp(part - part.max(axis=0)).sum(axis=0)
            percent = np.where(wanted, np.rint(100 * likelihood), NODATA).astype(np.uint8)
        yield Strip(row=start, classes=classes, confidence=percent)


def _read_ahead(plan: Plan, tiles: Sequence[Sequence[Tile]]) -> Iterator[Iterator[tuple[Tile, Block]]]:
    """The frames' pixels, row by row of frames, some being read while others are classified."""
    coming: deque[Future[Block]] = deque()
    wanted = chain.from_iterable(tiles)
    with ThreadPoolExecutor(plan.readers) as readers:

        def submit_next() -> None:
            tile = next(wanted, None)
            if tile is not None:
                coming.append(readers.submit(plan.scene.read, tile.frame.window, plan.lattice))

        def row_blocks(row: Sequence[Tile]) -> Iterator[tuple[Tile, Block]]:
            for tile in row:
                block = coming.popleft().result()
                submit_next()
                yield tile, block

        for _ in range(plan.readers):
            submit_next()
        try:
            for row in tiles:
                yield row_blocks(row)
        finally:
            readers.shutdown(wait=True, cancel_futures=True)


def _predictor(plan: Plan, progress: Progress) -> Predictor:
    return Predictor(plan.model.network, plan.card.tiling, plan.machine, warn=progress.info)


def _exact_predictor(plan: Plan) -> ExactPredictor:
    return ExactPredictor(plan.model.network, plan.card.tiling, plan.normalization, plan.machine.device)


def _stop_if_cancelled(progress: Progress) -> None:
    if progress.cancelled():
        raise CancelledError("stopped as asked: nothing was written")
