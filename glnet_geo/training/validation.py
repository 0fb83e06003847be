"""How well a network maps what was kept from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from glnet_geo.core.accuracy.calibration import fitted_temperature
from glnet_geo.core.accuracy.metrics import Confusion, mean_of
from glnet_geo.core.grid import Frame, Tiling, frame_rows
from glnet_geo.core.lattice import CELL, in_pixels
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import Machine
from glnet_geo.model.predict import Predictor
from glnet_geo.training.losses import IGNORED
from glnet_geo.training.samples import channels, normalization_of

_PIXELS_PER_FRAME = 5_000
"""Most pixels of a frame from which the temperature is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How well a network maps what was kept from it.

    Attributes:
        confusion: pixels by labelled class and mapped class.
        temperature: by what its logits are to be divided so that it is as sure as it is right.
    """

    confusion: Confusion
    temperature: float


def judge(
    network: GLNet,
    pairs: Sequence[Pair],
    *,
    tiling: Tiling,
    normalization: Normalization,
    legend: Legend,
    machine: Machine,
    background: int | None = None,
) -> Judgement:
    """Map all pairs, and compare the maps with their labels, in one matrix.

    Scenes are mapped frame by frame, as always, but without blending, so that only frames with labels are computed.

    Args:
        network: stays as it is.
        pairs: labelled where the network is to be judged.
        tiling: the model's.
        normalization: the model's.
        legend: the model's.
        machine: where to compute.
        background: channel of the background, of the model's card.
    """
    predictor = Predictor(deepcopy(network), tiling, machine, background=background)
    whole = network.architecture.sharing == "bidirectional"
    total = Confusion.empty(len(legend))
    channel = channels(legend.ids.tolist())
    random = np.random.default_rng(0)
    logits, truth = [np.empty((0, len(legend)), np.float32)], [np.empty(0, np.int64)]
    for pair in pairs:
        for frame, labels in _labelled_frames(pair, tiling):
            windows = tiling.patches(frame.window.shape)
            seen = _share(frame)
            if not whole:
                windows = [w for w in windows if _labelled(labels, seen, w)]
            values, valid = pair.read(Spot.of(frame.window))
            pixels = normalization_of(pair, normalization)(values, valid)
            if valid is not None:
                windows = [w for w in windows if valid[w.rows, w.cols].any()]
            if windows:
                found = enlarged(predictor.logits(pixels, windows), seen)
                total += Confusion.of(labels, legend.ids[found.argmax(axis=0)], legend)
                true = channel[labels]
                some = random.permutation(np.flatnonzero(true != IGNORED))[:_PIXELS_PER_FRAME]
                logits.append(found.reshape(len(legend), -1)[:, some].T)
                truth.append(true.ravel()[some])
    temperature = fitted_temperature(np.concatenate(logits), np.concatenate(truth))
    return Judgement(confusion=total, temperature=temperature)


def _labelled_frames(pair: Pair, tiling: Tiling) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    """Frames that do not overlap in what they answer for, and the labels there; those without labels are left out."""
    rows, cols = (side // CELL * CELL for side in pair.shape)
    if not rows or not cols:
        return
    extent = Window.whole((rows, cols))
    for row in frame_rows(extent, replace(tiling, frame_overlap=0)):
        for frame in row:
            labels = pair.label(Spot.of(in_pixels(frame.share)))
            if (labels != NODATA).any():
                yield frame, labels


def _share(frame: Frame) -> Window:
    """The pixels that a frame answers for, relative to it."""
    return in_pixels(frame.share).moved(-frame.window.row, -frame.window.col)


def _labelled(labels: NDArray[np.uint8], share: Window, patch: Window) -> bool:
    """Whether a patch shows a label."""
    part = patch.intersection(share)
    if part is None:
        return False
    part = part.moved(-share.row, -share.col)
    return bool((labels[part.rows, part.cols] != NODATA).any())


def enlarged(logits: NDArray[np.float32], share: Window) -> NDArray[np.float32]:
    """(classes, rows, cols) logits of every pixel of a share."""
    larger = functional.interpolate(torch.from_numpy(logits)[None], scale_factor=CELL, mode="bilinear")
    pixels: NDArray[np.float32] = larger[0].numpy()[:, share.rows, share.cols]
    return pixels


def mean_iou(confusion: Confusion, judged: Sequence[int]) -> float:
    """Mean IoU of some channels, those left out that are neither labelled nor mapped; 0 where none is left."""
    mean = mean_of(confusion.iou[list(judged)])
    return 0.0 if math.isnan(mean) else mean
