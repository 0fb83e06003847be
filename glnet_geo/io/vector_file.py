"""Reading vector files that people give: every failure is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

from glnet_geo.errors import GlnetGeoError

_FAILURES = (DataSourceError, DataLayerError, FeatureError, GeometryError, shapely.errors.GEOSException)


@contextmanager
def reading(path: Path, *, what: str, give: str, error: type[GlnetGeoError]) -> Iterator[None]:
    """A context in which a vector file is read.

    Args:
        path: of the file.
        what: it holds, for the message.
        give: what would do instead.
        error: kind to raise.

    Raises:
        GlnetGeoError: of that kind, where the file is missing or cannot be read.
    """
    if not path.exists():
        raise error(f"{path} does not exist: check the path of {what}")
    try:
        yield
    except _FAILURES as failure:
        reason = str(failure).partition(";")[0].rstrip(".")
        raise error(f"{path} cannot be read as a vector file ({reason}): give {give}") from failure
