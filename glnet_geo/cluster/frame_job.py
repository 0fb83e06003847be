"""What a worker does: read the pixels of one frame, compute its logits, keep them where all find them."""

from __future__ import annotations

import hashlib
import pickle
import platform
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from glnet_geo.cluster.versions import refuse_another_version, version_here
from glnet_geo.core.lattice import Lattice
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.progress import Silence
from glnet_geo.errors import ClusterError, GlnetGeoError
from glnet_geo.frames import FrameClassifier, place
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.scene import Scene
from glnet_geo.io.work_folder.array_store import FrameStore, not_kept
from glnet_geo.io.work_folder.store import Store
from glnet_geo.model.installed import installed_models
from glnet_geo.model.machine import Machine, is_present
from glnet_geo.model.package import Model, load_model, sha256_of
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Plan, PlannedFrame

_OPEN_SCENES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameJob:
    """All that a worker must know to compute any frame of a plan; can be pickled.

    Attributes:
        scene: of the plan; an open one is opened anew where it is unpickled.
        lattice: of the plan.
        normalization: of the plan.
        machine: of the plan.
        blocks_kept: bytes of decoded blocks of the scene.
        model: where the model's package lies on the computer that planned.
        sha256: of the package.
        kept: where logits are put.
    """

    scene: Scene
    lattice: Lattice
    normalization: Normalization
    machine: Machine
    blocks_kept: int
    model: Path
    sha256: str
    kept: FrameStore

    @classmethod
    def of(cls, plan: Plan, kept: FrameStore) -> FrameJob:
        """The job of computing the frames of a plan."""
        return cls(
            scene=plan.scene,
            lattice=plan.lattice,
            normalization=plan.normalization,
            machine=plan.machine,
            # Two threads read in turn, each for itself.
            blocks_kept=2 * plan.memory.kept,
            model=plan.model.path.absolute(),
            sha256=plan.model.sha256,
            kept=kept,
        )

    def shared(self) -> SharedJob:
        """Put the job where logits are put, for workers to take it from there.

        Raises:
            OutputError: the disk is full, or the store cannot be written to.
        """
        store, pickled = self.kept.arrays.store, pickle.dumps(self)
        job = SharedJob(store, hashlib.sha256(pickled).hexdigest())
        try:
            store.write(job.name, pickled)
        except OSError as error:
            raise not_kept(store, error) from error
        return job

    @property
    def package(self) -> str:
        """Under which name the model's package lies in the store, for workers that do not have it."""
        return f"model_{self.sha256}"

    def package_here(self) -> Path | None:
        """The package on this computer, at its path or among the installed ones; None where it is not."""
        for path in (self.model, *installed_models()):
            if path.is_file() and sha256_of(path) == self.sha256:
                return path
        return None

    def compute(self, frame: PlannedFrame) -> None:
        """Compute and keep the logits of a frame; doing so twice changes nothing.

        Raises:
            GlnetGeoError: something cannot be read, computed or kept.
        """
        with block_cache(self.blocks_kept):
            excerpt = self.scene.read(frame.window, self.lattice)
        # While one thread computes, another reads.
        with _COMPUTING:
            classify = FrameClassifier(_predictor(self), self.normalization)
            logits = classify(frame, excerpt, Silence())
        self.kept.put(*place(frame), logits)


@dataclass(frozen=True, slots=True)
class SharedJob:
    """A frame job that lies in a store: a few hundred bytes, pickled, however many tiles the scene has.

    Workers come and go, and each takes it from there once.

    Attributes:
        store: where it lies.
        sha256: of the pickled job.
        version: of the package that has made it.
    """

    store: Store
    sha256: str
    version: str = field(default_factory=version_here)

    @property
    def name(self) -> str:
        """Under which it lies in the store."""
        return f"job_{self.sha256}"

    def compute(self, frame: PlannedFrame) -> None:
        """Compute and keep the logits of a frame: see `FrameJob`.

        Raises:
            GlnetGeoError: something cannot be read, computed or kept.
        """
        refuse_another_version(self.version)
        try:
            _JOBS.known(self).compute(frame)
        except GlnetGeoError as error:
            # GDAL's own errors behind it cannot be pickled, and would turn it into a mere text on its way back.
            error.__cause__ = error.__context__ = None
            raise

    def taken(self) -> FrameJob:
        """The job as it was put there.

        Raises:
            ClusterError: it is not there, or not whole.
        """
        try:
            pickled = self.store.read(self.name)
        except OSError as error:
            raise self._not_there() from error
        # Whoever may write there must not choose what is run here.
        if hashlib.sha256(pickled).hexdigest() != self.sha256:
            raise self._not_there()
        job: FrameJob = pickle.loads(pickled)  # noqa: S301 - the very job that was put there
        return job

    def _not_there(self) -> ClusterError:
        return ClusterError(
            f"the worker on {platform.node()} does not find its job in {self.store}: choose a --work-dir that all workers "
            "share"
        )


class _Jobs:
    """The few jobs that were worked for last, their scenes open."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, FrameJob] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, shared: SharedJob) -> FrameJob:
        """A job; another thread may still read for one that must leave, whose scene is closed when that is done."""
        with self._lock:
            job = self._jobs.pop(shared.sha256, None) or shared.taken()
            self._jobs[shared.sha256] = job
            while len(self._jobs) > _OPEN_SCENES:
                self._jobs.popitem(last=False)
            return job


_JOBS = _Jobs()
_COMPUTING = threading.Lock()
_PREDICTORS: dict[tuple[str, Machine], Predictor] = {}


def _predictor(job: FrameJob) -> Predictor:
    """The model of a job, of which a process holds one at a time."""
    key = job.sha256, job.machine
    if key not in _PREDICTORS:
        if not is_present(job.machine.device):
            raise ClusterError(
                f"the worker on {platform.node()} sees no {job.machine.device} device: start workers that have one with "
                "--resources GPU=1, and run this command with --resources GPU=1"
            )
        _PREDICTORS.clear()
        model = _model(job)
        _PREDICTORS[key] = Predictor(
            model.network, model.card.tiling, job.machine, background=model.card.background_channel
        )
    return _PREDICTORS[key]


def _model(job: FrameJob) -> Model:
    """The model from its place, from the installed ones, or from the store."""
    path = job.package_here()
    if path is not None:
        return load_model(path)
    try:
        package = job.kept.arrays.store.read(job.package)
    except OSError as error:
        raise ClusterError(
            f"the worker on {platform.node()} finds the model {job.model.name} neither at its path nor in "
            f"{job.kept.arrays.store}: choose a --work-dir that all workers share"
        ) from error
    with tempfile.TemporaryDirectory(prefix="glnet-geo-") as folder:
        path = Path(folder) / job.model.name
        path.write_bytes(package)
        return load_model(path)
