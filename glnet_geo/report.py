"""What a job tells: before it starts, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.numerals import gigabytes, shortest
from glnet_geo.core.strip import Strip
from glnet_geo.errors import SceneError
from glnet_geo.io.geodesy.pixel_areas import PixelAreas
from glnet_geo.io.geodesy.placed import Placed


@dataclass(frozen=True, slots=True)
class ExpectedTime:
    """How long something will take.

    Attributes:
        seconds: about.
        at_most: whether it was not looked up where pixels lack data, which would have taken long, and all of them count.
    """

    seconds: float
    at_most: bool = False

    def __str__(self) -> str:
        less = " or less (where pixels lack data was not looked up, and they count too)" * self.at_most
        return f"about {duration(self.seconds)}{less}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What `classify` would do with a scene.

    Attributes:
        scene: path of the scene.
        height: rows.
        width: columns.
        crs: its coordinate reference system, or None.
        bands: numbers of the bands that the model gets, in its order.
        band_names: what the model takes them for.
        dtype: of the values.
        value_range: file values that become the network's 0 and 1.
        nodata: how pixels without data are told.
        ground_sample_distance: metres per pixel along rows and columns, or None.
        scales: by how much the scene is resampled along rows and columns; 1 for not at all.
        model: name.
        model_sha256: of its package.
        device: where it would be computed.
        megapixels: millions of pixels.
        memory: bytes it would need.
        seconds: how long it would take.
        seconds_at_most: whether pixels without data count too: see `ExpectedTime`.
        notes: sentences for the log.
    """

    scene: str
    height: int
    width: int
    crs: str | None
    bands: tuple[int, ...]
    band_names: tuple[str, ...]
    dtype: str
    value_range: tuple[float, float]
    nodata: str
    ground_sample_distance: tuple[float, float] | None
    scales: tuple[float, float]
    model: str
    model_sha256: str
    device: str
    megapixels: float
    memory: int
    seconds: float
    seconds_at_most: bool
    notes: tuple[str, ...]

    def lines(self) -> list[tuple[str, str]]:
        """What there is to know, each with its name, for a person."""
        distance = self.ground_sample_distance
        named = (f"{number} as {name}" for number, name in zip(self.bands, self.band_names, strict=True))
        return [
            ("size", f"{self.height} rows x {self.width} columns, {self.megapixels:.2f} megapixels"),
            ("CRS", self.crs or "none: the map will have none either"),
            (
                "pixel size",
                "unknown" if distance is None else f"{distance[0]:.3g} x {distance[1]:.3g} m on the ground",
            ),
            ("bands", ", ".join(named)),
            ("values", f"{self.dtype}, {shortest(self.value_range[0])} to {shortest(self.value_range[1])}"),
            ("no data", self.nodata),
            ("model", self.model),
            ("device", self.device),
            ("memory", f"about {gigabytes(self.memory)}"),
            ("time", str(ExpectedTime(self.seconds, self.seconds_at_most))),
            *(("note", note) for note in self.notes),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShare:
    """How much of the map one class covers.

    Attributes:
        id: raster value.
        name: of the class.
        color: ``#rrggbb``.
        pixels: number of pixels.
        share: of all classified pixels, 0 to 1.
        area_m2: ground area in square metres; None where the scene has no CRS.
    """

    id: int
    name: str
    color: str
    pixels: int
    share: float
    area_m2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was done.

    Attributes:
        scene: path of the scene.
        outputs: paths of the files that were written.
        model: name of the model.
        model_sha256: of its package.
        device: where it was computed.
        classes: what covers how much.
        megapixels: millions of pixels of the scene.
        megapixels_computed: those of them that this run computed; an earlier run, or shards, had finished the others.
        seconds: from opening the scene to the last output.
    """

    scene: str
    outputs: tuple[str, ...]
    model: str
    model_sha256: str
    device: str
    classes: tuple[ClassShare, ...]
    megapixels: float
    megapixels_computed: float
    seconds: float


class Tally:
    """A sink that counts pixels and ground area per class.

    Args:
        raster: the map.
        legend: its classes.
        codes: (classes,) uint8, the value of each in strips; None for their ids.
    """

    def __init__(self, raster: Placed, legend: Legend, codes: NDArray[np.uint8] | None = None) -> None:
        self._raster, self._legend = raster, legend
        self._codes = legend.ids if codes is None else codes
        self._pixels = np.zeros(256, dtype=np.int64)
        self._pixel_areas = PixelAreas(raster)
        # Not a number where the map has no place on the ground.
        self._area = np.zeros(256)

    def write(self, strip: Strip) -> None:
        """Count the next rows."""
        areas = self._pixel_areas(slice(strip.row, strip.row + len(strip.classes)))
        # Classes lie where pixels differ in size: only rows of one pixel area are counted together.
        changes = np.flatnonzero(np.diff(np.nan_to_num(areas), axis=0).any(axis=1)) + 1
        for row, stop in pairwise([0, *changes.tolist(), len(areas)]):
            for group, (left, right) in enumerate(pairwise(self._pixel_areas.columns.tolist())):
                counts = np.bincount(strip.classes[row:stop, left:right].ravel(), minlength=256)
                self._pixels += counts
                self._area += counts * areas[row, group]

    def finish(self) -> None:
        """Refuse a map without a single classified pixel."""
        if not self._pixels[:NODATA].any():
            raise nothing_to_classify(self._raster.name)

    def close(self) -> None:
        """There is nothing to let go of."""

    @property
    def pixels(self) -> NDArray[np.int64]:
        """(classes,) pixels of each class, in the legend's order."""
        return self._pixels[self._codes]

    @property
    def area_m2(self) -> NDArray[np.float64]:
        """(classes,) square metres on the ground, in the legend's order; NaN where unknown."""
        return self._area[self._codes]

    def shares(self) -> tuple[ClassShare, ...]:
        """What covers how much, in the legend's order."""
        total = int(self._pixels[:NODATA].sum())
        return tuple(
            ClassShare(
                id=c.id,
                name=c.name,
                color=c.color,
                pixels=int(pixels),
                share=int(pixels) / total,
                area_m2=float(area) if np.isfinite(area) else None,
            )
            for c, pixels, area in zip(self._legend, self.pixels, self.area_m2, strict=True)
        )


def nothing_to_classify(name: str) -> SceneError:
    """What is wrong with a scene of which nothing is to be mapped."""
    return SceneError(
        f"{name} has no valid pixel to classify: check its nodata value, its alpha band and the area of interest"
    )


def duration(seconds: float) -> str:
    """A length of time as a person says it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
