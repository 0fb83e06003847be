"""Who computes the logits of frames: this process, unless another way is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.glance import Shows
from glnet_geo.core.lattice import in_cells
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.numerals import gigabytes
from glnet_geo.core.progress import Portion, Progress, Silence, stop_if_cancelled
from glnet_geo.core.window import Window
from glnet_geo.io.scenes.scene import Excerpt
from glnet_geo.io.work_folder.array_store import FrameStore
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import Model
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Plan, PlannedFrame
from glnet_geo.report import ExpectedTime

Logits: TypeAlias = NDArray[np.float32]

_OUTPUT_SECONDS_PER_MEGAPIXEL = 0.15
"""What a laptop takes to blend, decide and write: known by experience, and small beside the network."""


class Frames(Protocol):
    """Computes the logits of frames; the same for the same plan, whoever does it.

    Attributes:
        here: whether this process computes; else the device that is asked for may be elsewhere.
    """

    here: bool

    def logits(
        self, plan: Plan, wanted: Sequence[PlannedFrame], kept: FrameStore, progress: Progress
    ) -> Generator[Logits | None, None, None]:
        """The logits of some frames of a plan, in their order, some being made while others are taken.

        Those that are kept are taken from there, and all others are kept there.

        Args:
            plan: what to do.
            wanted: the frames.
            kept: where logits lie until the rows that they touch are finished.
            progress: told how long it will take, and of every patch; may cancel.

        Yields:
            (classes, rows / 4, cols / 4) of each frame, or None where it shows nothing.

        Raises:
            GlnetGeoError: something cannot be read, computed or kept, or the person asked to stop.
        """


class LocalFrames:
    """This process computes frames, and reads ahead in threads.

    Attributes:
        here: it does.
    """

    here = True

    def __init__(self) -> None:
        self._timed: _Timed | None = None

    def logits(
        self, plan: Plan, wanted: Sequence[PlannedFrame], kept: FrameStore, progress: Progress
    ) -> Generator[Logits | None, None, None]:
        """The logits of some frames of a plan: see `Frames`."""
        found = kept.found()
        unknown = [frame for frame in wanted if place(frame) not in found]
        steps = Steps(plan)
        total = steps.of(unknown)
        if unknown:
            self._timed = _timed(self._timed, plan, progress)
            expected = _time(plan, self._timed.seconds_per_patch, total, at_most=not steps.sure)
            progress.info(
                f"{plan.megapixels:.1f} megapixels on {plan.machine}: {expected}, {gigabytes(plan.memory.total)}"
            )
        progress.begin("classifying", total)

        def read(frame: PlannedFrame) -> Excerpt:
            return plan.scene.read(frame.window, plan.lattice)

        for frame, excerpt in _read_ahead(wanted, read, lambda frame: place(frame) in found, plan.readers):
            stop_if_cancelled(progress)
            logits = kept.get(*place(frame)) if excerpt is None else None
            if logits is None:
                # What a crash has damaged is made again.
                self._timed = _timed(self._timed, plan, progress)
                classify = FrameClassifier(self._timed.predictor, plan.normalization)
                logits = classify(frame, excerpt or read(frame), progress, steps.of([frame]))
                kept.put(*place(frame), logits)
            yield shown(logits)


@dataclass(frozen=True, slots=True)
class FrameClassifier:
    """From the pixels of a frame to its logits.

    Attributes:
        predictor: of the model.
        normalization: from file values to network inputs.
    """

    predictor: Predictor
    normalization: Normalization

    def __call__(
        self, frame: PlannedFrame, excerpt: Excerpt, progress: Progress, steps: int = 0
    ) -> Logits | None:
        """The logits of a frame; None where it shows nothing.

        Args:
            frame: which.
            excerpt: its pixels.
            progress: may cancel at every patch.
            steps: of the progress that the frame is.

        Raises:
            CancelledError: as the progress asked.
        """
        patches = [window for window in frame.patches if excerpt.valid[window.rows, window.cols].any()]
        portion = Portion(progress, steps, max(1, len(patches)))
        if not patches:
            portion.advance()
            return None

        def advance(done: int) -> None:
            portion.advance(done)
            stop_if_cancelled(progress)

        pixels = self.normalization(excerpt.pixels, excerpt.valid)
        return self.predictor.logits(pixels, patches, advance)


def place(frame: PlannedFrame) -> tuple[int, int]:
    """Where a frame begins on the lattice, (row, col): its name."""
    return frame.window.row, frame.window.col


class Steps:
    """How many steps of progress frames are: their patches that seem to have data, since the others take no time.

    Args:
        plan: to which the frames belong.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def of(self, frames: Iterable[PlannedFrame]) -> int:
        """The steps of some frames; all patches count where it would take long to find out which have data."""
        return sum(self._shown(frame, patch) for frame in frames for patch in frame.patches)

    @property
    def sure(self) -> bool:
        """Whether it is known which patches have data."""
        return self._shows is not None

    @cached_property
    def _shows(self) -> Shows | None:
        return self._plan.scene.pixels.glance()

    def _shown(self, frame: PlannedFrame, patch: Window) -> bool:
        lattice = patch.moved(frame.window.row, frame.window.col)
        return self._shows is None or self._shows(self._plan.scene_window(in_cells(lattice)))


