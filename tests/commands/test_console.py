from __future__ import annotations

import pytest

from glnet_geo.commands.console import paced


@pytest.mark.parametrize(
    ("computed", "said"),
    [
        (6.0, "6.0 megapixels in 3.0 s (2.00 a second)"),
        (1.5, "6.0 megapixels, 1.5 of them computed now, in 3.0 s (0.50 a second)"),
        (0.0, "6.0 megapixels, 0.0 of them computed now, in 3.0 s"),
    ],
)
def test_the_pace_is_that_of_what_was_computed(computed: float, said: str) -> None:
    assert paced(6.0, computed, 3.0) == said
