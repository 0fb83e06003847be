"""What to learn from, how, and what it came to: the values of a training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from glnet_geo.errors import OptionError
from glnet_geo.io.labelled_data.datasets import DatasetName
from glnet_geo.model.card import Card
from glnet_geo.model.machine import Device, Precision
from glnet_geo.model.package import DEFAULT_MODEL
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.stages import STAGES, Stage

MOST_SEED = 2**32 - 1
"""What every generator of random numbers takes."""

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
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise OptionError(f"{self.minutes:g} minutes were asked for: take a number of more than 0")
        if not 0 <= self.seed <= MOST_SEED:
            raise OptionError(f"the seed must lie in 0..{MOST_SEED}, got {self.seed}")
        if not 0 <= self.balance <= 1:
            raise OptionError(f"the balance must lie in 0..1, got {self.balance}")
        for stage in self.stages:
            if stage not in STAGES:
                raise OptionError(f"there is no stage {stage!r}: choose of {', '.join(STAGES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMaps:
    """Images and label maps of the same names.

    Attributes:
        images: their folder.
        labels: folder of the label maps.
        legend: a class file; None to take the classes that the label maps hold.
    """

    images: str | Path
    labels: str | Path
    legend: str | Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPolygons:
    """Polygons drawn on scenes; what none covers teaches nothing.

    Attributes:
        scenes: that they are drawn on.
        labels: their file.
        field: the attribute that names the class.
        layer: of the file; None for the first.
    """

    scenes: Sequence[str | Path]
    labels: str | Path
    field: str
    layer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedDataset:
    """A published data set, as it is distributed.

    Attributes:
        name: which one.
        folder: where it lies.
    """

    name: DatasetName
    folder: str | Path


Lesson: TypeAlias = LabelMaps | DrawnPolygons | PublishedDataset
"""What to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSummary:
    """What a training came to.

    Attributes:
        out: the model package.
        card: what it says of itself, with its scores.
        before: mean IoU of the model that the training began with, on the same held-out labels; None where that knew
            other classes.
        learnt: whether the training improved on that; else the package holds its weights.
        start: name of what the training began with.
        validation: how labels were held out.
        log: the JSON lines of the losses and scores.
        device: where it was computed.
        seconds: that it took this time.
    """

    out: Path
    card: Card
    before: float | None
    learnt: bool
    start: str
    validation: str
    log: Path
    device: str
    seconds: float
