"""Where finished parts may be kept."""

from __future__ import annotations

from pathlib import Path

from glnet_geo.errors import OptionError


def check_work(work: str | Path | None) -> None:
    """Refuse an address of a kind that nobody here can write to; nothing is asked of the place itself.

    Raises:
        OptionError: its kind is unknown, or needs another package.
    """
    kind, separator, _ = str(work).partition("://")
    if not separator:
        return
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(kind.rpartition("::")[2])
    except (ValueError, ImportError) as error:
        raise OptionError(
            f"{work} cannot be used to keep finished parts ({error}): give a folder, or an address that fsspec knows"
        ) from error
