"""How jobs show themselves in a terminal, in a log, or to another program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

import click
from typing_extensions import Self

from glnet_geo.commands.stopping import asked_to_stop
from glnet_geo.core.progress import Progress, Silence

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID
    from rich.table import Column, Table
    from rich.text import Text

    from glnet_geo.report import ClassShare

ProgressKind: TypeAlias = Literal["auto", "bar", "json", "none"]

_SHARE_PER_LINE = 0.1

_SWATCH = "██"

_HECTARE = 1e4
"""Square metres."""

_LEAST_IN_HECTARES = 1e3
"""Square metres; of fewer, two decimals of a hectare tell too little."""

_MOST_HECTARES = 1e4

_WIDTH_OF_BARS = 80
"""Characters of a terminal in which a bar fits beside what it tells."""


@contextmanager
def shown_progress(kind: ProgressKind, *, quiet: bool) -> Iterator[Progress]:
    """Progress on standard error as asked for: ``auto`` is a bar in a terminal and now and then a line elsewhere."""
    if quiet or kind == "none":
        yield Quiet() if quiet else Lines(every=None)
    elif kind == "json":
        yield JsonLines()
    elif kind == "bar" or sys.stderr.isatty():
        with Bar() as bar:
            yield bar
    else:
        yield Lines(every=_SHARE_PER_LINE)


class Quiet(Silence):
    """Says nothing, and may be stopped."""

    def cancelled(self) -> bool:
        """Whether a signal asked to stop."""
        return asked_to_stop()


class Pace:
    """How far a part of a job is, and how long the rest will take."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = max(total, 1)
        self.done = 0
        self._started = time.monotonic()

    def advance(self, steps: int) -> None:
        """Some steps are done."""
        self.done += steps

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.done / self.total)

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None before the first step."""
        if self.done <= 0:
            return None
        return (time.monotonic() - self._started) * (self.total - self.done) / self.done


class Lines:
    """Progress as plain lines, for logs.

    Args:
        every: share of the job between two lines; None for no lines but the messages.
    """

    def __init__(self, every: float | None) -> None:
        self._every = every
        self._pace = Pace("", 1)
        self._told = 0.0

    def begin(self, what: str, total: int) -> None:
        """A part of the job begins."""
        self._pace, self._told = Pace(what, total), 0.0

    def advance(self, steps: int = 1) -> None:
        """Tell now and then how far the job is."""
        self._pace.advance(steps)
        left, share = self._pace.seconds_left, self._pace.share
        if self._every is None or left is None or (share < self._told + self._every and share < 1):
            return
        self._told = share
        self.info(f"{self._pace.what}: {share:.0%}, about {left:.0f} s left")

    def info(self, message: str) -> None:
        """Print a line."""
        click.echo(message, err=True)

    def cancelled(self) -> bool:
        """Whether a signal asked to stop."""
        return asked_to_stop()


class JsonLines(Lines):
    """Progress as JSON objects, one a line, for programs."""

    def __init__(self) -> None:
        super().__init__(every=None)

    def advance(self, steps: int = 1) -> None:
        """Print where the job stands."""
        self._pace.advance(steps)
        self._print(
            {
                "type": "progress",
                "what": self._pace.what,
                "done": self._pace.done,
                "total": self._pace.total,
                "share": round(self._pace.share, 4),
                "seconds_left": None
                if self._pace.seconds_left is None
                else round(self._pace.seconds_left, 1),
            }
        )

    def info(self, message: str) -> None:
        """Print a message."""
        self._print({"type": "info", "message": message})

    def _print(self, event: dict[str, object]) -> None:
        click.echo(json.dumps(event), err=True)


class Bar:
    """Progress as a bar with the time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress

        self._console = Console(stderr=True)
        share, left = TaskProgressColumn(), TimeRemainingColumn()
        wide = (BarColumn(), share, TimeElapsedColumn(), TextColumn("left"), left)
        columns = wide if self._console.width >= _WIDTH_OF_BARS else (share, TextColumn("left"), left)
        self._progress = RichProgress(TextColumn("{task.description}"), *columns, console=self._console)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int) -> None:
        """Start a bar below the last, or in its place where that was not finished."""
        for task in [one for one in self._progress.tasks if not one.finished]:
            self._progress.remove_task(task.id)
        self._task = self._progress.add_task(what, total=total)

    def advance(self, steps: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def info(self, message: str) -> None:
        """Print a line above the bar."""
        self._console.print(message, markup=False, highlight=False)

    def cancelled(self) -> bool:
        """Whether a signal asked to stop."""
        return asked_to_stop()


def print_json(value: object) -> None:
    """One JSON object on standard output, in characters that every encoding has."""
    click.echo(json.dumps(value))


def paced(megapixels: float, computed: float, seconds: float) -> str:
    """How much was mapped in which time, and how fast that was; ``computed`` of it by this very run."""
    part = f", {computed:.1f} of them computed now," if computed < 0.999 * megapixels else ""
    rate = f" ({computed / seconds:.2f} a second)" if computed else ""
    return f"{megapixels:.1f} megapixels{part} in {seconds:.1f} s{rate}"


def swatch(color: str) -> Text:
    """A patch of a class's colour, for tables."""
    from rich.text import Text

    return Text(_SWATCH, style=color)


def print_table(table: Table) -> None:
    """Print a table; where even its longest words do not fit beside each other, a paragraph of every row."""
    from rich.console import Console

    console = Console()
    spans = [_span(column, console) for column in table.columns]
    # What stands between the columns, and around them.
    spare = console.width - 3 * len(spans) - 1 - sum(least for least, _ in spans)
    if spare < 0:
        _print_rows(table, console)
        return
    wanting = sum(most - least for least, most in spans)
    for column, (least, most) in zip(table.columns, spans, strict=True):
        column.width = least + (most - least) * min(spare, wanting) // max(1, wanting)
    console.print(table)


def _span(column: Column, console: Console) -> tuple[int, int]:
    """The least and the greatest width of a column; numbers, which stand to the right, are not parted."""
    from rich.measure import Measurement

    header = Measurement.get(console, console.options, column.header)
    cells = [Measurement.get(console, console.options, cell) for cell in column.cells]
    most = max([header.maximum, *(cell.maximum for cell in cells)])
    whole = column.justify == "right"
    return max([header.minimum, *(cell.maximum if whole else cell.minimum for cell in cells)]), most


def _print_rows(table: Table, console: Console) -> None:
    """A paragraph of every row of a table, without patches of colour."""
    from rich.text import Text

    if table.title:
        console.print(table.title)
    for row in zip(*(column.cells for column in table.columns), strict=True):
        parts = []
        for column, cell in zip(table.columns, row, strict=True):
            text = cell if isinstance(cell, Text) else Text.from_markup(str(cell))
            if text.plain and text.plain != _SWATCH:
                parts.append(Text(f"{column.header} ".lstrip()) + text)
        console.print(Text(", ").join(parts))


def print_areas(title: str, classes: Sequence[ClassShare]) -> None:
    """How much each class covers, as a table."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title))
    table.add_column("")
    table.add_column("class")
    table.add_column("area", justify="right")
    table.add_column("share", justify="right")
    for share in classes:
        table.add_row(swatch(share.color), escape(share.name), area_text(share.area_m2), f"{share.share:.1%}")
    print_table(table)


def area_text(square_metres: float | None) -> str:
    """An area as a person reads it: hectares, square metres where there are few, square kilometres where there are many."""
    if square_metres is None:
        return "-"
    if square_metres < _LEAST_IN_HECTARES:
        # Pixels of drones are small parts of a square metre.
        return f"{square_metres:.2g} m²" if square_metres < 1 else f"{square_metres:,.0f} m²"
    hectares = square_metres / _HECTARE
    return f"{hectares / 100:,.2f} km²" if hectares >= _MOST_HECTARES else f"{hectares:,.2f} ha"
