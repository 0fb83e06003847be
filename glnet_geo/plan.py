"""What a job will do, decided before it starts: the same for ``check``, which only tells, and ``classify``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.grid import Frame, Tiling, frame_rows
from glnet_geo.core.lattice import CELL, Lattice, in_pixels, snapped_scale
from glnet_geo.core.normalize import Normalization
from glnet_geo.core.numerals import gigabytes, shortest
from glnet_geo.core.value_range import EIGHT_BITS
from glnet_geo.core.window import Window
from glnet_geo.errors import OptionError, doubt
from glnet_geo.io.polygons.aoi import Aoi, read_aoi
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.scene import Scene, open_scene
from glnet_geo.io.scenes.value_range import value_range_of
from glnet_geo.memory import Memory, memory_of, strip_rows
from glnet_geo.model.card import Card
from glnet_geo.model.machine import Device, Machine, Precision, choose_machine
from glnet_geo.model.package import DEFAULT_MODEL, Model, load_model

MOST_ENLARGED = 4.0
"""A scene is never enlarged more than this: beyond, every logit would already have a pixel of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to classify a scene; every option of the command line, by the same name.

    Attributes:
        model: name of an installed model, path of a package, or a model that was loaded.
        bands: numbers or names of the scene's bands in the model's order, such as ``1,2,3``; None to find them.
        nodata: value of pixels without data, where the scene does not declare it.
        value_range: file values that become the network's 0 and 1; None for the model's own where both are of 8 bits,
            or neither is, else for the scene's 2nd and 98th percentile.
        aoi: polygons to which the map is limited.
        device: where to compute.
        precision: of weights and maps.
        max_memory: bytes of memory to stay below.
        max_gpu_memory: bytes of GPU memory to stay below.
        batch: patches at a time; None to choose.
        readers: threads that read ahead.
        exact: compute what the published code computes.
    """

    model: str | Path | Model = DEFAULT_MODEL
    bands: str | None = None
    nodata: float | None = None
    value_range: tuple[float, float] | None = None
    aoi: str | Path | None = None
    device: Device = "auto"
    precision: Precision = "auto"
    max_memory: int | None = None
    max_gpu_memory: int | None = None
    batch: int | None = None
    readers: int = 1
    exact: bool = False

    @property
    def model_file(self) -> str | Path | None:
        """Path of the package, or name of the model; None where it is loaded already."""
        return None if isinstance(self.model, Model) else self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFrame(Frame):
    """One frame of a plan.

    Attributes:
        patches: those that count, relative to its window.
    """

    patches: list[Window]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is settled before the first pixel is classified.

    Attributes:
        scene: open.
        model: loaded.
        lattice: where the scene lies among the pixels that the model sees.
        aoi: to which the map is limited, or None.
        machine: where to compute.
        normalization: from file values to network inputs.
        readers: threads that read ahead.
        exact: whether to compute what the published code computes.
        memory: that the job is expected to need.
        notes: sentences for the log.
    """

    scene: Scene
    model: Model
    lattice: Lattice
    aoi: Aoi | None
    machine: Machine
    normalization: Normalization
    readers: int
    exact: bool
    memory: Memory
    notes: tuple[str, ...]

    @property
    def card(self) -> Card:
        """The model's card."""
        return self.model.card

    @property
    def megapixels(self) -> float:
        """Millions of pixels of the scene."""
        return self.scene.megapixels

    @property
    def strip_rows(self) -> int:
        """Rows that flow to the outputs at a time."""
        return strip_rows(self.scene)

    def frames(self) -> Iterator[list[PlannedFrame]]:
        """All frames that the map needs, row by row of frames; rows without any are empty."""
        for row in frame_rows(self.lattice.extent, self.card.tiling):
            yield [
                PlannedFrame(
                    window=frame.window,
                    share=frame.share,
                    weights=frame.weights,
                    patches=_patches_that_count(frame, self.card.tiling),
                )
                for frame in row
                # Pixels are interpolated between cells.
                if self._is_wanted(self.scene_window(frame.share.grown(1, 1)))
            ]

    def _is_wanted(self, window: Window) -> bool:
        return self.scene.pixels.covers(window) and (self.aoi is None or _touches(self.aoi, window))

    def scene_window(self, cells: Window) -> Window:
        """The scene's pixels that the cells cover, at least one; cells may reach outside."""
        rows, cols = self.lattice.rows, self.lattice.cols
        top = max(0, math.floor(rows.to_scene(cells.row * CELL)))
        left = max(0, math.floor(cols.to_scene(cells.col * CELL)))
        bottom = min(self.scene.height, math.ceil(rows.to_scene(cells.row_stop * CELL)))
        right = min(self.scene.width, math.ceil(cols.to_scene(cells.col_stop * CELL)))
        top, left = min(top, self.scene.height - 1), min(left, self.scene.width - 1)
        return Window(row=top, col=left, height=max(1, bottom - top), width=max(1, right - left))

    def strips(self) -> Iterator[slice]:
        """Rows that flow to the outputs together, from top to bottom."""
        for row in range(0, self.scene.height, self.strip_rows):
            yield slice(row, min(row + self.strip_rows, self.scene.height))

    def wanted(self, rows: slice) -> NDArray[np.bool_]:
        """(rows, cols) True where a pixel of these rows is to be classified."""
        window = Window(row=rows.start, col=0, height=rows.stop - rows.start, width=self.scene.width)
        if self.aoi is None:
            return self.scene.valid(window)
        wanted = np.zeros(window.shape, np.bool_)
        # Nothing is read beside the area, which may be a small part of a scene that is far away.
        part = self.aoi.bounds.intersection(window)
        if part is not None:
            spot = part.moved(-window.row, 0)
            wanted[spot.rows, spot.cols] = self.scene.valid(part) & self.aoi.mask(part)
        return wanted


