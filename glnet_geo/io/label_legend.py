"""Which class every value or colour of label maps means."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glnet_geo.core.colors import is_color, packed_color
from glnet_geo.core.legend import NODATA, LandClass, Legend
from glnet_geo.errors import ModelError, TrainingError
from glnet_geo.io.class_file import class_file_text, map_legend_in
from glnet_geo.io.class_names import class_names
from glnet_geo.io.labels import RasterLabels, values_in, warn_of_lossy


@dataclass(frozen=True, slots=True)
class LabelLegend:
    """The classes of label maps, and what in them means nothing.

    Attributes:
        legend: the classes.
        ignored: values, or colours ``#rrggbb``, of pixels that teach nothing.
    """

    legend: Legend
    ignored: tuple[int | str, ...] = field(default=())

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
        return {NODATA: NODATA} | ignored | {c.id: c.id for c in self.legend}


def read_label_legend(path: Path) -> LabelLegend:
    """A class file, which may also list values or colours under ``"ignored"``.

    Raises:
        ModelError: it cannot be read, or is no class file.
    """
    text = class_file_text(path)
    legend = map_legend_in(text, path)
    ignored = json.loads(text).get("ignored", [])
    if not isinstance(ignored, list) or not all(isinstance(entry, int | str) for entry in ignored):
        raise ModelError(f'{path}: "ignored" must be a list of values or colours, such as [0, "#000000"]')
    ignored = [entry.strip().casefold() if isinstance(entry, str) else entry for entry in ignored]
    for entry in ignored:
        if isinstance(entry, str) and not is_color(entry):
            raise ModelError(f'{path}: the colour {entry!r} under "ignored" is not one: write it as #rrggbb')
    return LabelLegend(legend, tuple(ignored))


def found_legend(paths: Sequence[Path]) -> LabelLegend:
    """The classes that label maps hold: by the names and colours that lie in them, else by number or colour.

    Raises:
        TrainingError: they hold no class, or cannot be label maps.
    """
    values: set[int] = set()
    names: dict[int, str] = {}
    colours: dict[int, str] = {}
    kinds: set[bool] = set()
    for path in paths:
        labels = RasterLabels(path, {})
        kinds.add(labels.colours)
        if labels.lossy:
            raise TrainingError(
                f"{path} is compressed with loss, so its colours are not exact: give the classes with --legend"
            )
        values |= set(values_in(labels))
        if not labels.colours:
            more_names, more_colours = class_names(labels.dataset, 1)
            names, colours = more_names | names, more_colours | colours
        labels.close()
        # Among colours, 255 is a blue.
        if len(values if labels.colours else values - {NODATA}) > NODATA:
            raise TrainingError(f"the label maps beside {path} hold more than 255 classes: give label maps")
    if len(kinds) > 1:
        raise TrainingError("some label maps hold class ids and some hold colours: give all of one kind")
    if kinds == {True}:
        return LabelLegend(
            Legend(
                tuple(
                    LandClass(id=number, name=f"#{value:06x}", color=f"#{value:06x}")
                    for number, value in enumerate(sorted(values))
                )
            )
        )
    values -= {NODATA}
    if not values:
        raise TrainingError(
            "no pixel of the label maps is labelled: check that they hold class ids below 255"
        )
    strange = [value for value in values if not 0 <= value < NODATA]
    if strange:
        raise TrainingError(
            f"the label maps hold the value {strange[0]}, and class ids lie in 0..254: declare it as nodata"
        )
    return LabelLegend(Legend.of_values(values, names, colours))


def open_labels(path: Path, known: LabelLegend) -> RasterLabels:
    """A label map, read by a legend.

    Raises:
        TrainingError: it cannot be opened.
    """
    probe = RasterLabels(path, {})
    colours = probe.colours
    probe.close()
    labels = RasterLabels(path, known.values(colours=colours))
    warn_of_lossy(labels)
    return labels
