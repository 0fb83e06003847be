"""From any class raster to polygons: the second half of the way of the data, on its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import glnet_geo
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.pouring import pour
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.core.small_areas.sieve import Sieve
from glnet_geo.core.strip import Strip, watched
from glnet_geo.core.window import Window
from glnet_geo.errors import CancelledError, OptionError, OutputError
from glnet_geo.io.files.staging import Staging, is_raster
from glnet_geo.io.files.suffixes import MAP_VECTORS
from glnet_geo.io.geodesy.ground import without_place
from glnet_geo.io.geodesy.pixel_areas import PixelAreas
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.maps.class_file import read_class_file
from glnet_geo.io.maps.classes import ClassMap, open_classes
from glnet_geo.io.maps.confidence import ConfidenceMap
from glnet_geo.io.polygons.vector import PolygonLayer, check_polygons
from glnet_geo.io.scenes.blocks import block_cache_of
from glnet_geo.io.scenes.own_maps import VERSION_TAG
from glnet_geo.io.scenes.source_files import refuse_to_replace
from glnet_geo.map_files import named_outputs
from glnet_geo.report import ClassShare, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectorization:
    """What was drawn.

    Attributes:
        classes_path: the class raster.
        outputs: paths of the files that were written.
        polygons: how many features each of them holds.
        classes: what covers how much, small areas merged.
        megapixels: millions of pixels of the raster.
        seconds: from opening it to the last output.
    """

    classes_path: str
    outputs: tuple[str, ...]
    polygons: int
    classes: tuple[ClassShare, ...]
    megapixels: float
    seconds: float


def vectorize(
    classes: str | Path,
    out: str | Path | Sequence[str | Path],
    *,
    band: int = 1,
    legend: Legend | str | Path | None = None,
    confidence: str | Path | None = None,
    drawing: Drawing | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Vectorization:
    """Draw the polygons of a class raster, in memory that does not grow with its height.

    Args:
        classes: any raster whose values are classes; its names and colours are used where it has some.
        out: one or more files: ``.gpkg``, ``.fgb``, ``.parquet``, ``.geojson``.
        band: number of the band that holds the classes.
        legend: names and colours, or a class file with them, instead of those in the raster.
        confidence: a raster of how sure the classes are, on the same grid; polygons then carry its mean.
        drawing: how to draw.
        overwrite: whether existing files may be replaced.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; nothing is left behind. The message says what, where, what to do.
    """
    started = time.monotonic()
    drawing, progress = drawing or Drawing(), progress or Silence()
    paths = _vector_files(out)
    class_file = None if isinstance(legend, Legend) else legend
    for path in paths:
        refuse_to_replace(path, class_raster=classes, class_file=class_file, confidence=confidence)
    staging = Staging(paths, styled=paths, overwrite=overwrite)
    named = legend if isinstance(legend, Legend) or legend is None else read_class_file(Path(legend))
    with ExitStack() as closing:
        closing.enter_context(block_cache_of(1 if confidence is None else 2))
        progress.info(f"looking which classes occur in {Path(classes).name}")
        found = closing.enter_context(open_classes(classes, band=band, legend=named))
        sure = None if confidence is None else closing.enter_context(ConfidenceMap(confidence, found))
        closing.enter_context(staging)
        tally = Tally(found, found.legend, found.codes)
        layers = [
            closing.enter_context(
                _layer(staging.temporary(path), found, drawing, confidence=sure is not None)
            )
            for path in paths
        ]
        try:
            strips = watched("drawing", found.height, _strips(found, sure), progress)
            pour(merged(strips, found, drawing), [tally, *layers], progress)
        except (KeyboardInterrupt, CancelledError) as stopped:
            raise CancelledError("nothing was written") from stopped
        staging.commit()
    return Vectorization(
        classes_path=found.shown,
        outputs=tuple(str(path) for path in paths),
        polygons=layers[0].count,
        classes=tally.shares(),
        megapixels=found.height * found.width / 1e6,
        seconds=time.monotonic() - started,
    )


def merged(strips: Iterator[Strip], raster: Placed, drawing: Drawing) -> Iterator[Strip]:
    """The strips of a map, its small areas merged into their neighbours where the drawing asks for it.

    Raises:
        OptionError: areas are unknown where the map lies.
    """
    if drawing.min_area <= 0:
        return strips
    pixel_areas = _known_areas(raster)
    sieve = Sieve(
        raster.width,
        least=drawing.min_area,
        pixel_area=pixel_areas.positive,
        columns=pixel_areas.columns,
        connectivity=drawing.connectivity,
    )
    return _sieved(strips, sieve)


def check_drawable(raster: Placed, drawing: Drawing, maps: Iterable[Path]) -> None:
    """Refuse maps that cannot be drawn where a raster lies, before anything of them is made.

    Raises:
        OptionError: the drawing cannot be done there.
        OutputError: a format cannot hold it.
    """
    if drawing.min_area > 0:
        _known_areas(raster)
    for path in maps:
        if not is_raster(path):
            check_polygons(raster, drawing, path)


def _known_areas(raster: Placed) -> PixelAreas:
    areas = PixelAreas(raster)
    if not areas.known:
        raise OptionError(f"--min-area needs areas, and {without_place(raster)}")
    return areas


def _sieved(strips: Iterator[Strip], sieve: Sieve) -> Iterator[Strip]:
    for strip in strips:
        yield from sieve.feed(strip)
    yield from sieve.finish()


def _vector_files(out: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    """The outputs that a person named, which can hold polygons."""
    paths = named_outputs(out)
    for path in paths:
        if path.suffix.lower() not in MAP_VECTORS:
            raise OutputError(f"{path} cannot hold polygons: use one of {' '.join(MAP_VECTORS)}")
    return paths


def _strips(classes: ClassMap, sure: ConfidenceMap | None) -> Iterator[Strip]:
    """The rows of a class raster, with their confidence in percent where it is known."""
    for strip in classes.strips():
        if sure is None:
            yield strip
        else:
            window = Window(row=strip.row, col=0, height=len(strip.classes), width=classes.width)
            share = sure.read(window)
            percent = np.where(np.isfinite(share), np.rint(100 * np.nan_to_num(share)), NODATA)
            yield replace(strip, confidence=percent.astype(np.uint8))


def _layer(path: Path, classes: ClassMap, drawing: Drawing, *, confidence: bool) -> PolygonLayer:
    tags = {name: value for name, value in classes.tags.items() if name.startswith("GLNET_GEO")}
    tags |= {VERSION_TAG: glnet_geo.__version__, "GLNET_GEO_CLASSES": classes.name}
    return PolygonLayer(
        path, classes, classes.legend, drawing, tags=tags, codes=classes.codes, confidence=confidence
    )
