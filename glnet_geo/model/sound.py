"""Refuses numbers of which no map can be made: argmax finds a class in them all the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glnet_geo.core.listing import listed
from glnet_geo.errors import ModelError


def check_weights(tensors: Mapping[str, Tensor], of: str) -> None:
    """Refuse the weights of a network that could not mean anything.

    Args:
        tensors: by name.
        of: whose they are.

    Raises:
        ModelError: some are whole or complex numbers, infinite, or no numbers.
    """
    other = [name for name, tensor in tensors.items() if not tensor.is_floating_point()]
    if other:
        raise ModelError(f"weights of {of} are whole or complex numbers ({listed(other)}): make it again")
    lost = [name for name, tensor in tensors.items() if not tensor.float().isfinite().all()]
    if lost:
        raise ModelError(
            f"weights of {of} are infinite or no numbers ({listed(lost)}): copy it again, or make it again"
        )


def check_logits(logits: NDArray[np.float32], dtype: torch.dtype) -> None:
    """Refuse logits, (classes, rows, cols), that have outgrown the type they were computed in.

    Raises:
        ModelError: some are infinite or no numbers.
    """
    if not all(np.isfinite(channel).all() for channel in logits):
        remedy = "make it again" if dtype == torch.float32 else "choose --precision fp32"
        raise ModelError(
            f"the model answers with infinite values, or with no numbers, in {str(dtype).removeprefix('torch.')}: {remedy}"
        )
