"""A scene: one raster, read in windows, on its own grid or resampled to a lattice."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as RasterWindow
from typing_extensions import Self

from glnet_geo.core.lattice import Axis, Lattice
from glnet_geo.core.resample import Kernel, resample
from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, SceneError
from glnet_geo.io.bands import choose_bands
from glnet_geo.io.ground import ground_sample_distance

_SAMPLE_SIDE = 1024


@dataclass(frozen=True, slots=True)
class Block:
    """What a window of a scene shows.

    Attributes:
        pixels: (bands, rows, cols) float32, values as in the file; 0 where not valid.
        valid: (rows, cols) True = usable.
    """

    pixels: NDArray[np.float32]
    valid: NDArray[np.bool_]


class Scene:
    """One raster on its own pixel grid, open for reading from several threads; made by `open_scene`.

    Attributes:
        path: as it was given.
        name: without its folder.
        height: rows.
        width: columns.
        transform: pixel (col, row) to map coordinates; None without georeference.
        crs: None where there is none.
        dtype: of the values in the file.
        bands: numbers of the bands that are read, from 1.
        nodata: how pixels without data are told, in words.
        notes: sentences for the log.
    """

    def __init__(self, path: str, bands: str | None, wanted: Sequence[str], nodata: float | None) -> None:
        self.path = path
        self.name = Path(path).name or path
        self._handles = threading.local()
        self._open_files: list[DatasetReader] = []
        self._lock = threading.Lock()
        self._nodata_override = nodata
        self._warped = False
        first = self._open()
        if first.count == 0:
            raise SceneError(_without_bands(self.name, first.subdatasets))
        notes = []
        if first.crs is None and first.gcps[0]:
            self._warped = True
            points = len(first.gcps[0])
            first = self._handle()
            notes.append(
                f"{self.name} is georeferenced by {points} control points: it is mapped through a warped view of "
                f"{first.height} x {first.width} pixels"
            )
        self.height, self.width = first.shape
        self.transform = None if first.transform.is_identity else first.transform
        self.crs: CRS | None = first.crs
        self.bands = choose_bands(first, bands, wanted)
        for number in self.bands:
            if not 1 <= number <= first.count:
                raise SceneError(
                    f"{self.name} has {first.count} bands, not {number}: choose others with --bands"
                )
        self.dtype = str(np.result_type(*(first.dtypes[number - 1] for number in self.bands)))
        if self.dtype.startswith("complex"):
            raise SceneError(f"{self.name} holds complex numbers: turn them into amplitudes first")
        self._alpha = [
            n for n, c in enumerate(first.colorinterp, 1) if c == ColorInterp.alpha and n not in self.bands
        ]
        self.nodata = self._nodata_in_words(first)
        if self.crs is None:
            notes.append(f"{self.name} has no CRS: the map will have none either, and no areas")
        self.notes = tuple(notes)
        self._warn_of_undeclared_nodata(first)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    @property
    def ground_sample_distance(self) -> tuple[float, float] | None:
        """Metres on the ground from row to row and from column to column; None where that is unknown."""
        return ground_sample_distance(self.transform, self.crs, self.height, self.width)

    def read(self, window: Window, lattice: Lattice) -> Block:
        """What a window of the lattice shows; nothing is valid outside the scene.

        Args:
            window: in lattice pixels.
            lattice: where the scene lies.

        Raises:
            SceneError: the file is damaged there, or went away.
        """
        rows = _Part.of(lattice.rows, window.row, window.height, native=lattice.native)
        cols = _Part.of(lattice.cols, window.col, window.width, native=lattice.native)
        if rows is None or cols is None:
            return Block(
                np.zeros((len(self.bands), *window.shape), np.float32), np.zeros(window.shape, np.bool_)
            )
        source = Window(
            row=rows.source.start,
            col=cols.source.start,
            height=rows.source.stop - rows.source.start,
            width=cols.source.stop - cols.source.start,
        )
        pixels, valid = self._native(source)
        if rows.kernel is not None and cols.kernel is not None:
            pixels, valid = resample(pixels, valid, rows.kernel, cols.kernel)
        around = ((rows.before, rows.after), (cols.before, cols.after))
        if any(chain for pair in around for chain in pair):
            pixels, valid = np.pad(pixels, ((0, 0), *around)), np.pad(valid, around)
        return Block(pixels, valid)

    def valid(self, window: Window) -> NDArray[np.bool_]:
        """(rows, cols) True where the scene's own pixels in a window inside it are usable."""
        with self._reading(window):
            return self._mask(self._handle(), window, None)

    def value_range(self) -> tuple[float, float]:
        """The 2nd and 98th percentile of all valid values, from a sample of at most 1024 x 1024 pixels.

        Raises:
            SceneError: no pixel of the sample is valid.
        """
        shape = (min(self.height, _SAMPLE_SIDE), min(self.width, _SAMPLE_SIDE))
        whole = Window(row=0, col=0, height=self.height, width=self.width)
        with self._reading(whole):
            handle = self._handle()
            pixels = handle.read(self.bands, out_shape=(len(self.bands), *shape)).astype(np.float32)
            valid = self._mask(handle, whole, pixels, shape)
        if not valid.any():
            raise SceneError(f"{self.name} has no valid pixel: check its nodata value and its alpha band")
        low, high = np.percentile(pixels[:, valid], [2, 98])
        return float(low), float(high)

    def close(self) -> None:
        """Close the file in all threads."""
        with self._lock:
            for handle in self._open_files:
                handle.close()
            self._open_files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _native(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        with self._reading(window):
            handle = self._handle()
            pixels = handle.read(self.bands, window=_raster_window(window)).astype(np.float32)
            valid = self._mask(handle, window, pixels)
        pixels[:, ~valid] = 0
        return pixels, valid

    def _mask(
        self,
        handle: DatasetReader,
        window: Window,
        pixels: NDArray[np.float32] | None,
        shape: tuple[int, int] | None = None,
    ) -> NDArray[np.bool_]:
        """True where any band has data, no value is NaN or infinite, and nothing is transparent."""
        where = {"window": _raster_window(window), "out_shape": shape or window.shape}
        valid: NDArray[np.bool_] = np.ones(shape or window.shape, dtype=np.bool_)
        floating = np.issubdtype(np.dtype(self.dtype), np.floating)
        if pixels is None and (floating or self._nodata_override is not None):
            pixels = handle.read(self.bands, window=where["window"]).astype(np.float32)
        if pixels is not None and floating:
            valid &= np.isfinite(pixels).all(axis=0)
        if self._nodata_override is not None and pixels is not None:
            valid &= (pixels != np.float32(self._nodata_override)).any(axis=0)
            return valid
        flags = {flag for number in self.bands for flag in handle.mask_flag_enums[number - 1]}
        if MaskFlags.nodata in flags or (MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags):
            numbers = self.bands if MaskFlags.nodata in flags else self.bands[:1]
            valid &= np.any([handle.read_masks(number, **where) > 0 for number in numbers], axis=0)
        for number in self._alpha:
            valid &= handle.read(number, **where) > 0
        return valid

    def _handle(self) -> DatasetReader:
        """The dataset of this thread: GDAL's may not be shared."""
        handle: DatasetReader | None = getattr(self._handles, "dataset", None)
        if handle is None:
            handle = self._open()
            self._handles.dataset = handle
        return handle

    def _open(self) -> DatasetReader:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                dataset = rasterio.open(self.path)
                if self._warped:
                    # The alpha band tells where the view shows nothing.
                    dataset = WarpedVRT(
                        dataset, src_crs=dataset.gcps[1], resampling=Resampling.bilinear, add_alpha=True
                    )
        except RasterioError as error:
            raise SceneError(_cannot_open(self.path, error)) from error
        with self._lock:
            self._open_files.append(dataset)
        return dataset

    @contextmanager
    def _reading(self, window: Window) -> Iterator[None]:
        try:
            yield
        except RasterioError as error:
            reason = str(error.__cause__ or error).rstrip(".")
            raise SceneError(
                f"{self.name} is damaged at rows {window.row} to {window.row_stop}, columns {window.col} to "
                f"{window.col_stop} ({reason}): get a whole copy of it"
            ) from error

    def _nodata_in_words(self, dataset: DatasetReader) -> str:
        flags = {flag for number in self.bands for flag in dataset.mask_flag_enums[number - 1]}
        words = []
        if self._nodata_override is not None:
            words.append(f"value {self._nodata_override:g}, as asked for")
        elif MaskFlags.nodata in flags:
            words.append(f"declared value {dataset.nodata:g}")
        if self._alpha:
            words.append("alpha band")
        elif MaskFlags.per_dataset in flags:
            words.append("mask")
        return " and ".join(words) or "none declared: every pixel counts"

    def _warn_of_undeclared_nodata(self, dataset: DatasetReader) -> None:
        """Corners of one flat extreme colour are nearly always an undeclared collar."""
        if not self.nodata.startswith("none") or min(self.shape) < 2:
            return
        corners = []
        for row in (0, self.height - 1):
            for col in (0, self.width - 1):
                with self._reading(Window(row=row, col=col, height=1, width=1)):
                    corners.append(dataset.read(self.bands, window=RasterWindow(col, row, 1, 1)).ravel())
        flat = np.unique(np.concatenate(corners))
        if flat.size == 1 and flat[0] in {0, 255}:
            warnings.warn(
                f"all corners of {self.name} have the value {flat[0]:g} and no nodata is declared: if that is a collar, "
                f"add --nodata {flat[0]:g}, else it is classified",
                DoubtfulInputWarning,
                stacklevel=4,
            )


def block_cache(megabytes: int = 256) -> rasterio.Env:
    """A context in which GDAL keeps no more blocks than this; by default it would take a share of all memory."""
    return rasterio.Env(GDAL_CACHEMAX=megabytes)


def open_scene(
    path: str | Path, *, bands: str | None = None, wanted: Sequence[str], nodata: float | None = None
) -> Scene:
    """Open a raster for classification.

    Args:
        path: anything that GDAL opens: GeoTIFF, COG, VRT, JPEG, an address.
        bands: numbers or names of its bands in the model's order; None to find them.
        wanted: names of the model's bands.
        nodata: value of pixels without data, where the scene does not declare it.

    Raises:
        SceneError: it cannot be opened, or does not offer what the model needs.
        OptionError: ``bands`` does not fit it.
    """
    return Scene(str(path), bands, wanted, nodata)


@dataclass(frozen=True, slots=True)
class _Part:
    """One axis of a read: which source pixels, how they are resampled, and what lies outside before and after."""

    source: slice
    kernel: Kernel | None
    before: int
    after: int

    @classmethod
    def of(cls, axis: Axis, start: int, length: int, *, native: bool) -> _Part | None:
        """None where the window misses the scene."""
        first = max(start, int(np.floor(axis.to_lattice(0))))
        stop = min(start + length, int(np.ceil(round(axis.to_lattice(axis.length), 6))))
        if first >= stop:
            return None
        before, after = first - start, start + length - stop
        if native:
            low = first - int(axis.phase)
            return cls(slice(low, low + stop - first), None, before, after)
        edges = np.array([axis.to_scene(place) for place in range(first, stop + 1)])
        kernel = Kernel.of(edges, axis.length)
        return cls(slice(kernel.start, kernel.stop), kernel, before, after)


def _raster_window(window: Window) -> RasterWindow:
    return RasterWindow(window.col, window.row, window.width, window.height)


def _cannot_open(path: str, error: RasterioError) -> str:
    local = "://" not in path and not path.startswith("/vsi")
    if local and Path(path).is_dir():
        return f"{path} is a folder: name a raster file in it"
    if local and ":" not in path and not Path(path).exists():
        return f"{path} does not exist: check the path"
    return f"{path} cannot be opened as a raster ({str(error).rstrip('.')}): give a GeoTIFF or another raster GDAL knows"


def _without_bands(name: str, subdatasets: Sequence[str]) -> str:
    if subdatasets:
        return f"{name} holds several rasters: name one of {', '.join(subdatasets[:5])}"
    return f"{name} has no bands: give a raster image"
