"""Small files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glnet_geo.io.files.staging import unwritten
from glnet_geo.replacing import replacing


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
