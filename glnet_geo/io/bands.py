"""Which bands of a scene a model gets."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from glnet_geo.errors import DoubtfulInputWarning, OptionError, SceneError

_SYNONYMS = {
    "r": "red",
    "g": "green",
    "b": "blue",
    "near infrared": "nir",
    "nir08": "nir",
    "nearinfrared": "nir",
}


def choose_bands(dataset: DatasetReader, bands: str | None, wanted: Sequence[str]) -> tuple[int, ...]:
    """The numbers (from 1) of a scene's bands, in the order in which the model wants them.

    Args:
        dataset: the open scene.
        bands: numbers or names, separated by commas; None to find them by name, or by order where there are just as many as wanted.
        wanted: names of the model's bands.

    Raises:
        OptionError: ``bands`` names a band that is not there, or not as many as the model needs.
        SceneError: the bands cannot be found.
    """
    name = dataset.name.rpartition("/")[2]
    known = _band_names(dataset)
    if ColorInterp.palette in dataset.colorinterp and len(wanted) > 1:
        raise SceneError(
            f"{name} stores colours in a table: turn it into {len(wanted)} bands first (gdal_translate -expand rgb)"
        )
    if bands is not None:
        return _named(bands, known, wanted, name)
    color = [n for n, c in enumerate(dataset.colorinterp, 1) if c != ColorInterp.alpha]
    if all(band in known.values() for band in wanted):
        number = {label: n for n, label in reversed(known.items())}
        return tuple(number[band] for band in wanted)
    if len(color) == len(wanted):
        if len(wanted) > 1:
            warnings.warn(
                f"{name} does not say which band is which: bands {_listed(color)} are taken for {', '.join(wanted)}; "
                f"name them with --bands {_listed(color)} to be sure",
                DoubtfulInputWarning,
                stacklevel=2,
            )
        return tuple(color)
    example = ",".join(str(n + 1) for n in range(len(wanted)))
    raise SceneError(
        f"{name} has {len(color)} {'band' if len(color) == 1 else 'bands'} and the model needs {len(wanted)} "
        f"({', '.join(wanted)}): name them with --bands {example}"
    )


def _band_names(dataset: DatasetReader) -> dict[int, str]:
    """What the scene calls its bands: by description, else by colour; numbers that it does not name are absent."""
    names = {}
    for number, (description, color) in enumerate(
        zip(dataset.descriptions, dataset.colorinterp, strict=True), 1
    ):
        label = _plain(description or "")
        found = re.search(r"\b(red|green|blue|nir|alpha)\b", label)
        if label:
            names[number] = found[1] if found else label
        elif color not in {ColorInterp.undefined, ColorInterp.gray, ColorInterp.alpha}:
            names[number] = _plain(color.name)
    return names


def _named(bands: str, known: dict[int, str], wanted: Sequence[str], name: str) -> tuple[int, ...]:
    numbers = []
    for part in (text.strip() for text in bands.split(",")):
        if part.isdecimal():
            numbers.append(int(part))
            continue
        found = [number for number, label in known.items() if label == _plain(part)]
        if not found:
            listed = ", ".join(f"{n} {label}" for n, label in known.items()) or "no names"
            raise OptionError(
                f"{name} has no band named {part!r} (it has {listed}): give its number with --bands"
            )
        numbers.append(found[0])
    if len(numbers) != len(wanted):
        raise OptionError(
            f"--bands names {len(numbers)} bands and the model needs {len(wanted)} ({', '.join(wanted)}): name just these"
        )
    return tuple(numbers)


def _plain(label: str) -> str:
    text = label.strip().lower().replace("_", " ").replace("-", " ")
    return _SYNONYMS.get(text, text.replace("near infrared", "nir"))


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
