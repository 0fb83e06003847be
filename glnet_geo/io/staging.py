"""Outputs that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from glnet_geo.errors import OutputError

RASTERS = (".tif", ".tiff")
VECTORS = (".gpkg", ".fgb", ".parquet", ".geojson")
# What GDAL or QGIS may have left beside an older file of the same name, and what would describe the new one wrongly.
_SIDECARS = (".aux.xml", ".ovr", ".msk", "-wal", "-shm", "-journal")


def is_raster(path: Path) -> bool:
    """Whether a path names a raster output."""
    return path.suffix.lower() in RASTERS


class Staging:
    """A place to make outputs in, beside where they will stand; they get there together, when all are whole.

    Use it as a context; leaving it without `commit` removes everything that was made.

    Args:
        paths: the outputs.
        overwrite: whether existing files may be replaced.

    Raises:
        OutputError: a path cannot be written: its kind is unknown, its folder is missing or read-only, it exists, it is named twice.
    """

    def __init__(self, paths: Sequence[Path], *, overwrite: bool) -> None:
        for path in paths:
            _check(path, overwrite=overwrite)
        resolved = [path.resolve() for path in paths]
        for path in resolved:
            if resolved.count(path) > 1:
                raise OutputError(f"{path} is named twice: give every output a name of its own")
        self._paths = list(paths)
        self._folders: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def temporary(self, path: Path) -> Path:
        """Where to make an output: a path of the same name, in a hidden folder on the same disk."""
        parent = path.parent
        if parent not in self._folders:
            try:
                self._folders[parent] = Path(tempfile.mkdtemp(prefix=".glnet-geo-", dir=parent))
            except OSError as error:
                raise OutputError(
                    f"{parent} cannot be written to ({error.strerror}): choose another folder"
                ) from error
        return self._folders[parent] / path.name

    def commit(self) -> None:
        """Move every output, and what belongs to it, to its place.

        Raises:
            OutputError: one could not be moved.
        """
        for path in self._paths:
            made = self.temporary(path)
            try:
                for suffix in _SIDECARS:
                    beside = path.with_name(path.name + suffix)
                    beside.unlink(missing_ok=True)
                    if (new := made.with_name(made.name + suffix)).exists():
                        os.replace(new, beside)  # noqa: PTH105 - the rename must replace on every system
                os.replace(made, path)  # noqa: PTH105 - as above
            except OSError as error:
                raise OutputError(
                    f"{path} could not be put in place ({error.strerror}): is it open elsewhere?"
                ) from error


def _check(path: Path, *, overwrite: bool) -> None:
    if path.suffix.lower() not in RASTERS + VECTORS:
        raise OutputError(f"{path} has no known suffix: use one of {' '.join(RASTERS + VECTORS)}")
    if path.is_dir():
        raise OutputError(f"{path} is a folder: name a file")
    if not path.parent.is_dir():
        raise OutputError(f"the folder {path.parent} does not exist: create it, or name another")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"the folder {path.parent} is read-only: choose another")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists: add --overwrite to replace it, or choose another name")
