from __future__ import annotations

import pytest

from glnet_geo.core.numerals import finite_number, gigabytes, whole_number


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


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" -0.5 ", -0.5), ("1e3", 1000), ("", None), ("water", None), ("inf", None), ("NaN", None)],
)
def test_finite_numbers_are_those_that_can_be_put_in_order(text: str, number: float | None) -> None:
    assert finite_number(text) == number


@pytest.mark.parametrize(
    ("size", "said"), [(1_000_000, "0.1 GB"), (1_400_000_000, "1.4 GB"), (1_400_000_001, "1.5 GB")]
)
def test_what_is_needed_is_never_told_as_less(size: int, said: str) -> None:
    assert gigabytes(size) == said
