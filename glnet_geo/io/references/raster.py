"""Reference maps in raster files: class numbers, or colours of a legend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rasterio.enums import ColorInterp, Resampling

from glnet_geo.core.accuracy.matching import Label
from glnet_geo.core.legend import Legend
from glnet_geo.core.strip import Strip
from glnet_geo.errors import EvaluationError, SceneError, doubt
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.labelled_data.label_legend import mistaken_colour
from glnet_geo.io.maps.class_names import class_names
from glnet_geo.io.maps.classes import ClassMap, open_classes
from glnet_geo.io.maps.on_grid import check_size, on_grid
from glnet_geo.io.references.colors import ColorReference
from glnet_geo.io.references.key import ReferenceKey
from glnet_geo.io.scenes.source import Source


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


@contextmanager
def open_reference(
    path: str | Path, mapped: Placed, key: ReferenceKey
) -> Iterator[RasterReference | ColorReference]:
    """Open a reference raster on the grid of a map, through a warped view where it has another grid.

    Args:
        path: anything that GDAL opens; one band of class numbers, or red, green and blue.
        mapped: the map.
        key: what values and colours mean.

    Raises:
        EvaluationError: it cannot be read, or cannot be laid over the map.
    """
    with ExitStack() as closing:
        with _refusing():
            view, note = closing.enter_context(on_grid(path, mapped))
            source = _opened(closing, path)
            notes = () if note is None else (note,)
            if notes and _is_drawn(source):
                raise EvaluationError(
                    f"{source.name} holds colours and lies on another grid than {mapped.name}: give class numbers in one "
                    "band, or warp it first with gdalwarp -r near"
                )
            reference: RasterReference | ColorReference = (
                ColorReference(source, key)
                if _is_drawn(source)
                else _numbered(closing, source, view, key, notes, alone=True)
            )
        yield reference


@contextmanager
def open_label_map(
    path: str | Path, image: Placed, key: ReferenceKey
) -> Iterator[RasterReference | ColorReference]:
    """Open the label map of an image as a reference: the two lie on each other whatever they say of their place.

    Args:
        path: of the label map; one band of class numbers, or three of colours, perhaps with another one of transparency.
        image: what it labels, or a map of that.
        key: what values and colours mean.

    Raises:
        EvaluationError: it cannot be read, or has another size.
    """
    with ExitStack() as closing:
        with _refusing():
            check_size(path, image)
            source = _opened(closing, path)
            reference: RasterReference | ColorReference = (
                ColorReference(source, key)
                if _is_drawn(source) or source.dataset().count in {3, 4}
                else _numbered(closing, source, str(path), key, ())
            )
        yield reference


@contextmanager
def _refusing() -> Iterator[None]:
    """What is wrong with a reference is no fault of a scene."""
    try:
        yield
    except SceneError as error:
        raise EvaluationError(str(error)) from error


def _opened(closing: ExitStack, path: str | Path) -> Source:
    source = Source(str(path), resampling=Resampling.nearest)
    closing.callback(source.close)
    return source


def _is_drawn(source: Source) -> bool:
    """Whether a raster says that it holds colours."""
    return bool(source.dataset().colorinterp[:3] == (ColorInterp.red, ColorInterp.green, ColorInterp.blue))


def _numbered(
    closing: ExitStack,
    source: Source,
    view: str,
    key: ReferenceKey,
    notes: tuple[str, ...],
    *,
    alone: bool = False,
) -> RasterReference:
    """A raster of class numbers, read by a path under which it lies on the map; alone, it may be a mask."""
    names, colors = class_names(source.dataset(), 1)
    classes = closing.enter_context(open_classes(view))
    values = [c.id for c in classes.legend]
    key = key.for_values(values) if alone else key
    if key.own or not names:
        _doubt_palette(
            source.name, {c.id: colors[c.id] for c in classes.legend if c.id in colors}, key.legend
        )
    return RasterReference(
        name=source.name,
        labels=key.labels_of_values(values, names, source.name),
        notes=(*notes, *key.notes),
        _classes=classes,
    )


def _doubt_palette(name: str, colors: dict[int, str], legend: Legend) -> None:
    """Warn where values that count are drawn in the colours of other classes."""
    found = legend.taken_for(colors)
    if found is not None:
        doubt(mistaken_colour(f"{name} draws", *found))
