"""How the names of files end, and what a file is taken for by that."""

from __future__ import annotations

MAP_RASTERS = (".tif", ".tiff")
"""Suffixes of rasters that are written."""

MAP_VECTORS = (".gpkg", ".fgb", ".parquet", ".geojson")
"""Suffixes of vector files that are written."""

MAPS = MAP_RASTERS + MAP_VECTORS
"""Suffixes of all maps that are written."""

IMAGES = (".tif", ".tiff", ".jp2", ".img", ".png", ".jpg", ".jpeg")
"""Suffixes of what is taken for an image in a folder; anything that GDAL opens may be named itself."""

PAIRED = (*IMAGES, ".vrt")
"""Suffixes of what is taken for an image or a label map in a folder of pairs. A mosaic among the tiles of a batch would be mapped
once more."""

READ_VECTORS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".kml", ".gml", ".sqlite")
"""Suffixes of what is taken for polygons or points where it may also be a raster."""

SHOWN_BY_QGIS = frozenset(
    (
        *MAPS,
        *PAIRED,
        *READ_VECTORS,
        ".asc",
        ".bil",
        ".bmp",
        ".dem",
        ".ecw",
        ".gif",
        ".hgt",
        ".mbtiles",
        ".nc",
        ".sid",
        ".webp",
    )
) - {".json"}
"""Suffixes of what is taken for something that QGIS shows; a ``.json`` is more often something else."""
