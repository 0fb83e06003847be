from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.io.scenes.blocks import Blocks, block_cache
from glnet_geo.io.scenes.source import Source
from tests.io.geotiffs import texture, write, write_mixed

sides = st.integers(1, 40)


@given(raster=st.tuples(sides, sides), block=st.tuples(sides, sides), data=st.data())
def test_blocks_under_a_window_have_room_wherever_it_lies(
    raster: tuple[int, int], block: tuple[int, int], data: Any
) -> None:
    spans = [sorted(data.draw(st.tuples(st.integers(0, side), st.integers(0, side)))) for side in raster]
    touched = [
        len({pixel // size for pixel in range(start, stop)}) * size
        for (start, stop), size in zip(spans, block, strict=True)
    ]
    window = [stop - start for start, stop in spans]
    room = Blocks(height=block[0], width=block[1], pixel_bytes=3).under(window[0], window[1], raster)
    assert touched[0] * touched[1] * 3 <= room
    everything = [-(-side // size) * size for side, size in zip(raster, block, strict=True)]
    assert room <= everything[0] * everything[1] * 3


@pytest.mark.parametrize(
    ("layout", "dtype", "expected"),
    [
        (
            {"tiled": True, "blockxsize": 64, "blockysize": 32},
            "uint8",
            Blocks(height=32, width=64, pixel_bytes=5),
        ),
        ({"blockysize": 2}, "uint16", Blocks(height=2, width=100, pixel_bytes=9)),
        ({"blockysize": 2, "interleave": "band"}, "uint16", Blocks(height=2, width=100, pixel_bytes=7)),
    ],
)
def test_a_file_tells_its_blocks(
    tmp_path: Path, layout: dict[str, Any], dtype: str, expected: Blocks
) -> None:
    path = write(tmp_path / "a.tif", texture(4, 70, 100, dtype), **layout)
    with rasterio.open(path) as dataset:
        assert Blocks.of(dataset, (1, 2, 4)) == expected


def test_what_lies_behind_a_virtual_raster_is_taken_for_tiled(tmp_path: Path) -> None:
    path = write_mixed(tmp_path, texture(2, 9, 9), texture(1, 9, 9, "uint16"))
    source = Source(str(path))
    blocks = Blocks.of(source.dataset(), (1, 2, 3))
    source.close()
    assert (blocks.height, blocks.width) == (512, 512)


def test_blocks_are_kept_while_there_is_room(tmp_path: Path) -> None:
    seven = np.full((1, 64, 256), 7, np.uint8)
    path = write(tmp_path / "a.tif", seven, tiled=True, blockxsize=64, blockysize=64)
    with block_cache(5 * 64 * 64), rasterio.open(path) as dataset:
        dataset.read()
        path.write_bytes(path.read_bytes().replace(bytes([7]) * 64, bytes([9]) * 64))
        assert np.array_equal(dataset.read(), seven)
    with block_cache(2 * 64 * 64), rasterio.open(path) as dataset:
        dataset.read()
        path.write_bytes(path.read_bytes().replace(bytes([9]) * 64, bytes([5]) * 64))
        assert set(np.unique(dataset.read())) >= {5}
