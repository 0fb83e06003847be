"""Numbers read from texts, and written as texts."""

from __future__ import annotations

import math
from contextlib import suppress


def finite_number(text: str) -> float | None:
    """The number that a text spells; None where it spells none, and for infinity and NaN."""
    with suppress(ValueError):
        number = float(text)
        return number if math.isfinite(number) else None
    return None


def whole_number(text: str) -> int | None:
    """The whole number that a text spells, to its last digit, also as ``3.0``; None where it spells none."""
    with suppress(ValueError):
        return int(text)
    number = finite_number(text)
    return int(number) if number is not None and number.is_integer() else None


def gigabytes(size: float) -> str:
    """Bytes for a person, rounded up: what a job needs is compared with what it is allowed."""
    return f"{math.ceil(size / 1e8) / 10:.1f} GB"


def shortest(value: float) -> str:
    """A number in as few digits as give it back."""
    short = f"{value:.15g}"
    return short if float(short) == value else repr(float(value))
