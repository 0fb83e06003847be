"""Raster layers as files that another program can open."""

from __future__ import annotations

import os

from qgis.core import QgsProviderRegistry, QgsRasterLayer

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
    if layer.crs() != layer.dataProvider().crs():
        raise SourceError(
            tr(
                "“{}” was given the CRS {} in QGIS, and its file says otherwise: save it as a GeoTIFF first (layer menu, "
                "Export, Save As)."
            ).format(layer.name(), layer.crs().authid() or layer.crs().description())
        )
    # A name that begins with a dash would be taken for an option; a file has a whole path.
    return os.path.abspath(source) if os.path.exists(source) else source
