"""Two maps of one grid, read side by side, however each is cut into strips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glnet_geo.core.strip import Strip


def alongside(first: Iterable[Strip], second: Iterable[Strip]) -> Iterator[tuple[Strip, Strip]]:
    """The same rows of two maps of one size, from top to bottom."""
    rights = iter(second)
    right: Strip | None = None
    for whole in first:
        left = whole
        while len(left.classes):
            if right is None:
                right = next(rights)
            rows = min(len(left.classes), len(right.classes))
            yield _upper(left, rows), _upper(right, rows)
            left = _lower(left, rows)
            right = _lower(right, rows) if len(right.classes) > rows else None


def _upper(strip: Strip, rows: int) -> Strip:
    return Strip(row=strip.row, classes=strip.classes[:rows])


def _lower(strip: Strip, rows: int) -> Strip:
    return Strip(row=strip.row + rows, classes=strip.classes[rows:])
