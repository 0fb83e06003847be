"""The attribute table that programs of Esri put beside a raster, where GDAL does not look: ``labels.tif.vat.dbf``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from glnet_geo.errors import doubt

_SUFFIX = ".vat.dbf"

_COLOURS = ("red", "green", "blue")


def esri_table(raster: str) -> dict[str, NDArray[np.generic]]:
    """The columns of the table beside a raster, by name; none where there is no table. Colours count from 0 to 255."""
    path = Path(f"{raster}{_SUFFIX}")
    if not path.is_file():
        return {}
    try:
        meta, _, _, columns = pyogrio.raw.read(path, read_geometry=False)
    except (DataSourceError, DataLayerError, ValueError) as error:
        doubt(
            f"{path.name} cannot be read ({str(error).rstrip('.')}), and its names and colours are not used: put a whole "
            "copy of it in its place, or move it away"
        )
        return {}
    found = dict(zip(map(str, meta["fields"]), columns, strict=True))
    return found | _as_bytes({name: column for name, column in found.items() if name.casefold() in _COLOURS})


def _as_bytes(colours: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Colours from 0 to 255, also where they were fractions of 1."""
    numbers = {
        name: column.astype(np.float64) for name, column in colours.items() if column.dtype.kind == "f"
    }
    if len(numbers) < len(_COLOURS) or any((column > 1).any() for column in numbers.values()):
        return {}
    return {name: np.rint(255 * column) for name, column in numbers.items()}
