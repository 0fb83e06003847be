"""Polygon outputs: GeoPackage, FlatGeobuf, GeoParquet, GeoJSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from typing_extensions import Self

from glnet_geo.core.legend import Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.polygons.region_stream import RegionStream
from glnet_geo.core.polygons.regions import Regions
from glnet_geo.core.strip import Strip
from glnet_geo.core.transform import transformed
from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io.geodesy.areas import areas
from glnet_geo.io.geodesy.ground import largest_pixel, without_place
from glnet_geo.io.geodesy.lengths import perimeters
from glnet_geo.io.geodesy.placed import Placed, to_map
from glnet_geo.io.polygons.features import Features
from glnet_geo.io.polygons.layers import LayerKind, create_layer
from glnet_geo.io.polygons.reproject import reprojection

_CORNERS_AT_A_TIME = 150_000
"""Polygons are written when they have this many corners: enough to make the cost per batch small."""

_MOST_DISSOLVED = 20_000_000
"""Corners of polygons that are kept in memory to be dissolved."""


class PolygonLayer:
    """A sink that makes one polygon of every connected area of one class, or what else the drawing asks for.

    The polygons cover the classified pixels once, without seams or gaps. Memory holds those that are still open and the
    last complete ones; all of them where they are dissolved.

    Args:
        path: where to make it; its suffix tells the format.
        raster: the map. Without a place, polygons lie under the raster as QGIS draws it, in no CRS, and areas are unknown.
        legend: names and colours.
        drawing: how to draw; small areas must have been merged before.
        tags: provenance, where the format can hold it.
        codes: (classes,) uint8, the value of each class in strips; None for their ids.
        confidence: whether strips say how sure they are.

    Attributes:
        count: features written so far.

    Raises:
        OptionError: the drawing cannot be done where the map lies.
        OutputError: it cannot be written (in every method).
    """

    def __init__(
        self,
        path: Path,
        raster: Placed,
        legend: Legend,
        drawing: Drawing,
        *,
        tags: Mapping[str, str],
        codes: NDArray[np.uint8] | None = None,
        confidence: bool = False,
    ) -> None:
        self.count = 0
        self._raster, self._dissolve = raster, drawing.dissolve
        codes = legend.ids if codes is None else codes
        ids = np.array([c.id for c in legend], np.int64)
        # Not every program reads numbers of 64 bits, so they are only written where there is need.
        kind_of_id = np.int32 if np.array_equal(ids, ids.astype(np.int32)) else np.int64
        self._ids, self._names = np.zeros(256, kind_of_id), np.full(256, "", dtype=object)
        self._ids[codes], self._names[codes] = ids, [c.name for c in legend]
        self._confidence = confidence
        crs, self._reproject = reprojection(raster, drawing.crs, path)
        self._regions = RegionStream(raster.width, drawing, _pixel(raster, drawing))
        multi = drawing.dissolve or drawing.connectivity == 8
        kind = LayerKind(
            crs=crs,
            legend=legend,
            none=replace(
                Features.none(confidence=confidence, region_id=not drawing.dissolve), class_id=self._ids[:0]
            ),
            multi=multi,
            tags={name: value for name, value in tags.items() if value},
        )
        self._layer = create_layer(path, kind)
        self._path = path
        self._waiting: list[Regions] = []
        self._corners = 0

    def write(self, strip: Strip) -> None:
        """The next rows."""
        self._take(self._regions.feed(strip.classes, strip.confidence if self._confidence else None))

    def finish(self) -> None:
        """Complete the file."""
        self._take(self._regions.finish())
        self._write_waiting()
        self._layer.finish({} if self._dissolve else self._regions.aliases)

    def close(self) -> None:
        """Nothing is open between two calls."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _take(self, parts: Iterable[Regions]) -> None:
        for regions in parts:
            if len(regions):
                self._waiting.append(regions)
                self._corners += int(shapely.get_num_coordinates(regions.polygons).sum())
            # What is dissolved is not split, so it may stay open for long.
            if self._dissolve and self._corners + self._regions.open_points > _MOST_DISSOLVED:
                raise OutputError(
                    f"{self._path.name} would hold polygons of more than {_MOST_DISSOLVED:,} corners: leave out --dissolve, or "
                    "simplify more"
                )
            if not self._dissolve and self._corners >= _CORNERS_AT_A_TIME:
                self._write_waiting()

    def _write_waiting(self) -> None:
        if self._waiting:
            regions = Regions.stacked(self._waiting)
            for part in [_dissolved(regions)] if self._dissolve else _batches(regions):
                features = self._features(part)
                self._layer.add(features)
                self.count += len(features)
        self._waiting, self._corners = [], 0

    def _features(self, regions: Regions) -> Features:
        raster = self._raster
        polygons = shapely.transform(regions.polygons, lambda corners: transformed(corners, to_map(raster)))
        located = raster.crs is not None and raster.transform is not None
        unknown = np.full(len(polygons), np.nan)
        return Features(
            polygons=shapely.orient_polygons(self._reproject(polygons)),
            class_id=self._ids[regions.class_ids],
            class_name=self._names[regions.class_ids],
            area_m2=areas(polygons, raster.crs) if located else unknown,
            perimeter_m=perimeters(polygons, raster.crs) if located else unknown,
            confidence=_mean_confidence(regions) if self._confidence else None,
            region_id=None if self._dissolve else regions.region_ids,
        )