def shown(logits: Logits | None) -> Logits | None:
    """Logits as they were kept; None where the frame shows nothing."""
    return logits if logits is not None and logits.size else None


def expected_time(plan: Plan, steps: Steps) -> ExpectedTime:
    """How long the plan takes in this process, given its steps: a patch is timed."""
    total = steps.of(frame for row in plan.frames() for frame in row)
    return _time(plan, _predictor(plan, Silence()).seconds_per_patch(), total, at_most=not steps.sure)


def _time(plan: Plan, per_patch: float, steps: int, *, at_most: bool) -> ExpectedTime:
    seconds = per_patch * steps + _OUTPUT_SECONDS_PER_MEGAPIXEL * plan.megapixels
    return ExpectedTime(seconds, at_most)


@dataclass(frozen=True, slots=True)
class _Timed:
    """A predictor, and how long it takes; kept from scene to scene."""

    model: Model
    machine: Machine
    predictor: Predictor
    seconds_per_patch: float


def _timed(known: _Timed | None, plan: Plan, progress: Progress) -> _Timed:
    """The predictor of a plan, which may be known."""
    if known is not None and known.model is plan.model and known.machine == plan.machine:
        return known
    predictor = _predictor(plan, progress)
    return _Timed(plan.model, plan.machine, predictor, predictor.seconds_per_patch())


def _predictor(plan: Plan, progress: Progress) -> Predictor:
    return Predictor(
        plan.model.network,
        plan.card.tiling,
        plan.machine,
        background=plan.card.background_channel,
        warn=progress.info,
    )


def _read_ahead(
    wanted: Iterable[PlannedFrame],
    read: Callable[[PlannedFrame], Excerpt],
    known: Callable[[PlannedFrame], bool],
    readers: int,
) -> Iterator[tuple[PlannedFrame, Excerpt | None]]:
    """The frames' pixels in their order, some being read while others are classified; None where known."""
    coming: deque[tuple[PlannedFrame, Future[Excerpt] | None]] = deque()
    with ThreadPoolExecutor(readers) as threads:
        try:
            for frame in wanted:
                coming.append((frame, None if known(frame) else threads.submit(read, frame)))
                if len(coming) > readers:
                    yield _ready(*coming.popleft())
            while coming:
                yield _ready(*coming.popleft())
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def _ready(frame: PlannedFrame, reading: Future[Excerpt] | None) -> tuple[PlannedFrame, Excerpt | None]:
    return frame, None if reading is None else reading.result()
