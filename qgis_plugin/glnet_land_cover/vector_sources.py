"""Vector layers as files that another program can open: the file itself where it is all that QGIS shows, else a copy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from .sources import SourceError
from .translation import tr

# What every engine reads as vectors: GeoParquet only some, also where this QGIS does.
_SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".gml", ".sqlite")
# No field of a person has one of these names, as one may have those that a GeoPackage has by itself.
_NAMES_OF_COPIES = ["FID=glnet_geo_fid", "GEOMETRY_NAME=glnet_geo_shape"]


def layer_of(value: Any, context: QgsProcessingContext) -> QgsVectorLayer | None:
    """The layer that the value of a parameter names; None where it is none."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source.staticValue()
    layer = (
        value
        if isinstance(value, QgsMapLayer)
        else QgsProcessingUtils.mapLayerFromString(str(value), context)
    )
    return layer if isinstance(layer, QgsVectorLayer) and layer.isValid() else None


def is_whole(value: Any) -> bool:
    """Whether the value of a parameter asks for all features of its layer."""
    if not isinstance(value, QgsProcessingFeatureSourceDefinition):
        return True
    # Newer versions of QGIS can also ask for some features by an expression.
    partly = value.selectedFeaturesOnly or getattr(value, "filterExpression", "") or value.featureLimit >= 0
    return not partly


def stored_in(layer: QgsVectorLayer) -> str:
    """The file that a layer shows, or shows a part of; empty where it shows none."""
    if layer.providerType() != "ogr":
        return ""
    path: str = QgsProviderRegistry.instance().decodeUri("ogr", layer.source()).get("path", "")
    return os.path.abspath(path) if os.path.isfile(path) else ""


def own_file(layer: QgsVectorLayer) -> str | None:
    """The file of a layer, where it holds what QGIS shows and nothing else.

    So it has no filter, no edits, no fields that are joined or computed, no other CRS, and no other layer.
    """
    path = stored_in(layer)
    if not path.lower().endswith(_SUFFIXES) or layer.subsetString() or layer.isModified():
        return None
    stored = layer.dataProvider()
    if layer.crs() != stored.crs() or layer.fields().names() != stored.fields().names():
        return None
    registry = QgsProviderRegistry.instance()
    if registry.decodeUri("ogr", layer.source()).get("openOptions"):
        return None
    spatial = [
        each for each in registry.querySublayers(path) if each.wkbType() != QgsWkbTypes.Type.NoGeometry
    ]
    return path if len(spatial) == 1 else None


def drawn(source: QgsProcessingFeatureSource) -> Iterator[QgsFeature]:
    """The features of a source that have a shape, as they were drawn: the engine mends those that cross themselves."""
    # QGIS checks shapes while they are read, and what it throws there ends the whole of QGIS.
    unchecked = QgsProcessingFeatureSource.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), unchecked):
        if feature.hasGeometry():
            yield feature


def vector_file(layer: QgsVectorLayer) -> str:
    """A file with all that a layer shows: its own, or a temporary copy.

    Raises:
        SourceError: it cannot be written.
    """
    own = own_file(layer)
    if own is not None:
        return own
    path: str = QgsProcessingUtils.generateTempFilename("reference.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "reference"
    options.layerOptions = _NAMES_OF_COPIES
    # A feature that is not saved yet has a word for its number.
    numbers = layer.primaryKeyAttributes()
    options.attributes = [place for place in layer.attributeList() if place not in numbers]
    written = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, path, QgsProject.instance().transformContext(), options
    )
    if written[0] != QgsVectorFileWriter.WriterError.NoError:
        raise _unwritten(layer.name(), written[1])
    return path


def polygon_file(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> str:
    """A temporary file with one polygon.

    Raises:
        SourceError: it cannot be written.
    """
    path: str = QgsProcessingUtils.generateTempFilename("area-of-interest.gpkg")
    write_polygons(path, [(geometry, None)], None, crs)
    return path


def features_file(source: QgsProcessingFeatureSource) -> str:
    """A temporary file with the polygons of a source: those that are selected, or pass its filter, where it has one.

    Raises:
        SourceError: there are none, or they cannot be written.
    """
    polygons = [(feature.geometry(), None) for feature in drawn(source)]
    if not polygons:
        raise SourceError(
            tr("“{}” holds no polygon: choose another area of interest.").format(source.sourceName())
        )
    path: str = QgsProcessingUtils.generateTempFilename("area-of-interest.gpkg")
    write_polygons(path, polygons, None, source.sourceCrs())
    return path


def write_polygons(
    path: str,
    polygons: Iterable[tuple[QgsGeometry, Any]],
    field: QgsField | None,
    crs: QgsCoordinateReferenceSystem,
) -> None:
    """Write polygons, flat and straight, each with the value of a field.

    Args:
        path: of a GeoPackage.
        polygons: each with its value, which is not looked at where there is no field.
        field: its name and type; None for none.
        crs: of the polygons.

    Raises:
        SourceError: they cannot be written.
    """
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "polygons"
    fields = QgsFields()
    if field is not None:
        fields.append(field)
    context = QgsProject.instance().transformContext()
    writer = QgsVectorFileWriter.create(path, fields, QgsWkbTypes.Type.MultiPolygon, crs, context, options)
    for geometry, value in polygons:
        feature = QgsFeature(fields)
        feature.setGeometry(_flat(geometry))
        if field is not None:
            feature.setAttribute(0, value)
        writer.addFeature(feature)
    failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
    reason = writer.errorMessage()
    # The file is whole when its writer is gone.
    del writer
    if failed:
        raise _unwritten(os.path.basename(path), reason)


def _flat(geometry: QgsGeometry) -> QgsGeometry:
    """The same polygons without heights and curves, as one of several."""
    flat = geometry.constGet().segmentize()
    flat.dropZValue()
    flat.dropMValue()
    made = QgsGeometry(flat)
    made.convertToMultiType()
    return made


def _unwritten(name: str, reason: str) -> SourceError:
    return SourceError(
        tr(
            "“{}” could not be written as a temporary file ({}): free some space on the disk, or save the layer as a "
            "GeoPackage and choose that."
        ).format(name, " ".join(reason.split()))
    )