def check_polygons(raster: Placed, drawing: Drawing, path: Path) -> None:
    """Refuse polygons that cannot be drawn where a map lies, before there is any.

    Raises:
        OptionError: the drawing cannot be done there.
        OutputError: the format cannot hold it.
    """
    reprojection(raster, drawing.crs, path)
    _pixel(raster, drawing)


def _mean_confidence(regions: Regions) -> NDArray[np.float32]:
    """(regions,) mean percent of the pixels of which it is known; NaN where it is of none."""
    known = regions.pixels - regions.unknown
    mean = np.full(len(regions), np.nan, np.float32)
    np.divide(regions.weights, known, out=mean, where=known > 0, casting="same_kind")
    return mean


def _batches(regions: Regions) -> Iterator[Regions]:
    """Regions in parts of about as many corners as are written at a time: of single pixels there may be very many."""
    corners = np.cumsum(shapely.get_num_coordinates(regions.polygons))
    starts = np.flatnonzero(np.diff(corners // _CORNERS_AT_A_TIME, prepend=-1))
    for start, stop in pairwise([*starts, len(regions)]):
        yield regions.part(slice(start, stop))


def _pixel(raster: Placed, drawing: Drawing) -> tuple[float, float]:
    """Metres of a pixel along columns and along rows, where the drawing needs them."""
    if not drawing.simplify:
        return 1.0, 1.0
    # By the largest pixels no border moves too far, wherever it lies.
    size = largest_pixel(raster)
    if size is None:
        raise OptionError(f"--simplify needs metres, and {without_place(raster)}")
    return size


def _dissolved(regions: Regions) -> Regions:
    """One multipolygon of each class: its regions, which were not split, share no border, so nothing has to be joined."""
    classes, of_class = np.unique(regions.class_ids, return_inverse=True)
    polygons = [shapely.get_parts(regions.polygons[of_class == number]) for number in range(len(classes))]
    return Regions(
        class_ids=classes,
        polygons=np.array([shapely.MultiPolygon(list(parts)) for parts in polygons], dtype=object),
        pixels=np.bincount(of_class, regions.pixels).astype(np.int64),
        weights=np.bincount(of_class, regions.weights).astype(np.int64),
        unknown=np.bincount(of_class, regions.unknown).astype(np.int64),
        region_ids=np.zeros(len(classes), np.int64),
    )
