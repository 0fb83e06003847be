"""Reference maps in raster files: class numbers, or colours of a legend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.matching import Label
from glnet_geo.core.strip import Strip
from glnet_geo.core.window import Window
from glnet_geo.errors import EvaluationError, SceneError
from glnet_geo.io.class_names import class_names
from glnet_geo.io.classes import ClassMap, open_classes
from glnet_geo.io.on_grid import on_grid
from glnet_geo.io.placed import Placed
from glnet_geo.io.source import Source

_PIXELS_AT_ONCE = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class RasterReference:
    """A raster of class numbers on the grid of a map.

    Attributes:
        name: without its folder.
        labels: what its classes are called, in the order of the values in `strips`.
        notes: sentences for the log.
    """

    name: str
    labels: tuple[Label, ...]
    notes: tuple[str, ...]
    _classes: ClassMap = field(repr=False)

    def strips(self) -> Iterator[Strip]:
        """All rows from top to bottom, as places in the labels, 255 where there is no class."""
        return self._classes.strips()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorReference:
    """A raster of red, green and blue that draws the classes of a legend, on the grid of a map.

    Attributes:
        name: without its folder.
        labels: what its classes are called, in the order of the values in `strips`.
        notes: sentences for the log.
    """

    name: str
    labels: tuple[Label, ...]
    notes: tuple[str, ...]
    _legend: Legend = field(repr=False)
    _source: Source = field(repr=False)
    _alpha: bool = field(repr=False)

    def strips(self) -> Iterator[Strip]:
        """As those of `RasterReference`.

        Raises:
            EvaluationError: a colour is not in the legend.
        """
        colors = np.array([int(c.color[1:], 16) for c in self._legend])
        order = np.argsort(colors)
        dataset = self._source.dataset()
        step = max(1, _PIXELS_AT_ONCE // dataset.width)
        for row in range(0, dataset.height, step):
            rows = min(step, dataset.height - row)
            window = Window(row=row, col=0, height=rows, width=dataset.width)
            red, green, blue, *alpha = self._source.values(range(1, 5 if self._alpha else 4), window).astype(
                np.int64
            )
            shown = red << 16 | green << 8 | blue
            opaque = alpha[0] > 0 if alpha else np.ones(shown.shape, np.bool_)
            place = np.minimum(np.searchsorted(colors[order], shown), len(order) - 1)
            self._check(shown[opaque & (colors[order][place] != shown)])
            yield Strip(row=row, classes=np.where(opaque, order[place], NODATA).astype(np.uint8))

    def _check(self, strangers: NDArray[np.int64]) -> None:
        if strangers.size:
            known = ", ".join(f"{c.color} {c.name}" for c in self._legend)
            raise EvaluationError(
                f"{self.name} holds the color #{strangers[0]:06x}, which the legend of the map does not have: it has {known}; "
                "give a reference of one band that holds class numbers"
            )


@contextmanager
def open_reference(
    path: str | Path, mapped: Placed, legend: Legend, *, by_size: bool = False
) -> Iterator[RasterReference | ColorReference]:
    """Open a reference raster on the grid of a map, through a warped view where it has another grid.

    Args:
        path: anything that GDAL opens; one band of class numbers, or red, green and blue.
        mapped: the map.
        legend: of the map, whose colours a reference of three bands has.
        by_size: whether rasters of one size lie on each other whatever they say of their place.

    Raises:
        EvaluationError: it cannot be read, or cannot be laid over the map.
    """
    with ExitStack() as closing:
        try:
            reference = _opened(closing, path, mapped, legend, by_size=by_size)
        except SceneError as error:
            raise EvaluationError(str(error)) from error
        yield reference


def _opened(
    closing: ExitStack, path: str | Path, mapped: Placed, legend: Legend, *, by_size: bool
) -> RasterReference | ColorReference:
    """An open reference; what it needs is closed by the stack."""
    view, note = closing.enter_context(on_grid(path, mapped, by_size=by_size))
    source = Source(str(path), resampling=Resampling.nearest)
    closing.callback(source.close)
    interpretation = source.dataset().colorinterp
    if interpretation[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue):
        if note is not None:
            raise EvaluationError(
                f"{source.name} holds colors and lies on another grid than {mapped.name}: give class numbers in one "
                "band, or warp it first with gdalwarp -r near"
            )
        return _colors(source, legend, alpha=ColorInterp.alpha in interpretation[3:4])
    names, _ = class_names(source.dataset(), 1)
    classes = closing.enter_context(open_classes(view))
    return RasterReference(
        name=source.name,
        labels=tuple(Label(id=c.id, name=names.get(c.id)) for c in classes.legend),
        notes=() if note is None else (note,),
        _classes=classes,
    )


def _colors(source: Source, legend: Legend, *, alpha: bool) -> ColorReference:
    used = [c.color.lower() for c in legend]
    if len(set(used)) < len(used):
        raise EvaluationError(
            f"{source.name} holds colors, and two classes of the map share one: give class numbers in one band"
        )
    labels = tuple(Label(id=c.id) for c in legend)
    notes = (f"the colors of {source.name} are taken for those of the map's classes",)
    return ColorReference(
        name=source.name, labels=labels, notes=notes, _legend=legend, _source=source, _alpha=alpha
    )
