"""Small files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from glnet_geo.errors import OutputError
from glnet_geo.io.staging import unwritten
from glnet_geo.replacing import replacing


def check_output(path: Path, suffixes: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before a long job.

    Raises:
        OutputError: its kind is another, its folder is missing or read-only, or it exists.
    """
    if path.suffix.lower() not in suffixes:
        raise OutputError(f"{path} has another suffix than {' or '.join(suffixes)}: choose another name")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist: create it, or name another")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"the folder {path.parent} is read-only: choose another")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists: add --overwrite to replace it, or choose another name")


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_whole(path, lambda made: made.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let a file be made elsewhere, and move it to its place.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with replacing(path) as made:
            write(made)
    except OSError as error:
        raise unwritten(path, error.strerror or error) from error
