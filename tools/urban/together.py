"""Pictures of UC Merced, and scenes that are put together of many of them, each with its labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.urban.assemble import write_pair

SIDE = 256
"""Rows and columns of a picture."""

Labelled: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A picture (3, rows, cols) and the class ids (rows, cols) of its pixels."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(3, SIDE, SIDE)."""
    with Image.open(path) as picture:
        pixels = np.asarray(sized(picture.convert("RGB"), Image.Resampling.BICUBIC))
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))


def sized(picture: Image.Image, resampling: Image.Resampling) -> Image.Image:
    """A few pictures are some pixels smaller or larger than all others."""
    return picture.resize((SIDE, SIDE), resampling)


def write_together(out: Path, name: str, pictures: Iterable[Labelled], across: int) -> NDArray[np.uint8]:
    """Write across x across pictures, row by row, as OUT/images/NAME.tif and OUT/labels/NAME.tif; the labels are returned."""
    image = np.zeros((3, across * SIDE, across * SIDE), np.uint8)
    label = np.zeros(image.shape[1:], np.uint8)
    for place, (pixels, known) in enumerate(pictures):
        rows, cols = (slice(SIDE * at, SIDE * (at + 1)) for at in divmod(place, across))
        image[:, rows, cols], label[rows, cols] = pixels, known
    write_pair(out, name, image, label[None])
    return label
