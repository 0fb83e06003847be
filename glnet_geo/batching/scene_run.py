"""One virtual scene, mapped from its first row to its last, whatever tiles fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from glnet_geo.batching.books import Books
from glnet_geo.batching.delivery import Delivered, Delivery, Making
from glnet_geo.batching.fingerprints import fingerprints, lacking, mark, pixels_mark, place_mark, touched
from glnet_geo.batching.outputs import Outputs
from glnet_geo.batching.report import TileResult, TileState
from glnet_geo.batching.scenes import VirtualScene
from glnet_geo.core.listing import counted
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import Sink
from glnet_geo.errors import AoiMissesError
from glnet_geo.frames import Frames
from glnet_geo.io.files.identity import identity
from glnet_geo.io.files.staging import Staging
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.source_files import raster_identity
from glnet_geo.io.scenes.tiled import PlacedTile, TiledPixels, scene_of
from glnet_geo.io.scenes.tiles import TileError, TileReader
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.job import SURE, job_of
from glnet_geo.map_files import MapFiles
from glnet_geo.model.machine import Machine
from glnet_geo.model.package import Model
from glnet_geo.pipeline import Work, deliver, provenance
from glnet_geo.plan import Options, Plan, plan_for
from glnet_geo.report import Tally
from glnet_geo.strips import Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What all scenes of a batch are mapped with.

    Attributes:
        model: loaded once for all of them.
        machine: where to compute.
        options: how to classify.
        drawing: how to draw polygons, and whether to merge small areas.
        outputs: what is written.
        named: the outputs of every tile, by its path.
        frames: who computes frames.
        reader: of the tiles.
        books: what is known of every tile.
        work: the folder or the address where what is unfinished is kept.
    """

    model: Model
    machine: Machine
    options: Options
    drawing: Drawing
    outputs: Outputs
    named: Mapping[str, MapFiles]
    frames: Frames
    reader: TileReader
    books: Books
    work: str | Path

    @property
    def confidence(self) -> bool:
        """Whether it must be known how sure the map is."""
        return self.outputs.confidence or self.outputs.wants_polygons


def map_scene(scene: VirtualScene, shop: Workshop, progress: Progress) -> None:
    """Map a virtual scene, and enter in the books what became of every tile.

    A tile that fails is left out as if it were without data, and what it was used for is made again.

    Raises:
        GlnetGeoError: something else than a tile cannot be used; what is finished is kept.
    """
    broken = {
        tile.file.path for tile in scene.tiles if shop.books.failed_before(tile.file.path, tile.file.identity)
    }
    rests: list[Rest] = []
    while True:
        usable = [tile for tile in scene.tiles if tile.file.path not in broken]
        if not usable:
            return
        try:
            _SceneRun(scene, usable, shop, progress, rests).run()
        except AoiMissesError:
            for tile in usable:
                _skip(shop, tile, "it lies outside the area of interest")
            return
        except TileError as error:
            tile = next(tile for tile in usable if tile.file.path == error.tile)
            broken.add(error.tile)
            shop.books.enter(failure(error.tile, str(error), shop.books.job, tile))
            progress.info(f"failed: {error}")
        else:
            return


def failure(path: str, reason: str, job: str, tile: PlacedTile | None = None) -> TileResult:
    """The entry of a tile that failed."""
    return TileResult(
        tile=path,
        status="failed",
        reason=reason,
        megapixels=0.0 if tile is None else tile.file.megapixels,
        state=TileState(job=job, identity=raster_identity(path) if tile is None else tile.file.identity),
    )


def _skip(shop: Workshop, tile: PlacedTile, reason: str, fingerprint: str = "") -> None:
    shop.books.enter(
        TileResult(
            tile=tile.file.path,
            status="skipped",
            reason=reason,
            megapixels=tile.file.megapixels,
            state=TileState(job=shop.books.job, fingerprint=fingerprint, identity=tile.file.identity),
        )
    )


