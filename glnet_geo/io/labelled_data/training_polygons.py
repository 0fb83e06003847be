"""Polygons that a person drew to teach a model: an attribute names the class of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pyproj
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from glnet_geo.core.legend import NODATA
from glnet_geo.core.numerals import finite_number
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError, doubt
from glnet_geo.io.geodesy.placed import Placed, check_crs_on_both
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.io.polygons.placing import Placing, screen_rows, valid_polygons_in
from glnet_geo.io.polygons.vector_file import defined, layers_in, reading

_EDGE = 0.01
"""Share of a polygon that a neighbour of another class may cover: edges are drawn by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPolygons:
    """Polygons of a vector file and the class of each.

    Attributes:
        path: of the file.
        layer: its layer.
        field: the attribute that names the class.
        polygons: (n,) in the file's coordinates.
        names: (n,) of their classes.
        crs: of the file; None where it has none.
    """

    path: Path
    layer: str
    field: str
    polygons: NDArray[np.object_]
    names: NDArray[np.object_]
    crs: pyproj.CRS | None

    @property
    def classes(self) -> list[str]:
        """Names of the classes: by number where all are numbers, else by the alphabet."""
        names = sorted(set(self.names.tolist()))
        return sorted(names, key=float) if self.numbered else names

    @property
    def numbered(self) -> bool:
        """Whether all classes are numbers."""
        return all(finite_number(name) is not None for name in self.names.tolist())

    def alike(self) -> list[str]:
        """Names that differ from another one in case only, sorted."""
        names = set(self.names.tolist())
        plain = Counter(name.casefold() for name in names)
        return sorted(name for name in names if plain[name.casefold()] > 1)

    def contradictions(self) -> int:
        """How many pairs of polygons of different classes lie over each other, not only along their edges."""
        one, other = shapely.STRtree(self.polygons).query(self.polygons, predicate="intersects")
        twice = (one < other) & (self.names[one] != self.names[other])
        one, other = self.polygons[one[twice]], self.polygons[other[twice]]
        common = shapely.area(shapely.intersection(one, other))
        return int((common > _EDGE * np.minimum(shapely.area(one), shapely.area(other))).sum())

    def on(self, scene: Placed, ids: dict[str, int]) -> PolygonLabels | None:
        """The polygons as labels of a scene; None where they all miss it.

        Args:
            scene: with all its pixels.
            ids: class id of every name.

        Raises:
            TrainingError: one of the two has a CRS and the other has none, or there is no way between them.
        """
        check_crs_on_both(self.path.name, self.crs, scene, error=TrainingError)
        to_map = scene.transform or screen_rows(self.polygons)
        place = Placing.of(str(self.path), self.crs, scene.crs, to_map, error=TrainingError)
        extent = place.extent(Window.whole((scene.height, scene.width)))
        kept, placed = [], []
        for number, polygon in enumerate(self.polygons):
            parts = place.on_grid(np.array([polygon], dtype=np.object_), extent)
            placed += list(parts)
            kept += [number] * len(parts)
        near = shapely.intersects(
            np.array(placed, dtype=np.object_), shapely.box(0, 0, scene.width, scene.height)
        )
        if not near.any():
            return None
        return PolygonLabels(
            name=str(self.path),
            polygons=np.array(placed, dtype=np.object_)[near],
            ids=np.array([ids[self.names[number]] for number in kept], dtype=np.uint8)[near],
            numbers=np.array(kept, dtype=np.intp)[near],
        )


class PolygonLabels:
    """Polygons as labels, made into pixels where they are read.

    Args:
        name: of their file.
        polygons: (n,) in the scene's pixels, x = col, y = row; where they overlap, later ones count.
        ids: (n,) uint8, class of each.
        numbers: (n,) place of each in the file.
    """

    shape = None

    def __init__(
        self, *, name: str, polygons: NDArray[np.object_], ids: NDArray[np.uint8], numbers: NDArray[np.intp]
    ) -> None:
        self.name = name
        self.numbers = numbers
        self._polygons = polygons
        self._ids = ids
        self._tree = shapely.STRtree(polygons)

    def read(self, spot: Spot) -> NDArray[np.uint8]:
        """As `Labels.read`: a pixel has the class of the polygon that holds its centre."""
        box = shapely.box(spot.col, spot.row, spot.col + spot.width, spot.row + spot.height)
        near = np.sort(self._tree.query(box))
        if not len(near):
            return np.full(spot.shape, NODATA, np.uint8)
        to_pixels = Affine.translation(spot.col, spot.row) @ Affine.scale(
            spot.width / spot.shape[1], spot.height / spot.shape[0]
        )
        ids: NDArray[np.uint8] = rasterize(
            zip(self._polygons[near], self._ids[near].tolist(), strict=True),
            out_shape=spot.shape,
            fill=NODATA,
            transform=to_pixels,
            dtype="uint8",
        )
        return ids

    def close(self) -> None:
        """Nothing is open."""


