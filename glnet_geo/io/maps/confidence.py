"""How sure a map is of each pixel, from a raster beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader
from typing_extensions import Self

from glnet_geo.core.window import Window
from glnet_geo.errors import EvaluationError, SceneError
from glnet_geo.io.geodesy.placed import Placed
from glnet_geo.io.maps.on_grid import Grid
from glnet_geo.io.scenes.source import Source, is_integer
from glnet_geo.io.scenes.validity import Validity


class ConfidenceMap:
    """The probability of the mapped class of each pixel; close it, or use it as a context.

    Args:
        path: a raster of one band on the map's grid: percent in whole numbers, as ``classify --confidence`` writes, or
            floating point numbers from 0 to 1.
        mapped: the map.

    Attributes:
        name: without its folder.

    Raises:
        EvaluationError: it cannot be opened, is not on the map's grid, has several bands, or holds complex numbers.
    """

    def __init__(self, path: str | Path, mapped: Placed) -> None:
        try:
            own = Grid.of(path)
            self._source = Source(str(path))
        except SceneError as error:
            raise EvaluationError(str(error)) from error
        self.name = own.name
        dataset = self._source.dataset()
        dtype = dataset.dtypes[0]
        wrong = _wrong(own, mapped, dataset)
        if wrong:
            self._source.close()
            raise EvaluationError(f"{own.name} {wrong}: give the confidence that was written with this map")
        self._percent = is_integer(dtype)
        self._validity = Validity.of(dataset, (1,), dtype, None)

    def read(self, window: Window) -> NDArray[np.float64]:
        """(rows, cols) from 0 to 1; NaN where it is not known.

        Raises:
            EvaluationError: it holds something else.
        """
        raw = self._source.values([1], window)
        valid = self._validity.apply(self._source, window, raw)
        confidence = np.where(valid, raw[0].astype(np.float64) / (100 if self._percent else 1), np.nan)
        strange = (confidence < 0) | (confidence > 1)
        if strange.any():
            wanted = "whole percent from 0 to 100" if self._percent else "numbers from 0 to 1"
            raise EvaluationError(
                f"{self._source.name} holds {raw[0][strange][0]:g}, which is no confidence: it must hold {wanted}, or "
                "declare its nodata value"
            )
        return confidence

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _wrong(own: Grid, mapped: Placed, dataset: DatasetReader) -> str | None:
    """Why a raster is not the confidence of a map, as the end of a sentence; None where it may be."""
    if not own.is_grid_of(mapped):
        return f"({own.size}) is not on the grid of {mapped.name} ({mapped.height} x {mapped.width} pixels)"
    shown = sum(kind != ColorInterp.alpha for kind in dataset.colorinterp)
    if shown != 1:
        return f"has {shown} bands, of which none is known to be the confidence"
    dtype = dataset.dtypes[0]
    return f"holds {dtype} values, which are no confidence" if dtype.startswith("complex") else None
