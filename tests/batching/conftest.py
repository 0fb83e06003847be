"""What tests of several parts of batches need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import glnet_geo
from glnet_geo.io.scenes.tiles import TileReader
from tests.batches import BAD, HEIGHT, WIDTH, arrays, cut, mapped, options, windows
from tests.scenes import read, texture, write_scene


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    """The folder of the tiles of a scene."""
    return cut(tmp_path, texture(HEIGHT, WIDTH), nodata=0)


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory, model: Path) -> dict[str, Any]:
    """The maps of all tiles."""
    folder = tmp_path_factory.mktemp("expected")
    mapped(cut(folder, texture(HEIGHT, WIDTH), nodata=0), folder / "maps", model)
    return arrays(folder / "maps")


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory, model: Path) -> dict[str, Any]:
    """The maps of all tiles but the bad one, whose pixels count as without data."""
    folder = tmp_path_factory.mktemp("without")
    pixels = texture(HEIGHT, WIDTH)
    hole = windows()[BAD]
    pixels[:, hole.rows, hole.cols] = 0
    write_scene(folder / "scene.tif", pixels, nodata=0)
    glnet_geo.classify(folder / "scene.tif", folder / "map.tif", options=options(model))
    classes = read(folder / "map.tif")
    return {name: classes[w.rows, w.cols] for name, w in windows().items() if name != BAD}


@pytest.fixture
def impatient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles that cannot be read are not tried again."""
    monkeypatch.setattr(TileReader, "tried", lambda _self, attempt: attempt())
