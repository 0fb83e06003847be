"""Draws training samples: a frame at a random place and zoom, turned and recoloured, and some of its patches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.model.sharing import Place
from glnet_geo.training.augment import Augmentation, Recolor
from glnet_geo.training.focus import ClassCounts, Focus
from glnet_geo.training.losses import IGNORED
from glnet_geo.training.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One frame and some of its patches.

    Attributes:
        frame: (1, bands, rows, cols) float32, the shrunk frame, normalised.
        frame_label: (1, rows, cols) int64 channel numbers, at 1/4 of the shrunk frame or finer.
        patches: (patches, bands, rows, cols) float32 at full resolution.
        patch_labels: (patches, rows, cols) int64 channel numbers, at 1/4 of the patches or finer.
        places: where the patches lie.
    """

    frame: Tensor
    frame_label: Tensor
    patches: Tensor
    patch_labels: Tensor
    places: list[Place]


class Sampler:
    """Draws samples from pairs; the same seed and number give the same sample, so that training can resume.

    Args:
        pairs: the scenes.
        tiling: the model's.
        normalization: the model's.
        class_ids: raster value of every channel; other values are ignored.
        augmentation: how samples are varied.
        seed: of all randomness.
        balance: how much more often rare classes are drawn (see `Focus`); None to draw anywhere, labelled there or not.
        chances: how often each pair is drawn without a balance, in proportion; None for the roots of their areas.

    Raises:
        TrainingError: there is no pair, or nothing is labelled.
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
        balance: float | None = None,
        chances: Sequence[float] | None = None,
    ) -> None:
        if not pairs:
            raise TrainingError("there is nothing to train on: give at least one image and its label")
        self._pairs = pairs
        self._tiling = tiling
        self._normalization = normalization
        self._augmentation = augmentation
        self._seed = seed
        self._channel = channels(class_ids)
        often = np.asarray(root_areas(pairs) if chances is None else chances, dtype=np.float64)
        self._chances = often / often.sum()
        self._focus = None
        if balance is not None:
            counts = [ClassCounts.of(pair, self._channel, len(class_ids)) for pair in pairs]
            if not any(count.totals.any() for count in counts):
                raise TrainingError("no pixel to train on is labelled: check the labels and the legend")
            self._focus = Focus(counts, balance=balance)

    def draw(
        self, number: int, patches: int | None, *, side: int | None = None, label_cell: int = CELL
    ) -> Sample:
        """Sample ``number`` of the endless sequence.

        Args:
            number: which sample.
            patches: how many patches to draw at random places; None for all patches of the frame's tiling.
            side: of patches at random places, in pixels; None for the tiling's.
            label_cell: pixels per cell of a label along rows and columns.
        """
        rng = np.random.default_rng([self._seed, number])
        index, around = (
            (int(rng.choice(len(self._pairs), p=self._chances)), None)
            if self._focus is None
            else self._focus.point(rng)
        )
        pair, options = self._pairs[index], self._augmentation
        view = View.random(pair.shape, self._tiling, rng, zoom=options.zoom, turn=options.turn, around=around)
        windows = (
            self._tiling.patches(view.shape)
            if patches is None
            else self._patches(index, view, patches, side or self._tiling.patch, rng)
        )
        recolor = Recolor.random(options.color, rng)
        shrunk = self._tiling.shrunk(view.shape)
        return Sample(
            frame=self._image(pair, view, view.whole, shrunk, recolor)[None],
            frame_label=self._label(pair, view, view.whole, shrunk, label_cell)[None],
            patches=_stacked([self._image(pair, view, w, w.shape, recolor) for w in windows]),
            patch_labels=_stacked([self._label(pair, view, w, w.shape, label_cell) for w in windows]),
            places=[view.place(w) for w in windows],
        )

    def _patches(
        self, index: int, view: View, count: int, side: int, rng: np.random.Generator
    ) -> list[Window]:
        """Patches anywhere, or around points that are labelled."""
        if self._focus is None or not count:
            return view.random_patches(count, side, rng)
        row, col = (math.floor(at) for at in view.origin)
        seen = Window(
            row=row,
            col=col,
            height=math.floor(view.shape[0] / view.zoom),
            width=math.floor(view.shape[1] / view.zoom),
        )
        points = self._focus.points_inside(index, seen, count, rng)
        if not points:
            return view.random_patches(count, side, rng)
        return [view.patch_around(point, side, rng) for point in points]

    def _image(
        self, pair: Pair, view: View, window: Window, shape: tuple[int, int], recolor: Recolor
    ) -> Tensor:
        normal = normalization_of(pair, self._normalization)
        values, valid = pair.read(view.spot(window, shape))
        pixels = normal.standard(recolor(normal.unit(values)))
        if valid is not None:
            pixels[:, ~valid] = 0
        return torch.from_numpy(view.turned(pixels))

    def _label(self, pair: Pair, view: View, window: Window, shape: tuple[int, int], cell: int) -> Tensor:
        cells = (-(-shape[0] // cell), -(-shape[1] // cell))
        return torch.from_numpy(view.turned(self._channel[pair.label(view.spot(window, cells))]))


def root_areas(pairs: Sequence[Pair]) -> list[float]:
    """The root of every pair's area: a larger scene shows more, but not as much more as it is larger."""
    return [math.sqrt(pair.shape[0] * pair.shape[1]) for pair in pairs]


def channels(class_ids: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(256,) channel of every raster value; ``IGNORED`` where it has none."""
    channel = np.full(256, IGNORED, dtype=np.int64)
    channel[list(class_ids)] = np.arange(len(class_ids))
    return channel


def normalization_of(pair: Pair, standard: Normalization) -> Normalization:
    """A model's normalisation over the value range of a pair."""
    if pair.value_range is None:
        return standard
    low, high = pair.value_range
    return replace(standard, low=low, high=high)


def _stacked(tensors: list[Tensor]) -> Tensor:
    return torch.stack(tensors) if tensors else torch.empty(0)
