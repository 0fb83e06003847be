"""How much of a sample is computed at a time, so that a small GPU is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from glnet_geo.core.numerals import gigabytes
from glnet_geo.errors import TrainingError
from glnet_geo.training.samples import Sample
from glnet_geo.training.stages import Stage


def parts(sample: Sample, stage: Stage, at_once: int | None) -> Iterator[tuple[Sample, float]]:
    """A sample in parts of a few patches, each with its share of the loss; shares sum to 1.

    Only the second stage computes gradients of several patches: the others give the sample as it is.
    """
    count = len(sample.places)
    if stage != "global_to_local" or at_once is None or at_once >= count:
        yield sample, 1.0
        return
    for start in range(0, count, at_once):
        some = slice(start, start + at_once)
        part = Sample(
            frame=sample.frame,
            frame_label=sample.frame_label,
            patches=sample.patches[some],
            patch_labels=sample.patch_labels[some],
            places=sample.places[some],
        )
        yield part, len(part.places) / count


def patches_that_fit(step: Callable[[int], None], most: int, memory: int) -> int:
    """How many patches at once stay within the memory of a CUDA device, by the measured peaks of steps of one and two.

    Args:
        step: computes one step with so many patches at once, which is forgotten after.
        most: patches of a recipe.
        memory: bytes that may be used.

    Raises:
        TrainingError: not even one fits.
    """
    try:
        peaks = [_peak(step, count) for count in (1, 2)]
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"one patch does not fit {memory / 1e9:.1f} GB of GPU memory: raise --max-gpu-memory, or choose --device cpu"
        ) from error
    if peaks[0] > memory:
        raise TrainingError(
            f"one patch needs {gigabytes(peaks[0])} of GPU memory, and --max-gpu-memory allows {memory / 1e9:.3g} GB: raise it, "
            "or choose --device cpu"
        )
    each = max(peaks[1] - peaks[0], 1)
    return int(max(1, min(most, 1 + (memory - peaks[0]) // each)))


def _peak(step: Callable[[int], None], count: int) -> int:
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    step(count)
    return int(torch.cuda.max_memory_reserved())
