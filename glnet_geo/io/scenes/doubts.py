"""Scenes that can be mapped, but probably do not mean what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from rasterio.io import DatasetReader

from glnet_geo.core.window import Window
from glnet_geo.errors import doubt
from glnet_geo.io.geodesy.ground import ground_sample_distance, has_ground
from glnet_geo.io.scenes.source import Source
from glnet_geo.io.scenes.validity import Validity

_COLLAR_VALUES = {0, 255, 65535, -9999, -32768}
_CORNER_SIDE = 16
_CENTRE_SIDE = 256


def warn_of_collar(source: Source, bands: Sequence[int], validity: Validity, shape: tuple[int, int]) -> None:
    """Warn where a scene declares nothing and its corners look like a collar without data.

    Two corners must be flat: one may be a lake or a roof, and a collar along one side has two.
    """
    if validity.declared:
        return
    height, width = min(_CORNER_SIDE, shape[0]), min(_CORNER_SIDE, shape[1])
    corners = [
        Window(row=row, col=col, height=height, width=width)
        for row in sorted({0, shape[0] - height})
        for col in sorted({0, shape[1] - width})
    ]
    colours = [np.unique(source.values(bands, corner)).tolist() for corner in corners]
    flat = Counter(colour[0] for colour in colours if len(colour) == 1 and colour[0] in _COLLAR_VALUES)
    for value, count in flat.most_common(1):
        if count >= min(2, len(corners)):
            doubt(
                f"corners of {source.name} have the value {value:g} in all bands and no nodata is declared: if they "
                f"are without data, add --nodata {value:g}, else they are classified too"
            )


def warn_of_imagery_as_alpha(source: Source, validity: Validity, shape: tuple[int, int]) -> None:
    """Warn where a band declared as alpha looks like a picture.

    GDAL declares the fourth band of a byte GeoTIFF as alpha unless it is told otherwise, near infrared too; dark
    water would be a hole in the map then.
    """
    height, width = min(_CENTRE_SIDE, shape[0]), min(_CENTRE_SIDE, shape[1])
    centre = Window(row=(shape[0] - height) // 2, col=(shape[1] - width) // 2, height=height, width=width)
    for number in validity.alpha:
        opacity = source.values([number], centre)
        # Transparency is all or nothing but for a thin seam.
        if np.mean((opacity != 0) & (opacity != opacity.max())) > 0.5:
            doubt(
                f"band {number} of {source.name} is declared as alpha but looks like a picture: pixels where it is 0 "
                f"count as nodata; if it is near infrared, declare it so (gdal_edit.py -colorinterp_{number} undefined)"
            )


def warn_of_a_place_beyond_the_ground(dataset: DatasetReader, name: str) -> None:
    """Warn where a raster has a place in a CRS, and that place is none on the ground: the one or the other is wrong."""
    if dataset.crs is None or dataset.transform.is_identity or not has_ground(dataset.crs):
        return
    if ground_sample_distance(dataset) is None:
        doubt(
            f"the centre of {name} lies beyond where its CRS has a place on the ground, so areas are unknown there: check its "
            "transform, or give it the right CRS (gdal_edit.py -a_srs)"
        )


def warn_of_rational_polynomials(dataset: DatasetReader, name: str) -> None:
    """Warn where only the camera's model says where a raster lies: it is not applied."""
    if dataset.crs is None and dataset.rpcs is not None:
        doubt(
            f"only rational polynomial coefficients say where {name} lies, and they are not applied: orthorectify it "
            "first (gdalwarp -rpc), else the map has no place on earth"
        )


def warn_of_other_images(dataset: DatasetReader, name: str) -> None:
    """Warn where a file holds more than the image that is read, as a TIFF of several pages does."""
    images = dataset.subdatasets
    if len(images) > 1:
        doubt(
            f"{name} holds {len(images)} images, and the first is read: for another, name it instead, such as {images[1]}"
        )
