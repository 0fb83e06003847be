"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from glnet_geo.errors import OptionError, OutputError, looking_at

HIDDEN = ".glnet-geo-"
"""How the name of all begins that is being made, and is not yet what it will be."""

MAKER = "GLNET_GEO_MAKER"
"""Environment variable by which whoever starts a process names it: its number may be that of a launcher."""

_NAME = re.compile(r"[0-9A-Za-z]{1,32}")


def hidden_name() -> str:
    """A new name for what is being made; the process is in it, so that whoever kills that knows what to remove.

    Raises:
        OptionError: the process was given a name that cannot be a part of it.
    """
    return f"{HIDDEN}{_maker()}-{uuid4().hex[:12]}"


def _maker() -> str:
    """The name that this process, and those that it starts, were given; else its number."""
    given = os.environ.get(MAKER)
    if not given:
        return str(os.getpid())
    if not _NAME.fullmatch(given):
        raise OptionError(
            f"the environment variable {MAKER} is {given!r}: give it 1 to 32 letters and digits"
        )
    return given


def check_place(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where no file can be made, before a long job.

    Raises:
        OutputError: its folder is missing or read-only, it is a folder itself, or it exists.
    """
    with looking_at(path, OutputError):
        is_folder, has_folder, exists = path.is_dir(), path.parent.is_dir(), path.exists()
    if is_folder:
        raise OutputError(f"{path} is a folder: name a file")
    if not has_folder and path.parent.exists():
        raise OutputError(f"{path.parent} is no folder: name another")
    if not has_folder:
        raise OutputError(f"the folder {path.parent} does not exist: create it, or name another")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"the folder {path.parent} is read-only: choose another")
    if exists and not overwrite:
        raise OutputError(f"{path} exists: add --overwrite to replace it, or choose another name")


@contextmanager
def replacing(path: Path, *, outlives_a_crash: bool = True) -> Iterator[Path]:
    """Let a file be made under a hidden name, and give it its own when it is whole; however it ends, nothing else stays.

    Args:
        path: the file, which may exist, in a folder that does.
        outlives_a_crash: whether the file is on the disk before it gets its name, so that not even a crash of the
            computer leaves half of it there. That takes time: leave it out where a damaged file is told from a whole one.

    Yields:
        Where to make it, on the same disk.

    Raises:
        OSError: it cannot be moved to its place; what was there before is still there.
    """
    made = path.with_name(hidden_name())
    try:
        yield made
        if outlives_a_crash:
            with made.open("rb+") as content:
                os.fsync(content.fileno())
        made.replace(path)
    except BaseException:
        with suppress(OSError):
            made.unlink()
        raise
