from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glnet_geo.errors import TrainingError
from glnet_geo.io.label_legend import found_legend
from tests.rasters import write_plain


def halves(folder: Path, values: NDArray[np.integer], bands: int = 1) -> list[Path]:
    """Two label maps that hold these values, or blues, half each."""
    paths = []
    for name, half in zip("ab", np.array_split(values.astype(np.uint8), 2), strict=True):
        pixels = np.zeros((bands, 1, len(half)), np.uint8)
        pixels[-1] = half
        paths.append(write_plain(folder / f"{name}.tif", pixels if bands > 1 else pixels[0]))
    return paths


def test_as_many_classes_as_a_byte_holds_beside_nodata(tmp_path: Path) -> None:
    legend = found_legend(halves(tmp_path, np.arange(256))).legend
    assert [c.id for c in legend] == list(range(255))


def test_as_many_colours(tmp_path: Path) -> None:
    legend = found_legend(halves(tmp_path, np.arange(255), bands=3)).legend
    assert [c.id for c in legend] == list(range(255))


def test_more_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"b\.tif hold more than 255 classes: give label maps"):
        found_legend(halves(tmp_path, np.arange(256), bands=3))
