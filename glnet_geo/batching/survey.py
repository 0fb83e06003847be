"""What the tiles of a batch say of themselves, before the first of them is mapped."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from glnet_geo.batching.entries import failed
from glnet_geo.batching.fingerprints import mark, pixels_mark
from glnet_geo.batching.setup import BatchSetup
from glnet_geo.core.listing import counted
from glnet_geo.core.numerals import shortest
from glnet_geo.core.progress import Progress, stop_if_cancelled
from glnet_geo.core.value_range import fits, outwards
from glnet_geo.errors import DoubtfulInputWarning, OptionError, OutputError, doubt
from glnet_geo.io.scenes.grouping import Kind, kinds, sentences
from glnet_geo.io.scenes.scene import SAMPLE_SIDE, range_of
from glnet_geo.io.scenes.tiled import sample_of
from glnet_geo.io.scenes.tiles import TileError, TileFile, described
from glnet_geo.vectorization import check_drawable

_NO_SAMPLE = (0.0, 1.0)
"""The value range of tiles without a valid pixel, of which there is nothing to scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The tiles of a batch that can be mapped.

    Attributes:
        tiles: by their kind.
        ranges: file values that become the network's 0 and 1, of the kinds whose values the model does not know.
    """

    tiles: Mapping[Kind, list[TileFile]]
    ranges: Mapping[Kind, tuple[float, float]]


def survey(setup: BatchSetup, progress: Progress) -> Survey:
    """Look at all tiles; those that cannot be opened or read are entered as failed.

    Args:
        setup: of the batch.
        progress: told of every tile; may cancel.

    Raises:
        CancelledError: as the progress asked.
    """
    found = kinds(_looked_at(setup, progress))
    for sentence in sentences(found):
        progress.info(sentence)
    usable: dict[Kind, list[TileFile]] = {}
    ranges: dict[Kind, tuple[float, float]] = {}
    known = setup.model.card.normalization.value_range
    for kind, tiles in found.items():
        if setup.options.value_range is not None or fits(known, kind.dtype):
            usable[kind] = tiles
            continue
        readable, value_range = _common_range(kind, tiles, setup)
        if readable:
            usable[kind], ranges[kind] = readable, value_range
    return Survey(tiles=usable, ranges=ranges)


def _looked_at(setup: BatchSetup, progress: Progress) -> list[TileFile]:
    """The tiles that can be opened and mapped."""
    tiles = []
    progress.begin("looking at the tiles", len(setup.named))
    with _doubts_told_once(list(setup.named)):
        for path in setup.named:
            stop_if_cancelled(progress)
            try:
                tiles.append(_described(path, setup))
            except TileError as error:
                setup.books.enter(failed(path, str(error), job=setup.books.job))
                progress.info(f"failed: {error}")
            progress.advance()
    return tiles


def _described(path: str, setup: BatchSetup) -> TileFile:
    """What a tile says of itself.

    Raises:
        TileError: it cannot be opened, its outputs cannot be named, or cannot be drawn where it lies.
    """
    named = setup.named[path]
    if named.refused:
        raise TileError(f"no map of {Path(path).name} can be named: {named.refused}", path)
    bands, nodata = setup.options.bands, setup.options.nodata
    tile = setup.reader.tried(
        partial(described, path, bands=bands, wanted=setup.model.card.bands, nodata=nodata)
    )
    try:
        check_drawable(tile, setup.drawing, named.maps)
    except (OptionError, OutputError) as error:
        raise TileError(str(error), path) from error
    return tile


@contextmanager
def _doubts_told_once(paths: Sequence[str]) -> Iterator[None]:
    """Of doubts that many tiles raise, the first is told, with the number of others."""
    names = sorted({Path(path.partition("?")[0]).name for path in paths}, key=len, reverse=True)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", DoubtfulInputWarning)
        yield
    found: dict[str, list[str]] = {}
    for warning in raised:
        if not issubclass(warning.category, DoubtfulInputWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
            continue
        text = str(warning.message)
        name = next((name for name in names if name in text), "")
        found.setdefault(text.replace(name, "") if name else text, []).append(text)
    for texts in found.values():
        others = "" if len(texts) == 1 else f" (and so for {counted(len(texts) - 1, 'more tile')})"
        doubt(texts[0] + others)


def _common_range(
    kind: Kind, tiles: list[TileFile], setup: BatchSetup
) -> tuple[list[TileFile], tuple[float, float]]:
    """The tiles of a kind that can be read, and their common value range; the others are entered as failed."""
    # That of other tiles, or of tiles that were changed since, is another.
    name = mark([str(kind), [pixels_mark(tile) for tile in tiles]])
    known = setup.books.value_range(name)
    if known is not None:
        return tiles, known
    while tiles:
        try:
            sample = sample_of(tiles, setup.reader, SAMPLE_SIDE)
        except TileError as error:
            setup.books.enter(failed(error.tile, str(error), job=setup.books.job))
            tiles = [tile for tile in tiles if tile.path != error.tile]
            continue
        low, high = outwards(*range_of(sample)) if sample.size else _NO_SAMPLE
        setup.books.enter_range(name, (low, high))
        doubt(
            f"the model does not know the {kind.dtype} values of {counted(len(tiles), 'tile')} such as {tiles[0].name}: they are "
            f"scaled by their common range {shortest(low)}..{shortest(high)} (2nd to 98th percentile); give --value-range to "
            "choose another"
        )
        return tiles, (low, high)
    return [], _NO_SAMPLE
