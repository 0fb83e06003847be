"""Which class every value or colour of label maps means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from glnet_geo.core.colors import alike_colors, is_color, packed_color
from glnet_geo.core.legend import MASKED, NODATA, LandClass, Legend
from glnet_geo.core.listing import counted
from glnet_geo.errors import ModelError, TrainingError, doubt
from glnet_geo.io.labelled_data.labels import RasterLabels, values_in
from glnet_geo.io.maps.class_file import class_file_text, map_legend_in
from glnet_geo.io.maps.class_names import class_names

_HARDLY = 4
"""Colours that differ by no more than this in red, green and blue were meant to be one."""


@dataclass(frozen=True, slots=True)
class LabelLegend:
    """The classes of label maps, and what in them means nothing.

    Attributes:
        legend: the classes.
        ignored: values, or colours ``#rrggbb``, of pixels that teach nothing.
        masks: whether the label maps are masks, in which 255 is a class.
    """

    legend: Legend
    ignored: tuple[int | str, ...] = field(default=())
    masks: bool = False

    def values(self, *, colours: bool) -> dict[int, int]:
        """Class id of every value or packed colour; 255 where it means nothing."""
        if colours:
            found = {packed_color(c.color): c.id for c in self.legend}
            if len(found) < len(self.legend):
                raise TrainingError(
                    "two classes of the legend share a colour, so colours do not tell them apart: change one"
                )
            return {packed_color(text): NODATA for text in self.ignored if isinstance(text, str)} | found
        ignored = {value: NODATA for value in self.ignored if isinstance(value, int)}
        meant = {NODATA: MASKED if self.masks else NODATA}
        return meant | ignored | {c.id: c.id for c in self.legend}


def read_label_legend(path: Path) -> LabelLegend:
    """A class file, which may also list values or colours under ``"ignored"``.

    Raises:
        ModelError: it cannot be read, or is no class file.
    """
    text = class_file_text(path)
    legend = map_legend_in(text, path)
    ignored = json.loads(text).get("ignored", [])
    if not isinstance(ignored, list) or any(
        isinstance(entry, bool) or not isinstance(entry, int | str) for entry in ignored
    ):
        raise ModelError(f'{path}: "ignored" must be a list of values or colours, such as [0, "#000000"]')
    ignored = [entry.strip().casefold() if isinstance(entry, str) else entry for entry in ignored]
    for entry in ignored:
        if isinstance(entry, str) and not is_color(entry):
            raise ModelError(f'{path}: the colour {entry!r} under "ignored" is not one: write it as #rrggbb')
    return LabelLegend(legend, tuple(ignored))


def read_training_legend(path: Path) -> LabelLegend:
    """A class file to learn by, in which no class is ignored.

    Raises:
        ModelError: it cannot be read, is no class file, or lists a class under ``"ignored"``.
    """
    known = read_label_legend(path)
    for c in known.legend:
        for entry in (c.id, c.color.casefold()):
            if entry in known.ignored:
                raise ModelError(
                    f'{path}: {entry} is the class {c.name}, and under "ignored": leave out one of the two'
                )
    return known


def found_legend(paths: Sequence[Path]) -> LabelLegend:
    """The classes that label maps hold: by the names and colours that lie in them, else by number or colour.

    Raises:
        TrainingError: they hold no class, or cannot be label maps.
    """
    values: set[int] = set()
    said = _Said()
    kinds: set[bool] = set()
    for path in paths:
        labels = RasterLabels(path, {})
        kinds.add(labels.colours)
        if labels.lossy:
            raise TrainingError(
                f"{path} is compressed with loss, so its {'colours' if labels.colours else 'values'} are not exact: give the "
                "classes with --legend"
            )
        held = values_in(labels)
        values |= set(held)
        if not labels.colours:
            _check_ids(path, held)
            said.take(path, held, *class_names(labels.dataset, 1))
        labels.close()
        # Among colours, 255 is a blue.
        if len(values if labels.colours else values - {NODATA}) > NODATA:
            raise TrainingError(f"the label maps beside {path} hold more than 255 classes: give label maps")
    if len(kinds) > 1:
        raise TrainingError("some label maps hold class ids and some hold colours: give all of one kind")
    if kinds == {True}:
        _doubt_alike(sorted(values))
        return LabelLegend(_of_colours(sorted(values)))
    names, colours = (
        {value: text for value, (text, _) in table.items()} for table in (said.names, said.colours)
    )
    if values == {0, NODATA}:
        # What would be left otherwise is one class, which teaches nothing.
        legend = Legend.of_values([0, MASKED], _unmasked(names), _unmasked(colours))
        return _of_masks(LabelLegend(legend), paths)
    values -= {NODATA}
    if not values:
        raise TrainingError(
            "no pixel of the label maps is labelled: check that they hold class ids below 255"
        )
    return LabelLegend(Legend.of_values(values, names, colours))


def for_masks(known: LabelLegend, paths: Sequence[Path]) -> LabelLegend:
    """The same legend, by which 255 is the class 1 where it has 0 and 1 alone and the label maps are masks.

    Raises:
        TrainingError: a label map cannot be read.
    """
    if NODATA in known.ignored or set(known.legend.ids.tolist()) != {0, MASKED}:
        return known
    values: set[int] = set()
    for path in paths:
        with closing(RasterLabels(path, {})) as labels:
            if labels.colours or labels.lossy:
                return known
            values |= set(values_in(labels))
        if not values <= {0, NODATA}:
            return known
    return _of_masks(known, paths) if NODATA in values and 0 in values else known


def _of_masks(known: LabelLegend, paths: Sequence[Path]) -> LabelLegend:
    """The same legend for masks, with a warning that tells how they are read."""
    marked = known.legend.classes[known.legend.ids.tolist().index(MASKED)]
    doubt(
        f"the label maps beside {paths[0]} hold 0 and 255 alone: 255 is taken for {marked.name}; declare it as nodata if it "
        "is what nobody has labelled"
    )
    return replace(known, masks=True)


def _unmasked(said: Mapping[int, str]) -> dict[int, str]:
    """What is said of the values of masks, by class."""
    return {MASKED if value == NODATA else value: text for value, text in said.items()}


def open_labels(path: Path, known: LabelLegend) -> RasterLabels:
    """A label map, read by a legend.

    Raises:
        TrainingError: it cannot be opened.
    """
    probe = RasterLabels(path, {})
    colours = probe.colours
    probe.close()
    return RasterLabels(path, known.values(colours=colours))


def warn_of_doubtful(labels: Sequence[RasterLabels], known: LabelLegend) -> None:
    """Warn, once of each kind, of label maps that probably do not mean what they are taken for."""
    lossy = [one for one in labels if one.lossy and one.colours]
    if lossy:
        doubt(
            f"{_first_of(lossy, 'is', 'are')} compressed with loss, so colours are not exact: each is taken for the nearest "
            "of the legend; a PNG would be safer"
        )
    blurred = [one for one in labels if one.lossy and not one.colours]
    if blurred:
        doubt(
            f"{_first_of(blurred, 'is', 'are')} compressed with loss, so between two classes there may be a third: write them "
            "without loss, such as a PNG, from what they were made of"
        )
    mistaken = [(one, found) for one in labels if (found := known.legend.taken_for(one.painted)) is not None]
    if mistaken:
        doubt(mistaken_colour(_first_of([one for one, _ in mistaken], "draws", "draw"), *mistaken[0][1]))


def mistaken_colour(who: str, drawn: LandClass, owner: LandClass) -> str:
    """What to say where a colour table gives the value of a class the colour of another one.

    Args:
        who: has the colour table, and that it draws.
        drawn: the class of the value.
        owner: the class of the colour.
    """
    return (
        f"{who} the value {drawn.id} in the colour of {owner.name}, and the legend calls it {drawn.name}: the values count; "
        "if they are those of a palette, save the colours themselves (gdal_translate -expand rgb)"
    )


class _Said:
    """What label maps say of values that occur in them, each with the path of the first that says so.

    Attributes:
        names: by value.
        colours: ``#rrggbb``, by value.
    """

    def __init__(self) -> None:
        self.names: dict[int, tuple[str, Path]] = {}
        self.colours: dict[int, tuple[str, Path]] = {}
        self._doubted = False

    def take(
        self, path: Path, held: Sequence[int], names: Mapping[int, str], colours: Mapping[int, str]
    ) -> None:
        """What another one says.

        Raises:
            TrainingError: it calls a value by another name.
        """
        for value in held:
            if value in names:
                name, first = self.names.setdefault(value, (names[value], path))
                if name != names[value]:
                    raise TrainingError(
                        f"{path} calls the value {value} {names[value]}, and {first} calls it {name}: give the classes with "
                        "--legend"
                    )
            if value in colours:
                colour, first = self.colours.setdefault(value, (colours[value], path))
                if colour != colours[value] and not self._doubted:
                    self._doubted = True
                    doubt(
                        f"{path} draws the value {value} in {colours[value]}, and {first} in {colour}: the values count; if "
                        "they are those of a palette in each file, save the colours themselves (gdal_translate -expand rgb)"
                    )


def _of_colours(colours: Sequence[int]) -> Legend:
    """A class of every packed colour."""
    return Legend(
        tuple(
            LandClass(id=number, name=f"#{value:06x}", color=f"#{value:06x}")
            for number, value in enumerate(colours)
        )
    )


def _doubt_alike(colours: Sequence[int]) -> None:
    """Warn where colours differ by so little that nobody chose them for different classes."""
    alike = alike_colors(np.array(colours, dtype=np.int64), _HARDLY)
    if alike is not None:
        one, other = (f"#{colour:06x}" for colour in alike)
        doubt(
            f"the label maps hold colours that hardly differ ({one} and {other}), and each is a class: if they are not, give the "
            "classes with --legend, and label maps without smoothed edges or loss"
        )


def _check_ids(path: Path, held: Sequence[int]) -> None:
    strange = [value for value in held if not 0 <= value <= NODATA]
    if strange:
        raise TrainingError(
            f"{path} holds the value {strange[0]}, and class ids lie in 0..254: declare it as nodata, or number the classes anew"
        )


def _first_of(labels: Sequence[RasterLabels], one: str, several: str) -> str:
    """The first of some label maps, how many more there are, and the verb."""
    more = len(labels) - 1
    return f"{labels[0].name} and {counted(more, 'other')} {several}" if more else f"{labels[0].name} {one}"
