"""Who computes the logits of frames: this process, unless another way is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.normalize import Normalization
from glnet_geo.core.progress import Progress, Silence, stop_if_cancelled
from glnet_geo.io.scenes.scene import Excerpt
from glnet_geo.io.work_folder.array_store import FrameStore
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import Model
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Plan, PlannedFrame
from glnet_geo.report import duration

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
        if unknown:
            self._timed = _timed(self._timed, plan, progress)
            progress.info(
                f"{plan.megapixels:.1f} megapixels on {plan.machine}: about "
                f"{duration(_seconds(plan, self._timed.seconds_per_patch, unknown))}, {plan.memory.total / 1e9:.1f} GB"
            )
        progress.begin("classifying", count_steps(unknown))

        def read(frame: PlannedFrame) -> Excerpt:
            return plan.scene.read(frame.window, plan.lattice)

        for frame, excerpt in _read_ahead(wanted, read, lambda frame: place(frame) in found, plan.readers):
            stop_if_cancelled(progress)
            logits = kept.get(*place(frame)) if excerpt is None else None
            if logits is None:
                # What a crash has damaged is made again.
                self._timed = _timed(self._timed, plan, progress)
                classify = FrameClassifier(self._timed.predictor, plan.normalization)
                logits = classify(frame, excerpt or read(frame), progress)
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

    def __call__(self, frame: PlannedFrame, excerpt: Excerpt, progress: Progress) -> Logits | None:
        """The logits of a frame; None where it shows nothing.

        Args:
            frame: which.
            excerpt: its pixels.
            progress: told of every patch; may cancel.

        Raises:
            CancelledError: as the progress asked.
        """
        steps = count_steps([frame])
        patches = [window for window in frame.patches if excerpt.valid[window.rows, window.cols].any()]
        progress.advance(steps - len(patches))
        if not patches:
            return None

        def advance(done: int) -> None:
            progress.advance(done)
            stop_if_cancelled(progress)

        pixels = self.normalization(excerpt.pixels, excerpt.valid)
        return self.predictor.logits(pixels, patches, advance)


def place(frame: PlannedFrame) -> tuple[int, int]:
    """Where a frame begins on the lattice, (row, col): its name."""
    return frame.window.row, frame.window.col


def count_steps(frames: Iterable[PlannedFrame]) -> int:
    """Steps of progress in frames: their patches."""
    return sum(max(1, len(frame.patches)) for frame in frames)


def shown(logits: Logits | None) -> Logits | None:
    """Logits as they were kept; None where the frame shows nothing."""
    return logits if logits is not None and logits.size else None


def expected_seconds(plan: Plan) -> float:
    """How long the plan takes in this process: a patch is timed."""
    frames = [frame for row in plan.frames() for frame in row]
    return _seconds(plan, _predictor(plan, Silence()).seconds_per_patch(), frames)


def _seconds(plan: Plan, per_patch: float, frames: Sequence[PlannedFrame]) -> float:
    return per_patch * count_steps(frames) + _OUTPUT_SECONDS_PER_MEGAPIXEL * plan.megapixels


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
