"""An open raster file: one dataset per thread, and every failure a sentence."""

from __future__ import annotations

import math
import os
import platform
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow

from glnet_geo.core.window import Window
from glnet_geo.errors import SceneError, looking_at
from glnet_geo.io.files.odd_names import check_text, is_text

# rasterio lets some of GDAL's own errors through, and names their kind only here.
_FAILURES = (RasterioError, CRSError, CPLE_BaseError)

_REMOTE = (
    "http://",
    "https://",
    "ftp://",
    "s3://",
    "gs://",
    "az://",
    "abfs://",
    "/vsicurl",
    "/vsis3",
    "/vsigs",
    "/vsiaz",
)

# By its quick way, GDAL takes a PNG that is cut short for a whole one, and whatever lies in memory for its pixels.
os.environ.setdefault("GDAL_PNG_WHOLE_IMAGE_OPTIM", "NO")

# Warning filters belong to the whole process: two threads that open at once would restore each other's.
_OPENING = threading.Lock()


@contextmanager
def opening() -> Iterator[None]:
    """A context to open a raster in, one thread at a time, that need not have a place on earth."""
    # Inside an Env GDAL's complaints become errors, and are not printed too.
    with _OPENING, rasterio.Env(), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def open_raster(path: str | Path) -> DatasetReader:
    """A raster that is looked into by one thread; close it, or use it as a context.

    Raises:
        RasterioError: GDAL cannot open it.
    """
    if not is_text(path):
        raise RasterioError("its path holds bytes that are no characters")
    try:
        with opening():
            return rasterio.open(path)
    except (CRSError, CPLE_BaseError) as error:
        raise RasterioError(str(error)) from error


class Source:
    """A raster that several threads read at once; one placed by control points is seen through a warped view.

    Args:
        path: anything that GDAL opens.
        nodata: value without data that the warped view must not blend with others, where none is declared.
        resampling: of the warped view.

    Attributes:
        path: as it was given.
        shown: the path for a person, without what follows ``?`` in an address, which may be a secret.
        name: its last part.

    Raises:
        SceneError: it cannot be opened, or holds no bands.
    """

    def __init__(
        self, path: str, nodata: float | None = None, *, resampling: Resampling = Resampling.bilinear
    ) -> None:
        self.path = path
        self.shown = path.partition("?")[0] if is_remote(path) else path
        self.name = Path(self.shown).name or self.shown
        self._nodata, self._resampling = nodata, resampling
        self._threads = threading.local()
        self._open_files: list[DatasetReader] = []
        self._closed = False
        try:
            dataset = self.dataset()
        except BaseException:
            self.close()
            raise
        if dataset.count == 0:
            subdatasets = dataset.subdatasets
            self.close()
            raise SceneError(_without_bands(self.name, subdatasets))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled, it is the way to open the same raster again, on any machine that sees it."""
        dataset = self.dataset()
        # Other processes may have another current folder; names of datasets may be longer than those of files.
        is_file = os.path.isfile(self.path)  # noqa: PTH113 - that of Path raises there
        path = str(Path(self.path).absolute()) if is_file else self.path
        return _opened_again, (path, self._nodata, self._resampling, dataset.shape, dataset.dtypes)

    def dataset(self) -> DatasetReader:
        """The dataset of this thread, since GDAL's may not be shared.

        Raises:
            SceneError: it cannot be opened any more.
        """
        dataset: DatasetReader | None = getattr(self._threads, "dataset", None)
        if dataset is None or self._closed:
            dataset = self._threads.dataset = self._open()
        return dataset

    @property
    def remote(self) -> bool:
        """Whether any of its files lies on another machine."""
        return any(map(is_remote, [self.path, *self.dataset().files]))

    def least_pixels(self) -> int:
        """Pixels of the smallest overview: at least so many are decoded to see the whole raster."""
        dataset = self.dataset()
        factor: int = max(dataset.overviews(1), default=1)
        return int(dataset.height * dataset.width // factor**2)

    def values(
        self, bands: Sequence[int], window: Window, shape: tuple[int, int] | None = None
    ) -> NDArray[np.generic]:
        """(bands, rows, cols) in the file's own type, or the narrowest that holds those of all bands.

        Args:
            bands: numbers from 1.
            window: inside the raster.
            shape: rows and columns of a sample; None for all pixels.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        with self._reading(window) as dataset:
            where, size = _raster_window(window), shape or window.shape
            if len({dataset.dtypes[number - 1] for number in bands}) > 1:
                # rasterio does not read bands of several types at once.
                return np.stack([dataset.read(number, window=where, out_shape=size) for number in bands])
            pixels: NDArray[np.generic] = dataset.read(
                list(bands), window=where, out_shape=(len(bands), *size)
            )
            return pixels

    def mask(self, band: int, window: Window, shape: tuple[int, int] | None = None) -> NDArray[np.bool_]:
        """(rows, cols) True where GDAL's mask of a band says that it has data; as `values`."""
        with self._reading(window) as dataset:
            mask = dataset.read_masks(band, window=_raster_window(window), out_shape=shape or window.shape)
            usable: NDArray[np.bool_] = mask > 0
            return usable

    def close(self) -> None:
        """Close the file in all threads; none may be reading."""
        self._closed = True
        self._close_files()

    def _close_files(self) -> None:
        with _OPENING:
            # A view goes before what it shows.
            while self._open_files:
                self._open_files.pop().close()

    def _open(self) -> DatasetReader:
        check_text(self.path, SceneError)
        with opening():
            if self._closed:
                raise SceneError(f"{self.name} is closed: open it again to read from it")
            try:
                dataset = rasterio.open(self.path)
            except _FAILURES as error:
                raise SceneError(_cannot_open(self.path, self.name, error)) from error
            self._open_files.append(dataset)
            _check_geotransform(dataset, self.name)
            points, crs = dataset.gcps
            if not points or crs is None or not dataset.transform.is_identity:
                return dataset
            try:
                view = _warped(dataset, self._nodata, self._resampling)
            except _FAILURES as error:
                raise SceneError(
                    f"the ground control points of {self.name} do not tell where it lies "
                    f"({_reason(error)}): georeference it again, with more points"
                ) from error
            self._open_files.append(view)
            return view

    @contextmanager
    def _reading(self, window: Window) -> Iterator[DatasetReader]:
        dataset = self.dataset()
        try:
            yield dataset
        except _FAILURES as error:
            raise SceneError(
                f"{self.name} cannot be read at rows {window.row} to {window.row_stop}, columns {window.col} to "
                f"{window.col_stop} {why_unreadable(self.path, error)}"
            ) from error


