"""Where the pixels lie that the model sees, so that the same place gets the same pixels in every scene."""

from __future__ import annotations

import math
from dataclasses import dataclass

from affine import Affine

from glnet_geo.core.window import Window
from glnet_geo.errors import WindowError

CELL = 4
"""Lattice pixels per logit, along rows and along columns: the network answers at 1/4 resolution."""

_OCTAVE_STEPS = 8
"""Scales in an octave: neighbouring scenes of nearly one resolution share one, and none is off by more than 5 %."""

# Keeps the fractions that origins really have (0, 1/4, 1/2, 3/4, tenths) away from the edge of flooring.
_FLOOR_GUARD = 0.0317


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis of a lattice: scene pixel edge ``p`` lies at lattice coordinate ``phase + scale * p``.

    ``scale`` is lattice pixels per scene pixel, 1.0 where the scene's pixels are used as they are; then
    ``phase`` is a whole number.

    Raises:
        WindowError: ``scale`` or ``length`` is not positive.
    """

    phase: float
    scale: float
    length: int

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise WindowError(f"scale must be positive, got {self.scale}")
        if self.length <= 0:
            raise WindowError(f"length must be positive, got {self.length}")

    @property
    def start(self) -> int:
        """First lattice pixel of the scene, moved outward to a whole logit."""
        return math.floor(round(self.phase / CELL, 6)) * CELL

    @property
    def stop(self) -> int:
        """Lattice pixel behind the scene's last, moved outward to a whole logit."""
        return math.ceil(round((self.phase + self.scale * self.length) / CELL, 6)) * CELL

    def to_scene(self, lattice: float) -> float:
        """The scene pixel edge at a lattice coordinate."""
        return (lattice - self.phase) / self.scale

    def to_lattice(self, pixel: float) -> float:
        """The lattice coordinate of a scene pixel edge."""
        return self.phase + self.scale * pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """An endless grid of pixels fixed in map coordinates, and the scene's place on it.

    Frames, patches and logits lie at whole coordinates of the lattice, never of the scene, so a crop of a
    scene meets the same frames as the whole scene does.
    """

    rows: Axis
    cols: Axis

    @classmethod
    def of(
        cls,
        *,
        height: int,
        width: int,
        transform: Affine | None,
        scales: tuple[float, float] = (1.0, 1.0),
    ) -> Lattice:
        """The lattice under a scene.

        Args:
            height: rows of the scene.
            width: columns of the scene.
            transform: pixel to map coordinates; None, or a rotated one, anchors the lattice at the scene's own
                first pixel, since there is no grid of rows and columns shared by scenes.
            scales: lattice pixels per scene pixel along rows and along columns.
        """
        origin = (0.0, 0.0)
        if transform is not None and transform.b == 0 and transform.d == 0:
            origin = (transform.f / transform.e, transform.c / transform.a)
        row_phase, col_phase = (
            math.floor(round(edge, 3) + _FLOOR_GUARD) if scale == 1.0 else edge * scale
            for edge, scale in zip(origin, scales, strict=True)
        )
        return cls(
            rows=Axis(phase=row_phase, scale=scales[0], length=height),
            cols=Axis(phase=col_phase, scale=scales[1], length=width),
        )

    @property
    def extent(self) -> Window:
        """The scene on the lattice, moved outward to whole logits."""
        return Window(
            row=self.rows.start,
            col=self.cols.start,
            height=self.rows.stop - self.rows.start,
            width=self.cols.stop - self.cols.start,
        )

    @property
    def native(self) -> bool:
        """Whether lattice pixels are the scene's own pixels."""
        return self.rows.scale == 1.0 and self.cols.scale == 1.0


def snapped_scale(scale: float) -> float:
    """The nearest eighth of an octave: scenes of nearly one resolution share one lattice."""
    return float(2.0 ** (round(math.log2(scale) * _OCTAVE_STEPS) / _OCTAVE_STEPS))


def in_cells(pixels: Window) -> Window:
    """The cells that pixels lie in, counted from the same origin; the pixels are whole cells."""
    return Window(
        row=pixels.row // CELL,
        col=pixels.col // CELL,
        height=pixels.height // CELL,
        width=pixels.width // CELL,
    )


def in_pixels(cells: Window) -> Window:
    """The pixels that cells cover, counted from the same origin."""
    return Window(
        row=cells.row * CELL, col=cells.col * CELL, height=cells.height * CELL, width=cells.width * CELL
    )
