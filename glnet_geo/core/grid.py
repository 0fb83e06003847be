"""How an area is cut: frames over the lattice, patches over a frame, and the weights that blend them.

Everything is laid out per axis and in whole pixels; windows are products of two axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window
from glnet_geo.errors import WindowError

PUBLISHED_OVERLAP = 50
"""Pixels that neighbouring patches of the published code share at least."""


def published_starts(length: int, patch: int) -> list[int]:
    """Where the patches of an axis begin in the published code: evenly, at least 50 px shared, both ends flush.

    An axis not longer than a patch takes one patch.
    """
    if length <= patch:
        return [0]
    if patch <= PUBLISHED_OVERLAP:
        raise WindowError(f"patches of {patch} px cannot share {PUBLISHED_OVERLAP} px: make them larger")
    count = -(-(length - PUBLISHED_OVERLAP) // (patch - PUBLISHED_OVERLAP))
    step = (length - patch) / (count - 1)
    return [*(round(index * step) for index in range(count - 1)), length - patch]


def aligned_starts(length: int, patch: int, overlap: int) -> list[int]:
    """Where the patches of an axis begin so that their logits lie on the lattice's: at multiples of a cell.

    The fewest patches that share at least ``overlap`` pixels, as evenly as cells allow, both ends flush.

    Args:
        length: of the axis, a multiple of a cell.
        patch: side of a patch, a multiple of a cell.
        overlap: pixels that neighbours share at least, a multiple of a cell and less than a patch.
    """
    if length <= patch:
        return [0]
    cells, most = (length - patch) // CELL, (patch - overlap) // CELL
    count = -(-cells // most)
    return [cells * index // count * CELL for index in range(count + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiling:
    """How a model cuts what it sees.

    Attributes:
        frame: side of a frame in lattice pixels, a multiple of a cell.
        frame_overlap: pixels over which neighbouring frames are blended, an even number of cells.
        patch: side of a patch in pixels, a multiple of a cell.
        patch_overlap: pixels that neighbouring patches share at least, a multiple of a cell.
        global_size: pixels to which the side of a frame is shrunk for the global branch.

    Raises:
        WindowError: the numbers do not fit each other.
    """

    frame: int
    frame_overlap: int
    patch: int
    patch_overlap: int
    global_size: int

    def __post_init__(self) -> None:
        for name in ("frame", "patch", "patch_overlap"):
            if getattr(self, name) % CELL:
                raise WindowError(f"{name} must be a multiple of {CELL}, got {getattr(self, name)}")
        if self.frame_overlap % (2 * CELL):
            raise WindowError(f"frame_overlap must be a multiple of {2 * CELL}, got {self.frame_overlap}")
        if not 0 <= self.frame_overlap <= self.frame // 2:
            raise WindowError(f"frame_overlap must lie in 0..{self.frame // 2}, got {self.frame_overlap}")
        if not 0 <= self.patch_overlap < self.patch <= self.frame:
            raise WindowError(
                f"patches of {self.patch} px sharing {self.patch_overlap} do not fit a frame of {self.frame}"
            )
        if not 0 < self.global_size <= self.frame:
            raise WindowError(f"global_size must lie in 1..{self.frame}, got {self.global_size}")

    @property
    def stride(self) -> int:
        """Pixels from one frame to the next."""
        return self.frame - self.frame_overlap

    def shrunk(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(rows, cols) of the global image of a frame: always shrunk by the same factor, never squeezed."""
        rows, cols = (max(1, round(side * self.global_size / self.frame)) for side in shape)
        return rows, cols

    def patches(self, shape: tuple[int, int]) -> list[Window]:
        """The patches of a frame of (rows, cols) pixels, row by row, relative to the frame."""
        height, width = (min(self.patch, side) for side in shape)
        starts = [aligned_starts(side, self.patch, self.patch_overlap) for side in shape]
        return [Window(row=row, col=col, height=height, width=width) for row, col in product(*starts)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame on the lattice.

    Attributes:
        window: the pixels it sees.
        share: the cells, in lattice cells, over which its weight is not zero.
        weights: its blending weights of the share, one vector for rows and one for columns, float32; those of all
            frames over a cell sum to 1.
    """

    window: Window
    share: Window
    weights: tuple[NDArray[np.float32], NDArray[np.float32]]


def frame_rows(extent: Window, tiling: Tiling) -> Iterator[list[Frame]]:
    """All frames over an area, row by row of frames, from top left.

    Frames lie at multiples of the stride on the lattice and weigh there what they weigh in every scene. One that
    would reach over the edge of the area moves inward until it fits (or, where the area is smaller than a frame,
    shrinks to it), but keeps its weights: so it still answers for its own place only. Frames that thereby come to see
    the same pixels are one frame with the sum of their weights.

    Args:
        extent: the area on the lattice, whole cells.
        tiling: how to cut it.
    """
    rows = _axis_frames(extent.row, extent.row_stop, tiling)
    cols = _axis_frames(extent.col, extent.col_stop, tiling)
    for row in rows:
        yield [_frame(row, col) for col in cols]


@dataclass(frozen=True, slots=True)
class _Span:
    """One axis of a frame: pixels seen from ``start``, cells answered for from ``share``."""

    start: int
    length: int
    share: int
    weights: NDArray[np.float32]


def _frame(row: _Span, col: _Span) -> Frame:
    return Frame(
        window=Window(row=row.start, col=col.start, height=row.length, width=col.length),
        share=Window(row=row.share, col=col.share, height=len(row.weights), width=len(col.weights)),
        weights=(row.weights, col.weights),
    )


def _axis_frames(start: int, stop: int, tiling: Tiling) -> list[_Span]:
    half = tiling.frame_overlap // 2
    spans: list[_Span] = []
    for index in range((start - half) // tiling.stride, (stop + half - 1) // tiling.stride + 1):
        # The frame's place on the lattice, and what of it lies in the area.
        nominal = index * tiling.stride - half
        low, high = max(nominal, start), min(nominal + tiling.frame, stop)
        length = min(tiling.frame, stop - start)
        at = min(max(nominal, start), stop - length)
        weights = trapezoid(tiling.frame // CELL, tiling.frame_overlap // CELL)
        part = weights[(low - nominal) // CELL : (high - nominal) // CELL]
        span = _Span(at, length, low // CELL, part)
        if spans and spans[-1].start == at:
            spans[-1] = _joined(spans[-1], span)
        else:
            spans.append(span)
    return spans


def _joined(first: _Span, second: _Span) -> _Span:
    """Two spans that see the same pixels as one that answers for both."""
    offset = second.share - first.share
    weights = np.zeros(offset + len(second.weights), dtype=np.float32)
    weights[: len(first.weights)] = first.weights
    weights[offset:] += second.weights
    return _Span(first.start, first.length, first.share, weights)


def trapezoid(length: int, ramp: int) -> NDArray[np.float32]:
    """Weights of ``length`` cells that rise over the first ``ramp`` and fall over the last ``ramp``.

    Two trapezoids that overlap by ``ramp`` cells sum to 1 everywhere.
    """
    rise = (np.arange(ramp, dtype=np.float32) + np.float32(0.5)) / np.float32(max(ramp, 1))
    weights = np.ones(length, dtype=np.float32)
    weights[:ramp] = rise
    weights[length - ramp :] *= rise[::-1]
    return weights


def patch_weights(shape: tuple[int, int], ramp: int) -> NDArray[np.float32]:
    """Relative weights of a patch's cells, (rows, cols): less towards its edges, where it knows least, never zero."""
    rows, cols = (_tapered(side, ramp) for side in shape)
    return np.outer(rows, cols)


def _tapered(length: int, ramp: int) -> NDArray[np.float32]:
    ramp = min(ramp, length // 2)
    return trapezoid(length, ramp) if ramp else np.ones(length, dtype=np.float32)


def batches(items: Sequence[Window], size: int) -> Iterator[Sequence[Window]]:
    """The items in their order, ``size`` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
