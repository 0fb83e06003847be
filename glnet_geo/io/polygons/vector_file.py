"""Vector files by way of pyogrio: every failure is a sentence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from glnet_geo.errors import GlnetGeoError, looking_at
from glnet_geo.io.files.odd_names import check_text, sign_of_an_address
from glnet_geo.io.files.staging import unwritten

if TYPE_CHECKING:
    import pyproj

# All other errors of pyogrio are kinds of the second.
_FAILURES = (DataSourceError, DataLayerError)
# A GeoPackage always names a CRS; without one, QGIS and older GDAL write one of these.
_NO_CRS = ("Undefined geographic SRS", "Undefined Cartesian SRS")


@contextmanager
def reading(path: Path, *, what: str, give: str, error: type[GlnetGeoError]) -> Iterator[None]:
    """A context in which a vector file is read that somebody gave.

    Args:
        path: of the file.
        what: it holds, for the message.
        give: what would do instead.
        error: kind to raise.

    Raises:
        GlnetGeoError: of that kind, where the file is missing or cannot be read.
    """
    with looking_at(path, error):
        there = path.exists()
    if not there:
        raise error(f"{path} does not exist: check the path of {what}")
    check_text(path, error)
    sign = sign_of_an_address(path)
    if sign:
        raise error(
            f"{str(path)!r} cannot be read, as {sign!r} in the path of a vector file would lead elsewhere: rename it, or its "
            "folder"
        )
    # Without its own driver another one takes it for a database, and misses a library for that.
    if path.suffix.lower() == ".parquet" and "Parquet" not in pyogrio.list_drivers():
        raise error(f"{path} is GeoParquet, which cannot be read here: give {give}")
    try:
        yield
    except (*_FAILURES, shapely.errors.GEOSException) as failure:
        reason = str(failure).partition(";")[0].rstrip(".")
        raise error(f"{path} cannot be read as a vector file ({reason}): give {give}") from failure


def layers_in(path: Path) -> list[str]:
    """Names of the layers of a vector file that have geometry: tables and styles in it are none."""
    return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]


def defined(crs: pyproj.CRS | None) -> pyproj.CRS | None:
    """The CRS of a vector file; None where it has none, or one that says so."""
    return None if crs is None or crs.name in _NO_CRS else crs


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which an output is written, or read again to check it.

    Raises:
        OutputError: GDAL failed.
    """
    try:
        yield
    except (*_FAILURES, OSError) as error:
        raise unwritten(path, error) from error


@contextmanager
def without_crs_warning() -> Iterator[None]:
    """No warning for a layer without CRS: that the scene has none was said when it was opened."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        yield


def check_written(path: Path, layer: str, count: int, *, output: Path, what: str) -> None:
    """Refuse a layer that does not hold all features: a full disk does not always make GDAL raise.

    Args:
        path: of the file.
        layer: of the file.
        count: features that were written.
        output: that the file is, or becomes a part of.
        what: the features are, for the message.

    Raises:
        OutputError: it holds fewer, or cannot be read.
    """
    # COUNT(*) would be what the file says of itself. So each feature is read, and none is kept.
    query = f'SELECT COUNT(FID) FROM "{layer}"'  # noqa: S608 - the name is our own
    with writing(output):
        _, _, _, (counted,) = pyogrio.raw.read(path, sql=query, sql_dialect="OGRSQL")
    if int(counted[0]) != count:
        raise unwritten(output, f"it holds {counted[0]} of {count} {what}")
