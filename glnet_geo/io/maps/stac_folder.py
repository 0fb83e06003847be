"""The folder of a STAC catalogue: it holds nothing else, and is replaced as a whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glnet_geo.errors import OutputError
from glnet_geo.replacing import hidden_name

COLLECTION = "collection.json"

MARK = "glnet:version"
"""The field of a collection by which a catalogue of this package is known."""

_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


def check_folder(folder: Path, outputs: Iterable[Path] = ()) -> None:
    """Refuse a folder that a catalogue cannot be written to, or that holds anything but a catalogue.

    Args:
        folder: of the catalogue.
        outputs: what else is written: a catalogue is replaced as a whole.

    Raises:
        OutputError: it is refused.
    """
    if folder.exists() and (not folder.is_dir() or _foreign(folder)):
        raise OutputError(f"{folder} holds something else than a catalogue: choose another folder")
    place = folder.resolve()
    inside = next((path for path in outputs if path.resolve().is_relative_to(place)), None)
    if inside is not None:
        raise OutputError(
            f"{folder} is to hold {inside} too, and a catalogue needs a folder of its own: choose another"
        )
    above = next(path for path in place.parents if path.exists())
    if not above.is_dir():
        raise OutputError(f"{above} is no folder, so {folder} cannot be made: choose another folder")
    if not os.access(above, os.W_OK):
        raise OutputError(f"the folder {above} is read-only: choose another for the catalogue")


@contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Let a catalogue be made in a hidden folder, which takes the place of the one before when it is whole.

    Args:
        folder: of the catalogue, resolved; made, with those that it lies in, where it is missing.

    Yields:
        Where to make it.

    Raises:
        OutputError: it cannot be written; what was there before is still there.
    """
    new, old = (folder.with_name(hidden_name()) for _ in range(2))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield new
        _exchange(folder, new, old)
    except OSError as error:
        raise OutputError(
            f"the catalogue could not be written to {folder} ({error.strerror}): choose another folder"
        ) from error
    finally:
        # It is gone where all went well.
        shutil.rmtree(new, ignore_errors=True)


def _exchange(folder: Path, new: Path, old: Path) -> None:
    """Move one folder to the place of another, which is deleted, or is back where that fails."""
    there = folder.exists()
    if there:
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if there:
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _foreign(folder: Path) -> bool:
    """Whether a folder holds anything but a catalogue of ours."""
    if not any(folder.iterdir()):
        return False
    try:
        marked = MARK in json.loads((folder / COLLECTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    files = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return not marked or not all(_is_listed(path) for path in files)


def _is_listed(path: Path) -> bool:
    """Whether a file in the folder of a catalogue is the collection, an item in a folder of its name, or left there by a system."""
    item = path.parts == (path.stem, path.name) and path.suffix == ".json"
    return item or path.parts == (COLLECTION,) or path.name in _LEFT_BY_SYSTEMS
