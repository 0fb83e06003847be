"""Class maps with many small areas, and the polygons that are drawn of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
from numpy.typing import NDArray

import glnet_geo


def patches(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Class ids of LEGEND in patches and single pixels, with holes of nodata."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (height // 7 + 1, width // 7 + 1)).repeat(7, 0).repeat(7, 1)[:height, :width]
    speckled = np.where(rng.random((height, width)) < 0.05, rng.integers(0, 4, (height, width)), coarse)
    return np.array([0, 1, 4, 255], dtype=np.uint8)[speckled]


def drawn(path: Path, out: Path, **options: Any) -> geopandas.GeoDataFrame:
    glnet_geo.vectorize(path, out, overwrite=True, **options)
    return (
        geopandas.read_parquet(out)
        if out.suffix == ".parquet"
        else geopandas.read_file(out, layer=_layer(out))
    )


def _layer(out: Path) -> str | None:
    """A GeoPackage holds its styles too."""
    return "landcover" if out.suffix == ".gpkg" else None
