"""What a batch did: one entry for every tile, and the sum of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from glnet_geo.report import ClassShare

Status: TypeAlias = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TileResult:
    """What became of one tile, or of a mosaic.

    Attributes:
        tile: its path; that of the mosaic's first file.
        status: done; skipped (there was nothing to do); failed.
        reason: why it was skipped or failed.
        outputs: of every file its path, size in bytes and time of change.
        classes: what covers how much.
        megapixels: millions of pixels.
        seconds: its part of the time that the batch took.
        job: of everything but the tile that the outputs depend on, a hash.
        fingerprint: of the pixels that the outputs depend on, a hash.
        identity: of the file, see `glnet_geo.io.journal.identity`.
    """

    tile: str
    status: Status
    reason: str = ""
    outputs: tuple[tuple[object, ...], ...] = ()
    classes: tuple[ClassShare, ...] = ()
    megapixels: float = 0.0
    seconds: float = 0.0
    job: str = ""
    fingerprint: str = ""
    identity: tuple[object, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the outputs."""
        return tuple(str(path) for path, *_ in self.outputs)

    @property
    def megapixels_per_second(self) -> float | None:
        """None where no time was taken."""
        return self.megapixels / self.seconds if self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """As `read` takes it."""
        rate = self.megapixels_per_second
        return asdict(self) | {"megapixels_per_second": rate and round(rate, 3)}

    @classmethod
    def read(cls, found: object) -> TileResult | None:
        """An entry of a report or of a ledger; None where it is none, or one of another version."""
        if not isinstance(found, Mapping):
            return None
        try:
            known = {name: found[name] for name in cls.__slots__} | {
                "outputs": tuple(tuple(output) for output in found["outputs"]),
                "classes": tuple(ClassShare(**share) for share in found["classes"]),
                "identity": tuple(found["identity"]),
            }
        except (KeyError, TypeError):
            return None
        entry = cls(**known)
        usable = isinstance(entry.tile, str) and entry.status in get_args(Status) and all(entry.outputs)
        return entry if usable else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What a batch did.

    Attributes:
        tiles: one entry for each, in the order in which they were named.
        mosaics: one entry for each file.
        model: name.
        model_sha256: of its package.
        device: where it was computed.
        version: of this package.
        seconds: from the first look at the tiles to the last output.
        path: of the machine-readable report.
        earlier: entries of tiles of earlier batches in the same folder.
    """

    tiles: tuple[TileResult, ...]
    mosaics: tuple[TileResult, ...]
    model: str
    model_sha256: str
    device: str
    version: str
    seconds: float
    path: str
    earlier: tuple[TileResult, ...] = field(default=(), repr=False)

    def count(self, status: Status) -> int:
        """How many tiles there are of a status."""
        return sum(tile.status == status for tile in self.tiles)

    @property
    def failed(self) -> tuple[TileResult, ...]:
        """The tiles that failed."""
        return tuple(tile for tile in self.tiles if tile.status == "failed")

    @property
    def megapixels(self) -> float:
        """Millions of pixels of the tiles that were mapped."""
        return sum(tile.megapixels for tile in self.tiles if tile.status == "done")

    @property
    def classes(self) -> tuple[ClassShare, ...]:
        """What covers how much of all tiles that have a map; where tiles overlap, of each of them."""
        return summed(tile.classes for tile in self.tiles)

    def to_json(self) -> dict[str, Any]:
        """The machine-readable report."""
        return {
            "version": self.version,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "device": self.device,
            "seconds": round(self.seconds, 3),
            "megapixels": self.megapixels,
            "done": self.count("done"),
            "skipped": self.count("skipped"),
            "failed": self.count("failed"),
            "classes": [asdict(share) for share in self.classes],
            "tiles": [tile.to_json() for tile in self.tiles],
            "mosaics": [mosaic.to_json() for mosaic in self.mosaics],
            "earlier": [tile.to_json() for tile in self.earlier],
        }


def entries(report: Mapping[str, Any]) -> list[TileResult]:
    """All entries of a report that can be read."""
    found: list[TileResult] = []
    for name in ("earlier", "mosaics", "tiles"):
        listed = report.get(name)
        if isinstance(listed, list):
            found += [entry for entry in map(TileResult.read, listed) if entry is not None]
    return found


def summed(tables: Iterable[Sequence[ClassShare]]) -> tuple[ClassShare, ...]:
    """Tables of one legend as one."""
    rows = [share for table in tables for share in table]
    total = sum(share.pixels for share in rows)
    found = []
    for first in {share.id: share for share in rows}.values():
        same = [share for share in rows if share.id == first.id]
        areas = [share.area_m2 for share in same]
        found.append(
            ClassShare(
                id=first.id,
                name=first.name,
                color=first.color,
                pixels=sum(share.pixels for share in same),
                share=sum(share.pixels for share in same) / total if total else 0.0,
                area_m2=None if None in areas else sum(area for area in areas if area is not None),
            )
        )
    return tuple(found)
