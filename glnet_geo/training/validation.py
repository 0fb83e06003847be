"""How well a network maps what was kept from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from glnet_geo.core.grid import Frame, Tiling, frame_rows
from glnet_geo.core.lattice import CELL
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.metrics import Confusion
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.io.pairs import Pair
from glnet_geo.io.spot import Spot
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import Machine
from glnet_geo.model.predict import Predictor
from glnet_geo.training.samples import normalization_of


def judge(
    network: GLNet,
    pairs: Sequence[Pair],
    *,
    tiling: Tiling,
    normalization: Normalization,
    legend: Legend,
    machine: Machine,
) -> Confusion:
    """Pixels of all pairs by labelled class and mapped class, in one matrix.

    Scenes are mapped frame by frame, as always, but without blending, so that only frames with labels are computed.

    Args:
        network: stays as it is.
        pairs: labelled where the network is to be judged.
        tiling: the model's.
        normalization: the model's.
        legend: the model's.
        machine: where to compute.
    """
    predictor = Predictor(deepcopy(network), tiling, machine)
    whole = network.architecture.sharing == "bidirectional"
    total = Confusion(np.zeros((len(legend), len(legend)), dtype=np.int64))
    for pair in pairs:
        for frame, labels in _labelled_frames(pair, tiling):
            windows = tiling.patches(frame.window.shape)
            seen = _share(frame)
            if not whole:
                windows = [w for w in windows if _labelled(labels, seen, w)]
            valid = pair.valid(Spot.of(frame.window))
            pixels = normalization_of(pair, normalization)(pair.image(Spot.of(frame.window)), valid)
            if valid is not None:
                windows = [w for w in windows if valid[w.rows, w.cols].any()]
            if windows:
                mapped = _classes(predictor.logits(pixels, windows), legend, seen)
                total += Confusion.of(labels, mapped, legend)
    return total


def _labelled_frames(pair: Pair, tiling: Tiling) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    """Frames that do not overlap in what they answer for, and the labels there; those without labels are left out."""
    rows, cols = (side // CELL * CELL for side in pair.shape)
    if not rows or not cols:
        return
    extent = Window(row=0, col=0, height=rows, width=cols)
    for row in frame_rows(extent, replace(tiling, frame_overlap=0)):
        for frame in row:
            share = _share(frame).moved(frame.window.row, frame.window.col)
            labels = pair.label(Spot.of(share))
            if (labels != NODATA).any():
                yield frame, labels


def _share(frame: Frame) -> Window:
    """The pixels that a frame answers for, relative to it."""
    share = frame.share
    return Window(
        row=share.row * CELL - frame.window.row,
        col=share.col * CELL - frame.window.col,
        height=share.height * CELL,
        width=share.width * CELL,
    )


def _labelled(labels: NDArray[np.uint8], share: Window, patch: Window) -> bool:
    """Whether a patch shows a label."""
    part = patch.intersection(share)
    if part is None:
        return False
    part = part.moved(-share.row, -share.col)
    return bool((labels[part.rows, part.cols] != NODATA).any())


def _classes(logits: NDArray[np.float32], legend: Legend, share: Window) -> NDArray[np.uint8]:
    """The winning class of every pixel of a share."""
    enlarged = functional.interpolate(torch.from_numpy(logits)[None], scale_factor=CELL, mode="bilinear")
    channel = enlarged[0].argmax(dim=0).numpy()[share.rows, share.cols]
    mapped: NDArray[np.uint8] = legend.ids[channel]
    return mapped
