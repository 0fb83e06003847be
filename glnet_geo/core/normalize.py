"""From the values in a file to the values that a network was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glnet_geo.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """Maps ``low``..``high`` to 0..1, clips there, then takes off ``mean`` and divides by ``std``, band by band.

    Raises:
        OptionError: ``high`` is not above ``low``, single precision does not tell them apart, or the numbers of bands differ.
    """

    low: float
    high: float
    mean: Sequence[float]
    std: Sequence[float]

    def __post_init__(self) -> None:
        if not self.high > self.low:
            raise OptionError(
                f"the value range {self.low}..{self.high} is empty: its end must be above its start"
            )
        if not _told_apart(self.low, self.high):
            raise OptionError(
                f"the value range {self.low}..{self.high} cannot be used: single precision must hold both ends, and what "
                "lies between"
            )
        if len(self.mean) != len(self.std):
            raise OptionError(
                f"{len(self.mean)} means and {len(self.std)} standard deviations: give one per band"
            )

    @property
    def value_range(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def __call__(
        self, pixels: NDArray[np.float32], valid: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]:
        """Normalised pixels; where nothing is known they are 0, which is the mean of the training images.

        Args:
            pixels: (bands, rows, cols) values as in the file.
            valid: (rows, cols) True where usable; None where all are.
        """
        normal = self.standard(self.unit(pixels))
        if valid is not None:
            normal[:, ~valid] = 0
        return normal

    def unit(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Pixels (bands, rows, cols) mapped to 0..1."""
        scale = np.float32(1 / (self.high - self.low))
        unit: NDArray[np.float32] = np.clip((pixels - np.float32(self.low)) * scale, 0, 1)
        return unit

    def standard(self, unit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values in 0..1, less the mean and divided by the standard deviation of their band."""
        mean, std = (np.asarray(values, dtype=np.float32)[:, None, None] for values in (self.mean, self.std))
        standard: NDArray[np.float32] = (unit - mean) / std
        return standard


def _told_apart(low: float, high: float) -> bool:
    """Whether single precision holds both ends of a range, and the scale that makes it 0 to 1."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        ends = np.array([low, high]).astype(np.float32)
        scale = 1 / np.float32(np.float64(high) - np.float64(low))
    return bool(np.isfinite(ends).all() and np.isfinite(scale) and scale > 0)
