"""The files that a dataset is read from: a mosaic is read from its tiles, a name like ``GPKG:map.gpkg:lc`` from a file."""

from __future__ import annotations

import os
from pathlib import Path

from rasterio.errors import RasterioError

from glnet_geo.errors import OutputError, looking_at
from glnet_geo.io.files.identity import identity, mark_of
from glnet_geo.io.scenes.source import is_remote, open_raster

# Whatever program opens a VRT may put these beside it at any time.
_BESIDE = (".aux.xml", ".ovr", ".msk")


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
    files = _files_of(str(path))
    return {*files, *(shown for file in files for shown in files_shown(file))}


def files_shown(path: str) -> list[str]:
    """The files that a VRT shows, and that VRTs among them show; none of any other raster."""
    found: dict[str, None] = {}
    ahead = [path]
    while ahead:
        vrt = ahead.pop()
        if vrt.lower().endswith(".vrt") and os.path.isfile(vrt):  # noqa: PTH113 - that of Path raises at long names
            own = {vrt, *(vrt + suffix for suffix in _BESIDE)}
            new = [file for file in _files_of(vrt) if file not in own and file not in found]
            found |= dict.fromkeys(new)
            ahead += new
    return list(found)


def raster_identity(path: str | Path) -> tuple[object, ...]:
    """What tells a raster from a later one of the same name: its `identity`, and of a VRT also those of the files it shows."""
    own, shown = tuple(identity(path)), files_shown(str(path))
    return (*own, mark_of([identity(file) for file in shown]).hex()) if shown else own


def _files_of(path: str) -> list[str]:
    """The files that GDAL names for a raster, itself first."""
    if is_remote(path):
        return []
    try:
        with open_raster(path) as raster:
            return list(raster.files)
    except RasterioError:
        # What reads it says better what is wrong with it.
        return []


def _is(output: Path, read: str | Path) -> bool:
    try:
        return Path(read).exists() and output.samefile(read)
    except (OSError, ValueError):
        # Names of datasets may be longer than those of files, or hold what no file's may.
        return False
