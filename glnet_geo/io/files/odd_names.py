"""Names of files that libraries do not take as they are."""

from __future__ import annotations

import os
from pathlib import Path

from glnet_geo.errors import GlnetGeoError


def sign_of_an_address(path: Path) -> str:
    """The first sign in the path of a vector file that is read as part of an address; empty where there is none.

    pyogrio reads and writes such files at another place: what stands before a ``!`` is an archive to it, what follows a
    ``;`` in the last part is dropped, and so are tabs and line breaks.
    """
    text = str(path)
    if text[1:2] == ":":
        # What begins like a drive it leaves alone.
        return ""
    return next((sign for sign in "!\t\r\n;" if sign in (path.name if sign == ";" else text)), "")


def is_text(path: str | Path) -> bool:
    """Whether a path is made of characters, and not of bytes that stand for none: GDAL takes characters only."""
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def check_text(path: str | Path, error: type[GlnetGeoError]) -> None:
    """Refuse to read a file whose path is no text.

    Raises:
        GlnetGeoError: of that kind.
    """
    if not is_text(path):
        raise error(f"{str(path)!a} holds bytes that are no characters: rename it, or its folder")
