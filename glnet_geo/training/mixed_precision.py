"""Computing in bfloat16 where that is quicker, in float32 where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode


@contextmanager
def mixed_precision(device: str, *, enabled: bool) -> Iterator[None]:
    """Compute a loss in bfloat16; the backward pass follows.

    Args:
        device: where; ``cpu`` or ``cuda``, with or without a number.
        enabled: whether to, or to leave everything in float32.
    """
    kind = torch.device(device).type
    with ExitStack() as contexts:
        contexts.enter_context(torch.autocast(kind, torch.bfloat16, enabled=enabled))
        if enabled and kind == "cpu":
            contexts.enter_context(_DepthwiseInFloat32())
        yield


class _DepthwiseInFloat32(TorchFunctionMode):
    """Processors take about ten times as long for the gradients of depthwise convolutions in bfloat16 as in float32."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is not functional.conv2d or args[1].shape[0] == 1 or args[1].shape[1] != 1:
            return func(*args, **(kwargs or {}))
        image, weight, *others = args
        with torch.autocast("cpu", enabled=False):
            return func(image.float(), weight, *others, **(kwargs or {}))
