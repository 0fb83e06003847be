from __future__ import annotations

import math
from typing import Any

import pytest

from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.errors import OptionError


def test_nothing_is_changed_unless_asked_for() -> None:
    drawing = Drawing()
    assert (drawing.min_area, drawing.simplify, drawing.smooth, drawing.connectivity) == (0, 0, False, 4)


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({}, 1_000_000),
        ({"max_vertices": 7}, 7),
        ({"max_vertices": 0}, None),
        ({"dissolve": True}, None),
        ({"dissolve": True, "max_vertices": 0}, None),
    ],
)
def test_areas_are_split_unless_they_are_dissolved(options: dict[str, Any], most: int | None) -> None:
    assert Drawing(**options).split_past == most


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"min_area": -1}, "--min-area -1 is not possible: give 0 or more square metres"),
        ({"simplify": -0.5}, "--simplify -0.5 is not possible"),
        ({"simplify": math.nan}, "--simplify nan is not possible"),
        ({"min_area": math.inf}, "--min-area inf is not possible"),
        ({"max_vertices": -3}, "--max-vertices -3 is not possible"),
        ({"max_vertices": 9, "dissolve": True}, "--dissolve .* leave out --max-vertices"),
        ({"connectivity": 6}, "--connectivity 6 is not possible: give 4 or 8"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        Drawing(**options)
