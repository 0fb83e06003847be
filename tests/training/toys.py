"""Toy scenes to train on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.grid import Tiling
from glnet_geo.core.normalize import Normalization
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.samples import Sampler
from tests.rasters import write_plain

UNIT = Normalization(low=0, high=1, mean=(0, 0, 0), std=(1, 1, 1))
AS_IT_IS = Augmentation(zoom=(1, 1), turn=False, color=0)


def pair(folder: Path, image: NDArray[np.generic], label: NDArray[np.uint8]) -> Pair:
    """A pair of files of these pixels."""
    folder.mkdir(exist_ok=True)
    return Pair(write_plain(folder / "scene.tif", image), write_plain(folder / "label.tif", label))


def coordinates(folder: Path, rows: int, cols: int) -> Pair:
    """A scene whose pixels tell where they are, in 0..1, and whose labels differ from cell to cell."""
    row, col = np.mgrid[:rows, :cols]
    image = np.stack([row / 1000, col / 1000, (row + col) / 2000]).astype(np.float32)
    return pair(folder, image, (row // 4 * 7 + col // 4 * 3).astype(np.uint8) % 251)


def halves(folder: Path, side: int = 128) -> Pair:
    """A dark half of class 0 and a bright half of class 1."""
    label = np.zeros((side, side), dtype=np.uint8)
    label[:, side // 2 :] = 1
    noise = np.random.default_rng(0).uniform(0, 0.2, (3, side, side))
    return pair(folder, (0.6 * label + noise).astype(np.float32), label)


def sampler(
    *pairs: Pair, tiling: Tiling, classes: int, augmentation: Augmentation = AS_IT_IS, seed: int = 0
) -> Sampler:
    """Draws from pairs with values in 0..1."""
    return Sampler(
        pairs,
        tiling=tiling,
        normalization=UNIT,
        class_ids=range(classes),
        augmentation=augmentation,
        seed=seed,
    )
