"""Reference points and polygons in vector files, each with its class in a field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas
import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray

from glnet_geo.core.accuracy.matching import Label
from glnet_geo.core.listing import counted
from glnet_geo.core.transform import transformed
from glnet_geo.errors import EvaluationError
from glnet_geo.io.geodesy.placed import Placed, check_crs_on_both, to_map
from glnet_geo.io.polygons.placing import Placing
from glnet_geo.io.polygons.vector_file import defined, layers_in, reading

STRATUM, STRATUM_PIXELS, STRATUM_AREA = "map_class_id", "stratum_pixels", "stratum_area_m2"
"""Fields in which a sample keeps from which class of the map a point was drawn, and how large that class is."""

_POINTS = {"Point", "MultiPoint"}
_POLYGONS = {"Polygon", "MultiPolygon"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledShapes:
    """Points or polygons and their labels, each of length n.

    Attributes:
        name: of the file.
        kind: what they are.
        shapes: shapely geometries in the file's CRS.
        labels: what each is called; None where nobody has labelled it yet.
        strata: fields of a sample, where the file has them.
        crs: of the file; None where there is none.
        notes: sentences for the log.
    """

    name: str
    kind: Literal["points", "polygons"]
    shapes: NDArray[np.object_]
    labels: tuple[Label | None, ...]
    strata: Strata | None
    crs: pyproj.CRS | None
    notes: tuple[str, ...] = ()

    @property
    def occurring(self) -> tuple[Label, ...]:
        """All labels, each once."""
        return tuple(dict.fromkeys(label for label in self.labels if label is not None))

    @property
    def unlabelled(self) -> int:
        """How many have no label."""
        return self.labels.count(None)

    def placing(self, mapped: Placed) -> Placing:
        """How they come to lie on a map's pixels.

        Raises:
            EvaluationError: they cannot.
        """
        check_crs_on_both(self.name, self.crs, mapped, error=EvaluationError)
        return Placing.of(self.name, self.crs, mapped.crs, to_map(mapped), error=EvaluationError)

    def pixels(self, mapped: Placed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row and the column of each point in a map; -1 for points beside it.

        Raises:
            EvaluationError: no point lies on the map, or they cannot be laid over each other.
        """
        place = self.placing(mapped)
        points = place.to_scene(shapely.get_coordinates(self.shapes))
        with np.errstate(invalid="ignore"):
            cols, rows = np.floor(transformed(points, ~place.transform)).T
            inside = (rows >= 0) & (rows < mapped.height) & (cols >= 0) & (cols < mapped.width)
        if not inside.any():
            raise EvaluationError(
                f"no point of {self.name} lies on {mapped.name}: check that both show one place, and their CRS"
            )
        return np.where(inside, rows, -1).astype(np.int64), np.where(inside, cols, -1).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """From which part of a map each of n points was drawn.

    Attributes:
        of_points: (n,) place of each point's stratum.
        ids: class of the map that was sampled, of each stratum.
        pixels: (strata,) float64 size of the strata.
        area_m2: (strata,) float64 ground area; NaN where unknown.
    """

    of_points: NDArray[np.intp]
    ids: tuple[int, ...]
    pixels: NDArray[np.float64]
    area_m2: NDArray[np.float64]


def read_labelled(path: Path, field_name: str) -> LabelledShapes:
    """The points or polygons of a vector file (its first layer with geometry) and their labels.

    Raises:
        EvaluationError: it cannot be read, has no such field, no shape, no label, or shapes of several kinds.
    """
    table, notes = _read(path)
    if field_name not in table.columns:
        fields = ", ".join(str(name) for name in table.columns if name != table.geometry.name) or "none"
        raise EvaluationError(
            f"{path.name} has no field {field_name!r}: name the one that holds the classes with --field (it has {fields})"
        )
    nowhere = table.geometry.isna() | table.geometry.is_empty
    if nowhere.any():
        without = counted(int(nowhere.sum()), "feature")
        notes = (*notes, f"{without} of {path.name} without geometry: left out")
    table = table[~nowhere]
    kinds = set(table.geom_type)
    if not kinds:
        raise EvaluationError(f"{path.name} holds no shape: give reference points or polygons")
    if not (kinds <= _POINTS or kinds <= _POLYGONS):
        raise EvaluationError(
            f"{path.name} holds {', '.join(sorted(kinds))}: give a layer of points alone, or of polygons alone"
        )
    table = table.explode(index_parts=False, ignore_index=True)
    empty = table[field_name].isna().tolist()
    labels = tuple(
        None if null else Label.of(value)
        for null, value in zip(empty, table[field_name].tolist(), strict=True)
    )
    if not any(label is not None for label in labels):
        raise EvaluationError(
            f"nothing in {path.name} is labelled: the field {field_name!r} is empty everywhere; fill it, in QGIS for instance"
        )
    return LabelledShapes(
        name=path.name,
        kind="points" if kinds <= _POINTS else "polygons",
        shapes=table.geometry.to_numpy(),
        labels=labels,
        strata=_strata(table, path.name) if kinds <= _POINTS else None,
        crs=defined(table.crs),
        notes=notes,
    )


def _read(path: Path) -> tuple[geopandas.GeoDataFrame, tuple[str, ...]]:
    give = "reference points or polygons as .gpkg, .geojson or .shp, or a raster"
    with reading(path, what="the reference", give=give, error=EvaluationError):
        layers = layers_in(path)
        table = pyogrio.read_dataframe(path, layer=layers[0], force_2d=True) if layers else None
    if not isinstance(table, geopandas.GeoDataFrame):
        raise EvaluationError(f"{path} has no layer with geometry: give reference points or polygons")
    notes: tuple[str, ...] = ()
    if len(layers) > 1:
        notes = (f"{path.name} has {len(layers)} layers: the reference is the first, {layers[0]}",)
    return table, notes


def _strata(table: geopandas.GeoDataFrame, name: str) -> Strata | None:
    """What a sample says of its strata; None where the file is no sample of a map."""
    if not {STRATUM, STRATUM_PIXELS} <= set(table.columns):
        return None
    stratum, pixels = _numbers(table, STRATUM, name), _numbers(table, STRATUM_PIXELS, name)
    area = (
        _numbers(table, STRATUM_AREA, name) if STRATUM_AREA in table.columns else np.full(len(table), np.nan)
    )
    if np.isnan([stratum, pixels]).any():
        raise EvaluationError(
            f"{name} has points without {STRATUM} or {STRATUM_PIXELS}: only points drawn by chance tell of the whole "
            "map; remove those that were added by hand"
        )
    ids, first, of_points = np.unique(stratum, return_index=True, return_inverse=True)
    for sizes in (pixels, area):
        if not np.array_equal(sizes, sizes[first][of_points], equal_nan=True):
            raise EvaluationError(
                f"{name} gives one class of the map several sizes: it joins samples of several maps, give one at a time"
            )
    return Strata(
        of_points=of_points.astype(np.intp),
        ids=tuple(int(one) for one in ids),
        pixels=pixels[first],
        area_m2=area[first],
    )


def _numbers(table: geopandas.GeoDataFrame, field_name: str, name: str) -> NDArray[np.float64]:
    """(n,) a field of numbers; NaN where it is empty."""
    try:
        numbers: NDArray[np.float64] = table[field_name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise EvaluationError(
            f"the field {field_name} of {name} holds other things than numbers: leave it as glnet-geo sample wrote it"
        ) from error
    return numbers
