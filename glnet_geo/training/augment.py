"""How samples may differ from the image they are drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional

from glnet_geo.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far samples may differ from the image they are drawn from.

    Attributes:
        zoom: least and greatest enlargement; drawn evenly in octaves.
        turn: whether frames are flipped and turned by quarters.
        color: greatest change of brightness, haze, gamma and saturation, as a fraction.

    Raises:
        OptionError: a number cannot be used.
    """

    zoom: tuple[float, float] = (0.7, 1.4)
    turn: bool = True
    color: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.zoom[0] <= self.zoom[1]:
            raise OptionError(f"the zoom {self.zoom} is no range: give two numbers above 0, the least first")
        if not 0 <= self.color < 1:
            raise OptionError(f"the change of colour must lie in 0..1, got {self.color}")


@dataclass(frozen=True, slots=True)
class Recolor:
    """Changes saturation, brightness, haze and gamma of values in 0..1, alike for a frame and all its patches.

    None of it looks at the picture: a change of contrast about a picture's own mean would differ from patch to patch.

    Attributes:
        saturation: 0 is grey, 1 as it is.
        brightness: factor.
        haze: what is added after.
        gamma: exponent.
    """

    saturation: float
    brightness: float
    haze: float
    gamma: float

    @classmethod
    def random(cls, most: float, rng: np.random.Generator) -> Recolor:
        """A change that is ``most`` at most."""
        brightness, gamma, saturation = 2 ** rng.uniform(-most, most, 3)
        return cls(float(saturation), float(brightness), float(rng.uniform(-most, most) / 4), float(gamma))

    def __call__(self, unit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values (bands, rows, cols), changed; saturation only where there are three bands."""
        # Bands as images of one band each: the library knows no other numbers than one and three.
        image = torch.from_numpy(unit)
        if unit.shape[0] == 3:
            image = functional.adjust_saturation(image, self.saturation)
        image = functional.adjust_brightness(image[:, None], self.brightness)
        image = functional.adjust_gamma((image + self.haze).clamp(0, 1), self.gamma)
        changed: NDArray[np.float32] = image[:, 0].numpy()
        return changed
