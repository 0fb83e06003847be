"""Which styles a job may lay beside its outputs: QGIS applies ``map.qml`` to every raster and layer named ``map``."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from typing_extensions import Self

from glnet_geo.core.listing import listed
from glnet_geo.errors import OutputError, doubt
from glnet_geo.io.files.suffixes import SHOWN_BY_QGIS

STYLE = ".qml"
"""Suffix of the files in which QGIS keeps styles."""


@dataclass(frozen=True, slots=True)
class StylePlaces:
    """Which styles a job may write, decided before it starts.

    Attributes:
        free: the styles that are written.
        shared: those that are there already, made by this package, for other files too: they stay.
    """

    free: frozenset[Path]
    shared: frozenset[Path]

    @classmethod
    def of(
        cls, outputs: Sequence[Path], styled: Collection[Path], *, replace: bool, keep: bool = False
    ) -> Self:
        """Look which styles would change how something else is drawn; warns of those that are left out for that.

        Args:
            outputs: of the job.
            styled: those of them that show classes, and get a style.
            replace: whether a style that somebody else made may be replaced.
            keep: whether such a style stays; else it is an error where it may not be replaced.

        Raises:
            OutputError: a style that somebody else made is in the way.
        """
        wanted = sorted({style_of(path) for path in styled if path.suffix.lower() != ".gpkg"})
        found = _drawn_with(wanted)
        own = {_place(path) for path in outputs}
        unlike = {style_of(path): path for path in own - {_place(path) for path in styled}}
        free, shared, left_out = set(), set(), {}
        for style in wanted:
            there = style.exists()
            others = [path for path in found[style] if path not in own and not _has_its_own(path)]
            ours = there and _entries(style) is not None
            if style in unlike or (others and not ours):
                left_out[style] = unlike.get(style) or others[0]
            elif others:
                shared.add(style)
            elif not there or ours or replace:
                free.add(style)
            elif not keep:
                raise OutputError(
                    f"{style} exists and is not of this package: add --overwrite to replace it, or choose another name"
                )
        _tell(left_out)
        return cls(frozenset(free), frozenset(shared))

    def take(self, path: Path, made: Path) -> bool:
        """Whether the style that was made for an output is moved beside it; warns where one stays that lacks classes.

        Args:
            path: of the output.
            made: its style, where it was made.
        """
        style = style_of(path)
        if style in self.shared and not (_entries(made) or set()) <= (_entries(style) or set()):
            doubt(
                f"{style.name} stays as it is, as other files are drawn with it, and does not have all classes of "
                f"{path.name}: give the map a name of its own to have its colours in QGIS"
            )
        return style in self.free


def style_of(path: Path) -> Path:
    """The style that QGIS applies to a file, its folder spelled in the one way."""
    return _place(path).with_suffix(STYLE)


def parsed(text: str) -> ET.Element | None:
    """The root of a style; None where the text is none."""
    try:
        # No style needs entities; they can make a short file long.
        return None if "<!ENTITY" in text else ET.fromstring(text)  # noqa: S314 - entities are refused
    except ET.ParseError:
        return None


def _place(path: Path) -> Path:
    return path.parent.resolve() / path.name


def _drawn_with(styles: Collection[Path]) -> Mapping[Path, list[Path]]:
    """For each style the files that QGIS draws with it; every folder is listed once."""
    found: dict[Path, list[Path]] = {style: [] for style in styles}
    for folder in {style.parent for style in styles}:
        for path in _listed(folder):
            if path.suffix.lower() in SHOWN_BY_QGIS and path.with_suffix(STYLE) in found:
                found[path.with_suffix(STYLE)].append(path)
    return found


def _listed(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        yield from sorted(folder / entry.name for entry in entries)


def _has_its_own(path: Path) -> bool:
    """Whether a file holds a style that goes before one beside it, as a GeoPackage may."""
    if path.suffix.lower() != ".gpkg":
        return False
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as package:
            return package.execute("SELECT 1 FROM layer_styles WHERE useAsDefault").fetchone() is not None
    except sqlite3.Error:
        # A GeoPackage without styles lacks the table.
        return False


def _entries(style: Path) -> set[tuple[str, ...]] | None:
    """Value, name and colour of the classes of a style that this package has made; None for any other.

    Ours holds a part for rasters and one for polygons, QGIS saves one of them.
    """
    try:
        root = parsed(style.read_text(encoding="utf-8"))
    except (OSError, UnicodeError):
        return None
    if root is None or root.find("renderer-v2[@attr='class_id']") is None:
        return None
    palette = root.find("pipe/rasterrenderer[@type='paletted']/colorPalette")
    if palette is None:
        return None
    return {tuple(entry.get(key, "") for key in ("value", "label", "color")) for entry in palette}


def _tell(left_out: Mapping[Path, Path]) -> None:
    """Warn of styles that are not written."""
    if not left_out:
        return
    styles, others = (listed([path.name for path in paths]) for paths in (left_out, left_out.values()))
    doubt(
        f"{styles} will not be written, as QGIS would draw {others} with it too: give the map a name of its own to have its colours in QGIS"
    )
