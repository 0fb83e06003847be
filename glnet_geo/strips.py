"""The finished rows of a map, from top to bottom: frames -> GLNet -> mosaic -> strips."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

import numpy as np
from typing_extensions import Self

from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement, Mosaic
from glnet_geo.core.numerals import gigabytes
from glnet_geo.core.progress import Progress, stop_if_cancelled
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError
from glnet_geo.frames import Frames, Steps, expected_time, place
from glnet_geo.io.work_folder.journal import Journal
from glnet_geo.model.decide import Decision
from glnet_geo.model.exact import ExactPredictor
from glnet_geo.plan import Plan, PlannedFrame
from glnet_geo.report import ExpectedTime, nothing_to_classify


def strips(
    plan: Plan, progress: Progress, journal: Journal, frames: Frames, *, confidence: bool
) -> Generator[Strip, None, None]:
    """Every row of the map once.

    Args:
        plan: what to do.
        progress: told of every patch; may cancel.
        journal: where finished parts are kept and taken from.
        frames: who computes frames.
        confidence: whether the winner's probability is wanted too.

    Raises:
        CancelledError: as the progress asked.
        OptionError: other processes shall compute a scene that is one frame.
    """
    if plan.exact and not frames.here:
        raise OptionError(
            "--exact computes a scene as one frame, in one process: leave out --workers and --scheduler"
        )
    if plan.exact:
        yield from _exact_strips(plan, progress, confidence=confidence)
        return
    done = 0
    for strip in journal.strips():
        yield strip
        done = strip.row + len(strip.classes)
    if done < plan.scene.height:
        yield from _mapped(plan, progress, journal, frames, done, confidence=confidence)


def time_of(plan: Plan) -> ExpectedTime:
    """How long the plan takes in this process.

    Raises:
        SceneError: nothing would be mapped, where that is soon found out.
    """
    steps = Steps(plan)
    if (
        steps.sure
        and _seems_empty(plan, steps)
        and not any(plan.wanted(rows).any() for rows in plan.strips())
    ):
        raise nothing_to_classify(plan.scene.name)
    return _exact_time(plan, _exact_predictor(plan)) if plan.exact else expected_time(plan, steps)


def _seems_empty(plan: Plan, steps: Steps) -> bool:
    """Whether a scene must be looked at closely for a pixel that is to be mapped."""
    # A patch with data may have it beside the area of interest alone.
    return plan.aoi is not None or not any(steps.of([frame]) for row in plan.frames() for frame in row)


def needed(plan: Plan, done: int) -> list[list[PlannedFrame]]:
    """The frames that the rows of the map need from one on, row by row of frames."""
    # Frames that end above the first cell that is needed have nothing to say any more.
    first = int(Enlargement(plan.lattice.rows).lower[done])
    return [row for row in plan.frames() if not row or row[0].share.row_stop > first]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """What earlier runs have left to do of a map.

    Attributes:
        row: the first row that they did not finish.
        share: part of the patches needed from that row on that they did not compute, 0 to 1.
    """

    row: int = 0
    share: float = 1.0

    @classmethod
    def of(cls, plan: Plan, journal: Journal) -> Self:
        """As a journal has it before anything is added."""
        if plan.exact or journal.empty:
            return cls()
        done, found = journal.rows, journal.frames.found()
        tiles = list(chain(*needed(plan, done))) if done < plan.scene.height else []
        left = sum(len(tile.patches) for tile in tiles if place(tile) not in found)
        return cls(row=done, share=left / max(1, sum(len(tile.patches) for tile in tiles)))

    def within(self, row: int, stop: int) -> float:
        """How much of the rows from one to the one before another is left, 0 to 1."""
        return self.share * max(0, stop - max(row, self.row)) / (stop - row)


def _mapped(
    plan: Plan, progress: Progress, journal: Journal, frames: Frames, done: int, *, confidence: bool
) -> Iterator[Strip]:
    """The rows of the map from ``done`` on, each kept as soon as it is finished."""
    rows = Enlargement(plan.lattice.rows)
    decide = Decision(
        rows,
        Enlargement(plan.lattice.cols),
        plan.card.legend.ids,
        confidence=confidence,
        temperature=plan.card.temperature,
    )
    wanted = needed(plan, done)
    tops = [row[0].share.row if row else None for row in wanted]
    mosaic = _mosaic(plan, min([int(rows.lower[done]), *(top for top in tops if top is not None)]))
    finished = _FinishedRows(plan, mosaic, rows, decide, done)
    with closing(frames.logits(plan, list(chain(*wanted)), journal.frames, progress)) as coming:
        for number, row in enumerate(wanted):
            for frame in row:
                logits = next(coming)
                if logits is not None:
                    mosaic.add(frame, logits)
            later = [top for top in tops[number + 1 :] if top is not None]
            for strip in finished.before(later[0] if later else None):
                journal.add_strip(strip)
                yield strip
            if later:
                _forget(journal, wanted[: number + 1], finished.first_cell)


def _mosaic(plan: Plan, top: int) -> Mosaic:
    extent = plan.lattice.extent
    area = Window(
        row=top, col=extent.col // CELL, height=extent.row_stop // CELL - top, width=extent.width // CELL
    )
    return Mosaic(area, plan.model.network.architecture.classes)


def _forget(journal: Journal, rows: Sequence[Sequence[PlannedFrame]], cell: int) -> None:
    """Let the journal forget frames that end above a cell: all their rows are in it."""
    ends = [row[0] for row in rows if row]
    gone = [frame.window.row for frame in ends if frame.share.row_stop <= cell]
    if gone:
        journal.frames.forget(max(gone))


def _exact_predictor(plan: Plan) -> ExactPredictor:
    return ExactPredictor(plan.model.network, plan.card.tiling, plan.normalization, plan.machine.device)


def _exact_time(plan: Plan, predictor: ExactPredictor) -> ExpectedTime:
    # The published code computes what has no data, too.
    return ExpectedTime(predictor.seconds(plan.scene.shape))


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
            classes, percent = self._decide(logits, first, rows, self._plan.wanted(rows))
            yield Strip(row=rows.start, classes=classes, confidence=percent)
            self._next = rows.stop
        if cell is not None and self._next < self._plan.scene.height:
            self._mosaic.let_go(min(cell, self.first_cell))

    @property
    def first_cell(self) -> int:
        """The first row of cells that a row not yet given needs."""
        return int(self._rows.lower[self._next])


def _exact_strips(plan: Plan, progress: Progress, *, confidence: bool) -> Iterator[Strip]:
    """The finished rows of the map as the published code computes it, the scene being one frame."""
    predictor = _exact_predictor(plan)
    shape = plan.scene.shape
    whole = Window.whole(shape)
    lattice = plan.lattice
    excerpt = plan.scene.read(whole.moved(int(lattice.rows.phase), int(lattice.cols.phase)), lattice)
    patches = predictor.patches(shape)
    progress.info(
        f"{plan.megapixels:.1f} megapixels as the published code computes them, on {plan.machine}: "
        f"{_exact_time(plan, predictor)}, {gigabytes(plan.memory.total)}"
    )
    progress.begin("classifying", len(patches))

    def advance(done: int) -> None:
        progress.advance(done)
        stop_if_cancelled(progress)

    logits = predictor.logits(excerpt.pixels, advance)
    down, across = predictor.answers(shape)
    for rows in plan.strips():
        wanted, part = plan.wanted(rows), logits[:, rows]
        classes = np.where(wanted, plan.card.legend.ids[part.argmax(axis=0)], NODATA).astype(np.uint8)
        percent = None
        if confidence:
            # The card's temperature is that of the mean of answers, not of their sum.
            divisor = plan.card.temperature * down[rows, None] * across
            likelihood = 1 / np.exp((part - part.max(axis=0)) / divisor).sum(axis=0)
            percent = np.where(wanted, np.rint(100 * likelihood), NODATA).astype(np.uint8)
        yield Strip(row=rows.start, classes=classes, confidence=percent)
