"""Scenes mapped by a tiny model, as arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import glnet_geo
from glnet_geo import Options
from tests.model.tiny import LEGEND, TILING
from tests.scenes import read

FRAME = TILING.frame


def classes(scene: Path, folder: Path, **options: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    out = folder / f"{len(list(folder.iterdir()))}.tif"
    glnet_geo.classify(scene, out, options=Options(precision="fp32", **options))
    return read(out)


def whole(scene_shape: tuple[int, int], mapped: np.ndarray[Any, Any]) -> bool:
    return mapped.shape == scene_shape and set(np.unique(mapped)) <= set(LEGEND.ids.tolist())
