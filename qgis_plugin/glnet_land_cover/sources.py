"""What QGIS shows, as files that another program can open."""

from __future__ import annotations

import os

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSource,
    QgsFields,
    QgsGeometry,
    QgsProcessingUtils,
    QgsProject,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsWkbTypes,
)

from .translation import tr


class SourceError(Exception):
    """A layer cannot be handed to the engine; the message says why, and what to do."""


def raster_path(layer: QgsRasterLayer) -> str:
    """The name under which GDAL opens a raster layer.

    Raises:
        SourceError: the layer is no file: it comes from a map service, from memory, or from a computation.
    """
    provider = layer.providerType()
    if provider in ("wms", "arcgismapserver", "wcs"):
        raise SourceError(
            tr(
                "“{}” comes from a map service ({}), which sends pictures and not the image itself: save it as a GeoTIFF "
                "first (layer menu, Export, Save As)."
            ).format(layer.name(), provider.upper())
        )
    if provider != "gdal":
        raise SourceError(
            tr(
                "“{}” is computed or stored by QGIS ({}) and is no file: save it as a GeoTIFF first (layer menu, Export, "
                "Save As)."
            ).format(layer.name(), provider)
        )
    source: str = layer.source()
    if "/vsimem/" in source:
        raise SourceError(
            tr(
                "“{}” lies in the memory of QGIS: save it as a GeoTIFF first (layer menu, Export, Save As)."
            ).format(layer.name())
        )
    parts = QgsProviderRegistry.instance().decodeUri("gdal", source)
    if parts.get("openOptions"):
        raise SourceError(
            tr(
                "“{}” is opened with options ({}): save it as a GeoTIFF first (layer menu, Export, Save As)."
            ).format(layer.name(), ", ".join(parts["openOptions"]))
        )
    # A name that begins with a dash would be taken for an option; a file has a whole path.
    return os.path.abspath(source) if os.path.exists(source) else source


def polygon_file(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> str:
    """A temporary file with one polygon.

    Raises:
        SourceError: it cannot be written.
    """
    feature = QgsFeature()
    feature.setGeometry(geometry)
    return _written([feature], QgsWkbTypes.MultiPolygon, crs)


def features_file(source: QgsFeatureSource) -> str:
    """A temporary file with the polygons of a source: those that are selected, or pass its filter, where it has one.

    Raises:
        SourceError: there are none, or they cannot be written.
    """
    features = list(source.getFeatures())
    if not features:
        raise SourceError(
            tr("“{}” holds no polygon: choose another area of interest.").format(source.sourceName())
        )
    return _written(features, QgsWkbTypes.MultiPolygon, source.sourceCrs())


def _written(features: list, kind: QgsWkbTypes.Type, crs: QgsCoordinateReferenceSystem) -> str:  # type: ignore[type-arg]
    path: str = QgsProcessingUtils.generateTempFilename("area-of-interest.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "area"
    writer = QgsVectorFileWriter.create(
        path, QgsFields(), kind, crs, QgsProject.instance().transformContext(), options
    )
    for feature in features:
        bare = QgsFeature()
        geometry = QgsGeometry(feature.geometry())
        geometry.convertToMultiType()
        bare.setGeometry(geometry)
        writer.addFeature(bare)
    failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
    reason = writer.errorMessage()
    # The file is whole when its writer is gone.
    del writer
    if failed:
        raise SourceError(
            tr("The area of interest could not be written ({}): free some space on the disk.").format(reason)
        )
    return path
