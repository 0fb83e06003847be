"""What tests of several commands need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenes import texture, write_scene


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene that is mapped at once; no test may change it."""
    return write_scene(tmp_path_factory.mktemp("scenes") / "scene.tif", texture(150, 140))
