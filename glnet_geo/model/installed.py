"""Which models are installed, told without torch: programs that list them wait for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs
from safetensors import SafetensorError, safe_open

from glnet_geo.errors import ModelError, doubt, looking_at
from glnet_geo.model.card import Card

SUFFIX = ".safetensors"
CARD_KEY = "glnet_geo.card"
"""Under which the header of a package holds its card."""


def installed_models() -> Iterator[Path]:
    """The packages that ship with glnet_geo, then those in the user's own model folder, sorted by name."""
    for folder in (Path(__file__).parent / "weights", user_model_folder()):
        packages: list[Path] = []
        # One that may not be entered holds nothing for this person.
        with suppress(OSError):
            packages = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
        yield from packages


def readable_models() -> list[tuple[Path, Card]]:
    """The installed packages that are taken by their names, each with its card.

    One that cannot be read is left out with a warning, and hides no other.
    """
    found = []
    for path in {path.stem: path for path in installed_models()}.values():
        try:
            found.append((path, read_card(path)))
        except ModelError as error:
            doubt(f"{error}; it is left out of the list of models")
    return found


def user_model_folder() -> Path:
    """Where a person keeps model packages to use them by name."""
    return Path(platformdirs.user_data_dir("glnet_geo", appauthor=False)) / "models"


def card_text(path: Path) -> str:
    """The card in a package's header, as JSON.

    Raises:
        ModelError: the file is missing or is no package.
    """
    with looking_at(path, ModelError):
        there = path.is_file()
    if not there:
        raise ModelError(
            f"{path} does not exist: give a model package ({SUFFIX}) or the name of an installed model"
        )
    try:
        with safe_open(path, framework="numpy") as package:
            metadata = package.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path} is not a model package, or not a whole one: copy it again, or make one with glnet-geo models import"
        ) from error
    if CARD_KEY not in metadata:
        raise ModelError(f"{path} has no glnet_geo card: make a package with glnet-geo models import")
    return str(metadata[CARD_KEY])


def read_card(path: Path) -> Card:
    """The card of a package, without its weights.

    Raises:
        ModelError: the file is missing or is no package.
    """
    text = card_text(path)
    try:
        return Card.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
