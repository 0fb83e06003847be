"""What to learn from, how, and what it came to: the values of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glnet_geo.errors import OptionError
from glnet_geo.io.datasets import DatasetName
from glnet_geo.model.card import Card
from glnet_geo.model.machine import Device, Precision
from glnet_geo.model.package import DEFAULT_MODEL
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.stages import STAGES, Stage

POLYGON_MINUTES = 8.0
"""How long learning from a few polygons takes where nothing else is asked for."""


KEPT_BY_POLYGONS = 0.5
"""Share of the old weights in the new ones after learning from a few polygons, where the classes are the same.

On the rest of a scene of Dubai, half of each did better than the new weights alone, and than the old ones.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How to train; every option of the command line, by the same name.

    Attributes:
        init: what to begin with: an installed model, a package, ``timm:NAME`` or ``timm:NAME=FILE``.
        download: whether the weights of a timm backbone may be fetched from the network.
        stages: which stages to train; none for all that the network has.
        epochs: of every stage; None for the published ones.
        minutes: that training may take, instead of epochs; None for 8 with polygons, else none.
        validate: names of images to judge on, ``*`` standing for anything; ``none`` to hold nothing out; empty to choose.
        balance: 0 draws classes as often as they are labelled, 1 all alike.
        augmentation: how samples are varied.
        bands: numbers or names of the images' bands in the model's order; None to find them.
        nodata: value of pixels without data, instead of one that images declare.
        value_range: file values that become the network's 0 and 1; None for those of the model that it begins with where they
            fit an image, else for the image's 2nd and 98th percentile.
        device: where to compute.
        precision: of what is computed.
        max_gpu_memory: bytes of GPU memory to stay below.
        seed: of all randomness.
        credit: whom the model's card names.
    """

    init: str | Path = DEFAULT_MODEL
    download: bool = False
    stages: Sequence[Stage] = ()
    epochs: int | None = None
    minutes: float | None = None
    validate: Sequence[str] = ()
    balance: float = 0.5
    augmentation: Augmentation = field(default_factory=Augmentation)
    bands: str | None = None
    nodata: float | None = None
    value_range: tuple[float, float] | None = None
    device: Device = "auto"
    precision: Precision = "auto"
    max_gpu_memory: int | None = None
    seed: int = 0
    credit: str = ""

    def __post_init__(self) -> None:
        if self.epochs is not None and self.minutes is not None:
            raise OptionError("both --epochs and --minutes were given: give one of them")
        if self.epochs is not None and self.epochs < 1:
            raise OptionError(f"{self.epochs} epochs were asked for: take at least 1")
        if self.minutes is not None and not self.minutes > 0:
            raise OptionError(f"{self.minutes} minutes were asked for: take more than 0")
        if not 0 <= self.balance <= 1:
            raise OptionError(f"the balance must lie in 0..1, got {self.balance}")
        for stage in self.stages:
            if stage not in STAGES:
                raise OptionError(f"there is no stage {stage!r}: choose of {', '.join(STAGES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What to learn from: one of three kinds; give the attributes of one.

    Attributes:
        images: a folder of images, whose labels lie in the folder ``labels``.
        labels: a folder of label maps, or polygons drawn on ``scenes``.
        legend: a class file for label maps; None to take the classes that they hold.
        scenes: images under polygons.
        field: the polygons' attribute that names the class.
        layer: of the polygons; None for the first.
        dataset: a published data set, in the folder ``images``.
    """

    images: str | Path | None = None
    labels: str | Path | None = None
    legend: str | Path | None = None
    scenes: Sequence[str | Path] = ()
    field: str | None = None
    layer: str | None = None
    dataset: DatasetName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSummary:
    """What a training came to.

    Attributes:
        out: the model package.
        card: what it says of itself, with its scores.
        before: mean IoU of the model that the training began with, on the same held-out labels; None where that knew
            other classes.
        validation: how labels were held out.
        log: the JSON lines of the losses and scores.
        device: where it was computed.
        seconds: that it took this time.
    """

    out: Path
    card: Card
    before: float | None
    validation: str
    log: Path
    device: str
    seconds: float
