"""Maps cut into strips."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.strip import Strip


def cut(classes: NDArray[np.uint8], rows: int) -> Iterator[Strip]:
    """A map in strips of so many rows."""
    for row in range(0, len(classes), rows):
        yield Strip(row=row, classes=classes[row : row + rows])
