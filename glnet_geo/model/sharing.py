"""How maps travel between the frame and its patches: cut out and enlarged, or shrunk and merged.

Source: GLNet (arXiv:1905.06368), section 3.2; the rounding is that of the published code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor
from torch.nn import functional

from glnet_geo.core.window import Window
from glnet_geo.model.backbone import Levels
from glnet_geo.model.fpn import Shared


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lies in its frame; both in frame pixels, the frame starting at (0, 0)."""

    patch: Window
    frame: tuple[int, int]

    def on(self, shape: tuple[int, int]) -> Window:
        """The part of a map of the whole frame, (rows, cols), that shows the patch."""
        row, height = _span(shape[0], self.patch.row, self.patch.height, self.frame[0])
        col, width = _span(shape[1], self.patch.col, self.patch.width, self.frame[1])
        return Window(row=row, col=col, height=height, width=width)


def cut_out(
    frame_map: Tensor, places: Sequence[Place], size: tuple[int, int], *, align_corners: bool
) -> Tensor:
    """The patches' parts of a map of the whole frame, enlarged to the size of the patches' own maps.

    Args:
        frame_map: (1, channels, rows, cols).
        places: of the patches, all of one size.
        size: (rows, cols) to enlarge to.
        align_corners: how to enlarge.

    Returns:
        (patches, channels, *size).
    """
    shape = (frame_map.shape[2], frame_map.shape[3])
    spots = [place.on(shape) for place in places]
    parts = torch.cat([frame_map[:, :, spot.rows, spot.cols] for spot in spots])
    if parts.shape[2:] == torch.Size(size):
        return parts
    return functional.interpolate(parts, size=size, mode="bilinear", align_corners=align_corners)


def cut_out_shared(seen: Shared, places: Sequence[Place], own: Levels, *, align_corners: bool) -> Shared:
    """All shared maps of the frame, cut out for patches and enlarged to the sizes of the patches' ``own`` maps."""

    def cut(levels: Levels) -> Levels:
        a, b, c, d = (
            cut_out(x, places, (like.shape[2], like.shape[3]), align_corners=align_corners)
            for x, like in zip(levels, own, strict=True)
        )
        return a, b, c, d

    return Shared(*map(cut, seen.maps))


class Merger:
    """Sums the patches' maps into maps of the whole frame, then divides by how often each place was seen.

    Where no patch was seen, the merged maps are zero.

    Args:
        seen: features of the frame: they give the sizes of the merged maps.
        frame: (rows, cols) of the frame in pixels.
        align_corners: how maps are resized.
    """

    def __init__(self, seen: Shared, frame: tuple[int, int], *, align_corners: bool) -> None:
        self._frame = frame
        self._align_corners = align_corners
        self._sums = [torch.zeros_like(x) for x in chain(*seen.maps)]
        self._count = self._sums[0].new_zeros((1, 1, *frame), dtype=torch.float32)

    def add(self, local: Shared, places: Sequence[Place]) -> None:
        """Take the features of some patches (one batch entry each)."""
        for total, maps in zip(self._sums, chain(*local.maps), strict=True):
            shape = (total.shape[2], total.shape[3])
            for index, place in enumerate(places):
                spot = place.on(shape)
                total[:, :, spot.rows, spot.cols] += functional.interpolate(
                    maps[index : index + 1],
                    size=spot.shape,
                    mode="bilinear",
                    align_corners=self._align_corners,
                )
        for place in places:
            self._count[:, :, place.patch.rows, place.patch.cols] += 1

    def merged(self) -> Shared:
        """The merged maps."""
        maps = [total / self._shrunk_count(total) for total in self._sums]
        c, ps0, ps1, ps2 = ((maps[i], maps[i + 1], maps[i + 2], maps[i + 3]) for i in (0, 4, 8, 12))
        return Shared(c, ps0, ps1, ps2)

    def _shrunk_count(self, like: Tensor) -> Tensor:
        count = functional.interpolate(
            self._count, size=like.shape[2:], mode="bilinear", align_corners=self._align_corners
        )
        return torch.where(count > 0, count, 1.0).to(like.dtype)


def _span(cells: int, start: int, length: int, frame: int) -> tuple[int, int]:
    """First cell and number of cells of an axis; ``round`` takes halves to the even neighbour, as published."""
    size = max(1, round(cells * (length / frame)))
    # Two patches that tile the frame exactly round outward together: the second then moves one cell in.
    return min(round(cells * (start / frame)), cells - size), size
