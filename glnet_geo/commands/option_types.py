"""Types of the values of options: each turns a text into a value, or refuses it in one sentence."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import click

_EMPTY = "it is empty: name a file or leave it out"

_UNITS = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


class Size(click.ParamType[int]):
    """An amount of memory such as ``2.5GB`` or ``800M``, in bytes."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes of a text."""
        if isinstance(value, int):
            return value
        matched = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", str(value), re.IGNORECASE)
        size = 0.0 if matched is None else float(matched[1]) * _UNITS[matched[2].upper()]
        if not 0 < size < math.inf:
            self.fail(f"{value!r} is not an amount of memory: write it like 2.5GB", param, ctx)
        return int(size)


class ValueRange(click.ParamType[tuple[float, float]]):
    """Two numbers, ``LOW,HIGH``."""

    name = "LOW,HIGH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """The two numbers of a text."""
        if isinstance(value, tuple):
            return value
        try:
            low, high = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a range of values: write it like 0,3000", param, ctx)
        if not high > low:
            self.fail(f"{value!r} is empty: its second number must be greater than its first", param, ctx)
        return low, high


class Resources(click.ParamType[dict[str, float]]):
    """Names with amounts, ``GPU=1,MEMORY=4e9``."""

    name = "NAME=AMOUNT,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, float]:
        """The amounts of a text."""
        if isinstance(value, dict):
            return value
        try:
            pairs = (part.split("=") for part in str(value).split(","))
            amounts = {name.strip(): float(amount) for name, amount in pairs}
        except ValueError:
            amounts = {}
        if not amounts or not all(name and 0 < amount < math.inf for name, amount in amounts.items()):
            self.fail(f"{value!r} names no resources: write them like GPU=1", param, ctx)
        return amounts


class ShardNumber(click.ParamType[tuple[int, int]]):
    """Number and count, ``3/16``."""

    name = "I/N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The two numbers of a text."""
        if isinstance(value, tuple):
            return value
        matched = re.fullmatch(r"(\d+)/(\d+)", str(value))
        if matched is None or not 1 <= int(matched[1]) <= int(matched[2]):
            self.fail(f"{value!r} is no shard: the first of 16 is 1/16, the last is 16/16", param, ctx)
        return int(matched[1]), int(matched[2])


class Place(click.ParamType[str]):
    """A path, or what may stand instead of one: a name, an address."""

    name = "PLACE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, at home where it begins with ``~/``."""
        if not value:
            self.fail(_EMPTY, param, ctx)
        return at_home(str(value))


class WorkPlace(Place):
    """A folder, or an address that fsspec writes to, which is still there when a command has ended."""

    name = "FOLDER|URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, at home where it begins with ``~/``."""
        if str(value).startswith("memory:"):
            self.fail(
                f"{value!r} ends with this command: give a folder, or an address that stays", param, ctx
            )
        return super().convert(value, param, ctx)


class FilePath(click.Path):
    """A path that need not exist for click: the package says itself what is wrong with it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path of a text, at home where that begins with ``~/``."""
        text = str(super().convert(value, param, ctx))
        if not text:
            self.fail(_EMPTY, param, ctx)
        return Path(at_home(text))


def at_home(text: str) -> str:
    """A path with the home folder in place of a leading ``~``.

    Shells leave it in ``--out-dir=~/maps``, and nobody wants a folder of that name, least of all to remove it.
    """
    return os.path.expanduser(text) if re.match(r"~([/\\]|$)", text) else text  # noqa: PTH111 - it may be no path


def file_argument() -> Any:
    """The type of a path."""
    return FilePath()
