"""What is known of every tile of a batch: from earlier batches, from the one that was interrupted, and from this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glnet_geo.batching.report import TileResult, entries
from glnet_geo.core.listing import listed
from glnet_geo.errors import OutputError
from glnet_geo.io.files.identity import identity
from glnet_geo.io.work_folder.ledger import Ledger


class Books:
    """Results of tiles and mosaics, by path; what is entered is kept in the ledger, once the first outputs are begun.

    A batch that is refused before has nothing to go on from.

    Args:
        ledger: open.
        job: hash of everything but the tiles.

    Attributes:
        job: as given.
    """

    def __init__(self, ledger: Ledger, job: str) -> None:
        self.job = job
        self._ledger = ledger
        self._earlier = {entry.tile: entry for entry in entries(ledger.earlier())}
        self._now: dict[str, TileResult] = {}
        self._entered: set[str] = set()
        self._begun: set[str] = set()
        self._ranges: dict[str, tuple[float, float]] = {}
        self._withheld: list[Mapping[str, Any]] | None = []
        for event in ledger.events():
            self._take(event)

    def refuse_foreign(self, outputs: Iterable[Path]) -> None:
        """Refuse to replace files that no batch of this job has made.

        Raises:
            OutputError: there are some.
        """
        entered = (*self._now.values(), *self._earlier.values())
        ours = {file for entry in entered if entry.state.job == self.job for file in entry.state.files}
        foreign = [
            path
            for path in outputs
            if path.exists() and str(path.resolve()) not in self._begun and tuple(identity(path)) not in ours
        ]
        if foreign:
            raise OutputError(
                f"{listed([str(path) for path in foreign])} exist and were not made by this very job: add --overwrite to replace them, or choose "
                "another folder"
            )

    def made(self, tile: str, fingerprint: str, outputs: Sequence[Path]) -> TileResult | None:
        """The result of a tile whose outputs are there already, or None."""
        entry = self._now.get(tile) or self._earlier.get(tile)
        if entry is None or entry.status == "failed":
            return None
        if (entry.state.job, entry.state.fingerprint) != (self.job, fingerprint):
            return None
        # A tile without a class has no outputs, whatever was wanted.
        if entry.classes and not {str(path.resolve()) for path in outputs} <= set(entry.outputs):
            return None
        if any(
            tuple(identity(path)) != known
            for path, known in zip(entry.outputs, entry.state.outputs, strict=True)
        ):
            return None
        if tile in self._now:
            return entry
        reason = "its outputs were there already" if entry.classes else entry.reason
        return replace(entry, status="skipped", reason=reason)

    def was_made_before(self, tile: str, fingerprint: str, outputs: Sequence[Path]) -> bool:
        """Whether a batch that has ended made it."""
        now = self._now.pop(tile, None)
        try:
            return self.made(tile, fingerprint, outputs) is not None
        finally:
            if now is not None:
                self._now[tile] = now

    def failed_before(self, tile: str, file: tuple[object, ...]) -> bool:
        """Whether this very file failed before the batch was interrupted."""
        entry = self._now.get(tile)
        return entry is not None and entry.status == "failed" and entry.state.identity == file

    def begin(self, outputs: Sequence[Path]) -> None:
        """Outputs are about to be made; a kill may come when they are in their places and no result is entered."""
        paths = [str(path.resolve()) for path in outputs]
        self._begun.update(paths)
        withheld, self._withheld = self._withheld or (), None
        for event in (*withheld, {"kind": "begun", "job": self.job, "outputs": paths}):
            self._note(event)

    def enter(self, result: TileResult) -> None:
        """A tile or a mosaic is done, skipped, or failed."""
        before = self._now.get(result.tile) or self._earlier.get(result.tile)
        if before is not None:
            result = replace(result, state=result.state.after(before.state))
        self._now[result.tile] = result
        self._entered.add(result.tile)
        self._note({"kind": "result", **result.noted()})

    def value_range(self, tiles: str) -> tuple[float, float] | None:
        """That of some tiles, by a name for them, as it was found before the batch was interrupted."""
        return self._ranges.get(tiles)

    def enter_range(self, tiles: str, found: tuple[float, float]) -> None:
        """The value range of some tiles is known."""
        self._ranges[tiles] = found
        self._note({"kind": "range", "job": self.job, "of": tiles, "range": found})

    def result(self, tile: str) -> TileResult | None:
        """What became of a tile in this batch."""
        return self._now.get(tile)

    @property
    def megapixels_computed(self) -> float:
        """Millions of pixels of tiles that this very run has computed, not one that it goes on from."""
        return sum(
            entry.megapixels_computed
            for path, entry in self._now.items()
            if path in self._entered and entry.status == "done"
        )

    def others(self, tiles: Iterable[str]) -> tuple[TileResult, ...]:
        """Entries of which something is still there: for other tiles, and for those that nothing has become of now."""
        known = set(tiles) & self._now.keys()
        return tuple(
            entry
            for path, entry in (self._earlier | self._now).items()
            if path not in known and any(Path(str(place)).exists() for place, *_ in entry.state.files)
        )

    def _note(self, event: Mapping[str, Any]) -> None:
        if self._withheld is None:
            self._ledger.note(event)
        else:
            self._withheld.append(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        """Remember what was noted; what a batch of another version has noted in another way counts as missing."""
        match event:
            case {"kind": "begun", "job": self.job, "outputs": [*paths]}:
                self._begun.update(map(str, paths))
            case {"kind": "range", "job": self.job, "of": str(kind), "range": [low, high]}:
                self._ranges[kind] = (low, high)
            case {"kind": "result"} if (entry := TileResult.read(event)) is not None:
                # What another job has done is as good as an earlier batch.
                (self._now if entry.state.job == self.job else self._earlier)[entry.tile] = entry


def outputs_noted(ledger: Ledger) -> set[tuple[object, ...]]:
    """The identities of all outputs that batches in a folder have made, whatever their jobs; the ledger may be closed."""
    noted = (TileResult.read(event) for event in ledger.events())
    results = (*entries(ledger.earlier()), *(entry for entry in noted if entry is not None))
    return {file for entry in results for file in entry.state.files}
