"""Which bands of a scene a model gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from glnet_geo.errors import OptionError, SceneError, doubt
from glnet_geo.io.scenes.own_maps import VERSION_TAG

_SYNONYMS = {
    "r": "red",
    "g": "green",
    "b": "blue",
    "n": "nir",
    "near infrared": "nir",
    "near infra red": "nir",
    "near ir": "nir",
    "nearinfrared": "nir",
    "nir08": "nir",
    "nir1": "nir",
    "rededge": "red edge",
    "pan": "panchromatic",
}

_COLOURS = {"red", "green", "blue", "nir", "red edge", "coastal", "yellow", "panchromatic", "swir"}

_QUALIFIERS = {"edge", "coastal", "deep", "narrow", "i", "ii"}
"""Words beside a colour that make it another one: red edge, coastal blue, narrow NIR, the green I of PlanetScope."""

_NUMBERED = re.compile(r"band \d+")
"""What a model calls a band of which only the number is known: it may be of any colour."""

_NAMELESS = {ColorInterp.undefined, ColorInterp.gray, ColorInterp.alpha, ColorInterp.palette}


@dataclass(frozen=True, slots=True)
class Band:
    """What a scene says about one of its bands.

    Attributes:
        number: from 1.
        description: as the file has it; empty where it has none.
        colour: by the file's colour interpretation; empty where that says nothing.
        alpha: whether it tells transparency.
        indexed: whether its values are numbers of colours in a table.
    """

    number: int
    description: str
    colour: str
    alpha: bool
    indexed: bool

    @property
    def label(self) -> str:
        """What to call it; empty where nothing says."""
        return self.description or self.colour

    def __str__(self) -> str:
        return f"{self.number} {self.label}".rstrip()


def choose_bands(
    dataset: DatasetReader, bands: str | None, wanted: Sequence[str], name: str, *, adaptable: bool = False
) -> tuple[Band, ...]:
    """The bands of a scene that a model wants, in the model's order.

    Args:
        dataset: the open scene.
        bands: numbers or names, separated by commas; None to find them by name, or to take them in order where there
            are just as many as wanted and nothing speaks against it.
        wanted: names of the model's bands.
        name: the scene's, for errors.
        adaptable: whether the model is only to be made, and would be one of other bands where these are named.

    Raises:
        OptionError: ``bands`` names a band that is not there, or not as many as the model needs.
        SceneError: the bands cannot be found, or hold numbers of colours.
    """
    known = _bands_of(dataset)
    chosen: tuple[Band, ...]
    if len(known) == 1 and known[0].indexed:
        chosen = known
    elif bands is None:
        chosen = _found(known, wanted, name, adaptable=adaptable)
    else:
        chosen = _named(bands, known, wanted, name)
    if any(band.indexed for band in chosen):
        if VERSION_TAG in dataset.tags():
            raise SceneError(
                f"{name} is a map of classes already: give the image that it was made of (polygons are made of a map by "
                "glnet-geo vectorize)"
            )
        kind = "gray" if len(wanted) == 1 else "rgb"
        raise SceneError(
            f"{name} holds numbers of colours in a table, not colours: "
            f"turn it into a plain image first (gdal_translate -expand {kind})"
        )
    return chosen


def _bands_of(dataset: DatasetReader) -> tuple[Band, ...]:
    """All bands of a scene, alpha included."""
    return tuple(
        Band(
            number,
            (description or "").strip(),
            "" if c in _NAMELESS else c.name.lower(),
            c == ColorInterp.alpha,
            c == ColorInterp.palette,
        )
        for number, (description, c) in enumerate(
            zip(dataset.descriptions, dataset.colorinterp, strict=True), 1
        )
    )


def _found(known: Sequence[Band], wanted: Sequence[str], name: str, *, adaptable: bool) -> tuple[Band, ...]:
    """By name where all are named, else in order, unless there are more or fewer or some are named otherwise."""
    matches = [_matches(label, known) for label in wanted]
    named = tuple(match[0] for match in matches if len(match) == 1)
    if len(set(named)) == len(wanted):
        return named
    plain = tuple(band for band in known if not band.alpha)
    needed = f"the model needs {len(wanted)} ({', '.join(wanted)})"
    if len(plain) != len(wanted):
        count = f"{len(plain)} {'band' if len(plain) == 1 else 'bands'}"
        if len(plain) < len(known):
            count += " and an alpha band"
        if any(band.label for band in plain):
            count += f" ({_listed(plain)})"
        if len(known) < len(wanted):
            here = f", or make a model of the bands that are there with --bands {_numbers(plain)}"
            raise SceneError(
                f"{name} has {count} and {needed}: give a scene that has them all{here * (adaptable and bool(plain))}"
            )
        raise SceneError(f"{name} has {count} and {needed}: name them {_advice(known, wanted)}")
    if any(_speaks_against(band, label, wanted) for band, label in zip(plain, wanted, strict=True)):
        raise SceneError(
            f"{name} has the bands {_listed(plain)} and {needed}: give a scene that has them all, "
            f"or name bands to use in their place {_advice(known, wanted)}"
        )
    if len(wanted) > 1:
        says = (
            f"calls its bands {_listed(plain)}"
            if any(b.label for b in plain)
            else "does not say which band is which"
        )
        doubt(
            f"{name} {says}: bands {_numbers(plain)} are taken for {', '.join(wanted)}; name them with "
            f"--bands {_numbers(plain)} to be sure"
        )
    return plain


def _named(bands: str, known: Sequence[Band], wanted: Sequence[str], name: str) -> tuple[Band, ...]:
    chosen = tuple(_one(part.strip(), known, name) for part in bands.split(","))
    if len(chosen) != len(wanted):
        raise OptionError(
            f"--bands {bands} names {len(chosen)} of {name} and the model needs {len(wanted)} ({', '.join(wanted)}): "
            "name as many, in this order"
        )
    for band in chosen:
        if chosen.count(band) > 1:
            raise OptionError(
                f"--bands {bands} names band {band.number} of {name} twice: name each band once"
            )
    return chosen


def _one(text: str, known: Sequence[Band], name: str) -> Band:
    """The band that a number or a name means."""
    if re.fullmatch(r"[+-]?\d+", text):
        number = int(text)
        if not 1 <= number <= len(known):
            raise OptionError(
                f"{name} has no band {number}, its bands are 1 to {len(known)}: correct --bands"
            )
        return known[number - 1]
    matches = _matches(text, known)
    if len(matches) > 1:
        raise OptionError(
            f"{text!r} may mean several bands of {name} ({_listed(matches)}): give the number in --bands"
        )
    if not matches:
        has = f"it has {_listed(known)}" if any(band.label for band in known) else "its bands have no names"
        raise OptionError(f"{name} has no band named {text!r}, {has}: give its number in --bands")
    return matches[0]


def _matches(label: str, known: Sequence[Band]) -> list[Band]:
    """The bands that a name means, by the first of these that finds any: description, part of it, colour."""
    wanted = _plain(label)
    if not wanted:
        return []
    exact = [band for band in known if _plain(band.description) == wanted]
    return (
        exact
        or [band for band in known if _mentions(band.description, wanted)]
        or [band for band in known if _plain(band.colour) == wanted]
    )


def _mentions(description: str, wanted: str) -> bool:
    """Whether a description such as "B4 (red)" holds the words of a name, and none that change its meaning."""
    words = _plain(description)
    if f" {wanted} " not in f" {words} ":
        return False
    return not _QUALIFIERS & (set(words.split()) - set(wanted.split()))


def _speaks_against(band: Band, label: str, wanted: Sequence[str]) -> bool:
    """Whether a band is named, and as something other than what the model would take it for."""
    if _NUMBERED.fullmatch(_plain(label)):
        return any(_matches(other, [band]) for other in wanted if other != label)
    names = _COLOURS.union(_plain(other) for other in wanted) - {_plain(label)}
    if any(_matches(other, [band]) for other in names):
        return not _matches(label, [band])
    return False


def _plain(label: str) -> str:
    """Lower-case words and no punctuation, synonyms made one."""
    text = " ".join(re.findall(r"[^\W_]+", label.lower()))
    for synonym in ("near infrared", "near infra red", "near ir", "rededge"):
        text = re.sub(rf"\b{synonym}\b", _SYNONYMS[synonym], text)
    return _SYNONYMS.get(text, text)


def _advice(known: Sequence[Band], wanted: Sequence[str]) -> str:
    """How to name bands: those that have the right names, or the first as an example, which may be the wrong ones."""
    matches = [_matches(label, known) for label in wanted]
    if all(matches):
        return f"with --bands {_numbers([match[0] for match in matches])}"
    return f"in this order, such as --bands {_numbers(known[: len(wanted)])}"


def _numbers(bands: Sequence[Band]) -> str:
    return ",".join(str(band.number) for band in bands)


def _listed(bands: Sequence[Band]) -> str:
    return ", ".join(map(str, bands))
