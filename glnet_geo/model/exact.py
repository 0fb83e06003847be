"""Computes what the published code computes: one frame, squeezed to the global size; float32; nearest; sums.

Source: chenwydj/ultra_high_resolution_segmentation, evaluation of DeepGlobe images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from glnet_geo.core.grid import Tiling, published_starts
from glnet_geo.core.lattice import CELL
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.window import Window
from glnet_geo.model.backbone import fold_batch_norm
from glnet_geo.model.fpn import Features
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.sharing import Merger, Place
from glnet_geo.model.sound import check_logits


@dataclass(frozen=True, slots=True)
class ExactPredictor:
    """A network as the published code runs it. The network is changed: batch norm is folded.

    Attributes:
        network: any.
        tiling: only its patch and global size count.
        normalization: the model's.
        device: where to compute.
    """

    network: GLNet
    tiling: Tiling
    normalization: Normalization
    device: str = "cpu"

    def __post_init__(self) -> None:
        fold_batch_norm(self.network.eval())
        self.network.to(device=self.device, dtype=torch.float32)

    def patches(self, shape: tuple[int, int]) -> list[Window]:
        """The patches of an image of (rows, cols), in the published order."""
        height, width = (min(self.tiling.patch, side) for side in shape)
        starts = (published_starts(side, self.tiling.patch) for side in shape)
        return [Window(row=row, col=col, height=height, width=width) for row, col in product(*starts)]

    def answers(self, shape: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How many patches answer for each row and for each column of an image: by their product, for each pixel."""
        rows, cols = (
            np.ones(side, np.float32)
            if self.network.architecture.sharing == "none"
            else _covered(side, self.tiling.patch)
            for side in shape
        )
        return rows, cols

    @torch.inference_mode()
    def logits(
        self, pixels: NDArray[np.float32], advance: Callable[[int], None] = lambda _patches: None
    ) -> NDArray[np.float32]:
        """The summed raw logits of an image at its own resolution: (classes, rows, cols).

        Args:
            pixels: (bands, rows, cols), values as in the file.
            advance: told how many patches are done, as they are.

        Raises:
            ModelError: the numbers outgrow their type.
        """
        summed = self._summed(pixels, advance).cpu().numpy()
        check_logits(summed, torch.float32)
        return summed

    def _summed(self, pixels: NDArray[np.float32], advance: Callable[[int], None]) -> Tensor:
        network = self.network
        shape = (pixels.shape[1], pixels.shape[2])
        shrunk = self._shrunk(pixels)
        seen = network.see(shrunk)
        patches = self.patches(shape)
        if network.architecture.sharing == "none":
            advance(len(patches))
            return _nearest(network.glance.fpn.classify(seen.ps3)[0], shape)
        total = torch.zeros((network.architecture.classes, *shape), device=self.device)
        if network.architecture.sharing == "global_to_local":
            for place, local in self._look(pixels, patches, seen):
                _add(
                    total,
                    place.patch,
                    network.weigh_local(local.ps3) + network.weigh_global(seen.ps3, [place], local.ps3),
                )
                advance(1)
            return total
        merger = Merger(seen, shape, align_corners=network.architecture.align_corners)
        weighed = []
        for place, local in self._look(pixels, patches, seen):
            merger.add(local, [place])
            weighed.append((place, network.weigh_local(local.ps3)))
            advance(1)
        refined = network.refine(shrunk, seen, merger.merged()).ps3
        for place, logits in weighed:
            _add(total, place.patch, logits + network.weigh_global(refined, [place], logits))
        return total

    def seconds(self, shape: tuple[int, int]) -> float:
        """How long an image of (rows, cols) takes on this machine; a patch is timed now."""
        patches = self.patches(shape)
        blank = np.zeros((self.network.architecture.bands, *patches[0].shape), dtype=np.float32)
        start = time.perf_counter()
        self.logits(blank)
        # The first call also prepares the device; the global branch is once more in it.
        return (time.perf_counter() - start) * (len(patches) + 1) / 2

    def _look(
        self, pixels: NDArray[np.float32], patches: list[Window], seen: Features
    ) -> Iterator[tuple[Place, Features]]:
        for window in patches:
            crop = np.ascontiguousarray(pixels[:, window.rows, window.cols])
            place = Place(window, (pixels.shape[1], pixels.shape[2]))
            yield place, self.network.look(self._tensor(self.normalization(crop)), seen, [place])

    def _shrunk(self, pixels: NDArray[np.float32]) -> Tensor:
        """The image squeezed to a square of the global size, rounded to 8 bits on the way as published."""
        size = (self.tiling.global_size, self.tiling.global_size)
        bands = [
            np.asarray(
                Image.fromarray(_bytes(self.normalization.unit(band[None])[0])).resize(
                    size, Image.Resampling.BILINEAR
                )
            )
            for band in pixels
        ]
        return self._tensor(self.normalization.standard(np.stack(bands).astype(np.float32) / np.float32(255)))

    def _tensor(self, image: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(image)[None].to(self.device)


def _covered(length: int, patch: int) -> NDArray[np.float32]:
    """(length,) how many patches lie over each pixel of an axis."""
    starts, pixels = np.array(published_starts(length, patch))[:, None], np.arange(length)
    covered: NDArray[np.float32] = ((starts <= pixels) & (pixels < starts + patch)).sum(
        axis=0, dtype=np.float32
    )
    return covered


def _bytes(unit: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(unit * 255).astype(np.uint8)


def _add(total: Tensor, window: Window, logits: Tensor) -> None:
    """Add a patch's logits (1, classes, rows, cols), each repeated over the pixels of its cell."""
    large = logits[0].repeat_interleave(CELL, dim=1).repeat_interleave(CELL, dim=2)
    total[:, window.rows, window.cols] += large[:, : window.height, : window.width]


def _nearest(logits: Tensor, shape: tuple[int, int]) -> Tensor:
    return torch.nn.functional.interpolate(logits[None], size=shape, mode="nearest")[0]
