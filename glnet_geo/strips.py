"""The finished rows of a map, from top to bottom: frames -> GLNet -> mosaic -> strips."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement, Mosaic
from glnet_geo.core.progress import Progress, Silence, stop_if_cancelled
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.io.journal import Journal
from glnet_geo.io.scene import Block
from glnet_geo.model.decide import Decision
from glnet_geo.model.exact import ExactPredictor
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Plan, Tile, count_patches
from glnet_geo.report import duration

TileRows: TypeAlias = Sequence[Sequence[Tile]]

_OUTPUT_SECONDS_PER_MEGAPIXEL = 0.15


def strips(plan: Plan, progress: Progress, journal: Journal, *, confidence: bool) -> Iterator[Strip]:
    """Every row of the map once.

    Args:
        plan: what to do.
        progress: told of every patch; may cancel.
        journal: where finished parts are kept and taken from.
        confidence: whether the winner's probability is wanted too.

    Raises:
        CancelledError: as the progress asked.
    """
    if plan.exact:
        yield from _exact_strips(plan, progress, confidence=confidence)
        return
    done = 0
    for strip in journal.strips():
        yield strip
        done = strip.row + len(strip.classes)
    if done < plan.scene.height:
        yield from _Mapping(plan, progress, journal, confidence=confidence).strips(done)


def expected_seconds(plan: Plan) -> float:
    """How long the plan takes on this machine: a patch is timed, the outputs' part is known by experience."""
    if plan.exact:
        return _exact_predictor(plan).seconds(plan.scene.shape)
    return _seconds(plan, _predictor(plan, Silence()), list(plan.tiles()))


def _seconds(plan: Plan, predictor: Predictor, tiles: TileRows) -> float:
    return (
        predictor.seconds_per_patch() * count_patches(tiles) + _OUTPUT_SECONDS_PER_MEGAPIXEL * plan.megapixels
    )


def _predictor(plan: Plan, progress: Progress) -> Predictor:
    return Predictor(
        plan.model.network,
        plan.card.tiling,
        plan.machine,
        background=plan.card.background_channel,
        warn=progress.info,
    )


def _exact_predictor(plan: Plan) -> ExactPredictor:
    return ExactPredictor(plan.model.network, plan.card.tiling, plan.normalization, plan.machine.device)


class _Mapping:
    """Classifies a scene frame by frame, and keeps what is finished in a journal."""

    def __init__(self, plan: Plan, progress: Progress, journal: Journal, *, confidence: bool) -> None:
        self._plan, self._progress, self._journal = plan, progress, journal
        self._predictor = _predictor(plan, progress)
        self._rows = Enlargement(plan.lattice.rows)
        self._decide = Decision(
            self._rows,
            Enlargement(plan.lattice.cols),
            plan.card.legend.ids,
            confidence=confidence,
            temperature=plan.card.temperature,
        )

    def strips(self, done: int) -> Iterator[Strip]:
        """The rows of the map from one on."""
        plan, progress = self._plan, self._progress
        # Frames that end above the first cell that is needed have nothing to say any more.
        first_cell = int(self._rows.lower[done])
        tiles = [row for row in plan.tiles() if not row or row[0].frame.share.row_stop > first_cell]
        unknown = [[tile for tile in row if not self._known(tile)] for row in tiles]
        progress.info(
            f"{plan.megapixels:.1f} megapixels on {plan.machine}: about "
            f"{duration(_seconds(plan, self._predictor, unknown))}, {plan.memory / 1e9:.1f} GB"
        )
        progress.begin("classifying", count_patches(unknown))
        tops = [row[0].frame.share.row if row else None for row in tiles]
        mosaic = self._mosaic(min([first_cell, *(top for top in tops if top is not None)]))
        finished = _FinishedRows(plan, mosaic, self._rows, self._decide, done)
        for number, row in enumerate(_read_ahead(plan, tiles, self._known)):
            for tile, block in row:
                self._add(tile, block, mosaic)
            later = [top for top in tops[number + 1 :] if top is not None]
            for strip in finished.before(later[0] if later else None):
                self._journal.add_strip(strip)
                yield strip
            if later:
                self._forget(tiles[: number + 1], finished.first_cell)

    def _forget(self, tiles: TileRows, cell: int) -> None:
        """Let the journal forget frames that end above a cell: all their rows are in it."""
        frames = [row[0].frame for row in tiles if row]
        gone = [frame.window.row for frame in frames if frame.share.row_stop <= cell]
        if gone:
            self._journal.forget_frames(max(gone))

    def _mosaic(self, top: int) -> Mosaic:
        extent = self._plan.lattice.extent
        return Mosaic(
            Window(
                row=top,
                col=extent.col // CELL,
                height=extent.row_stop // CELL - top,
                width=extent.width // CELL,
            ),
            self._predictor.classes,
        )

    def _known(self, tile: Tile) -> bool:
        """Whether the journal has the logits of a frame."""
        window = tile.frame.window
        return self._journal.has_frame(window.row, window.col)

    def _add(self, tile: Tile, block: Block | None, mosaic: Mosaic) -> None:
        """Add one frame to the mosaic; where it shows nothing, skip it.

        Args:
            tile: the frame.
            block: its pixels; None where the journal knows its logits.
            mosaic: gets them.
        """
        stop_if_cancelled(self._progress)
        window = tile.frame.window
        logits = self._journal.frame(window.row, window.col) if block is None else None
        if logits is None:
            # What a crash has damaged is made again.
            logits = self._classified(tile, block or self._plan.scene.read(window, self._plan.lattice))
        if logits is not None:
            mosaic.add(tile.frame, logits)

    def _classified(self, tile: Tile, block: Block) -> NDArray[np.float32] | None:
        """The logits of a frame; None where it shows nothing."""
        steps = max(1, len(tile.patches))
        patches = [window for window in tile.patches if block.valid[window.rows, window.cols].any()]
        self._progress.advance(steps - len(patches))
        if not patches:
            return None

        def advance(done: int) -> None:
            self._progress.advance(done)
            stop_if_cancelled(self._progress)

        pixels = self._plan.normalization(block.pixels, block.valid)
        logits = self._predictor.logits(pixels, patches, advance)
        self._journal.add_frame(tile.frame.window.row, tile.frame.window.col, logits)
        return logits