def read_training_polygons(path: Path, field: str, layer: str | None = None) -> TrainingPolygons:
    """The polygons of a vector file, with the classes that an attribute gives them.

    What has no class or no area is left out, with a warning; so is another told of places that have two classes.

    Raises:
        TrainingError: the file, its layer or the attribute is missing, or no polygon has a class.
    """
    with reading(path, what="the polygons", give="polygons as .gpkg, .geojson or .shp", error=TrainingError):
        chosen = _layer(path, layers_in(path), layer)
        fields = [str(name) for name in pyogrio.read_info(path, layer=chosen)["fields"]]
        if field not in fields:
            raise TrainingError(
                f"{path} has no field {field!r} in its layer {chosen}, it has {', '.join(fields) or 'none'}: "
                "name the one that holds the class with --field"
            )
        table = pyogrio.read_dataframe(path, layer=chosen, columns=[field], force_2d=True)
    polygons, names, unused = _named(table, field)
    if not polygons:
        raise TrainingError(
            f"{path} has no polygon with a class in the field {field!r} of its layer {chosen}{_held(table)}: draw some"
        )
    if unused:
        doubt(
            f"{unused} of {len(table)} features of {path.name} have no class in {field!r}, or no area: they are left out"
        )
    drawn = TrainingPolygons(
        path=path,
        layer=chosen,
        field=field,
        polygons=np.array(polygons, dtype=np.object_),
        names=np.array(names, dtype=np.object_),
        crs=defined(table.crs),
    )
    _check_classes(drawn)
    return drawn


def _check_classes(drawn: TrainingPolygons) -> None:
    """Refuse more classes than a model has; doubt names that are nearly alike, and polygons that contradict each other."""
    if len(drawn.classes) > NODATA:
        raise TrainingError(
            f"the field {drawn.field!r} of {drawn.path} holds {len(drawn.classes)} classes, and a model has at most {NODATA}: name the "
            "field that holds the class with --field"
        )
    if alike := drawn.alike():
        doubt(
            f"the names {', '.join(map(repr, alike))} of {drawn.path.name} differ in case only, and are learnt as "
            f"{'two' if len(alike) == 2 else len(alike)} classes: correct them if they mean the same"
        )
    twice = drawn.contradictions()
    if twice:
        doubt(
            f"polygons of {drawn.path.name} that have different classes lie over each other ({twice} times): the later one counts"
        )


def _held(table: geopandas.GeoDataFrame) -> str:
    """What a layer holds instead of polygons, in brackets; nothing where it has some."""
    kinds = sorted({str(kind) for kind in table.geom_type.dropna()})
    if any("Polygon" in kind for kind in kinds):
        return ""
    return f" (it holds {', '.join(kinds) or 'nothing'})"


def _layer(path: Path, layers: Sequence[str], wanted: str | None) -> str:
    if not layers:
        raise TrainingError(f"{path} has no layer with geometry: draw polygons")
    if wanted is None:
        return layers[0]
    if wanted not in layers:
        raise TrainingError(f"{path} has no layer {wanted!r}, it has {', '.join(layers)}: name one of them")
    return wanted


def _named(table: geopandas.GeoDataFrame, field: str) -> tuple[list[shapely.Polygon], list[str], int]:
    """Polygons, their classes, and how many features have none of either."""
    polygons: list[shapely.Polygon] = []
    names: list[str] = []
    unused = 0
    values = table[field]
    for geometry, value, missing in zip(
        table.geometry.to_numpy(), values.tolist(), values.isna(), strict=True
    ):
        name = "" if missing else _name(value)
        parts = [] if geometry is None else list(valid_polygons_in(np.array([geometry], dtype=np.object_)))
        if not name or not parts:
            unused += 1
            continue
        polygons += parts
        names += [name] * len(parts)
    return polygons, names, unused


def _name(value: object) -> str:
    """A class by its value: whole numbers stay whole where a table made fractions of them."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:g}"
    return str(value).strip()
