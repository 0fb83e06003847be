"""From the logits of a mosaic to the class of every pixel of the scene."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.mosaic import Enlargement


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
        self._left, self._right = (torch.from_numpy(c - first) for c in (cols.lower, cols.upper))
        self._across = torch.from_numpy(cols.weight)
        self._ids = torch.from_numpy(class_ids)
        self._confidence, self._temperature = confidence, temperature

    @torch.inference_mode()
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
        cells = torch.from_numpy(logits)
        wide = torch.lerp(cells[:, :, self._left], cells[:, :, self._right], self._across)
        upper, lower = (
            torch.from_numpy(c[pixels] - first_cell) for c in (self._rows.lower, self._rows.upper)
        )
        down = torch.from_numpy(self._rows.weight[pixels])[:, None]
        full = torch.lerp(wide[:, upper], wide[:, lower], down)
        best, channel = full.max(dim=0)
        outside = torch.from_numpy(~valid)
        classes = self._ids[channel].masked_fill_(outside, NODATA)
        if not self._confidence:
            return classes.numpy(), None
        # The winner's softmax is 1 / sum(exp(logit - winner)).
        probability = 1 / (full - best).div_(self._temperature).exp_().sum(dim=0)
        percent = (probability * 100).round_().to(torch.uint8).masked_fill_(outside, NODATA)
        return classes.numpy(), percent.numpy()
