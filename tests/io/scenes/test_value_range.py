"""Which values of a file become a network's 0 and 1, and what is doubtful about them."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from glnet_geo.commands.option_types import ValueRange
from glnet_geo.core.value_range import EIGHT_BITS
from glnet_geo.errors import DoubtfulInputWarning
from glnet_geo.io.scenes.scene import open_scene
from glnet_geo.io.scenes.value_range import value_range_of
from tests.scenes import texture, write_scene


def told(path: Path, given: tuple[float, float] | None = None) -> tuple[tuple[float, float], list[str]]:
    """The range that a scene is scaled by, and the doubts about it."""
    with (
        open_scene(path, wanted=("red", "green", "blue")) as scene,
        warnings.catch_warnings(record=True) as all_told,
    ):
        warnings.simplefilter("always", DoubtfulInputWarning)
        return value_range_of(scene, EIGHT_BITS, given), [str(one.message) for one in all_told]


@pytest.mark.parametrize(
    ("dtype", "offset", "doubts"),
    [
        ("uint16", 0, 1),
        ("uint32", 20_000_001, 1),
        ("uint32", 33_554_433, 2),
        ("uint32", 4_000_000_000, 2),
        ("float64", 33_554_433.5, 2),
    ],
)
def test_the_range_that_is_suggested_is_the_one_that_is_used(
    tmp_path: Path, dtype: str, offset: float, doubts: int
) -> None:
    pixels = (texture(60, 60).astype(np.float64) * 3 + offset).astype(dtype)
    path = write_scene(tmp_path / "scene.tif", pixels)
    used, said = told(path)
    assert len(said) == doubts
    found = re.search(r"--value-range (\S+) for all scenes", said[0])
    assert found
    assert ValueRange().convert(found[1], None, None) == used
    assert used[0] <= np.percentile(pixels, 2) < np.percentile(pixels, 98) <= used[1]
    if doubts == 2:
        assert "single precision" in said[1]
    assert told(path, used) == (used, said[1:])


@pytest.mark.parametrize(("bits", "most"), [(4, 15), (1, 1), (7, 127)])
def test_bytes_of_fewer_bits_are_doubted_unless_a_range_is_given(
    tmp_path: Path, bits: int, most: int
) -> None:
    path = write_scene(tmp_path / "scene.tif", texture(60, 60) % (most + 1), nbits=bits)
    used, said = told(path)
    assert used == EIGHT_BITS
    assert [f"{bits} bits" in one and f"--value-range 0,{most}" in one for one in said] == [True]
    assert told(path, (0, most)) == ((0, most), [])


def test_bytes_of_eight_bits_are_not_doubted(tmp_path: Path) -> None:
    assert told(write_scene(tmp_path / "scene.tif", texture(60, 60), nbits=8)) == (EIGHT_BITS, [])
