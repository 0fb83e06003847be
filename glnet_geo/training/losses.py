"""What the stages of training minimise.

Source: GLNet (arXiv:1905.06368), sections 3.2 and 4.1.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

IGNORED = 255
"""The label of a pixel that teaches nothing."""


def focal_loss(logits: Tensor, labels: Tensor, *, gamma: float) -> Tensor:
    """Cross entropy in which pixels count the less the surer they are: the mean of (1 - p)^gamma * -log(p).

    Args:
        logits: (batch, classes, rows, cols); enlarged bilinearly, as for a map, where labels are finer.
        labels: (batch, rows, cols) int64 channel numbers; ``IGNORED`` pixels do not count.
        gamma: how fast sure pixels lose weight; 0 is plain cross entropy.

    Returns:
        A scalar; zero where every pixel is ignored.
    """
    if logits.shape[2:] != labels.shape[1:]:
        logits = functional.interpolate(logits, size=labels.shape[1:], mode="bilinear")
    used = labels != IGNORED
    entropy = functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
    # Kept above 0, where the slope of a power below 1 is infinite.
    doubt = (1 - (-entropy).exp()).clamp(min=1e-8)
    focal = doubt**gamma * entropy
    return (focal * used).sum() / used.sum().clamp(min=1)


def regularisation(local_ps3: Tensor, global_ps3: Tensor) -> Tensor:
    """Mean squared distance of the two branches' last maps, which keeps the local one from drifting away."""
    return functional.mse_loss(local_ps3, global_ps3)