def _opened_again(
    path: str,
    nodata: float | None,
    resampling: Resampling,
    shape: tuple[int, int],
    dtypes: tuple[str, ...],
) -> Source:
    """A raster that another process has opened.

    Raises:
        SceneError: it cannot be opened here, or is another one.
    """
    try:
        source = Source(path, nodata, resampling=resampling)
    except SceneError as error:
        raise SceneError(f"on {platform.node()}, {error}") from error
    dataset = source.dataset()
    if (dataset.shape, dataset.dtypes) != (shape, dtypes):
        source.close()
        raise SceneError(
            f"{source.name} has changed, or is another file on {platform.node()}: keep one file in place for all machines"
        )
    return source


def _check_geotransform(dataset: DatasetReader, name: str) -> None:
    if not (all(map(math.isfinite, dataset.transform)) and 0 < abs(dataset.transform.determinant) < math.inf):
        numbers = ", ".join(f"{number:g}" for number in dataset.transform.to_gdal())
        raise SceneError(
            f"the geotransform of {name} ({numbers}) gives its pixels no area: correct it with gdal_edit.py -a_ullr"
        )


def transform_of(dataset: DatasetReader) -> Affine | None:
    """From pixels (col, row) of an open raster to map coordinates; None without georeference."""
    return None if dataset.transform.is_identity else dataset.transform


def control_points(dataset: DatasetReader) -> int:
    """The number of ground control points that a warped view was made by; 0 where it is the raster itself."""
    return len(dataset.src_dataset.gcps[0]) if isinstance(dataset, WarpedVRT) else 0


def is_integer(dtype: str) -> bool:
    """Whether a type of pixels is one of whole numbers. NumPy does not know all complex ones."""
    return not dtype.startswith("complex") and np.issubdtype(np.dtype(dtype), np.integer)


def can_hold(dtype: str, value: float) -> bool:
    """Whether a pixel of a type can have a value."""
    if dtype.startswith("complex"):
        return True
    if is_integer(dtype):
        limits = np.iinfo(dtype)
        return float(value).is_integer() and limits.min <= value <= limits.max
    with np.errstate(over="ignore"):
        return not math.isfinite(value) or bool(np.isfinite(np.array(value).astype(dtype)))


def _warped(dataset: DatasetReader, nodata: float | None, resampling: Resampling) -> WarpedVRT:
    """A view of a raster in the CRS of its control points.

    It has an alpha band, which is 0 beside the raster and where that has no data.
    """
    # A value that the raster cannot hold is refused later, where it was asked for.
    given = nodata is not None and all(can_hold(dtype, nodata) for dtype in dataset.dtypes)
    return WarpedVRT(
        dataset,
        src_crs=dataset.gcps[1],
        crs=dataset.gcps[1],
        src_nodata=nodata if given else dataset.nodata,
        resampling=resampling,
        add_alpha=ColorInterp.alpha not in dataset.colorinterp,
    )


def _reason(error: Exception) -> str:
    return str(error.__cause__ or error).rstrip(".")


def why_unreadable(path: str, error: Exception) -> str:
    """Why a raster that was opened cannot be read, in brackets, and what to do."""
    reason = _reason(error)
    return f"({reason}): {_remedy(path, reason)}"


def _remedy(path: str, reason: str) -> str:
    if is_remote(path):
        return "check the connection and try again"
    if "No such file" in reason:
        # A mosaic opens without the files that it is made of.
        return "put that file in its place"
    return "the file is damaged or cut short, get a whole copy of it"


def _raster_window(window: Window) -> RasterWindow:
    return RasterWindow(window.col, window.row, window.width, window.height)


def is_remote(path: str) -> bool:
    """Whether a path is an address on another machine."""
    return path.startswith(_REMOTE)


def _cannot_open(path: str, name: str, error: Exception) -> str:
    reason = _reason(error)
    if is_remote(path):
        reason = reason.replace(path, name)
        return f"{name} cannot be opened ({reason}): check its address, the connection and your access to it"
    # A colon behind a drive's letter names a part of a file, such as NETCDF:file.nc:variable.
    if ":" not in path[2:] and not path.startswith("/vsi"):
        with looking_at(path, SceneError):
            if Path(path).is_dir():
                return f"{path} is a folder: name a raster file in it"
            if not Path(path).exists():
                return f"{path} does not exist: check the path"
    return f"{path} cannot be opened as a raster ({reason}): give a whole GeoTIFF, or another raster that GDAL reads"


def _without_bands(name: str, subdatasets: Sequence[str]) -> str:
    if subdatasets:
        return f"{name} holds several rasters: name one of them instead, such as {', '.join(subdatasets[:5])}"
    return f"{name} has no bands: give a raster image"
