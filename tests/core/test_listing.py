from __future__ import annotations

import pytest

from glnet_geo.core.listing import counted, listed


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "a"), (3, "a, b, c"), (4, "a, b, c and 1 more"), (6, "a, b, c and 3 more")],
)
def test_the_first_are_named_and_the_others_counted(count: int, said: str) -> None:
    assert listed(list("abcdef")[:count]) == said


@pytest.mark.parametrize(
    ("count", "thing", "said"),
    [
        (0, "tile", "0 tiles"),
        (1, "tile", "1 tile"),
        (2, "more tile", "2 more tiles"),
        (12_345, "tile", "12,345 tiles"),
        (1, "patch", "1 patch"),
        (4, "patch", "4 patches"),
    ],
)
def test_one_is_not_several(count: int, thing: str, said: str) -> None:
    assert counted(count, thing) == said
