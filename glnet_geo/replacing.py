"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

HIDDEN = ".glnet-geo-"
"""How the name of all begins that is being made, and is not yet what it will be."""


def hidden_name() -> str:
    """A new name for what is being made; the process is in it, so that whoever kills that knows what to remove."""
    return f"{HIDDEN}{os.getpid()}-{uuid4().hex[:12]}"


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
