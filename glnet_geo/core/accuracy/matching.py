"""Which class of a map a label of a reference means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from glnet_geo.core.colors import is_color
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.listing import listed
from glnet_geo.core.numerals import whole_number
from glnet_geo.errors import EvaluationError, doubt

_MOST_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a reference calls a class: a whole number, a name, or both.

    Attributes:
        id: None where it is not told by a number.
        name: None where it has none.
    """

    id: int | None = None
    name: str | None = None

    @classmethod
    def of(cls, value: object) -> Label | None:
        """The label in a field of a table; None where the field is empty, which is no label."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return cls(id=int(value))
        if isinstance(value, float | np.floating):
            if np.isnan(value):
                return None
            return cls(id=int(value)) if float(value).is_integer() else cls(name=f"{value:g}")
        text = str(value).strip()
        return cls(id=whole_number(text), name=text)

    def is_one_of(self, texts: Sequence[str]) -> bool:
        """Whether one of the texts names it, in any case, or is its number."""
        return any(
            (self.name is not None and text.strip().casefold() == self.name.casefold())
            or (self.id is not None and whole_number(text.strip()) == self.id)
            for text in texts
        )

    def __str__(self) -> str:
        if self.name is None or self.name == str(self.id):
            return str(self.id)
        return self.name if self.id is None else f"{self.id} ({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """From labels to places in a legend, by name where both have names, else by number.

    Attributes:
        legend: of the map.
        named: whether its names are more than numbers.
        ignored: names and numbers of the reference that are not compared; where it has no names, or no numbers, those of
            the map.
    """

    legend: Legend
    named: bool
    ignored: Sequence[str] = ()

    def codes(self, labels: Iterable[Label], reference: str, mapped: str) -> dict[Label, int]:
        """The place of each label in the legend; 255 where it is not compared.

        Args:
            labels: all that occur.
            reference: what to call the reference in a sentence.
            mapped: what to call the map.

        Raises:
            EvaluationError: the map does not know a label.
        """
        found = {label: self._code(label) for label in labels}
        strangers = [label for label, code in found.items() if code is None]
        if strangers:
            unknown = [str(label) for label in strangers]
            # Only in rasters a number stands for a name.
            by_number = all(label.id is not None and label.name is not None for label in strangers)
            told = ", say with --reference-legend which of these they are" * by_number
            known = ", ".join(f"{c.id} {c.name}" for c in self.legend)
            raise EvaluationError(
                f"{reference} holds classes that {mapped} does not know: {listed(unknown, _MOST_LISTED)}; it knows {known}: correct "
                f"them{told}, or leave them out with --ignore {_quoted(unknown[0])}"
            )
        return {label: code for label, code in found.items() if code is not None}

    def _code(self, label: Label) -> int | None:
        if label.is_one_of(self.ignored):
            return NODATA
        place = self._place(label)
        if place is not None and self._meant(label, place).is_one_of(self.ignored):
            return NODATA
        return place

    def _meant(self, label: Label, place: int) -> Label:
        """What the map says of a label's class that the label does not say itself: its name, or its number."""
        c = self.legend.classes[place]
        if label.id is None:
            return Label(id=c.id)
        return Label(name=c.name) if label.name is None or whole_number(label.name) is not None else Label()

    def _place(self, label: Label) -> int | None:
        if label.name is not None:
            channel = self.legend.channel_of(label.name)
            if channel is not None:
                return channel
            # A number in a text field is a number, and a name that nobody knows is an error.
            if self.named and whole_number(label.name) is None:
                return None
        for code, c in enumerate(self.legend):
            if c.id == label.id:
                return code
        return None


def chosen_classes(legend: Legend, wanted: Sequence[str], what: str) -> tuple[int, ...]:
    """Places of the classes that are named by name or number.

    Args:
        legend: of the map.
        wanted: names, in any case, or numbers.
        what: the option, for the error.

    Raises:
        EvaluationError: the legend has no such class.
    """
    chosen = []
    for text in wanted:
        places = [p for p, c in enumerate(legend) if Label(id=c.id, name=c.name).is_one_of([text])]
        if not places:
            known = ", ".join(f"{c.id} {c.name}" for c in legend)
            raise EvaluationError(f"{what} names {text!r}, which is no class of the map: choose from {known}")
        chosen += places
    return tuple(chosen)


def check_ignored(
    ignored: Sequence[str], labels: Iterable[Label], legends: Iterable[Legend], reference: str
) -> None:
    """Refuse names to be ignored that nobody knows; doubt numbers and colours that do not occur.

    Args:
        ignored: names, numbers and colours ``#rrggbb``.
        labels: all that occur in the reference.
        legends: of the map, and of the reference where it has one.
        reference: what to call the reference in a sentence.

    Raises:
        EvaluationError: a name is neither in the reference nor in a legend.
    """
    classes = dict.fromkeys(Label(id=c.id, name=c.name) for one in legends for c in one)
    numbers = {one.id for one in classes}
    # A bare number is said with its name.
    known = [*classes, *(one for one in labels if one not in classes and (one.name or one.id not in numbers))]
    for text in ignored:
        # 255 is customary for what is not labelled, and may be declared as nodata.
        if any(one.is_one_of([text]) for one in known) or whole_number(text) == NODATA:
            continue
        if whole_number(text) is None and not is_color(text):
            raise EvaluationError(
                f"--ignore names {text!r}, which is a class of neither the map nor {reference}: choose from "
                f"{listed([str(one) for one in known], _MOST_LISTED)}"
            )
        doubt(f"--ignore {text} does nothing: it does not occur in {reference}")


def _quoted(text: str) -> str:
    word = text.partition(" (")[0]
    return f'"{word}"' if " " in word else word