class _SceneRun:
    """One attempt at a scene with the tiles that can be read, as far as is known."""

    def __init__(
        self,
        scene: VirtualScene,
        usable: Sequence[PlacedTile],
        shop: Workshop,
        progress: Progress,
        rests: list[Rest],
    ) -> None:
        self._scene, self._usable, self._shop, self._progress = scene, usable, shop, progress
        # Of every attempt so far: the first tells what an earlier batch has left, the others what this one has.
        self._rests = rests
        self._fingerprints: dict[str, str] = {}

    def run(self) -> None:
        """Make what is not there yet.

        Raises:
            TileError: a tile failed; nothing that it was used for is kept.
            AoiMissesError: nothing of the scene is wanted.
        """
        shop, books = self._shop, self._shop.books
        opened = scene_of(
            self._usable,
            self._scene.transform,
            self._scene.shape,
            name=self._scene.name,
            wanted=[True] * len(self._usable),
            reader=shop.reader,
        )
        options = shop.options
        if self._scene.value_range is not None:
            options = replace(options, value_range=self._scene.value_range)
        with closing(opened):
            plan = plan_for(opened, shop.model, shop.machine, options, confidence=shop.confidence)
            self._fingerprints = fingerprints(plan, self._usable, merges=self._merges)
            pending = []
            for tile in self._usable:
                found = self._made(tile)
                if found is None:
                    pending.append(tile)
                elif books.result(tile.file.path) is None:
                    books.enter(found)
            mosaics = [path for path in shop.outputs.mosaics if not self._has_mosaic(path)]
            if pending or mosaics:
                self._tell(plan.notes)
                with block_cache(plan.memory.kept):
                    self._map(self._limited(plan, mosaics), pending, mosaics, options)

    def _tell(self, notes: Sequence[str]) -> None:
        """Say what there is to know of the scene, unless it was said before a tile failed."""
        if not any(self._shop.books.failed_before(t.file.path, t.file.identity) for t in self._broken):
            for note in notes:
                self._progress.info(note)

    def _map(
        self, plan: Plan, pending: Sequence[PlacedTile], mosaics: Sequence[Path], options: Options
    ) -> None:
        shop = self._shop
        paths = [path for tile in pending for path in shop.named[tile.file.path].all]
        for folder in {path.parent for path in paths}:
            folder.mkdir(parents=True, exist_ok=True)
        # That was asked at once, and may be long ago.
        if not shop.outputs.overwrite:
            shop.books.refuse_foreign([*paths, *mosaics])
        shop.books.begin([*paths, *mosaics])
        maps = [path for tile in pending for path in shop.named[tile.file.path].maps]
        staging = Staging(
            [*paths, *mosaics],
            overwrite=shop.outputs.overwrite,
            ours=True,
            styled=[*maps, *mosaics],
            keep_styles=not shop.outputs.overwrite,
        )
        delivery = Delivery(pending, self._making(plan, staging))
        tally = Tally(plan.scene, plan.card.legend)

        def sinks(rest: Rest) -> Iterator[Sink]:
            self._rests.append(rest)
            yield delivery
            if mosaics:
                yield tally
            tags = provenance(plan, counted(len(self._usable), "tile"))
            yield from MapFiles(maps=tuple(mosaics)).sinks(
                staging, plan.scene, plan.card.legend, shop.drawing, tags
            )

        work = Work(
            job=self._job(plan, options),
            journal=None if plan.exact else self._journal(plan),
            frames=shop.frames,
            drawing=shop.drawing,
            confidence=shop.confidence,
            # Workers may still keep frames that have seen a tile when it has failed.
            lacking=lacking(plan, self._broken),
        )
        try:
            deliver(plan, work, staging, sinks, self._progress, outputs=mosaics, on_failure=delivery.stop)
        except TileError as error:
            self._forget(plan, work, error.tile)
            raise
        for path in mosaics:
            self._enter_mosaic(path, plan, tally)

    def _making(self, plan: Plan, staging: Staging) -> Making:
        shop = self._shop
        return Making(
            outputs=shop.named,
            staging=staging,
            legend=plan.card.legend,
            drawing=shop.drawing,
            tags=partial(provenance, plan),
            reader=shop.reader,
            overlapped=self._scene.overlapped(),
            done=self._enter,
        )

    def _limited(self, plan: Plan, mosaics: Sequence[Path]) -> Plan:
        """The plan, without frames that only tiles would need which an earlier batch has mapped."""
        books, named = self._shop.books, self._shop.named
        # Small areas are merged across tiles, so all must be known.
        everything = bool(mosaics) or self._merges
        wanted = tuple(
            everything
            or not books.was_made_before(
                tile.file.path, self._fingerprints[tile.file.path], named[tile.file.path].all
            )
            for tile in self._usable
        )
        pixels = plan.scene.pixels
        if not isinstance(pixels, TiledPixels):
            raise TypeError(f"{plan.scene.name} is not made of tiles")
        return replace(plan, scene=replace(plan.scene, pixels=replace(pixels, wanted=wanted)))

    def _job(self, plan: Plan, options: Options) -> dict[str, object]:
        """What the rows depend on; a tile that failed counts as before, since all that it was used for is forgotten."""
        pixels = plan.scene.pixels
        known = set(pixels.wanted_paths) if isinstance(pixels, TiledPixels) else set()
        usable = {tile.file.path for tile in self._usable}
        return job_of(plan, options) | {
            "tiles": mark([pixels_mark(tile.file) for tile in self._scene.tiles]),
            "tiles to map": mark(
                sorted(
                    t.file.path
                    for t in self._scene.tiles
                    if t.file.path in known or t.file.path not in usable
                )
            ),
            SURE: self._shop.confidence,
        }

    @property
    def _merges(self) -> bool:
        """Whether small areas join their neighbours."""
        return self._shop.drawing.min_area > 0

    @property
    def _broken(self) -> list[PlacedTile]:
        usable = {tile.file.path for tile in self._usable}
        return [tile for tile in self._scene.tiles if tile.file.path not in usable]

    def _journal(self, plan: Plan) -> str | Path:
        # Other batches of these tiles may have the same work folder.
        folder = self._shop.outputs.folder.resolve()
        name = mark([place_mark(plan), [tile.file.path for tile in self._scene.tiles], folder])[:16]
        return journal_folder(Path(name), self._shop.work)

    def _forget(self, plan: Plan, work: Work, path: str) -> None:
        """Have the journal forget what a tile was used for."""
        tile = next(tile for tile in self._usable if tile.file.path == path)
        with Journal(work.journal, work.job) as journal:
            journal.forget(*touched(plan, tile.window))

    def _made(self, tile: PlacedTile) -> TileResult | None:
        path = tile.file.path
        return self._shop.books.made(path, self._fingerprints[path], self._shop.named[path].all)

    def _has_mosaic(self, path: Path) -> bool:
        found = self._shop.books.made(str(path), self._mosaic_mark, [path])
        if found is not None and self._shop.books.result(str(path)) is None:
            self._shop.books.enter(found)
        return found is not None

    @property
    def _mosaic_mark(self) -> str:
        return mark(sorted(self._fingerprints.values()))

    def _enter(self, delivered: Delivered) -> None:
        """A tile is done."""
        tile, shop = delivered.tile, self._shop
        fingerprint = self._fingerprints[tile.file.path]
        if not delivered.classes:
            inside = "" if shop.options.aoi is None else " inside the area of interest"
            _skip(shop, tile, f"it has no valid pixel{inside}", fingerprint)
            return
        shop.books.enter(
            TileResult(
                tile=tile.file.path,
                status="done",
                classes=delivered.classes,
                megapixels=tile.file.megapixels,
                megapixels_computed=tile.file.megapixels
                * self._rests[0].within(tile.window.row, tile.window.row_stop),
                seconds=round(delivered.seconds, 4),
                state=TileState(
                    job=shop.books.job,
                    fingerprint=fingerprint,
                    identity=tile.file.identity,
                    outputs=tuple(tuple(identity(path)) for path in shop.named[tile.file.path].all),
                ),
            )
        )

    def _enter_mosaic(self, path: Path, plan: Plan, tally: Tally) -> None:
        self._shop.books.enter(
            TileResult(
                tile=str(path),
                status="done",
                classes=tally.shares(),
                megapixels=plan.megapixels,
                state=TileState(
                    job=self._shop.books.job,
                    fingerprint=self._mosaic_mark,
                    outputs=(tuple(identity(path)),),
                ),
            )
        )
