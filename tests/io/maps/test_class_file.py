from __future__ import annotations

import json
from pathlib import Path

import pytest

from glnet_geo.core.legend import DEEPGLOBE
from glnet_geo.errors import ModelError
from glnet_geo.io.maps.class_file import legend_named, read_class_file
from tests.model import tiny

CLASSES = [{"id": c.id, "name": c.name, "color": c.color} for c in tiny.LEGEND]


def test_the_classes_of_deepglobe() -> None:
    legend = legend_named("deepglobe")
    assert legend is DEEPGLOBE
    assert [land_class.name for land_class in legend] == [
        "unknown",
        "urban",
        "agriculture",
        "rangeland",
        "forest",
        "water",
        "barren",
    ]
    assert [land_class.rgb for land_class in legend][1:3] == [(0, 255, 255), (255, 255, 0)]


def test_a_class_file(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({"classes": CLASSES}))
    assert legend_named(str(path)) == read_class_file(path) == tiny.LEGEND


def test_a_class_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.json cannot be read \(.*\): give the path"):
        legend_named(str(tmp_path / "absent.json"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"classes": 3}',
        '{"classes": [{"id": 0, "name": "water"}]}',
        "\xff\xfe",
        '{"classes": ["x"]}',
    ],
)
def test_a_file_that_is_no_class_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match=r"classes\.json: not a class file"):
        read_class_file(path)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], "the legend has no classes"),
        ([{"id": 255, "name": "x", "color": "#000000"}], "class id 255 is not in 0..254"),
        (CLASSES * 2, "uses the id 0, 17, 4 twice"),
    ],
)
def test_classes_that_cannot_be_are_refused_by_file_name(tmp_path: Path, entries: object, said: str) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps({"classes": entries}))
    with pytest.raises(ModelError, match=rf"classes\.json: .*{said}"):
        legend_named(str(path))
