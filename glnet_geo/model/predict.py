"""From the pixels of a frame to its logits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from glnet_geo.core.grid import Tiling, batches, patch_weights
from glnet_geo.core.lattice import CELL, in_pixels
from glnet_geo.core.listing import counted
from glnet_geo.core.window import Window
from glnet_geo.errors import ModelError
from glnet_geo.model.backbone import fold_batch_norm
from glnet_geo.model.coarse_to_fine import fine_inside, foreground_box
from glnet_geo.model.fpn import Features
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import Machine, limit_gpu_memory
from glnet_geo.model.sharing import Merger, Place
from glnet_geo.model.sound import check_logits


class Predictor:
    """A network prepared for one machine: batch norm folded, channels last, nothing kept between frames.

    Args:
        network: any; it is changed, and must not be used for anything else after.
        tiling: the model's.
        machine: where and how to compute.
        background: channel of the background, which the global branch alone may tell (see `coarse_to_fine`); None
            where every patch is to be looked at.
        warn: told when the device ran out of memory and fewer patches are taken at a time from then on.
    """

    def __init__(
        self,
        network: GLNet,
        tiling: Tiling,
        machine: Machine,
        *,
        background: int | None = None,
        warn: Callable[[str], None] = lambda _message: None,
    ) -> None:
        fold_batch_norm(network.eval())
        self.classes = network.architecture.classes
        self._network: GLNet = network.to(
            device=machine.device, dtype=machine.dtype, memory_format=torch.channels_last
        )  # type: ignore[call-overload]
        self._tiling = tiling
        limit_gpu_memory(machine)
        self._machine = machine
        self._batch = machine.batch
        self._background = background
        self._warn = warn

    def logits(
        self,
        pixels: NDArray[np.float32],
        patches: Sequence[Window],
        advance: Callable[[int], None] = lambda _patches: None,
    ) -> NDArray[np.float32]:
        """The logits of a frame.

        Args:
            pixels: (bands, rows, cols) normalised; whole cells.
            patches: the patches to look at, relative to the frame, all of one size; where none lies, the logits
                are zero. A network without a local branch takes none of them.
            advance: told how many patches are done, as they are.

        Returns:
            (classes, rows / 4, cols / 4).

        Raises:
            ModelError: the device has too little memory even for one patch, or the numbers outgrow their type.
        """
        tell = _Once(advance)
        while True:
            try:
                logits = self._attempt(pixels, patches, tell)
            except torch.OutOfMemoryError as error:
                if self._batch == 1:
                    raise ModelError(
                        f"{self._machine.device} has too little free memory for one patch: close other programs "
                        "that use it, or choose --device cpu"
                    ) from error
                self._batch = max(1, self._batch // 2)
                torch.cuda.empty_cache()
                self._warn(
                    f"{self._machine.device} ran out of memory: going on with {counted(self._batch, 'patch')} at a time"
                )
                tell.restart()
            else:
                check_logits(logits, self._machine.dtype)
                return logits

    def seconds_per_patch(self) -> float:
        """How long one patch takes on this machine, measured now; for a network without patches, one frame."""
        whole = self._network.architecture.sharing == "none"
        side = self._tiling.frame if whole else self._tiling.patch
        blank = np.zeros((self._network.architecture.bands, side, side), dtype=np.float32)
        windows = [Window.whole((side, side))] * (1 if whole else self._batch)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            self.logits(blank, windows)
            times.append(time.perf_counter() - start)
        return min(times) / len(windows)

    @torch.inference_mode()
    def _attempt(
        self, pixels: NDArray[np.float32], patches: Sequence[Window], advance: Callable[[int], None]
    ) -> NDArray[np.float32]:
        network = self._network
        whole = torch.from_numpy(pixels)[None].to(self._machine.device)
        size = self._tiling.shrunk((pixels.shape[1], pixels.shape[2]))
        shrunk = self._ready(functional.interpolate(whole, size=size, mode="bilinear", antialias=True))
        cells = (pixels.shape[1] // CELL, pixels.shape[2] // CELL)
        seen = network.see(shrunk)
        if network.architecture.sharing == "none":
            advance(len(patches))
            return _numpy(self._coarse(seen, cells))
        if self._background is None:
            return _numpy(self._fine(whole, shrunk, seen, patches, advance))
        coarse = self._coarse(seen, cells)
        box = foreground_box(coarse, self._background)
        inside = [] if box is None else [p for p in patches if p.intersection(in_pixels(box)) is not None]
        advance(len(patches) - len(inside))
        return _numpy(fine_inside(coarse, self._fine(whole, shrunk, seen, inside, advance), box))

    def _coarse(self, seen: Features, cells: tuple[int, int]) -> Tensor:
        """(classes, *cells): what the global branch alone says of a frame."""
        logits = self._network.glance.fpn.classify(seen.ps3).float()
        return functional.interpolate(logits, size=cells, mode="bilinear")[0]

    def _fine(
        self,
        whole: Tensor,
        shrunk: Tensor,
        seen: Features,
        patches: Sequence[Window],
        advance: Callable[[int], None],
    ) -> Tensor:
        """(classes, rows / 4, cols / 4): what both branches say of a frame where patches lie."""
        network = self._network
        frame = (whole.shape[2], whole.shape[3])
        cells = (frame[0] // CELL, frame[1] // CELL)
        blend = _Blend(network.architecture.classes, cells, self._tiling.patch_overlap // CELL, whole.device)
        if network.architecture.sharing == "global_to_local":
            for places, local in self._look(whole, seen, patches):
                blend.add(
                    places, network.weigh_local(local.ps3) + network.weigh_global(seen.ps3, places, local.ps3)
                )
                advance(len(places))
            return blend.mean()
        merger = Merger(seen, frame, align_corners=network.architecture.align_corners)
        weighed = []
        for places, local in self._look(whole, seen, patches):
            merger.add(local, places)
            weighed.append((places, network.weigh_local(local.ps3)))
            advance(len(places))
        refined = network.refine(shrunk, seen, merger.merged()).ps3
        for places, logits in weighed:
            blend.add(places, logits + network.weigh_global(refined, places, logits))
        return blend.mean()

    def _look(
        self, whole: Tensor, seen: Features, patches: Sequence[Window]
    ) -> Iterator[tuple[list[Place], Features]]:
        frame = (whole.shape[2], whole.shape[3])
        for windows in batches(patches, self._batch):
            crops = torch.cat([whole[:, :, window.rows, window.cols] for window in windows])
            places = [Place(window, frame) for window in windows]
            yield places, self._network.look(self._ready(crops), seen, places)

    def _ready(self, images: Tensor) -> Tensor:
        return images.to(self._machine.dtype).contiguous(memory_format=torch.channels_last)


class _Once:
    """Tells of every patch once, also where an attempt failed half way and another begins anew."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self._done = 0
        self._told = 0

    def __call__(self, patches: int) -> None:
        self._done += patches
        if self._done > self._told:
            self._advance(self._done - self._told)
            self._told = self._done

    def restart(self) -> None:
        """Begin another attempt."""
        self._done = 0


class _Blend:
    """The weighted mean of the logits of overlapping patches, in cells of the frame."""

    def __init__(self, classes: int, cells: tuple[int, int], ramp: int, device: torch.device) -> None:
        self._sum = torch.zeros((classes, *cells), device=device)
        self._weight = torch.zeros(cells, device=device)
        self._ramp = ramp

    def add(self, places: Sequence[Place], logits: Tensor) -> None:
        """Add patches (patches, classes, rows, cols)."""
        shape = (logits.shape[2], logits.shape[3])
        weights = torch.from_numpy(patch_weights(shape, self._ramp)).to(self._sum.device)
        for place, patch in zip(places, logits.float(), strict=True):
            row, col = place.patch.row // CELL, place.patch.col // CELL
            rows, cols = slice(row, row + shape[0]), slice(col, col + shape[1])
            self._sum[:, rows, cols] += patch * weights
            self._weight[rows, cols] += weights

    def mean(self) -> Tensor:
        """(classes, rows, cols); zero where no patch lay."""
        return self._sum / self._weight.clamp(min=1e-6)


def _numpy(logits: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = logits.cpu().numpy()
    return array
