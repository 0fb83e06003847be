from __future__ import annotations

import pytest

from glnet_geo.core.numerals import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" -7 ", -7),
        ("3.0", 3),
        ("1e3", 1000),
        ("9007199254740993", 9_007_199_254_740_993),
        ("3.5", None),
        ("", None),
        ("water", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_whole_numbers_keep_every_digit(text: str, number: int | None) -> None:
    assert whole_number(text) == number
