"""Sample points as a GeoPackage that is ready to be labelled in QGIS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import Legend
from glnet_geo.io.maps.style import xml_text
from glnet_geo.io.polygons.geopackage import CREATION_OPTIONS, add_style
from glnet_geo.io.polygons.vector_file import check_written, without_crs_warning, writing
from glnet_geo.io.references.vector import STRATUM, STRATUM_AREA, STRATUM_PIXELS

LAYER = "points"
LABEL = "class"
"""The field that a person fills."""

_NAME = "map_class_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePoints:
    """Points and the strata that they were drawn from, all of length n.

    Attributes:
        xy: (n, 2) float64 map coordinates.
        code: place of the map's class in the legend.
        pixels: int64 size of that class in the map.
        area_m2: float64 its ground area; NaN where unknown.
    """

    xy: NDArray[np.float64]
    code: NDArray[np.intp]
    pixels: NDArray[np.int64]
    area_m2: NDArray[np.float64]


def write_sample_points(
    path: Path, points: SamplePoints, legend: Legend, crs: CRS | None, tags: Mapping[str, str]
) -> None:
    """Write points with an empty field for the true class, which QGIS offers as a list.

    Raises:
        OutputError: the file cannot be written.
    """
    names = np.array([c.name for c in legend], dtype=object)
    ids = np.array([c.id for c in legend], dtype=np.int64)
    count = len(points.xy)
    fields: dict[str, NDArray[np.generic]] = {
        "point_id": np.arange(1, count + 1, dtype=np.int32),
        LABEL: np.full(count, None, dtype=object),
        STRATUM: ids[points.code],
        _NAME: names[points.code],
        STRATUM_PIXELS: points.pixels,
        STRATUM_AREA: points.area_m2,
    }
    with writing(path), without_crs_warning():
        pyogrio.raw.write(
            path,
            shapely.to_wkb(shapely.points(points.xy)),
            list(fields.values()),
            list(fields),
            layer=LAYER,
            driver="GPKG",
            geometry_type="Point",
            crs=None if crs is None else crs.to_wkt(),
            layer_metadata=dict(tags),
            dataset_options=CREATION_OPTIONS,
        )
    add_style(path, LAYER, "labelling", _style(legend))
    check_written(path, LAYER, count, output=path, what="points")


def _style(legend: Legend) -> str:
    """How QGIS shows the points and their form: the true class is chosen from a list, the map's class is not shown."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology|Fields|Forms")
    renderer = ET.SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0")
    rules = ET.SubElement(renderer, "rules", key="all")
    symbols = ET.SubElement(renderer, "symbols")
    for place, (rule, label, color) in enumerate(
        [
            (f'"{LABEL}" IS NULL OR "{LABEL}" = \'\'', "to be labelled", "255,0,200,0"),
            ("ELSE", "labelled", "120,120,120,0"),
        ]
    ):
        ET.SubElement(rules, "rule", filter=rule, key=f"rule{place}", label=label, symbol=str(place))
        symbol = ET.SubElement(symbols, "symbol", name=str(place), type="marker", alpha="1")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleMarker", "enabled": "1"})
        options = ET.SubElement(layer, "Option", type="Map")
        for name, value in {
            "name": "cross_fill",
            "color": color,
            "outline_color": f"{color.rpartition(',')[0]},255",
            "outline_width": "0.4",
            "size": "5",
        }.items():
            ET.SubElement(options, "Option", name=name, value=value, type="QString")
    form = ET.SubElement(root, "fieldConfiguration")
    _widget(form, LABEL, "ValueMap", [xml_text(c.name) for c in legend])
    for hidden in (STRATUM, _NAME, STRATUM_PIXELS, STRATUM_AREA):
        # Who sees what the map says is no longer impartial.
        _widget(form, hidden, "Hidden")
    return ET.tostring(root, encoding="unicode")


def _widget(form: ET.Element, field: str, kind: str, values: list[str] | None = None) -> None:
    widget = ET.SubElement(ET.SubElement(form, "field", name=field), "editWidget", type=kind)
    config = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
    if values is not None:
        choices = ET.SubElement(config, "Option", name="map", type="List")
        for value in values:
            choice = ET.SubElement(choices, "Option", type="Map")
            ET.SubElement(choice, "Option", name=value, value=value, type="QString")
