"""What tells a file, or a job, from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable
from pathlib import Path


def identity(path: str | Path) -> list[object]:
    """What tells a file from a later one of the same name: its place, size and time of change.

    Of an address, only itself; what follows ``?`` is hashed, since it may be a secret.
    """
    try:
        found = Path(path).stat()
    except OSError:
        place, _, query = str(path).partition("?")
        return [place, hashlib.sha256(query.encode()).hexdigest()] if query else [place]
    return [str(Path(path).resolve()), found.st_size, found.st_mtime_ns]


def place_of(path: str | Path) -> Hashable:
    """Tells one file from another, under whatever names."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return str(Path(path).resolve())
    return found.st_dev, found.st_ino


def mark_of(value: object) -> bytes:
    """What tells anything that JSON can hold, or that has a text, from another: a job, all its files."""
    return digest_of(value)[:16]


def digest_of(value: object) -> bytes:
    """The same in full: SHA-256."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).digest()
