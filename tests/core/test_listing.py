from __future__ import annotations

import pytest

from glnet_geo.core.listing import listed


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, ""), (1, "a"), (3, "a, b, c"), (4, "a, b, c and 1 more"), (6, "a, b, c and 3 more")],
)
def test_the_first_are_named_and_the_others_counted(count: int, said: str) -> None:
    assert listed(list("abcdef")[:count]) == said
