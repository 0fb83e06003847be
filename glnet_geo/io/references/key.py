"""What the values and colours of a reference mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glnet_geo.core.accuracy.matching import Label
from glnet_geo.core.colors import is_color, packed_color
from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.errors import EvaluationError
from glnet_geo.io.labelled_data.label_legend import LabelLegend, read_label_legend


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceKey:
    """What the values and colours of a reference mean.

    Attributes:
        legend: whose colours a reference of three bands has.
        own: whether the legend is that of the reference, not of the map.
        ignored: names, numbers and colours ``#rrggbb`` that are not compared.
    """

    legend: Legend
    own: bool
    ignored: tuple[str, ...]

    @classmethod
    def of(cls, mapped: Legend, path: str | Path | None, ignore: Sequence[str]) -> ReferenceKey:
        """What somebody says of a reference.

        Args:
            mapped: classes of the map, whose colours count where no class file is given.
            path: class file of the reference, which may list ``"ignored"`` values and colours; None for none.
            ignore: what else is not compared.

        Raises:
            ModelError: the class file cannot be read, or is none.
        """
        if path is None:
            return cls(legend=mapped, own=False, ignored=tuple(ignore))
        known = read_label_legend(Path(path))
        return cls(legend=known.legend, own=True, ignored=(*ignore, *_ignored_by(known)))

    def labels_of_values(
        self, values: Sequence[int], names: dict[int, str], reference: str
    ) -> tuple[Label, ...]:
        """What the values of a raster are called.

        Args:
            values: all that occur.
            names: that the raster itself has.
            reference: what to call it in a sentence.

        Raises:
            EvaluationError: the class file does not know a value.
        """
        if not self.own:
            return tuple(Label(id=value, name=names.get(value)) for value in values)
        known = {c.id: c.name for c in self.legend}
        labels = tuple(Label(id=value, name=known.get(value)) for value in values)
        for label in labels:
            if label.name is None and not label.is_one_of(self.ignored):
                raise EvaluationError(
                    f"{reference} holds the value {label.id}, which the class file does not know: add it there, as a class "
                    f'or under "ignored", or leave it out with --ignore {label.id}'
                )
        return labels

    def labels_of_colors(self, reference: str) -> dict[int, Label]:
        """What every colour means, packed as ``red << 16 | green << 8 | blue``.

        Args:
            reference: what to call it in a sentence.

        Raises:
            EvaluationError: two classes share a colour.
        """
        found = {packed_color(c.color): Label(id=c.id, name=c.name) for c in self.legend}
        if len(found) < len(self.legend):
            whose = "the class file" if self.own else "the map"
            raise EvaluationError(
                f"{reference} holds colours, and two classes of {whose} share one: give class numbers in one band"
            )
        return found | {packed_color(text): Label(name=text) for text in self.ignored if is_color(text)}

    def stranger(self, color: int, reference: str) -> EvaluationError:
        """What to say of a colour that means nothing."""
        text = f"#{color:06x}"
        if self.own:
            return EvaluationError(
                f"{reference} holds the colour {text}, which the class file does not know: add it there, as a class or under "
                f'"ignored", or leave it out with --ignore "{text}"'
            )
        known = ", ".join(f"{c.color} {c.name}" for c in self.legend)
        return EvaluationError(
            f"{reference} holds the colour {text}, which the legend of the map does not have: it has {known}; leave it out "
            f'with --ignore "{text}", or say with --reference-legend what the colours mean'
        )


def _ignored_by(known: LabelLegend) -> tuple[str, ...]:
    """What a class file ignores, but for what it also names as a class: as in training, a class counts."""
    ids, colors = {c.id for c in known.legend}, {c.color.casefold() for c in known.legend}
    values = {NODATA, *(entry for entry in known.ignored if isinstance(entry, int))} - ids
    texts = {entry for entry in known.ignored if isinstance(entry, str)} - colors
    return (*map(str, sorted(values)), *sorted(texts))
