"""What a batch did: one entry for every tile, and the sum of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

from glnet_geo.report import ClassShare

Status: TypeAlias = Literal["done", "skipped", "failed"]

_STATE = "state"
"""The key of a report that only a later batch may read, since it may change with every version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileState:
    """What a later batch needs to know of a tile, to tell whether its outputs are still right; nobody else's.

    Attributes:
        job: of everything but the tile that the outputs depend on, a hash.
        fingerprint: of the pixels that the outputs depend on, a hash.
        identity: of the file, see `glnet_geo.io.files.identity.identity`.
        outputs: their identities.
        left: identities of files that earlier batches of the job have made of the tile, and that show it no more: it was
            changed since, or cannot be read, or they were not asked for again.
    """

    job: str = ""
    fingerprint: str = ""
    identity: tuple[object, ...] = ()
    outputs: tuple[tuple[object, ...], ...] = ()
    left: tuple[tuple[object, ...], ...] = ()

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> TileState:
        """As `asdict` has made it.

        Raises:
            KeyError, TypeError: it was not.
        """
        return cls(
            job=found["job"],
            fingerprint=found["fingerprint"],
            identity=tuple(found["identity"]),
            outputs=tuple(tuple(output) for output in found["outputs"]),
            left=tuple(tuple(output) for output in found["left"]),
        )

    @property
    def files(self) -> tuple[tuple[object, ...], ...]:
        """The identities of all files that batches of the job have made of the tile."""
        return (*self.outputs, *self.left)

    def after(self, earlier: TileState) -> TileState:
        """The same, with what an earlier state of the tile has left."""
        if earlier.job != self.job:
            return self
        places = {place for place, *_ in self.outputs}
        return replace(self, left=tuple(file for file in earlier.files if file[0] not in places))


@dataclass(frozen=True, slots=True, kw_only=True)
class TileResult:
    """What became of one tile, or of a mosaic.

    Attributes:
        tile: its path; that of the mosaic's first file.
        status: done; skipped (there was nothing to do); failed.
        reason: why it was skipped or failed.
        classes: what covers how much; empty where there is no map.
        megapixels: millions of pixels.
        megapixels_computed: those of them that the batch that made its map has computed; an earlier one had finished the
            others.
        seconds: its part of the time of the batch that made its map.
        state: for later batches.
    """

    tile: str
    status: Status
    reason: str = ""
    classes: tuple[ClassShare, ...] = ()
    megapixels: float = 0.0
    megapixels_computed: float = 0.0
    seconds: float = 0.0
    state: TileState = field(default_factory=TileState, repr=False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Paths of its files."""
        return tuple(str(path) for path, *_ in self.state.outputs)

    @property
    def megapixels_per_second(self) -> float | None:
        """Of what was computed; None where nothing was, or no time was taken."""
        return self.megapixels_computed / self.seconds if self.megapixels_computed and self.seconds else None

    def to_json(self) -> dict[str, Any]:
        """What a report tells of it."""
        rate = self.megapixels_per_second
        return {
            "tile": self.tile,
            "status": self.status,
            "reason": self.reason,
            "outputs": list(self.outputs),
            "classes": [asdict(share) for share in self.classes],
            "megapixels": self.megapixels,
            "megapixels_computed": self.megapixels_computed,
            "seconds": self.seconds,
            "megapixels_per_second": rate and round(rate, 3),
        }

    def noted(self) -> dict[str, Any]:
        """All of it, as `read` takes it."""
        return self.to_json() | {"state": asdict(self.state)}

    @classmethod
    def read(cls, found: object) -> TileResult | None:
        """A note; None where it is none, or one of another version."""
        if not isinstance(found, Mapping):
            return None
        try:
            known = {name: found[name] for name in cls.__slots__} | {
                "classes": tuple(ClassShare(**share) for share in found["classes"]),
                "state": TileState.read(found["state"]),
            }
        except (KeyError, TypeError):
            return None
        entry = cls(**known)
        usable = isinstance(entry.tile, str) and entry.status in get_args(Status) and all(entry.state.files)
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
        megapixels_computed: millions of pixels of the tiles, those that this very run has computed.
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
    megapixels_computed: float
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
    def mapped(self) -> tuple[TileResult, ...]:
        """The tiles that have a map, made now or before."""
        return tuple(tile for tile in self.tiles if tile.classes)

    @property
    def megapixels(self) -> float:
        """Millions of pixels of the tiles that have a map."""
        return sum(tile.megapixels for tile in self.mapped)

    @property
    def megapixels_done(self) -> float:
        """Millions of pixels of the tiles that this batch has mapped."""
        return sum(tile.megapixels for tile in self.tiles if tile.status == "done")

    @property
    def classes(self) -> tuple[ClassShare, ...]:
        """What covers how much of all tiles that have a map; where tiles overlap, of each of them."""
        return summed(tile.classes for tile in self.tiles)

    def to_json(self) -> dict[str, Any]:
        """The machine-readable report; `entries` reads what is for later batches."""
        groups = {"tiles": self.tiles, "mosaics": self.mosaics, "earlier": self.earlier}
        return {
            "version": self.version,
            "model": self.model,
            "model_sha256": self.model_sha256,
            "device": self.device,
            "seconds": round(self.seconds, 3),
            "done": self.count("done"),
            "skipped": self.count("skipped"),
            "failed": self.count("failed"),
            "megapixels_done": self.megapixels_done,
            "megapixels_computed": self.megapixels_computed,
            "mapped": len(self.mapped),
            "megapixels": self.megapixels,
            "classes": [asdict(share) for share in self.classes],
            **{name: [result.to_json() for result in group] for name, group in groups.items()},
            _STATE: {result.tile: asdict(result.state) for group in groups.values() for result in group},
        }


def entries(report: Mapping[str, Any]) -> list[TileResult]:
    """All entries of a report that can be read."""
    found: list[TileResult] = []
    states = report.get(_STATE)
    if not isinstance(states, Mapping):
        return found
    for name in ("earlier", "mosaics", "tiles"):
        listed = report.get(name)
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get("tile"), str):
                entry = TileResult.read({**one, "state": states.get(one["tile"])})
                found += [] if entry is None else [entry]
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
