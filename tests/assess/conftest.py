"""Maps that tests assess, in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assess import made, sampled_map
from tests.maps import write_map


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    return write_map(tmp_path / "map.tif", made.MAPPED)


@pytest.fixture
def sampled(tmp_path: Path) -> Path:
    return write_map(tmp_path / "map.tif", sampled_map.MAPPED)
