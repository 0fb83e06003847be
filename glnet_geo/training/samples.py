"""Draws training samples: a frame at a random place and zoom, turned and recoloured, and some of its patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.io.pairs import Pair, Spot
from glnet_geo.model.sharing import Place
from glnet_geo.training.losses import IGNORED

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One frame and some of its patches.

    Attributes:
        frame: (1, bands, rows, cols) float32, the shrunk frame, normalised.
        frame_label: (1, rows, cols) int64 channel numbers at 1/4 of the shrunk frame.
        patches: (patches, bands, rows, cols) float32 at full resolution.
        patch_labels: (patches, rows, cols) int64 channel numbers at 1/4 of the patches.
        places: where the patches lie.
    """

    frame: Tensor
    frame_label: Tensor
    patches: Tensor
    patch_labels: Tensor
    places: list[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far samples may differ from the image they are drawn from.

    Attributes:
        zoom: least and greatest enlargement; drawn evenly in octaves.
        turn: whether frames are flipped and turned by quarters.
        color: greatest change of brightness, contrast, gamma and saturation, as a fraction.
    """

    zoom: tuple[float, float] = (0.7, 1.4)
    turn: bool = True
    color: float = 0.2


class Sampler:
    """Draws samples from pairs; the same seed and number give the same sample, so that training can resume.

    Args:
        pairs: the scenes; each is drawn in proportion to the root of its area.
        tiling: the model's.
        normalization: the model's.
        class_ids: raster value of every channel; other values are ignored.
        augmentation: how samples are varied.
        seed: of all randomness.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        tiling: Tiling,
        normalization: Normalization,
        class_ids: Sequence[int],
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        if not pairs:
            raise TrainingError("there is nothing to train on: give at least one image and its label")
        self._pairs = pairs
        self._tiling = tiling
        self._normalization = normalization
        self._augmentation = augmentation
        self._seed = seed
        self._channel = np.full(256, IGNORED, dtype=np.int64)
        self._channel[list(class_ids)] = np.arange(len(class_ids))
        areas = np.sqrt([pair.shape[0] * pair.shape[1] for pair in pairs])
        self._chances = areas / areas.sum()

    def draw(self, number: int, patches: int | None) -> Sample:
        """Sample ``number`` of the endless sequence.

        Args:
            number: which sample.
            patches: how many patches to draw at random places; None for all patches of the frame's tiling.
        """
        rng = np.random.default_rng([self._seed, number])
        pair = self._pairs[rng.choice(len(self._pairs), p=self._chances)]
        view = _View.random(pair.shape, self._tiling, self._augmentation, rng)
        windows = (
            self._tiling.patches(view.shape)
            if patches is None
            else view.random_patches(patches, self._tiling.patch, rng)
        )
        recolor = _Recolor.random(self._augmentation.color, rng)
        full = Window(row=0, col=0, height=view.shape[0], width=view.shape[1])
        shrunk = self._tiling.shrunk(view.shape)
        return Sample(
            frame=self._image(pair, view, full, shrunk, recolor)[None],
            frame_label=self._label(pair, view, full, shrunk)[None],
            patches=_stacked([self._image(pair, view, w, w.shape, recolor) for w in windows]),
            patch_labels=_stacked([self._label(pair, view, w, w.shape) for w in windows]),
            places=[view.place(w) for w in windows],
        )

    def _image(
        self, pair: Pair, view: _View, window: Window, shape: tuple[int, int], recolor: _Recolor
    ) -> Tensor:
        unit = recolor(self._normalization.unit(pair.image(view.spot(window, shape))))
        return torch.from_numpy(view.turned(self._normalization.standard(unit)))

    def _label(self, pair: Pair, view: _View, window: Window, shape: tuple[int, int]) -> Tensor:
        quarter = (-(-shape[0] // CELL), -(-shape[1] // CELL))
        return torch.from_numpy(view.turned(self._channel[pair.label(view.spot(window, quarter))]))


def _stacked(tensors: list[Tensor]) -> Tensor:
    return torch.stack(tensors) if tensors else torch.empty(0)


@dataclass(frozen=True, slots=True)
class _View:
    """A frame of ``shape`` pixels at ``origin`` in the pair, seen at ``zoom``, then turned."""

    origin: tuple[float, float]
    shape: tuple[int, int]
    zoom: float
    quarters: int
    flip: bool

    @classmethod
    def random(
        cls, scene: tuple[int, int], tiling: Tiling, augmentation: Augmentation, rng: np.random.Generator
    ) -> _View:
        low, high = np.log2(augmentation.zoom)
        zoom = float(2 ** rng.uniform(low, high))
        rows, cols = (max(CELL, min(tiling.frame, int(side * zoom) // CELL * CELL)) for side in scene)
        row = rng.uniform(0, max(scene[0] - rows / zoom, 0))
        col = rng.uniform(0, max(scene[1] - cols / zoom, 0))
        turns, flip = (int(rng.integers(4)), bool(rng.integers(2))) if augmentation.turn else (0, False)
        return cls((row, col), (rows, cols), zoom, turns, flip)

    def random_patches(self, count: int, side: int, rng: np.random.Generator) -> list[Window]:
        height, width = (min(side, length) for length in self.shape)
        rows = rng.integers(0, (self.shape[0] - height) // CELL + 1, count) * CELL
        cols = rng.integers(0, (self.shape[1] - width) // CELL + 1, count) * CELL
        return [
            Window(row=int(r), col=int(c), height=height, width=width)
            for r, c in zip(rows, cols, strict=True)
        ]

    def spot(self, window: Window, shape: tuple[int, int]) -> Spot:
        return Spot(
            row=self.origin[0] + window.row / self.zoom,
            col=self.origin[1] + window.col / self.zoom,
            height=window.height / self.zoom,
            width=window.width / self.zoom,
            shape=shape,
        )

    def turned(self, array: NDArray[Number]) -> NDArray[Number]:
        turned = np.rot90(array, self.quarters, axes=(-2, -1))
        return np.ascontiguousarray(turned[..., ::-1] if self.flip else turned)

    def place(self, window: Window) -> Place:
        rows, cols = self.shape
        for _ in range(self.quarters):
            window = Window(
                row=cols - window.col_stop, col=window.row, height=window.width, width=window.height
            )
            rows, cols = cols, rows
        if self.flip:
            window = Window(
                row=window.row, col=cols - window.col_stop, height=window.height, width=window.width
            )
        return Place(window, (rows, cols))


@dataclass(frozen=True, slots=True)
class _Recolor:
    """Changes brightness, contrast, gamma and saturation of values in 0..1, alike for a whole frame."""

    gain: float
    offset: float
    gamma: float
    saturation: float

    @classmethod
    def random(cls, most: float, rng: np.random.Generator) -> _Recolor:
        gain, gamma, saturation = 2 ** rng.uniform(-most, most, 3)
        return cls(float(gain), float(rng.uniform(-most, most) / 4), float(gamma), float(saturation))

    def __call__(self, unit: NDArray[np.float32]) -> NDArray[np.float32]:
        grey = unit.mean(axis=0, keepdims=True)
        mixed = np.clip((grey + (unit - grey) * self.saturation) * self.gain + self.offset, 0, 1)
        recolored: NDArray[np.float32] = (mixed**self.gamma).astype(np.float32)
        return recolored
