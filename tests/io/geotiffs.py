"""Writes small GeoTIFFs of all kinds, and opens them as scenes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo.core.lattice import Lattice
from glnet_geo.core.window import Window
from glnet_geo.io.scenes.scene import Scene, open_scene

RGB = ("red", "green", "blue")
UTM = "EPSG:32640"
PLACE = Affine(0.5, 0, 331_207.5, 0, -0.5, 2_779_120.0)
TURNED = Affine.rotation(30)
POINTS = ((0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5))


def write(
    path: Path,
    pixels: NDArray[Any],
    *,
    crs: str | None = UTM,
    transform: Affine | None = PLACE,
    colours: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    mask: NDArray[np.bool_] | None = None,
    tags: dict[str, str] | None = None,
    points: str | None = None,
    by: Affine = TURNED,
    **profile: Any,
) -> Path:
    """A GeoTIFF of (bands, rows, cols).

    Args:
        path: of the file.
        pixels: its values.
        crs: None for none.
        transform: None for none.
        colours: colour interpretation of each band; None for what GDAL makes of it.
        names: description of each band.
        mask: (rows, cols) False where an internal mask hides a pixel.
        tags: of the dataset.
        points: CRS of ground control points (empty for none) that turn the raster, in place of ``crs`` and ``transform``.
        by: how they turn it.
        profile: more for GDAL.
    """
    count, height, width = pixels.shape
    place = {} if transform is None or points is not None else {"transform": transform}
    with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            **{"driver": "GTiff", "crs": None if points is not None else crs} | place | profile,
            count=count,
            height=height,
            width=width,
            dtype=pixels.dtype,
        ) as raster:
            if colours is not None:
                raster.colorinterp = [ColorInterp[colour] for colour in colours]
            # What describes the pixels comes first, so that a file cut short loses pixels.
            if names is not None:
                raster.descriptions = names
            if tags is not None:
                raster.update_tags(**tags)
            raster.write(pixels)
            if mask is not None:
                raster.write_mask(mask)
            if points is not None:
                raster.gcps = (_turned(height, width, by), CRS.from_string(points) if points else CRS())
    return path


def write_mixed(folder: Path, low: NDArray[np.uint8], high: NDArray[np.uint16]) -> Path:
    """A virtual raster of two bands of bytes and one of larger numbers."""
    write(folder / "low.tif", low)
    write(folder / "high.tif", high)
    band = '<VRTRasterBand dataType="{}" band="{}"><SimpleSource><SourceFilename relativeToVRT="1">{}</SourceFilename>'
    band += "<SourceBand>{}</SourceBand></SimpleSource></VRTRasterBand>"
    bands = [("Byte", 1, "low.tif", 1), ("Byte", 2, "low.tif", 2), ("UInt16", 3, "high.tif", 1)]
    path, (rows, cols) = folder / "both.vrt", low.shape[1:]
    path.write_text(
        f'<VRTDataset rasterXSize="{cols}" rasterYSize="{rows}">{"".join(band.format(*b) for b in bands)}</VRTDataset>'
    )
    return path


def _turned(height: int, width: int, by: Affine) -> list[GroundControlPoint]:
    turned = PLACE @ by
    places = [(height * down, width * across) for down, across in POINTS]
    return [GroundControlPoint(row, col, *(turned @ (col, row)), 0) for row, col in places]


def texture(bands: int, height: int, width: int, dtype: str = "uint8") -> NDArray[Any]:
    """(bands, height, width) random values from 1, so that 0 is free for nodata."""
    return (
        np.random.default_rng(bands * height + width).integers(1, 200, (bands, height, width)).astype(dtype)
    )


def lattice_of(scene: Scene, scales: tuple[float, float] = (1.0, 1.0)) -> Lattice:
    """The lattice under a scene."""
    return Lattice.of(height=scene.height, width=scene.width, transform=scene.transform, scales=scales)


def whole(scene: Scene) -> Window:
    """All pixels of a scene."""
    return Window(row=0, col=0, height=scene.height, width=scene.width)


def read_whole(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The scene's own pixels (bands, rows, cols) and their validity, by `Scene.read`."""
    lattice = lattice_of(scene)
    excerpt = scene.read(whole(scene).moved(int(lattice.rows.phase), int(lattice.cols.phase)), lattice)
    return excerpt.pixels, excerpt.valid


def usable(
    path: Path, *, nodata: float | None = None, bands: str | None = None, wanted: Sequence[str] = RGB
) -> list[str]:
    """The validity of all pixels drawn, one string per row: ``#`` usable; read in both ways, which must agree."""
    with open_scene(path, nodata=nodata, bands=bands, wanted=wanted) as scene:
        pixels, valid = read_whole(scene)
        np.testing.assert_array_equal(scene.valid(whole(scene)), valid)
        assert (pixels[:, ~valid] == 0).all()
    return ["".join("#" if pixel else "." for pixel in row) for row in valid]