class _FinishedRows:
    """Turns settled rows of a mosaic into strips, each row of the scene from ``start`` on once."""

    def __init__(self, plan: Plan, mosaic: Mosaic, rows: Enlargement, decide: Decision, start: int) -> None:
        self._plan, self._mosaic, self._rows, self._decide = plan, mosaic, rows, decide
        self._next = start

    def before(self, cell: int | None) -> Iterator[Strip]:
        """All rows not yet given that need no cell from ``cell`` on; all that are left where it is None."""
        stop = self._plan.scene.height if cell is None else self._rows.ready(cell)
        while self._next < stop:
            rows = slice(self._next, min(self._next + self._plan.strip_rows, stop))
            first, end = int(self._rows.lower[rows.start]), int(self._rows.upper[rows.stop - 1]) + 1
            logits = self._mosaic.rows(first, end)
            classes, percent = self._decide(logits, first, rows, _wanted(self._plan, rows))
            yield Strip(row=rows.start, classes=classes, confidence=percent)
            self._next = rows.stop
        if cell is not None and self._next < self._plan.scene.height:
            self._mosaic.let_go(min(cell, self.first_cell))

    @property
    def first_cell(self) -> int:
        """The first row of cells that a row not yet given needs."""
        return int(self._rows.lower[self._next])


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
        stop_if_cancelled(progress)

    logits = predictor.logits(block.pixels, advance)
    for start in range(0, shape[0], plan.strip_rows):
        rows = slice(start, min(start + plan.strip_rows, shape[0]))
        wanted, part = _wanted(plan, rows), logits[:, rows]
        classes = np.where(wanted, plan.card.legend.ids[part.argmax(axis=0)], NODATA).astype(np.uint8)
        percent = None
        if confidence:
            likelihood = 1 / np.exp((part - part.max(axis=0)) / plan.card.temperature).sum(axis=0)
            percent = np.where(wanted, np.rint(100 * likelihood), NODATA).astype(np.uint8)
        yield Strip(row=start, classes=classes, confidence=percent)


def _read_ahead(
    plan: Plan, tiles: TileRows, known: Callable[[Tile], bool]
) -> Iterator[Iterator[tuple[Tile, Block | None]]]:
    """The frames' pixels, row by row of frames, some being read while others are classified; None where known."""
    coming: deque[Future[Block] | None] = deque()
    wanted = chain.from_iterable(tiles)
    with ThreadPoolExecutor(plan.readers) as readers:

        def submit_next() -> None:
            tile = next(wanted, None)
            if tile is not None:
                reading = None
                if not known(tile):
                    reading = readers.submit(plan.scene.read, tile.frame.window, plan.lattice)
                coming.append(reading)

        def row_blocks(row: Sequence[Tile]) -> Iterator[tuple[Tile, Block | None]]:
            for tile in row:
                reading = coming.popleft()
                block = None if reading is None else reading.result()
                submit_next()
                yield tile, block

        for _ in range(plan.readers):
            submit_next()
        try:
            for row in tiles:
                yield row_blocks(row)
        finally:
            readers.shutdown(wait=True, cancel_futures=True)