@contextmanager
def planned(
    scene: str | Path, options: Options, *, confidence: bool = False, here: bool = True
) -> Iterator[Plan]:
    """Open a scene and a model, and decide how the one is mapped by the other; closes the scene on leaving.

    Doubts about the input are raised as `DoubtfulInputWarning`.

    Args:
        scene: any raster that GDAL opens.
        options: how to classify.
        confidence: whether the winner's probability is wanted too.
        here: whether this process computes; else the device may be elsewhere.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, and what to do.
    """
    model, machine = model_of(options), machine_of(options, here=here)
    with (
        block_cache(),
        open_scene(scene, bands=options.bands, wanted=model.card.bands, nodata=options.nodata) as opened,
    ):
        plan = plan_for(opened, model, machine, options, confidence=confidence)
        with block_cache(plan.memory.kept):
            yield plan


def model_of(options: Options) -> Model:
    """The model of a job, which the job may change.

    Raises:
        ModelError: there is none.
    """
    # A job prepares the network for its machine: a model that the caller keeps stays as it is.
    return deepcopy(options.model) if isinstance(options.model, Model) else load_model(options.model)


def machine_of(options: Options, *, here: bool = True) -> Machine:
    """Where to compute; ``here`` where this process does.

    Raises:
        OptionError: it is not there.
    """
    return choose_machine(
        options.device,
        "fp32" if options.exact and options.precision == "auto" else options.precision,
        gpu_memory=options.max_gpu_memory,
        batch=options.batch,
        here=here,
    )


def plan_for(opened: Scene, model: Model, machine: Machine, options: Options, *, confidence: bool) -> Plan:
    """Decide how an open scene is mapped by a model that was loaded; see `planned`."""
    card = model.card
    if options.readers < 1:
        raise OptionError(f"{options.readers} reading threads were asked for: take at least 1")
    notes = list(opened.notes)
    scales = (1.0, 1.0) if options.exact else _scales(opened, card, notes)
    aoi = None if options.aoi is None else read_aoi(Path(options.aoi), opened)
    notes += () if aoi is None else aoi.notes
    lattice = Lattice.of(height=opened.height, width=opened.width, transform=opened.transform, scales=scales)
    memory = memory_of(
        opened,
        lattice,
        model,
        exact=options.exact,
        readers=options.readers,
        confidence=confidence,
        most=options.max_memory,
    )
    _check_memory(opened, memory, options.max_memory, notes)
    return Plan(
        scene=opened,
        model=model,
        lattice=lattice,
        aoi=aoi,
        machine=machine,
        normalization=_normalization(opened, card, options, notes),
        readers=options.readers,
        exact=options.exact,
        memory=memory,
        notes=tuple(notes),
    )


