"""Which values of a file become a network's 0 and 1: one rule for training and for mapping."""

from __future__ import annotations

from glnet_geo.core.numerals import shortest
from glnet_geo.core.value_range import EIGHT_BITS, fits, outwards, too_coarse
from glnet_geo.errors import doubt
from glnet_geo.io.scenes.scene import Scene


def value_range_of(
    scene: Scene, own: tuple[float, float], given: tuple[float, float] | None
) -> tuple[float, float]:
    """The values of a scene that become a network's 0 and 1: those given, else the model's own where they fit the scene.

    Where they do not, the scene's 2nd and 98th percentile are taken, rounded outwards, with a warning; so is doubted what
    single precision cannot hold.

    Args:
        scene: open.
        own: those that the model learnt with, or begins to learn with.
        given: by the person; None for nothing.

    Raises:
        SceneError: the scene is damaged, or has no valid pixel.
    """
    if given is not None:
        _doubt_precision(scene, given)
        return given
    if fits(own, scene.dtype):
        _doubt_precision(scene, own)
        _doubt_bits(scene, own)
        return own
    low, high = outwards(*scene.value_range())
    known = "8 bits" if own == EIGHT_BITS else f"values {own[0]:g} to {own[1]:g}"
    doubt(
        f"{scene.name} holds {scene.dtype} values and the model was trained on {known}: they are scaled by the scene's "
        f"own range {shortest(low)}..{shortest(high)} (2nd to 98th percentile); give --value-range "
        f"{shortest(low)},{shortest(high)} for all scenes that are to agree"
    )
    _doubt_precision(scene, (low, high))
    return low, high


def _doubt_bits(scene: Scene, value_range: tuple[float, float]) -> None:
    if value_range == EIGHT_BITS and scene.bits < 8:
        most = 2**scene.bits - 1
        doubt(
            f"{scene.name} declares that its bytes use {scene.bits} bits, so that values end at {most}, and they are scaled "
            f"as 0 to 255: give --value-range 0,{most}"
        )


def _doubt_precision(scene: Scene, value_range: tuple[float, float]) -> None:
    if too_coarse(value_range, scene.dtype):
        low, high = map(shortest, value_range)
        doubt(
            f"{scene.name} holds {scene.dtype} values, which are read in single precision: that hardly tells those from {low} "
            f"to {high} apart; take an offset off first (gdal_calc.py --calc A-{low})"
        )
