"""When imagery was taken, by what its file says."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

from rasterio.errors import RasterioError

from glnet_geo.io.scenes.source import open_raster


def taken(path: str) -> tuple[datetime, ...]:
    """When the imagery in a file was taken, by its tags; nothing where it does not say.

    What satellites' files tell of their imagery goes before the tag of TIFF, which may be the time of a conversion.
    """
    try:
        with open_raster(path) as raster:
            texts = (
                raster.tags(ns="IMAGERY").get("ACQUISITIONDATETIME", ""),
                raster.tags().get("TIFFTAG_DATETIME", ""),
            )
    except RasterioError:
        return ()
    for text, form in zip(texts, ("%Y-%m-%d %H:%M:%S", "%Y:%m:%d %H:%M:%S"), strict=True):
        with suppress(ValueError):
            return (datetime.strptime(text, form).replace(tzinfo=timezone.utc),)
    return ()
