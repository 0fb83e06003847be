"""The rows of a virtual scene on their way to the outputs of its tiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

import numpy as np
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA, Legend
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.pouring import interruptible
from glnet_geo.core.strip import Sink, Strip
from glnet_geo.core.window import Window
from glnet_geo.io.files.staging import Staging
from glnet_geo.io.scenes.tiled import PlacedTile
from glnet_geo.io.scenes.tiles import TileReader
from glnet_geo.map_files import MapFiles
from glnet_geo.report import ClassShare, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A tile whose rows have all passed.

    Attributes:
        tile: the tile.
        classes: what covers how much; empty where nothing was classified, and no outputs were made.
        seconds: its part of the time so far.
    """

    tile: PlacedTile
    classes: tuple[ClassShare, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How outputs of tiles are made.

    Attributes:
        outputs: of every tile, by its path.
        staging: where they are made.
        legend: the model's.
        drawing: how polygons are drawn.
        tags: provenance, given the name of a tile.
        reader: of the tiles.
        overlapped: paths of tiles that share pixels with others; their outputs are limited to their own valid pixels.
        done: told of every tile.
    """

    outputs: Mapping[str, MapFiles]
    staging: Staging
    legend: Legend
    drawing: Drawing
    tags: Callable[[str], Mapping[str, str]]
    reader: TileReader
    overlapped: frozenset[str]
    done: Callable[[Delivered], None]


class Delivery:
    """A sink that cuts the rows of a scene into those of its tiles.

    The outputs of a tile are begun with its first row, and are in their places when its last has passed: only the tiles
    that lie beside each other are open at a time.

    Args:
        tiles: that get outputs.
        making: how.
    """

    def __init__(self, tiles: Sequence[PlacedTile], making: Making) -> None:
        # The next one is the last in the list.
        self._coming = sorted(tiles, key=lambda tile: tile.window.row, reverse=True)
        self._open: list[_TileOutput] = []
        self._making = making
        self._stopped = Event()
        self._abandoned: _TileOutput | None = None
        self._last = time.monotonic()

    def write(self, strip: Strip) -> None:
        """Take the next rows.

        Raises:
            TileError: a tile was changed meanwhile.
        """
        stop = strip.row + len(strip.classes)
        while self._coming and self._coming[-1].window.row < stop:
            self._open.append(_TileOutput(self._coming.pop(), self._making))
        for tile in self._open:
            tile.write(strip)
        self._share_time(strip)
        for tile in [tile for tile in self._open if tile.window.row_stop <= stop]:
            self._finish(tile)
            self._open.remove(tile)

    def finish(self) -> None:
        """All tiles have been finished with their last rows."""

    def close(self) -> None:
        """Let go of open files; not of those that were stopped while they were being finished."""
        for tile in self._open:
            if tile is not self._abandoned:
                tile.close()

    def stop(self) -> None:
        """Do not wait for a tile that is being finished."""
        self._stopped.set()

    def _finish(self, tile: _TileOutput) -> None:
        self._abandoned = tile
        started = time.monotonic()
        interruptible(tile.finish, self._stopped)
        self._abandoned = None
        tile.close()
        self._last = time.monotonic()
        self._making.done(tile.delivered(self._last - started))

    def _share_time(self, strip: Strip) -> None:
        """The time since the last rows belongs to the tiles of these, by their pixels."""
        now = time.monotonic()
        pixels = sum(tile.rows(strip) * tile.window.width for tile in self._open)
        for tile in self._open:
            tile.seconds += (now - self._last) * tile.rows(strip) * tile.window.width / pixels
        self._last = now


@dataclass(slots=True)
class _TileOutput:
    """The outputs of one tile, while they are being made."""

    tile: PlacedTile
    making: Making
    seconds: float = 0.0
    _tally: Tally = field(init=False)
    _sinks: list[Sink] = field(init=False)

    def __post_init__(self) -> None:
        file, making = self.tile.file, self.making
        self._tally = Tally(file, making.legend)
        self._sinks = []
        try:
            for sink in making.outputs[file.path].sinks(
                making.staging, file, making.legend, making.drawing, making.tags(file.name)
            ):
                self._sinks.append(sink)
        except BaseException:
            self.close()
            raise

    @property
    def window(self) -> Window:
        """The pixels of the scene that are the tile's."""
        return self.tile.window

    def rows(self, strip: Strip) -> int:
        """How many of some rows are the tile's."""
        return len(range(*self._rows(strip)))

    def write(self, strip: Strip) -> None:
        """Take what of some rows is the tile's."""
        top, bottom = self._rows(strip)
        here = slice(top - strip.row, bottom - strip.row), self.window.cols
        own = self._own(top - self.window.row, bottom - top)
        part = Strip(
            row=top - self.window.row,
            classes=_limited(strip.classes[here], own),
            confidence=None if strip.confidence is None else _limited(strip.confidence[here], own),
        )
        for sink in (self._tally, *self._sinks):
            sink.write(part)

    def finish(self) -> None:
        """Complete the outputs and move them to their places; where nothing was classified, there are none.

        Raises:
            TileError: the tile was changed meanwhile.
        """
        self.tile.file.check_unchanged()
        if not self._classified:
            return
        for sink in self._sinks:
            sink.finish()
        self.making.staging.commit(self.making.outputs[self.tile.file.path].all)

    def delivered(self, finishing: float) -> Delivered:
        """What came of it, given the seconds that finishing took."""
        shares = self._tally.shares() if self._classified else ()
        return Delivered(tile=self.tile, classes=shares, seconds=self.seconds + finishing)

    def close(self) -> None:
        """Let go of open files."""
        for sink in self._sinks:
            sink.close()

    @property
    def _classified(self) -> bool:
        return bool(self._tally.pixels.any())

    def _rows(self, strip: Strip) -> tuple[int, int]:
        """The first of some rows that is the tile's, and the one behind the last."""
        stop = min(strip.row + len(strip.classes), self.window.row_stop)
        return max(strip.row, self.window.row), stop

    def _own(self, row: int, rows: int) -> NDArray[np.bool_] | None:
        """Where some rows of the tile are valid by its own file; None where nobody else has pixels there."""
        if self.tile.file.path not in self.making.overlapped:
            return None
        window = Window(row=row, col=0, height=rows, width=self.window.width)
        return self.making.reader.read(self.tile.file, lambda pixels: pixels.valid(window))


def _limited(values: NDArray[np.uint8], own: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
    return values if own is None else np.where(own, values, NODATA).astype(np.uint8)
