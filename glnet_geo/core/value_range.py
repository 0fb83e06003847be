"""Which values of images become the darkest and the brightest: ranges of low and high."""

from __future__ import annotations

import math

import numpy as np

EIGHT_BITS = (0.0, 255.0)
"""The value range of a model that learnt on images of 8 bits."""


def fits(value_range: tuple[float, float], dtype: str) -> bool:
    """Whether a model's value range fits images of a type: either both are of 8 bits, or neither is."""
    return (dtype == "uint8") == (value_range == EIGHT_BITS)


def outwards(low: float, high: float) -> tuple[float, float]:
    """A range that holds another, with ends of few digits that lie less than a thousandth of it further out.

    An empty range becomes one of width 1.
    """
    if not high > low:
        return low, low + 1
    step = 1e-3 * (high - low)
    # Beyond what single precision holds, the range is refused anyway.
    if not 1e-300 < step < 1e300:
        return low, high
    digits = -math.floor(math.log10(step))
    unit = 10.0**-digits
    # Adding 0 makes one of the two zeros that there are.
    return round(math.floor(low / unit) * unit, digits) + 0.0, round(
        math.ceil(high / unit) * unit, digits
    ) + 0.0


def too_coarse(value_range: tuple[float, float], dtype: str) -> bool:
    """Whether single precision, in which values are read, tells fewer than 256 in a range, and a type tells more."""
    if np.can_cast(dtype, np.float32):
        return False
    low, high = value_range
    with np.errstate(over="ignore"):
        step = float(np.spacing(np.float32(max(abs(low), abs(high)))))
    return high - low < 255 * step and (np.dtype(dtype).kind == "f" or step > 1)
