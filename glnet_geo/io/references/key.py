"""What the values and colours of a reference mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glnet_geo.core.accuracy.matching import Label
from glnet_geo.core.colors import is_color, packed_color
from glnet_geo.core.legend import MASKED, NODATA, Legend
from glnet_geo.errors import EvaluationError
from glnet_geo.io.labelled_data.label_legend import LabelLegend, read_label_legend


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceKey:
    """What the values and colours of a reference mean.

    Attributes:
        legend: whose colours a reference of three bands has.
        own: whether the legend is that of the reference, not of the map.
        ignored: names, numbers and colours ``#rrggbb`` that are not compared.
        unlabelled: whether somebody said that 255 is not compared.
        masks: whether the reference is a mask, in which 255 is a class.
    """

    legend: Legend
    own: bool
    ignored: tuple[str, ...]
    unlabelled: bool = False
    masks: bool = False

    @classmethod
    def of(
        cls, mapped: Legend, path: str | Path | None, ignore: Sequence[str], *, training: bool = False
    ) -> ReferenceKey:
        """What somebody says of a reference.

        Args:
            mapped: classes of the map, whose colours count where no class file is given.
            path: class file of the reference, which may list ``"ignored"`` values and colours; None for none.
            ignore: what else is not compared.
            training: whether 255 is what has no class, as in training; so it is for a class file.

        Raises:
            ModelError: the class file cannot be read, or is none.
        """
        said = Label(id=NODATA).is_one_of(ignore)
        if path is None:
            ignored = (*ignore, str(NODATA)) if training else tuple(ignore)
            return cls(legend=mapped, own=False, ignored=ignored, unlabelled=said)
        known = read_label_legend(Path(path))
        return cls(
            legend=known.legend,
            own=True,
            ignored=(*ignore, *_ignored_by(known)),
            unlabelled=said or NODATA in known.ignored,
        )

    def for_values(self, values: Collection[int]) -> ReferenceKey:
        """The key of a reference that holds these values: of a mask, where the legend fits it."""
        return self if self.unlabelled or not self.legend.fits_mask(values) else replace(self, masks=True)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was made of the reference's values, in sentences."""
        marked = [c.name for c in self.legend if c.id == MASKED and self.masks]
        return tuple(f"the reference holds 0 and 255 alone: 255 is taken for {name}" for name in marked)

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
        numbers = [MASKED if self.masks and value == NODATA else value for value in values]
        if not self.own:
            return tuple(
                Label(id=number, name=names.get(value)) for number, value in zip(numbers, values, strict=True)
            )
        known = {c.id: c.name for c in self.legend}
        labels = tuple(Label(id=number, name=known.get(number)) for number in numbers)
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
