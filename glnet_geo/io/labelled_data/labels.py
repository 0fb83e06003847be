"""What a training pixel is: label maps of class ids or of colours, and parts of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from glnet_geo.core.colors import nearest_colors, packed_colors
from glnet_geo.core.legend import NODATA
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.io.files.odd_names import check_text
from glnet_geo.io.labelled_data.open_files import OPEN_FILES
from glnet_geo.io.labelled_data.spot import Spot, window_over
from glnet_geo.io.maps.class_names import color_table
from glnet_geo.io.scenes.source import open_raster, why_unreadable
from glnet_geo.io.scenes.validity import Validity

_ROWS_AT_ONCE = 256

_HALF = 128
"""From here on a colour that ought to be pure has red, green or blue."""


class Labels(Protocol):
    """Where class ids come from."""

    @property
    def name(self) -> str:
        """What to call it in a sentence."""

    @property
    def shape(self) -> tuple[int, int] | None:
        """(rows, cols) in pixels; None for what fits any scene."""

    def read(self, spot: Spot) -> NDArray[np.uint8]:
        """Class ids (rows, cols) at a spot, of the nearest pixel; 255 where none is known."""

    def close(self) -> None:
        """Let go of open files."""


class RasterLabels:
    """A label map in a raster file, which is open only when it is needed.

    Args:
        path: a raster of one band (values) or of three (colours), perhaps with another one of transparency.
        values: class id of every value, or of every colour packed as ``red << 16 | green << 8 | blue``; any other
            value is an error then. None where values are class ids, and others than 0..254 mean nothing.
        pure: whether each of red, green and blue counts as 0 below 128, and as 255 from there.
        remedy: what to do about a value that is an error.

    Attributes:
        name: its path.
        lossy: whether it is compressed like a photograph.
        painted: colour ``#rrggbb`` of every value in its colour table.

    Raises:
        TrainingError: it cannot be opened, or is no label map.
    """

    def __init__(
        self,
        path: Path,
        values: Mapping[int, int] | None = None,
        *,
        pure: bool = False,
        remedy: str = 'add it to the legend, as a class or under "ignored"',
    ) -> None:
        self._path, self._pure, self._remedy = path, pure, remedy
        self._dataset: rasterio.DatasetReader | None = None
        self._turn = threading.Lock()
        self.name = str(path)
        dataset = self.dataset
        self._shape: tuple[int, int] = dataset.shape
        self._alpha = _alpha_band(dataset)
        count = dataset.count - (self._alpha is not None)
        if count not in {1, 3} or (count > 1 and values is None):
            self.close()
            wanted = "one, holding class ids" if values is None else "one (class ids) or three (colours)"
            raise TrainingError(f"{path} has {dataset.count} bands: give a label map of {wanted}")
        self._bands = list(range(1, count + 1))
        # NaN where it is not declared is an error here, and infinity always.
        self._validity = replace(Validity.of(dataset, self._bands, dataset.dtypes[0], None), floating=False)
        self.lossy = lossy(dataset)
        self.painted = {} if self.colours else color_table(dataset, 1)
        self._table = None if values is None else _Table(values)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        return self._shape

    @property
    def colours(self) -> bool:
        """Whether it holds colours rather than values."""
        return len(self._bands) > 1

    @property
    def dataset(self) -> rasterio.DatasetReader:
        """The open file; it may be closed as soon as another raster is read."""
        if self._dataset is None:
            self._dataset = opened(self._path)
            OPEN_FILES.note(self)
        return self._dataset

    def read(self, spot: Spot) -> NDArray[np.uint8]:
        """As `Labels.read`.

        Raises:
            TrainingError: a value or colour has no class, or the file is damaged.
        """
        values, known = self.values(spot)
        if self._table is None:
            known &= np.isin(values, np.arange(NODATA))
            return np.where(known, values, NODATA).astype(np.uint8)
        if self.lossy and self.colours:
            return np.where(known, self._table.nearest(values), NODATA).astype(np.uint8)
        ids = self._table.ids(values)
        lost = known & (ids < 0)
        if lost.any():
            value = int(values[lost][0])
            raise TrainingError(
                f"{self._path} holds the {self.word(value)}, which the legend does not know: {self._remedy}"
            )
        return np.where(known, ids, NODATA).astype(np.uint8)

    def values(self, spot: Spot) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Values or packed colours (rows, cols) at a spot, and where they mean anything.

        Raises:
            TrainingError: the file is damaged, or holds numbers that are no class ids.
        """
        # GDAL would take overviews, which are means of classes in many files.
        whole, (down, across) = window_over(*spot.nearest(self.shape))
        window = RasterWindow(whole.col, whole.row, whole.width, whole.height)
        try:
            with self._turn:
                OPEN_FILES.note(self)
                raw = self.dataset.read(self._bands, window=window)[:, down, across]
                known = self._shown(window)[down, across] & self._validity.measured(raw)
        except RasterioError as error:
            raise TrainingError(f"{self._path} cannot be read {why_unreadable(self.name, error)}") from error
        if self.colours:
            return packed_colors(np.where(raw < _HALF, 0, 255) if self._pure else raw), known
        return self._whole(raw[0], known), known

    def word(self, value: int) -> str:
        """A value in a sentence."""
        return f"colour #{value:06x}" if self.colours else f"value {value}"

    def close(self) -> None:
        """Close the file."""
        OPEN_FILES.forget(self)
        self.close_for_now()

    def close_for_now(self) -> bool:
        """See `Reopenable`."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            if self._dataset is not None:
                self._dataset.close()
            self._dataset = None
        finally:
            self._turn.release()
        return True

    def _shown(self, window: RasterWindow) -> NDArray[np.bool_]:
        """Where neither transparency nor a mask hides anything."""
        shown = np.ones((window.height, window.width), np.bool_)
        if self._alpha is not None:
            shown &= self.dataset.read(self._alpha, window=window) > 0
        for band in self._validity.masks:
            shown &= self.dataset.read_masks(band, window=window) > 0
        return shown

    def _whole(self, raw: NDArray[np.generic], known: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Values as whole numbers."""
        if raw.dtype.kind == "f":
            if not np.isfinite(raw[known]).all():
                raise TrainingError(
                    f"{self._path} holds NaN or infinity: declare it as nodata, or write class ids everywhere"
                )
            raw = np.where(known, raw, 0)
            if (raw != np.floor(raw)).any():
                raise TrainingError(
                    f"{self._path} holds fractions ({raw[raw != np.floor(raw)][0]:g}): give a label map of class ids"
                )
        return raw.astype(np.int64)


