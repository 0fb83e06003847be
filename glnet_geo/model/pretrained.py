"""Backbone weights from timm, from a file or, where a person asks for it, from the network."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import Any

import timm
import torch
from torch import Tensor, nn

from glnet_geo.core.listing import listed
from glnet_geo.errors import ModelError
from glnet_geo.model.backbone import check_backbone, cut_down

_SEED = 24_813
"""Of random weights; one that no weights in a file began with."""


def check_pretrained(name: str, *, file: Path | None, download: bool) -> None:
    """Refuse, before any work, a backbone whose weights cannot be had; the arguments are those of `pretrained_body`.

    Raises:
        ModelError: there is no such model, it cannot serve, there is no file, or no leave to fetch one.
    """
    check_backbone(name)
    if file is None and not download:
        raise ModelError(
            f"the weights of {name} would have to be fetched from the network: add --download, or give a file with "
            f"timm:{name}=FILE"
        )
    if file is not None and not file.is_file():
        raise ModelError(f"{file} does not exist: give a file with the weights of {name}")


def pretrained_body(
    name: str, bands: int, *, file: Path | None, download: bool
) -> tuple[dict[str, Tensor], tuple[float, ...], tuple[float, ...]]:
    """Weights of a backbone's body, and the mean and standard deviation (red, green, blue, in 0..1) they were trained with.

    Args:
        name: a timm model.
        bands: number of image bands.
        file: weights in a file of timm's names.
        download: whether they may be fetched where there is no file.

    Raises:
        ModelError: there is no such model, it cannot serve, or no weights are to be had.
    """
    check_pretrained(name, file=file, download=download)
    try:
        body = _body(name, bands, pretrained=True, file=file)
    except Exception as error:
        # timm raises whatever its hub, its file reader or its registry met.
        reason = shorten(str(error), 200) or type(error).__name__
        raise ModelError(
            f"the weights of {name} cannot be loaded ({reason}): check the name and the file"
        ) from error
    untouched = _body(name, bands, pretrained=False)
    # timm leaves random what a file does not hold. Only kernels are random at first: the rest begins as zeros and ones.
    random = {key: weight for key, weight in untouched.named_parameters() if weight.dim() > 1}
    lacking = [key for key, weight in body.named_parameters() if key in random and weight.equal(random[key])]
    if lacking:
        where = "what was fetched" if file is None else str(file)
        raise ModelError(
            f"{where} lacks weights of {name} ({listed(lacking, 1)}): check the name and the file"
        )
    config: Any = timm.get_pretrained_cfg(name)
    mean, std = (tuple(float(part) for part in getattr(config, what)) for what in ("mean", "std"))
    return {key: tensor.detach().clone() for key, tensor in body.state_dict().items()}, mean, std


def _body(name: str, bands: int, *, pretrained: bool, file: Path | None = None) -> nn.Module:
    """A backbone's body; where no weights are loaded, with the same random ones every time."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(_SEED)
        overlay = None if file is None else {"file": str(file)}
        return cut_down(name, bands, pretrained=pretrained, pretrained_cfg_overlay=overlay)
