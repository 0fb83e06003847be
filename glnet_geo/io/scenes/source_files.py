"""The files that a dataset is read from: a mosaic is read from its tiles, a name like ``GPKG:map.gpkg:lc`` from a file."""

from __future__ import annotations

from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import CRSError, RasterioError

from glnet_geo.errors import OutputError, looking_at
from glnet_geo.io.files.odd_names import is_text
from glnet_geo.io.scenes.source import is_remote, opening


def is_same_file(output: Path, read: str | Path) -> bool:
    """Whether an output would replace a file that is read, under whatever name, or one that it is read from.

    Raises:
        OutputError: the place of the output may not be looked at.
    """
    with looking_at(output, OutputError):
        there = output.exists()
    if not there:
        return False
    return _is(output, read) or any(_is(output, source) for source in source_files(read))


def refuse_to_replace(output: Path, **read: str | Path | None) -> None:
    """Refuse an output that would replace something that the job reads.

    Args:
        output: to be written.
        read: files or datasets, by what the job takes them for, its words joined by ``_``; None where there is none.

    Raises:
        OutputError: it is one of them, or a part of it.
    """
    for what, path in read.items():
        if path is not None and is_same_file(output, path):
            raise OutputError(
                f"{output} would replace the {what.replace('_', ' ')}, which this job reads: choose another name"
            )


def source_files(path: str | Path) -> set[str]:
    """The files that GDAL reads for a raster, through mosaics of mosaics; none where it is no raster, or far away."""
    found: set[str] = set()
    waiting = [str(path)]
    while waiting:
        name = waiting.pop()
        new = set() if is_remote(name) or not is_text(name) else _files_of(name) - found
        found |= new
        waiting += [other for other in new if other != name and other.lower().endswith(".vrt")]
    return found


def _files_of(path: str) -> set[str]:
    try:
        with opening(), rasterio.open(path) as dataset:
            return set(dataset.files)
    except (RasterioError, CRSError, CPLE_BaseError):
        # What reads it says better what is wrong with it.
        return set()


def _is(output: Path, read: str | Path) -> bool:
    try:
        return Path(read).exists() and output.samefile(read)
    except (OSError, ValueError):
        # Names of datasets may be longer than those of files, or hold what no file's may.
        return False
