"""The names that a Python user sees: each is there, is listed, and needs no name that is not."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glnet_geo

FUNCTIONS = [name for name in glnet_geo.__all__ if name.islower()]
GIVEN = [
    "DrawnPolygons",
    "Drawing",
    "LabelMaps",
    "Legend",
    "Options",
    "Outputs",
    "PublishedDataset",
    "TrainOptions",
]


@pytest.mark.parametrize("name", glnet_geo.__all__)
def test_a_public_name_is_there(name: str) -> None:
    assert getattr(glnet_geo, name).__name__ == name


def test_the_list_of_names_is_sorted_and_shown() -> None:
    assert [*glnet_geo.__all__] == sorted(glnet_geo.__all__)
    code = "import glnet_geo; print(*dir(glnet_geo))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {*glnet_geo.__all__, "__version__"} <= set(shown.split())


def test_another_name_is_missed_as_in_any_module() -> None:
    with pytest.raises(AttributeError, match=r"^module 'glnet_geo' has no attribute 'clasify'$"):
        _ = glnet_geo.clasify


def _classes_in(hint: Any) -> Iterator[type]:
    """The classes of this package in a type."""
    if getattr(hint, "__module__", "").startswith("glnet_geo"):
        yield hint
    for part in typing.get_args(hint):
        yield from _classes_in(part)


@pytest.mark.parametrize("name", [*FUNCTIONS, *GIVEN])
def test_what_a_caller_gives_has_a_public_name(name: str) -> None:
    known = getattr(glnet_geo, name)
    hints = typing.get_type_hints(known)
    hints.pop("return", None)
    if dataclasses.is_dataclass(known):
        hints = {field.name: hints[field.name] for field in dataclasses.fields(known) if field.init}
    for hint in hints.values():
        for needed in _classes_in(hint):
            assert needed.__name__ in glnet_geo.__all__


def test_a_path_may_be_a_text(tmp_path: Path) -> None:
    texts = glnet_geo.Outputs(folder="maps", mosaics=["city.tif"], stac="catalogue")  # type: ignore[arg-type]
    assert texts == glnet_geo.Outputs(
        folder=Path("maps"), mosaics=(Path("city.tif"),), stac=Path("catalogue")
    )
    with pytest.raises(
        glnet_geo.GlnetGeoError, match=r"absent\.gpkg does not exist: check the path of the area"
    ):
        glnet_geo.check(
            "sample_data/scene.tif",
            options=glnet_geo.Options(aoi=str(tmp_path / "absent.gpkg"), device="cpu"),
        )