def _check_memory(scene: Scene, memory: Memory, allowed: int | None, notes: list[str]) -> None:
    """Refuse a job that needs more memory than is allowed; note where too little of it makes the job slow."""
    if allowed is not None and memory.total > allowed:
        raise OptionError(
            f"{scene.name} needs about {gigabytes(memory.total)}, and --max-memory allows {allowed / 1e9:.3g} GB: raise it, "
            "or choose a model with a smaller frame"
        )
    if memory.again:
        notes.append(
            f"{scene.name} is stored in whole rows, for which there is too little memory: they are decoded anew for every "
            "frame, which takes long; a tiled copy is read faster (gdal_translate -co TILED=YES -co COMPRESS=LZW)"
        )


def _scales(scene: Scene, card: Card, notes: list[str]) -> tuple[float, float]:
    """Lattice pixels per scene pixel: 1 inside the model's range of ground sample distance, else to its nearer end."""
    valid, found = card.ground_sample_distance, scene.ground_sample_distance
    if valid is None or found is None:
        if found is None and valid is not None:
            notes.append(
                f"the ground sample distance of {scene.name} is unknown: its pixels are used as they are, and the model "
                f"is valid from {valid.minimum:g} to {valid.maximum:g} m"
            )
        return 1.0, 1.0
    rows, cols = (_scale(distance, valid.minimum, valid.maximum) for distance in found)
    size = (
        f"{found[0]:.3g} x {found[1]:.3g} m" if abs(found[0] / found[1] - 1) > 0.01 else f"{found[0]:.3g} m"
    )
    if (rows, cols) == (1.0, 1.0):
        notes.append(
            f"pixels of {size} lie in the model's range ({valid.minimum:g} to {valid.maximum:g} m) and are used as they are"
        )
        return rows, cols
    to = f"{found[0] / rows:.3g} m" if rows != 1.0 else f"{found[1] / cols:.3g} m"
    notes.append(
        f"pixels of {size} lie outside the model's range ({valid.minimum:g} to {valid.maximum:g} m): "
        f"the scene is resampled on the fly to {to}"
    )
    if max(rows, cols) >= MOST_ENLARGED:
        doubt(
            f"pixels of {size} are far coarser than the model knows (up to {valid.maximum:g} m): {scene.name} is enlarged "
            f"{MOST_ENLARGED:g} times at most, and the map is not to be trusted; use finer imagery"
        )
    return rows, cols


def _scale(distance: float, least: float, most: float) -> float:
    if least <= distance <= most:
        return 1.0
    wanted = snapped_scale(distance / (least if distance < least else most))
    return min(wanted, MOST_ENLARGED)


def _normalization(scene: Scene, card: Card, options: Options, notes: list[str]) -> Normalization:
    """The card's scaling, over the value range that the options or the scene ask for."""
    standard = card.normalization
    low, high = value_range_of(scene, standard.value_range, options.value_range)
    if options.value_range is not None or (low, high) != EIGHT_BITS:
        notes.append(f"values {shortest(low)} to {shortest(high)} become the model's darkest and brightest")
    return replace(standard, low=low, high=high)


def _patches_that_count(frame: Frame, tiling: Tiling) -> list[Window]:
    """The patches of a frame that reach into its share; the rest of a frame that moved inward has no weight."""
    share = in_pixels(frame.share).moved(-frame.window.row, -frame.window.col)
    return [patch for patch in tiling.patches(frame.window.shape) if patch.intersection(share) is not None]


def _touches(aoi: Aoi, window: Window) -> bool:
    part = aoi.bounds.intersection(window)
    return part is not None and bool(aoi.mask(part).any())
