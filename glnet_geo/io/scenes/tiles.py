"""Tiles: files that are parts of a larger map, known by their headers and opened only while they are read."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from glnet_geo.errors import OptionError, SceneError
from glnet_geo.io.scenes.header import Header
from glnet_geo.io.scenes.pixels import FilePixels
from glnet_geo.io.scenes.scene import open_scene
from glnet_geo.io.scenes.source import Source
from glnet_geo.io.scenes.source_files import raster_identity
from glnet_geo.io.scenes.validity import Validity

Result = TypeVar("Result")

_MOST_OPEN = 64
"""Tiles that are open at a time, each in every thread that reads: systems allow some hundreds of files."""

_PAUSE_SECONDS = 0.5
"""Before a tile is tried again; twice as long every time."""


class TileError(SceneError):
    """One tile cannot be read; the others may.

    Attributes:
        tile: its path.
    """

    def __init__(self, message: str, tile: str) -> None:
        super().__init__(message)
        self.tile = tile

    def __reduce__(self) -> tuple[Any, ...]:
        return TileError, (str(self), self.tile)


@dataclass(frozen=True, slots=True, kw_only=True)
class TileFile(Header):
    """What is known of a tile without its pixels; made by `described`.

    Attributes:
        validity: the rule by which pixels are usable.
        given_nodata: value of pixels without data that the person named.
        identity: tells the file from a later one of the same name.
    """

    validity: Validity
    given_nodata: float | None
    identity: tuple[object, ...]

    def check_unchanged(self) -> None:
        """Refuse a file that was replaced, cut short or written to since it was described.

        Raises:
            TileError: it was.
        """
        if raster_identity(self.path) != self.identity:
            raise TileError(
                f"{self.name} was changed, replaced or removed while it was being mapped: leave it alone, and run the "
                "same command again",
                self.path,
            )


def described(path: str, *, bands: str | None, wanted: Sequence[str], nodata: float | None) -> TileFile:
    """What a tile says of itself; the arguments are those of `open_scene`.

    Raises:
        TileError: it cannot be opened, or does not offer what the model needs.
    """
    known = raster_identity(path)
    try:
        with open_scene(path, bands=bands, wanted=wanted, nodata=nodata) as scene:
            if not isinstance(scene.pixels, FilePixels):
                raise TypeError(f"{path} is read by {scene.pixels}")
            return TileFile(
                **scene.header(),
                validity=scene.pixels.validity,
                given_nodata=nodata,
                identity=known,
            )
    except (SceneError, OptionError) as error:
        raise TileError(str(error), path) from error


@dataclass(slots=True)
class _Opened:
    pixels: FilePixels
    users: int = 0


@dataclass(slots=True)
class TileReader:
    """Reads tiles that are opened when needed, closed when others are, and tried again when they fail.

    Can be pickled: another process opens the files itself.

    Attributes:
        retries: how often a tile that fails is tried again.
        pause: seconds before it is tried again the first time.
    """

    retries: int = 0
    pause: float = _PAUSE_SECONDS
    _open: OrderedDict[str, _Opened] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return TileReader, (self.retries, self.pause)

    def read(self, tile: TileFile, work: Callable[[FilePixels], Result]) -> Result:
        """What some work makes of an open tile.

        Raises:
            TileError: it cannot be read, or is another file than the one that was described.
        """

        def attempt() -> Result:
            try:
                with self._using(tile) as pixels:
                    return work(pixels)
            except TileError:
                raise
            except SceneError as error:
                self._forget(tile)
                raise TileError(str(error), tile.path) from error

        return self.tried(attempt)

    def tried(self, attempt: Callable[[], Result]) -> Result:
        """What an attempt comes to, at the last of all tries.

        Raises:
            TileError: all have failed.
        """
        for number in range(self.retries):
            try:
                return attempt()
            except TileError:
                time.sleep(self.pause * 2**number)
        return attempt()

    def close(self) -> None:
        """Close all tiles; no thread may be reading."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].pixels.close()

    @contextmanager
    def _using(self, tile: TileFile) -> Iterator[FilePixels]:
        with self._lock:
            opened = self._open.pop(tile.path, None) or _Opened(_pixels(tile))
            opened.users += 1
            # The last in the row is the one used last.
            self._open[tile.path] = opened
            self._close_idle()
        try:
            yield opened.pixels
        finally:
            with self._lock:
                opened.users -= 1

    def _close_idle(self) -> None:
        idle = [path for path, opened in self._open.items() if not opened.users]
        for path in idle[: max(0, len(self._open) - _MOST_OPEN)]:
            self._open.pop(path).pixels.close()

    def _forget(self, tile: TileFile) -> None:
        """Have a tile opened anew, so that nothing is kept of what failed."""
        with self._lock:
            opened = self._open.get(tile.path)
            if opened is not None and not opened.users:
                self._open.pop(tile.path).pixels.close()


def _pixels(tile: TileFile) -> FilePixels:
    """An open tile, which must still be the file that was described."""
    tile.check_unchanged()
    return FilePixels(Source(tile.path, tile.given_nodata), tile.validity, tile.bands, tile.shape)
