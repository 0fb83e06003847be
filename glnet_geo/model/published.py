"""Reads the checkpoints of the published code into our network, naming every key that does not fit.

Source: chenwydj/ultra_high_resolution_segmentation (MIT), the files ``fpn_deepglobe_*.pth``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from glnet_geo.errors import ModelError
from glnet_geo.model.architecture import Sharing, published
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.sound import check_weights

STAGES = ("global", "global2local", "local2global")
"""The three published files of one model, in the order of training."""

_NEEDED: dict[Sharing, tuple[str, ...]] = {
    "none": ("global",),
    "global_to_local": ("global", "global2local"),
    "bidirectional": ("global", "local2global"),
}
# Coarsest first in the published names, finest first in ours.
_LATERAL = ("latlayer3", "latlayer2", "latlayer1", "toplayer")
_LEVELS = (4, 3, 2, 1)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a published file by key, without the ``module.`` prefix and the counters of batch norm.

    Raises:
        ModelError: the file is missing, is no checkpoint, or holds something else than tensors of finite numbers.
    """
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"{path} does not exist: give the path of a published checkpoint") from error
    except Exception as error:
        # torch raises whatever the unpickler met; none of it is the reader's business beyond this sentence.
        raise ModelError(f"{path} is not a checkpoint that can be read safely: download it again") from error
    if not isinstance(loaded, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in loaded.items()
    ):
        raise ModelError(f"{path} holds no plain table of tensors: give a published GLNet checkpoint")
    tensors = {
        key.removeprefix("module."): tensor
        for key, tensor in loaded.items()
        if not key.endswith("num_batches_tracked")
    }
    check_weights(tensors, str(path))
    return tensors


def import_published(
    checkpoints: Mapping[str, Mapping[str, Tensor]],
    *,
    sharing: Sharing,
    classes: int,
    align_corners: bool = False,
) -> GLNet:
    """A network with published weights.

    Args:
        checkpoints: tensors of the files by stage (``STAGES``); more than are needed may be given.
        sharing: which network to build. ``none`` needs ``global``; ``global_to_local`` also ``global2local``;
            ``bidirectional`` instead ``local2global``.
        classes: number of classes.
        align_corners: as the weights were trained with.

    Raises:
        ModelError: a file is missing, or keys are missing, unexpected or of another shape; all are named.
    """
    lacking = [stage for stage in _NEEDED[sharing] if stage not in checkpoints]
    if lacking:
        options = " and ".join(f"--{stage}" for stage in lacking)
        raise ModelError(f"a {sharing} model needs the {', '.join(lacking)} checkpoint too: add {options}")
    network = GLNet(
        published(
            classes=classes, sharing=sharing, bands=_bands(checkpoints["global"]), align_corners=align_corners
        )
    )
    sources = _sources(sharing)
    state: dict[str, Tensor] = {}
    problems: list[str] = []
    for ours, expected in network.state_dict().items():
        if ours.endswith("num_batches_tracked"):
            state[ours] = expected
            continue
        stage, theirs = _origin(ours, sources)
        tensor = checkpoints[stage].get(theirs)
        if tensor is None:
            problems.append(f"{stage} lacks {theirs}")
        elif tensor.shape != expected.shape:
            problems.append(f"{stage} has {theirs} as {tuple(tensor.shape)}, not {tuple(expected.shape)}")
        else:
            state[ours] = tensor
    known = published_keys()
    problems += [
        f"{stage} has an unexpected {key}"
        for stage in _NEEDED[sharing]
        for key in checkpoints[stage]
        if key not in known
    ]
    if problems:
        raise ModelError(f"the checkpoints do not fit a GLNet of {classes} classes: {'; '.join(problems)}")
    network.load_state_dict(state)
    return network.eval()


def _bands(tensors: Mapping[str, Tensor]) -> int:
    """How many bands a checkpoint takes; 3 where it does not tell."""
    first = tensors.get("resnet_global.conv1.weight")
    return 3 if first is None or first.ndim != 4 or not first.shape[1] else first.shape[1]


def published_keys() -> frozenset[str]:
    """Every key of a published file, without the counters of batch norm."""
    with torch.device("meta"):
        full = GLNet(published(classes=1, sharing="bidirectional"))
    sources = {"glance": ("", False), "local": ("", False), "refined": ("", True), "ensemble": ("", False)}
    return frozenset(
        _origin(key, sources)[1] for key in full.state_dict() if not key.endswith("num_batches_tracked")
    )


def _sources(sharing: Sharing) -> dict[str, tuple[str, bool]]:
    """The file of each of our modules, and whether its pyramid bears the published suffix of guided ones."""
    second = "local2global" if sharing == "bidirectional" else "global2local"
    return {
        "glance": ("global", False),
        "local": (second, False),
        "refined": ("local2global", True),
        "ensemble": (second, False),
    }


def _origin(ours: str, sources: Mapping[str, tuple[str, bool]]) -> tuple[str, str]:
    """The file and the key there of one of our tensors."""
    module, rest = ours.split(".", 1)
    stage, extended = sources[module]
    if module == "ensemble":
        return stage, f"ensemble_conv.{rest}"
    side = "local" if module == "local" else "global"
    part, name = rest.split(".", 1)
    if part == "backbone":
        return stage, f"resnet_{side}.{name.removeprefix('body.')}"
    return stage, f"fpn_{side}.{_pyramid_key(name, extended=extended)}"


def _pyramid_key(name: str, *, extended: bool) -> str:
    if name.startswith("classify"):
        return name
    if name.startswith("merge"):
        return name.replace("merge", "smooth", 1)
    matched = re.fullmatch(r"(lateral|smooth1|smooth2)\.(\d)\.(\w+)", name)
    if matched is None:
        raise ModelError(f"no published tensor is known for {name}")
    kind, level, tensor = matched[1], int(matched[2]), matched[3]
    layer = _LATERAL[level] if kind == "lateral" else f"smooth{_LEVELS[level]}_{kind[-1]}"
    return f"{layer}{'_ext' if extended else ''}.{tensor}"
