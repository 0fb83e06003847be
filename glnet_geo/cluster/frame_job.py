"""What a worker does: read the pixels of one frame, compute its logits, keep them where all find them."""

from __future__ import annotations

import pickle
import platform
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from glnet_geo.core.lattice import Lattice
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.progress import Silence
from glnet_geo.errors import ClusterError, GlnetGeoError
from glnet_geo.frames import FrameClassifier, place
from glnet_geo.io.marked import FrameStore
from glnet_geo.io.scene import Scene, block_cache
from glnet_geo.model.catalogue import installed_models
from glnet_geo.model.machine import Machine, is_present
from glnet_geo.model.package import Model, load_model, sha256_of
from glnet_geo.model.predict import Predictor
from glnet_geo.plan import Plan, Tile

_OPEN_SCENES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameJob:
    """All that a worker must know to compute any frame of a plan: a few kilobytes, pickled.

    Attributes:
        scene: a pickled `Scene`.
        lattice: of the plan.
        normalization: of the plan.
        machine: of the plan.
        model: where the model's package lies on the computer that planned.
        sha256: of the package.
        kept: where logits are put.
    """

    scene: bytes = field(repr=False)
    lattice: Lattice
    normalization: Normalization
    machine: Machine
    model: Path
    sha256: str
    kept: FrameStore

    @classmethod
    def of(cls, plan: Plan, kept: FrameStore) -> FrameJob:
        """The job of computing the frames of a plan."""
        return cls(
            scene=pickle.dumps(plan.scene),
            lattice=plan.lattice,
            normalization=plan.normalization,
            machine=plan.machine,
            model=plan.model.path.absolute(),
            sha256=plan.model.sha256,
            kept=kept,
        )

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

    def compute(self, tile: Tile) -> None:
        """Compute and keep the logits of a frame; doing so twice changes nothing.

        Raises:
            GlnetGeoError: something cannot be read, computed or kept.
        """
        try:
            with block_cache():
                block = _SCENES.opened(self.scene).read(tile.frame.window, self.lattice)
        except GlnetGeoError as error:
            # GDAL's own errors behind it cannot be pickled, and would turn it into a mere text on its way back.
            error.__cause__ = error.__context__ = None
            raise
        # While one thread computes, another reads.
        with _COMPUTING:
            classify = FrameClassifier(_predictor(self), self.normalization)
            logits = classify(tile, block, Silence())
        self.kept.put(*place(tile), logits)


class _Scenes:
    """The few scenes that were used last, open."""

    def __init__(self) -> None:
        self._scenes: OrderedDict[bytes, Scene] = OrderedDict()
        self._lock = threading.Lock()

    def opened(self, pickled: bytes) -> Scene:
        """A scene; another thread may still be reading from one that must leave, which is closed when it is done."""
        with self._lock:
            scene = self._scenes.pop(pickled, None)
            if scene is None:
                scene = pickle.loads(pickled)  # noqa: S301 - the job brings it, as it brings the code to run
            self._scenes[pickled] = scene
            while len(self._scenes) > _OPEN_SCENES:
                self._scenes.popitem(last=False)
            return scene


_SCENES = _Scenes()
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
