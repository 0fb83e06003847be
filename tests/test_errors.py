"""Doubts are told where this package was called."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glnet_geo.assess.maps import evaluate
from glnet_geo.errors import DoubtfulInputWarning, doubt
from glnet_geo.io.scenes.stac_items import rasters_of
from tests.maps import write_map


def test_a_doubt_is_told_where_the_package_was_called(tmp_path: Path) -> None:
    item = {
        "type": "Feature",
        "properties": {"datetime": "some day"},
        "assets": {"visual": {"href": "a.tif"}},
    }
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item), encoding="utf-8")
    with pytest.warns(DoubtfulInputWarning, match="no date that can be read") as told:
        list(rasters_of(path, "visual"))
    assert [one.filename for one in told] == [__file__]


def test_a_doubt_that_arises_in_a_context_manager_is_told_there_too(tmp_path: Path) -> None:
    """Between the caller and the doubt lie frames of other libraries."""
    classes = np.zeros((16, 16), np.uint8)
    mapped = write_map(tmp_path / "map.tif", classes, crs=None, transform=None)
    reference = tmp_path / "reference.jpg"
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(reference)
    with pytest.warns(DoubtfulInputWarning, match="compressed with loss") as told:
        evaluate(mapped, reference)
    assert [one.filename for one in told] == [__file__]


def test_a_doubt_of_a_program_that_uses_the_function_itself_is_its_own() -> None:
    with pytest.warns(DoubtfulInputWarning, match="a sentence") as told:
        doubt("a sentence")
    assert [one.filename for one in told] == [__file__]
