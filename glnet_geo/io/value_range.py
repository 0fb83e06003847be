"""Which values of a file become a network's 0 and 1: one rule for training and for mapping."""

from __future__ import annotations

import warnings

from glnet_geo.core.normalize import EIGHT_BITS, fits
from glnet_geo.errors import DoubtfulInputWarning
from glnet_geo.io.scene import Scene


def value_range_of(
    scene: Scene, own: tuple[float, float], given: tuple[float, float] | None
) -> tuple[float, float]:
    """The values of a scene that become a network's 0 and 1: those given, else the model's own where they fit the scene.

    Where they do not, the scene's 2nd and 98th percentile are taken, with a warning.

    Args:
        scene: open.
        own: those that the model learnt with, or begins to learn with.
        given: by the person; None for nothing.

    Raises:
        SceneError: the scene is damaged, or has no valid pixel.
    """
    if given is not None:
        return given
    if fits(own, scene.dtype):
        return own
    low, high = scene.value_range()
    if not high > low:
        high = low + 1
    known = "8 bits" if own == EIGHT_BITS else f"values {own[0]:g} to {own[1]:g}"
    warnings.warn(
        f"{scene.name} holds {scene.dtype} values and the model was trained on {known}: they are scaled by the scene's "
        f"own range {low:g}..{high:g} (2nd to 98th percentile), in training and in mapping; give --value-range "
        f"{low:g},{high:g} for all scenes that are to agree",
        DoubtfulInputWarning,
        stacklevel=3,
    )
    return low, high
