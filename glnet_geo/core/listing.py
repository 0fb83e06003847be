"""Names and numbers in a sentence, however many there are."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first ``most`` names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def counted(count: int, thing: str) -> str:
    """How many things there are; ``thing`` names one of them."""
    several = "es" if thing.endswith("ch") else "s"
    return f"{count:,} {thing}{several * (count != 1)}"
