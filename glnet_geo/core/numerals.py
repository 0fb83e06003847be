"""Whole numbers in texts."""

from __future__ import annotations

from contextlib import suppress


def whole_number(text: str) -> int | None:
    """The whole number that a text spells, to its last digit, also as ``3.0``; None where it spells none."""
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        number = float(text)
        return int(number) if number.is_integer() else None
    return None
