"""Class files: names and colours of classes in JSON."""

from __future__ import annotations

from pathlib import Path

from glnet_geo.core.legend import DEEPGLOBE, Legend
from glnet_geo.errors import ModelError


def legend_named(classes: str) -> Legend:
    """The legend of a model: a published one by its name (``deepglobe``), or that of a class file.

    Raises:
        ModelError: the file cannot be read, is no class file, or its ids do not fit a map of bytes.
    """
    return (
        DEEPGLOBE if classes == "deepglobe" else map_legend_in(class_file_text(Path(classes)), Path(classes))
    )


def read_class_file(path: Path) -> Legend:
    """The legend of a class file ``{"classes": [{"id": 0, "name": "water", "color": "#1f78b4"}, ...]}``.

    Raises:
        ModelError: it cannot be read, or is none.
    """
    return _legend_in(class_file_text(path), path)


def map_legend_in(text: bytes, path: Path) -> Legend:
    """The legend of a class file that was read already, whose ids fit a map of bytes.

    Raises:
        ModelError: it is none, or they do not fit.
    """
    legend = _legend_in(text, path)
    try:
        _ = legend.ids
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return legend


def class_file_text(path: Path) -> bytes:
    """What a class file holds.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}): give the path of a class file (JSON)"
        ) from error


def _legend_in(text: bytes, path: Path) -> Legend:
    try:
        return Legend.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
