"""Where the global branch sees nothing but background, its word is final: the local branch looks at the rest alone.

Source: GLNet (arXiv:1905.06368), section 3.4: the bounding box of the coarse foreground is refined.
"""

from __future__ import annotations

import torch
from torch import Tensor

from glnet_geo.core.window import Window


def foreground_box(coarse: Tensor, background: int) -> Window | None:
    """The least box of cells that holds all that is not background; None where everything is.

    Args:
        coarse: (classes, rows, cols) logits of the global branch, one per cell of the frame.
        background: channel of the background.
    """
    found = coarse.argmax(dim=0) != background
    rows, cols = (torch.nonzero(found.any(dim=axis)).flatten() for axis in (1, 0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(cols[0])
    return Window(row=top, col=left, height=int(rows[-1]) + 1 - top, width=int(cols[-1]) + 1 - left)


def fine_inside(coarse: Tensor, fine: Tensor, box: Window | None) -> Tensor:
    """(classes, rows, cols) the coarse logits, but for the box, which gets the fine ones."""
    if box is None:
        return coarse
    merged = coarse.clone()
    merged[:, box.rows, box.cols] = fine[:, box.rows, box.cols]
    return merged
