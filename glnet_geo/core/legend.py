"""The classes of a map: which raster value means what, and in which colour it is drawn."""

from __future__ import annotations

import colorsys
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.colors import hex_color, is_color, packed_color
from glnet_geo.errors import ModelError

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""At the first files end a text, and the others are halves of a character."""

NODATA = 255
"""The value of a pixel that was not classified, in every map that this package makes. It is never a class."""

MASKED = 1
"""The class that a mask, a raster which holds 0 and 255 alone, marks with 255; the rest is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandClass:
    """One class: its raster value, its name, and its colour as ``#rrggbb``.

    Raises:
        ModelError: the name is blank or no file can hold it, or the colour is not ``#rrggbb``.
    """

    id: int
    name: str
    color: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ModelError(f"class {self.id} has no name: give it one")
        if _UNWRITABLE.search(self.name):
            raise ModelError(f"the name {self.name!a} of class {self.id} cannot be written: correct it")
        if not is_color(self.color):
            raise ModelError(f"class {self.id} has the colour {self.color!r}: write it as #rrggbb")

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as (red, green, blue), each 0..255."""
        value = packed_color(self.color)
        return value >> 16, value >> 8 & 255, value & 255


@dataclass(frozen=True, slots=True)
class Legend:
    """Classes in order; for a model that of its channels: channel ``i`` is ``classes[i]``.

    Raises:
        ModelError: there is no class, or two classes share an id or a name.
    """

    classes: tuple[LandClass, ...]

    def __post_init__(self) -> None:
        if not self.classes:
            raise ModelError("the legend has no classes: name at least one")
        for what in ("id", "name"):
            seen = [getattr(land_class, what) for land_class in self.classes]
            twice = sorted({str(value) for value in seen if seen.count(value) > 1})
            if twice:
                raise ModelError(
                    f"the legend uses the {what} {', '.join(twice)} twice: make each {what} unique"
                )

    def channel_of(self, name: str) -> int | None:
        """Channel of the class of this name, else of the first whose name differs in case or outer blanks only."""
        names = [c.name for c in self.classes]
        if name in names:
            return names.index(name)
        plain = [known.strip().casefold() for known in names]
        wanted = name.strip().casefold()
        return plain.index(wanted) if wanted in plain else None

    def fits_mask(self, values: Iterable[int]) -> bool:
        """Whether rasters that hold these values are masks, and the classes are the two that a mask tells apart."""
        return set(values) == {0, NODATA} and set(self.ids.tolist()) == {0, MASKED}

    def channel_of_id(self, number: int | None) -> int | None:
        """Channel of the class with this id, which must be one of them; None where none is meant."""
        return None if number is None else self.ids.tolist().index(number)

    def taken_for(self, colors: Mapping[int, str]) -> tuple[LandClass, LandClass] | None:
        """The first class whose value somebody draws in the colour of another one, and that one; None where there is none.

        Args:
            colors: ``#rrggbb`` of values.
        """
        owners = {c.color.casefold(): c for c in self.classes}
        for c in self.classes:
            owner = owners.get(colors.get(c.id, "").casefold())
            if owner is not None and owner.color.casefold() != c.color.casefold():
                return c, owner
        return None

    @classmethod
    def of_values(cls, values: Iterable[int], names: Mapping[int, str], colors: Mapping[int, str]) -> Legend:
        """A class for each value, by rising value; where nothing is known of it, it gets its number and some colour.

        Values that share a name are told apart by their numbers.
        """
        values = sorted(values)
        called = _told_apart({value: names.get(value, f"class {value}") for value in values})
        return cls(
            tuple(
                LandClass(id=value, name=called[value], color=colors.get(value) or _any_color(order))
                for order, value in enumerate(values)
            )
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Legend:
        """The legend of a class file: ``{"classes": [{"id": 0, "name": "water", "color": "#1f78b4"}, ...]}``.

        Raises:
            ModelError: the text is no class file.
        """
        try:
            return cls(tuple(_class_in(entry) for entry in json.loads(text)["classes"]))
        except ModelError:
            raise
        except UnicodeDecodeError as error:
            # It carries all of the text.
            raise _no_class_file("it is no text") from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _no_class_file(repr(error)) from error

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[LandClass]:
        return iter(self.classes)

    @property
    def ids(self) -> NDArray[np.uint8]:
        """Value of every class in the maps that this package makes: (classes,) uint8.

        Raises:
            ModelError: an id is not in 0..254.
        """
        for land_class in self.classes:
            if not 0 <= land_class.id < NODATA:
                raise ModelError(
                    f"class id {land_class.id} is not in 0..254 (255 is nodata): choose another id"
                )
        return np.array([land_class.id for land_class in self.classes], dtype=np.uint8)


def _class_in(entry: Any) -> LandClass:
    """The class that an entry of a class file means; other errors than ours where it means none."""
    number, name = entry["id"], entry["name"]
    # Half a number, a truth and nothing at all would else become numbers and names.
    if isinstance(number, bool) or (isinstance(number, float) and not number.is_integer()):
        raise _no_class_file(f"{json.dumps(number)} is no whole number")
    if not isinstance(name, str | int | float) or isinstance(name, bool):
        raise _no_class_file(f"the name of class {number} is no text")
    return LandClass(id=int(number), name=str(name), color=str(entry["color"]))


def _no_class_file(reason: str) -> ModelError:
    return ModelError(
        f'not a class file ({reason}): write {{"classes": [{{"id": 0, "name": "water", "color": "#1f78b4"}}, ...]}}'
    )


def _told_apart(names: dict[int, str]) -> dict[int, str]:
    """Names by value; to those that several values share, the value is added."""
    called = Counter(names.values())
    if len(called) == len(names):
        return names
    # What is added may make it the name of another one.
    return _told_apart(
        {value: name if called[name] == 1 else f"{name} ({value})" for value, name in names.items()}
    )


def _any_color(order: int) -> str:
    """Colours that differ as much as they can, however many are wanted."""
    # Steps by the golden ratio never come near a hue that was there shortly before.
    red, green, blue = colorsys.hsv_to_rgb(order * 0.618034 % 1, 0.55, 0.85)
    return hex_color(round(255 * red), round(255 * green), round(255 * blue))


DEEPGLOBE = Legend(
    (
        LandClass(id=0, name="unknown", color="#000000"),
        LandClass(id=1, name="urban", color="#00ffff"),
        LandClass(id=2, name="agriculture", color="#ffff00"),
        LandClass(id=3, name="rangeland", color="#ff00ff"),
        LandClass(id=4, name="forest", color="#00ff00"),
        LandClass(id=5, name="water", color="#0000ff"),
        LandClass(id=6, name="barren", color="#ffffff"),
    )
)
"""The classes of the DeepGlobe land-cover challenge, with its own colours."""
