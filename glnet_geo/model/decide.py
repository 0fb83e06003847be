"""From the logits of a mosaic to the class of every pixel of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute in this thread alone: what is small waits longer for other threads than it takes, above all beside workers."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Decision:
    """Enlarges rows of logits bilinearly to the scene's pixels and picks the winner.

    Args:
        rows: from cells to pixels along rows.
        cols: from cells to pixels along columns.
        class_ids: (classes,) uint8, raster value of every channel.
        confidence: whether the winner's probability is wanted.
        temperature: of the model's card.
    """

    def __init__(
        self,
        rows: Enlargement,
        cols: Enlargement,
        class_ids: NDArray[np.uint8],
        *,
        confidence: bool,
        temperature: float = 1.0,
    ) -> None:
        self._rows = rows
        first = int(cols.lower[0])
        self._left, self._right = cols.lower - first, cols.upper - first
        self._across = torch.from_numpy(cols.weight)
        self._ids = class_ids
        self._confidence, self._temperature = confidence, temperature

    @torch.inference_mode()
    @_one_thread()
    def __call__(
        self, logits: NDArray[np.float32], first_cell: int, pixels: slice, valid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """Classes, and percent of confidence where wanted, of some rows of the scene.

        Args:
            logits: (classes, cell rows, cell cols) from ``first_cell`` on; all that the rows need.
            first_cell: the cell row of the first row of logits.
            pixels: the rows of the scene.
            valid: (rows, cols) True where a pixel is to be classified; the rest becomes nodata.

        Returns:
            Two arrays (rows, cols) uint8, 255 where not valid; the second None where not wanted.
        """
        # NumPy takes columns in a third of torch's time.
        left, right = (torch.from_numpy(np.take(logits, of, axis=2)) for of in (self._left, self._right))
        wide = torch.lerp(left, right, self._across)
        channels = np.empty((pixels.stop - pixels.start, wide.shape[2]), dtype=np.uint8)
        percent = torch.empty(channels.shape, dtype=torch.uint8) if self._confidence else None
        for some, upper, lower in self._between_cells(pixels):
            down = torch.from_numpy(self._rows.weight[pixels][some])[:, None]
            full = torch.lerp(wide[:, upper - first_cell, None], wide[:, lower - first_cell, None], down)
            best = _winners(full.numpy(), channels[some])
            if percent is not None:
                # The winner's softmax is 1 / sum(exp(logit - winner)).
                probability = 1 / (full - torch.from_numpy(best)).div_(self._temperature).exp_().sum(dim=0)
                percent[some] = (probability * 100).round_().to(torch.uint8)
        classes = np.where(valid, np.take(self._ids, channels), np.uint8(NODATA))
        if percent is None:
            return classes, None
        percent.masked_fill_(torch.from_numpy(~valid), NODATA)
        return classes, percent.numpy()

    def _between_cells(self, pixels: slice) -> Iterator[tuple[slice, int, int]]:
        """Rows that lie between the same two rows of cells, relative to the first, and these two.

        So few rows stay in the cache of one processor core until they are decided.
        """
        upper, lower = self._rows.lower[pixels], self._rows.upper[pixels]
        changes = np.flatnonzero(np.diff(upper) | np.diff(lower)) + 1
        for start, stop in pairwise([0, *changes.tolist(), len(upper)]):
            yield slice(start, stop), int(upper[start]), int(lower[start])


def _winners(logits: NDArray[np.float32], channels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The highest of logits (classes, rows, cols), whose channel (rows, cols) is written down: the first of equal ones.

    One class after the other stays in the cache of a core; torch's ``max`` takes three times as long.
    """
    best: NDArray[np.float32] = logits[0].copy()
    channels[:] = 0
    for number, of_class in enumerate(logits[1:], start=1):
        better = (of_class > best).view(np.uint8)
        np.maximum(channels, better * np.uint8(number), out=channels)
        np.maximum(best, of_class, out=best)
    return best