class MaskedLabels:
    """The part of other labels that lies inside some windows, or outside all of them.

    Args:
        labels: the whole.
        windows: in the scene's pixels.
        inside: whether labels inside are kept; else those outside.
    """

    def __init__(self, labels: Labels, windows: Sequence[Window], *, inside: bool) -> None:
        self._labels = labels
        self._windows = windows
        self._inside = inside
        self.name = labels.name

    @property
    def shape(self) -> tuple[int, int] | None:
        """(rows, cols) of the whole; None for what fits any scene."""
        return self._labels.shape

    def read(self, spot: Spot) -> NDArray[np.uint8]:
        """As `Labels.read`."""
        rows, cols = spot.centres
        covered = np.zeros(spot.shape, np.bool_)
        for window in self._windows:
            down = (rows >= window.row) & (rows < window.row_stop)
            across = (cols >= window.col) & (cols < window.col_stop)
            covered |= np.logical_and.outer(down, across)
        if not (covered if self._inside else ~covered).any():
            return np.full(spot.shape, NODATA, np.uint8)
        return np.where(covered == self._inside, self._labels.read(spot), NODATA).astype(np.uint8)

    def close(self) -> None:
        """Close the whole."""
        self._labels.close()


def values_in(labels: RasterLabels) -> list[int]:
    """All values or packed colours that a label map holds, sorted.

    Raises:
        TrainingError: there are more than 255, so it is no label map; or it cannot be read.
    """
    found: set[int] = set()
    height, width = labels.shape
    for row in range(0, height, _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, height - row)
        values, known = labels.values(Spot.of(Window(row=row, col=0, height=rows, width=width)))
        found |= set(np.unique(values[known]).tolist())
        if len(found) > NODATA:
            what = "colours" if labels.colours else "values"
            raise TrainingError(
                f"{labels.name} holds more than {NODATA} {what}, so it is no label map: give one whose pixels are "
                "class ids or colours of a legend"
            )
    return sorted(found)


def opened(path: Path) -> rasterio.DatasetReader:
    """An open raster.

    Raises:
        TrainingError: it cannot be opened.
    """
    check_text(path, TrainingError)
    try:
        return open_raster(path)
    except RasterioError as error:
        raise TrainingError(f"{path} cannot be opened as an image: {error}") from error


def lossy(dataset: rasterio.DatasetReader) -> bool:
    """Whether a raster is compressed in a way that changes values a little."""
    told = dataset.tags(ns="IMAGE_STRUCTURE")
    jpeg = "JPEG" in told.get("COMPRESSION", "")
    # Formats that know one way only do not tell which it is.
    way: str = told.get("COMPRESSION_REVERSIBILITY", "LOSSY" if jpeg else "LOSSLESS")
    return way.startswith("LOSSY")


def _alpha_band(dataset: rasterio.DatasetReader) -> int | None:
    """The band of a label map that tells transparency: beside colours it need not say so."""
    count: int = dataset.count
    beside_ids = count == 2 and dataset.colorinterp[1] == ColorInterp.alpha
    return count if count == 4 or beside_ids else None


class _Table:
    """From values to class ids."""

    def __init__(self, values: Mapping[int, int]) -> None:
        self._keys = np.array(sorted(values), dtype=np.int64)
        self._ids = np.array([values[key] for key in sorted(values)], dtype=np.int64)

    def ids(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Class ids; -1 where there is none."""
        at = np.minimum(np.searchsorted(self._keys, values), len(self._keys) - 1)
        return np.where(self._keys[at] == values, self._ids[at], -1)

    def nearest(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Class ids of the colours that differ least."""
        return self._ids[nearest_colors(values, self._keys)]
