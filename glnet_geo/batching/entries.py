"""What is entered in the books of a batch: a tile or a mosaic is done, skipped, or failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glnet_geo.batching.report import TileResult, TileState
from glnet_geo.io.files.identity import identity
from glnet_geo.io.scenes.source_files import raster_identity
from glnet_geo.io.scenes.tiles import TileFile
from glnet_geo.report import ClassShare


def done(
    tile: TileFile,
    classes: tuple[ClassShare, ...],
    outputs: Sequence[Path],
    *,
    job: str,
    fingerprint: str,
    computed: float,
    seconds: float,
) -> TileResult:
    """A tile whose outputs are in their places.

    Args:
        tile: what is known of it.
        classes: what covers how much.
        outputs: its files.
        job: mark of everything but the tile that they depend on.
        fingerprint: of the pixels that they depend on.
        computed: share of its pixels, 0 to 1, that this batch has computed.
        seconds: its part of the time.
    """
    return TileResult(
        tile=tile.path,
        status="done",
        classes=classes,
        megapixels=tile.megapixels,
        megapixels_computed=tile.megapixels * computed,
        seconds=round(seconds, 4),
        state=TileState(
            job=job,
            fingerprint=fingerprint,
            identity=tile.identity,
            outputs=tuple(tuple(identity(path)) for path in outputs),
        ),
    )


def skipped(tile: TileFile, reason: str, *, job: str, fingerprint: str = "") -> TileResult:
    """A tile of which there is nothing to map."""
    return TileResult(
        tile=tile.path,
        status="skipped",
        reason=reason,
        megapixels=tile.megapixels,
        state=TileState(job=job, fingerprint=fingerprint, identity=tile.identity),
    )


def failed(path: str, reason: str, *, job: str, tile: TileFile | None = None) -> TileResult:
    """A tile that cannot be opened or read, or whose outputs cannot be named; ``tile`` is what is known of it."""
    return TileResult(
        tile=path,
        status="failed",
        reason=reason,
        megapixels=0.0 if tile is None else tile.megapixels,
        state=TileState(job=job, identity=raster_identity(path) if tile is None else tile.identity),
    )


def mosaic_done(
    path: Path, classes: tuple[ClassShare, ...], megapixels: float, *, job: str, fingerprint: str
) -> TileResult:
    """A file of a mosaic that is in its place."""
    return TileResult(
        tile=str(path),
        status="done",
        classes=classes,
        megapixels=megapixels,
        state=TileState(job=job, fingerprint=fingerprint, outputs=(tuple(identity(path)),)),
    )
