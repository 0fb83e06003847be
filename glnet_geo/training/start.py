"""What a training begins with: a model package with other classes, or backbones that know photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from glnet_geo.core.colors import RGB
from glnet_geo.core.grid import Tiling
from glnet_geo.core.legend import Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.value_range import EIGHT_BITS
from glnet_geo.errors import ModelError
from glnet_geo.model.architecture import Architecture, Sharing, light, published
from glnet_geo.model.card import Card
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.installed import read_card
from glnet_geo.model.package import find_model, load_model, sha256_of
from glnet_geo.model.pretrained import check_pretrained, pretrained_body
from glnet_geo.training.stages import BRANCHES, SHARING, STAGES, Stage, begin

TIMM = "timm:"

_HEADS = ("glance.fpn.classify.", "local.fpn.classify.", "refined.fpn.classify.", "ensemble.")

_LIGHT_TILING = Tiling(frame=2304, frame_overlap=256, patch=512, patch_overlap=64, global_size=576)
_PUBLISHED_TILING = Tiling(frame=2448, frame_overlap=304, patch=508, patch_overlap=52, global_size=508)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a training begins with.

    Attributes:
        name: of the package or backbone.
        architecture: with the new number of classes, and the most sharing there will be.
        tiling: how scenes are cut.
        bands: names, in order.
        normalization: from file values to network inputs.
        tensors: weights by name; what is missing begins at random.
        card: of the package; None for a backbone.
        kept: names of the classes that the package knows already.
        sha256: of the package, or of the file of a backbone's weights; empty where these come from the network.
    """

    name: str
    architecture: Architecture
    tiling: Tiling
    bands: tuple[str, ...]
    normalization: Normalization
    tensors: Mapping[str, Tensor]
    card: Card | None
    kept: tuple[str, ...]
    sha256: str

    @property
    def complete(self) -> bool:
        """Whether it can classify already: it knows all classes."""
        return self.card is not None and len(self.kept) == self.architecture.classes

    def network(self, stage: Stage, learnt: Mapping[str, Tensor], seed: int) -> GLNet:
        """The network that a stage begins with.

        Args:
            stage: which.
            learnt: weights of earlier stages, by name; they count more than what the training began with.
            seed: of what begins at random.
        """
        known = {**self.tensors, **learnt}
        network = fresh(replace(self.architecture, sharing=SHARING[stage]), seed)
        state = network.state_dict()
        network.load_state_dict({name: known.get(name, tensor) for name, tensor in state.items()})
        for reached in STAGES[: STAGES.index(stage) + 1]:
            if not any(name.startswith(f"{BRANCHES[reached]}.fpn.") for name in known):
                begin(network, reached)
        return network


def fresh(architecture: Architecture, seed: int) -> GLNet:
    """A network with random weights, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GLNet(architecture)


def start_from(
    init: str | Path, legend: Legend, *, seed: int, bands: Sequence[str] | None = None, download: bool = False
) -> Start:
    """What ``--init`` names: ``timm:NAME``, ``timm:NAME=FILE``, an installed model, or the path of a package.

    Args:
        init: which.
        legend: the new classes.
        seed: of weights that begin at random.
        bands: names of the bands for a backbone; None for red, green and blue. A package knows its own.
        download: whether a backbone's weights may be fetched from the network.

    Raises:
        ModelError: there is none, or its weights cannot be had.
    """
    if str(init).startswith(TIMM):
        return _from_backbone(str(init), legend, tuple(bands or RGB), download=download)
    model = load_model(init)
    known = model.card.legend
    rows = [known.channel_of(c.name) for c in legend]
    architecture = replace(model.card.architecture, classes=len(legend))
    new = fresh(architecture, seed).state_dict()
    tensors = {
        name: _head(tensor, new[name], rows) if name.startswith(_HEADS) else tensor
        for name, tensor in model.network.state_dict().items()
    }
    return Start(
        name=model.card.name,
        architecture=architecture,
        tiling=model.card.tiling,
        bands=model.card.bands,
        normalization=model.card.normalization,
        tensors=tensors,
        card=model.card,
        kept=tuple(c.name for c, row in zip(legend, rows, strict=True) if row is not None),
        sha256=model.sha256,
    )


def init_card(init: str | Path, *, download: bool = False) -> Card | None:
    """The card of the package that a training begins with, without reading its weights; None for a backbone.

    Raises:
        ModelError: there is none, or a backbone's weights cannot be had.
    """
    if str(init).startswith(TIMM):
        name, file = _backbone(str(init))
        check_pretrained(name, file=file, download=download)
        return None
    return read_card(find_model(init))


def _head(old: Tensor, new: Tensor, rows: Sequence[int | None]) -> Tensor:
    """A head for new classes: rows of those that were known before are kept, the others begin at random."""
    head = new.clone()
    for channel, row in enumerate(rows):
        if row is not None:
            head[channel] = old[row]
    return head


def _backbone(init: str) -> tuple[str, Path | None]:
    """The backbone that ``timm:NAME`` or ``timm:NAME=FILE`` names, and its file."""
    name, _, file = init.removeprefix(TIMM).partition("=")
    if not name:
        raise ModelError("timm: names no backbone: write it like timm:resnet50")
    return name, Path(file) if file else None


def _from_backbone(init: str, legend: Legend, bands: tuple[str, ...], *, download: bool) -> Start:
    name, file = _backbone(init)
    body, mean, std = pretrained_body(name, len(bands), file=file, download=download)
    sharing: Sharing = "bidirectional"
    as_published = name == "resnet50"
    if as_published:
        architecture = published(classes=len(legend), sharing=sharing, bands=len(bands))
        # The published network takes values in 0..1 as they are.
        mean, std = (0.0,), (1.0,)
    else:
        architecture = replace(light(classes=len(legend), sharing=sharing, bands=len(bands)), backbone=name)
    branches = ("glance", "local") if architecture.shared_trunk else ("glance", "local", "refined")
    return Start(
        name=name,
        architecture=architecture,
        tiling=_PUBLISHED_TILING if as_published else _LIGHT_TILING,
        bands=bands,
        normalization=Normalization(
            low=EIGHT_BITS[0], high=EIGHT_BITS[1], mean=_per_band(mean, bands), std=_per_band(std, bands)
        ),
        tensors={
            f"{branch}.backbone.body.{key}": value for branch in branches for key, value in body.items()
        },
        card=None,
        kept=(),
        sha256="" if file is None else sha256_of(file),
    )


def _per_band(values: tuple[float, ...], bands: tuple[str, ...]) -> tuple[float, ...]:
    """As trained where there are as many bands, else the mean of all."""
    return values if len(values) == len(bands) else (sum(values) / len(values),) * len(bands)
