"""Frames as tasks of a Dask cluster: some in flight, taken in order, lost ones made again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError as LostError
from contextlib import contextmanager, suppress
from itertools import islice

from distributed import Client, Future, KilledWorker
from distributed.comm import CommClosedError
from distributed.core import Status

from glnet_geo.cluster.frame_job import FrameJob, SharedJob
from glnet_geo.cluster.versions import refuse_stranger, version_here
from glnet_geo.core.listing import counted
from glnet_geo.core.progress import Progress, stop_if_cancelled
from glnet_geo.errors import ClusterError, GlnetGeoError, OptionError, OutputError
from glnet_geo.frames import Logits, Steps, place, shown
from glnet_geo.io.work_folder.array_store import FrameStore, not_kept
from glnet_geo.io.work_folder.store import Nowhere
from glnet_geo.plan import Plan, PlannedFrame

_FRAMES_AHEAD = 3
"""Tasks in flight for every thread of the workers: one that runs, and some that wait beside one that is slow."""

_RETRIES = 2
_POLL_SECONDS = 0.02
_ROLL_CALL_SECONDS = 5.0


class DaskFrames:
    """The workers of a Dask cluster compute frames, and hand them over in the place where the journal lies.

    Args:
        client: connected to a cluster whose workers have this package, and see the scene and that place.
        resources: what a task takes of its worker, such as ``{"GPU": 1}``.
        local: whether all workers are on this computer, and so have its models.

    Attributes:
        here: this process does not compute.
        client: as given.
    """

    here = False

    def __init__(
        self, client: Client, *, resources: Mapping[str, float] | None = None, local: bool = False
    ) -> None:
        self.client = client
        self._local = local
        self._resources = dict(resources) if resources else None

    def logits(
        self, plan: Plan, wanted: Sequence[PlannedFrame], kept: FrameStore, progress: Progress
    ) -> Generator[Logits | None, None, None]:
        """The logits of some frames of a plan: see `glnet_geo.frames.Frames`.

        Raises:
            ClusterError: the scheduler went away, or a frame ended several workers.
            OptionError: nothing shall be kept, so workers cannot hand over what they make.
        """
        if isinstance(kept.arrays.store, Nowhere):
            raise OptionError("workers hand over their parts in a folder: leave out --no-resume")
        found = kept.found()
        unknown = [frame for frame in wanted if place(frame) not in found]
        job = FrameJob.of(plan, kept)
        # A task must not carry it: of a scene of many tiles it is large.
        shared = job.shared()
        if unknown:
            self._wait_for_workers(progress, "has no worker yet")
            self._refuse_strangers()
            self._bring_model(plan, job)
            progress.info(
                f"{plan.megapixels:.1f} megapixels, {counted(len(unknown), 'frame')} to compute by {counted(self._workers(), 'worker')} of "
                f"{self.client.scheduler.address}, on {plan.machine.device}"
            )
        steps = Steps(plan)
        progress.begin("classifying", steps.of(unknown))
        coming: deque[tuple[PlannedFrame, Future | None]] = deque()
        left = iter(wanted)
        try:
            while True:
                free = _FRAMES_AHEAD * self._threads() - len(coming) if unknown else 1
                for frame in islice(left, max(free, 0 if coming else 1)):
                    coming.append((frame, None if place(frame) in found else self._submitted(shared, frame)))
                if not coming:
                    return
                frame, future = coming.popleft()
                logits = self._taken(shared, kept, frame, future, progress)
                if future is not None:
                    progress.advance(steps.of([frame]))
                yield shown(logits)
        finally:
            # A client whose scheduler is gone has nothing to cancel.
            with suppress(OSError, LostError, RuntimeError):
                self.client.cancel([future for _, future in coming if future is not None])

    def _taken(
        self, job: SharedJob, kept: FrameStore, frame: PlannedFrame, future: Future | None, progress: Progress
    ) -> Logits:
        """The logits of a frame from where they are kept, as soon as they are there."""
        stop_if_cancelled(progress)
        if future is not None:
            self._wait(future, progress)
        logits = kept.get(*place(frame))
        if logits is None:
            # What a crash has damaged is made again.
            self._wait(self._submitted(job, frame), progress)
            logits = kept.get(*place(frame))
        if logits is None:
            raise OutputError(
                f"what the workers keep in {job.store} does not appear there on this computer: choose a --work-dir that "
                "all of them share"
            )
        return logits

    def _submitted(self, job: SharedJob, frame: PlannedFrame) -> Future:
        with self._understood():
            return self.client.submit(
                job.compute,
                frame,
                # A frame that was damaged is computed once more, not remembered.
                pure=False,
                retries=_RETRIES,
                resources=self._resources,
            )

    def _wait(self, future: Future, progress: Progress) -> None:
        with self._understood():
            roll_call, told = time.monotonic() + _ROLL_CALL_SECONDS, False
            while not future.done():
                stop_if_cancelled(progress)
                self._refuse_the_dead()
                if time.monotonic() > roll_call:
                    self._wait_for_workers(progress, "has lost all its workers")
                    told = told or self._tell_of_resources(progress)
                    roll_call = time.monotonic() + _ROLL_CALL_SECONDS
                # Not result(timeout): a frame that is ready just then would be lost.
                time.sleep(_POLL_SECONDS)
            future.result()

    def _workers(self) -> int:
        """How many there are: some may come and go."""
        with self._understood():
            return len(self.client.nthreads())

    def _threads(self) -> int:
        """Of all workers, those that compute and those that read."""
        with self._understood():
            threads: Iterable[int] = self.client.nthreads().values()
            return max(1, sum(threads))

    def _wait_for_workers(self, progress: Progress, why: str) -> None:
        """Until there is one, having said why there is none: a queue may keep them waiting for long."""
        told = False
        while True:
            if self._workers():
                return
            if not told:
                progress.info(f"the scheduler at {self.client.scheduler.address} {why}: waiting for one")
                told = True
            stop_if_cancelled(progress)
            self._refuse_the_dead()
            time.sleep(_POLL_SECONDS)

    def _refuse_strangers(self) -> None:
        """Refuse a scheduler or workers without this very version: tasks would end them, or they would make another map.

        A worker that comes later finds that out itself.
        """
        if self._local:
            return
        refuse_stranger(
            f"the scheduler at {self.client.scheduler.address}", self._scheduler_version(), version_here()
        )
        with self._understood():
            answers: Mapping[str, object] = self.client.run(version_here, on_error="return")
        for worker, answer in answers.items():
            refuse_stranger(f"the worker on {worker}", answer, version_here())

    def _scheduler_version(self) -> object:
        """That of the package beside the scheduler, which reads tasks and passes them on; the error where it has none."""
        with self._understood():
            try:
                return self.client.run_on_scheduler(version_here)
            except (ImportError, AttributeError) as error:
                return error

    def _tell_of_resources(self, progress: Progress) -> bool:
        """Say that frames wait for what no worker offers, where that is so; returns whether it is."""
        if self._resources is None or any(self.client.processing().values()):
            return False
        needs = ", ".join(f"{name}={amount:g}" for name, amount in self._resources.items())
        progress.info(
            f"no worker of {self.client.scheduler.address} takes a frame, which needs {needs}: waiting for one that was "
            f"started with --resources {needs.replace(', ', ' ')} or more"
        )
        return True

    def _refuse_the_dead(self) -> None:
        """Refuse to wait for processes of this computer that have all ended for good; others may come any time."""
        if self._local and all(one.status == Status.closed for one in self.client.cluster.workers.values()):
            raise ClusterError(
                "all worker processes have ended and cannot be started again: see whether memory or disk is full; what is "
                "finished is kept, run the same command again to go on"
            )

    def _bring_model(self, plan: Plan, job: FrameJob) -> None:
        """Put the model where a worker that does not have it finds it, also one that comes later."""
        store = job.kept.arrays.store
        try:
            if not self._local and job.package not in store.names():
                store.write(job.package, plan.model.path.read_bytes())
        except OSError as error:
            raise not_kept(store, error) from error

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Turns what Dask says into what a person can do."""
        try:
            yield
        except GlnetGeoError:
            raise
        except KilledWorker as error:
            raise ClusterError(
                f"a frame ended {error.allowed_failures + 1} workers, the last on {error.last_worker.host}: give workers "
                "more memory, or use fewer of them; what is finished is kept, run the same command again to go on"
            ) from error
        except (LostError, CommClosedError, OSError, RuntimeError) as error:
            if self.client.status == "running" and not isinstance(error, LostError | CommClosedError):
                raise
            raise ClusterError(
                "the Dask scheduler went away: start it again, with its workers, which end with it; what is finished is kept, "
                "run the same command again to go on"
            ) from error
