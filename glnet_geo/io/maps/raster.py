"""Raster outputs: cloud-optimised GeoTIFFs that name and colour their classes."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.files.staging import unwritten
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.maps.attribute_table import write_attribute_table
from glnet_geo.io.maps.style import write_style
from glnet_geo.replacing import hidden_name

_BLOCK = 512
# Copying lets GDAL's own errors through, or none at all: then rasterio raises a SystemError.
_FAILURES = (RasterioError, CPLE_BaseError, OSError, SystemError)


class _Cog:
    """Strips in, a tiled TIFF with overviews out; what was written is read back once before it counts as written."""

    def __init__(
        self,
        path: Path,
        raster: Placed,
        *,
        tags: Mapping[str, str],
        overviews: str,
    ) -> None:
        self._path = path
        # No output has such a name.
        self._rough = path.with_name(f"{hidden_name()}.tif")
        self._overviews = overviews
        self._checksums: list[tuple[int, int, int]] = []
        place = {} if raster.transform is None else {"transform": raster.transform}
        with _writing(self._path), _without_place_warning():
            self.dataset = rasterio.open(
                self._rough,
                "w",
                driver="GTiff",
                dtype="uint8",
                count=1,
                height=raster.height,
                width=raster.width,
                crs=raster.crs,
                nodata=NODATA,
                compress="DEFLATE",
                zlevel=1,
                blockysize=64,
                bigtiff="IF_SAFER",
                **place,
            )
            self.dataset.update_tags(**{name: value for name, value in tags.items() if value})

    def write(self, row: int, pixels: NDArray[np.uint8]) -> None:
        """The next whole rows."""
        rows, width = pixels.shape
        with _writing(self._path):
            self.dataset.write(pixels, 1, window=RasterWindow(0, row, width, rows))
        self._checksums.append((row, rows, zlib.crc32(np.ascontiguousarray(pixels).data)))

    def finish(self) -> None:
        """Make the final file of the rough one, and read it back."""
        with _writing(self._path), _without_place_warning():
            self.dataset.close()
            rasterio.shutil.copy(
                self._rough,
                self._path,
                driver="COG",
                compress="DEFLATE",
                blocksize=_BLOCK,
                overview_resampling=self._overviews,
                num_threads="ALL_CPUS",
                bigtiff="IF_SAFER",
            )
            self._rough.unlink()
            with rasterio.open(self._path) as made:
                for row, rows, checksum in self._checksums:
                    read = made.read(1, window=RasterWindow(0, row, made.width, rows))
                    if zlib.crc32(read) != checksum:
                        # A full disk does not always make GDAL raise.
                        raise unwritten(self._path, "other pixels are read than were written")

    def close(self) -> None:
        """Let go of the rough file."""
        # Closing flushes, and may fail for the very reason for which the job is being given up.
        with suppress(*_FAILURES):
            self.dataset.close()


class ClassRaster:
    """A sink for the classes: uint8 COG with colours, names and an attribute table; 255 is nodata.

    Args:
        path: where to make it.
        raster: the scene, or what else has its pixels and place.
        legend: names and colours.
        tags: provenance.

    Raises:
        OutputError: it cannot be written (in every method).
    """

    def __init__(self, path: Path, raster: Placed, legend: Legend, *, tags: Mapping[str, str]) -> None:
        self._legend = legend
        self._path = path
        self._cog = _Cog(path, raster, tags=tags, overviews="MODE")
        colors = dict.fromkeys(range(256), (0, 0, 0, 0)) | {c.id: (*c.rgb, 255) for c in legend}
        self._cog.dataset.write_colormap(1, colors)
        self._cog.dataset.set_band_description(1, "land cover")

    def write(self, strip: Strip) -> None:
        """The next rows."""
        self._cog.write(strip.row, strip.classes)

    def finish(self) -> None:
        """Complete the file, and name and colour its classes for GDAL and for QGIS."""
        self._cog.finish()
        write_attribute_table(self._path, self._legend)
        write_style(self._path, self._legend)

    def close(self) -> None:
        """Let go of open files."""
        self._cog.close()


class ConfidenceRaster:
    """A sink for the confidence: uint8 COG in percent; 255 is nodata. The arguments are those of `ClassRaster`."""

    def __init__(self, path: Path, raster: Placed, *, tags: Mapping[str, str]) -> None:
        self._cog = _Cog(path, raster, tags=tags, overviews="AVERAGE")
        self._cog.dataset.set_band_description(1, "confidence of the class, percent")
        self._cog.dataset.set_band_unit(1, "%")
        self._cog.dataset.colorinterp = [ColorInterp.gray]

    def write(self, strip: Strip) -> None:
        """The next rows."""
        if strip.confidence is None:
            raise OutputError("no confidence was computed for the confidence raster")
        self._cog.write(strip.row, strip.confidence)

    def finish(self) -> None:
        """Complete the file."""
        self._cog.finish()

    def close(self) -> None:
        """Let go of open files."""
        self._cog.close()


@contextmanager
def _without_place_warning() -> Iterator[None]:
    """No warning where a scene without a place gets a map without one: it was said when the scene was opened."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turns GDAL's failures into ours."""
    try:
        yield
    except OutputError:
        raise
    except SystemError as error:
        raise unwritten(path, "GDAL does not say why") from error
    except _FAILURES as error:
        raise unwritten(path, error.__cause__ or error) from error
