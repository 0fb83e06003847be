"""One virtual scene, mapped from its first row to its last, whatever tiles fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from glnet_geo.batching.delivery import Delivered, Delivery, Making
from glnet_geo.batching.entries import done, failed, mosaic_done, skipped
from glnet_geo.batching.fingerprints import fingerprints, lacking, mark, pixels_mark, place_mark, touched
from glnet_geo.batching.report import TileResult
from glnet_geo.batching.scenes import VirtualScene
from glnet_geo.batching.setup import BatchSetup
from glnet_geo.core.listing import counted
from glnet_geo.core.progress import Progress
from glnet_geo.core.strip import Sink
from glnet_geo.errors import AoiMissesError
from glnet_geo.io.files.staging import Staging
from glnet_geo.io.scenes.blocks import block_cache
from glnet_geo.io.scenes.tiled import PlacedTile, TiledPixels, scene_of
from glnet_geo.io.scenes.tiles import TileError
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.job import SURE, job_of
from glnet_geo.map_files import MapFiles
from glnet_geo.pipeline import Work, deliver, provenance
from glnet_geo.plan import Options, Plan, plan_for
from glnet_geo.report import Tally
from glnet_geo.strips import Rest


def map_scene(scene: VirtualScene, setup: BatchSetup, progress: Progress) -> None:
    """Map a virtual scene, and enter in the books what became of every tile.

    A tile that fails is left out as if it were without data, and what it was used for is made again.

    Raises:
        GlnetGeoError: something else than a tile cannot be used; what is finished is kept.
    """
    books = setup.books
    broken = {
        tile.file.path for tile in scene.tiles if books.failed_before(tile.file.path, tile.file.identity)
    }
    rests: list[Rest] = []
    while True:
        usable = [tile for tile in scene.tiles if tile.file.path not in broken]
        if not usable:
            return
        try:
            _SceneRun(scene, usable, setup, progress, rests).run()
        except AoiMissesError:
            for tile in usable:
                books.enter(skipped(tile.file, "it lies outside the area of interest", job=books.job))
            return
        except TileError as error:
            tile = next(tile for tile in usable if tile.file.path == error.tile)
            broken.add(error.tile)
            books.enter(failed(error.tile, str(error), job=books.job, tile=tile.file))
            progress.info(f"failed: {error}")
        else:
            return


class _SceneRun:
    """One attempt at a scene with the tiles that can be read, as far as is known."""

    def __init__(
        self,
        scene: VirtualScene,
        usable: Sequence[PlacedTile],
        setup: BatchSetup,
        progress: Progress,
        rests: list[Rest],
    ) -> None:
        self._scene, self._usable, self._setup, self._progress = scene, usable, setup, progress
        # Of every attempt so far: the first tells what an earlier batch has left, the others what this one has.
        self._rests = rests
        self._fingerprints: dict[str, str] = {}

    def run(self) -> None:
        """Make what is not there yet.

        Raises:
            TileError: a tile failed; nothing that it was used for is kept.
            AoiMissesError: nothing of the scene is wanted.
        """
        setup, books = self._setup, self._setup.books
        opened = scene_of(
            self._usable,
            self._scene.transform,
            self._scene.shape,
            name=self._scene.name,
            wanted=[True] * len(self._usable),
            reader=setup.reader,
        )
        options = setup.options
        if self._scene.value_range is not None:
            options = replace(options, value_range=self._scene.value_range)
        with closing(opened):
            plan = plan_for(opened, setup.model, setup.machine, options, confidence=setup.confidence)
            self._fingerprints = fingerprints(plan, self._usable, merges=self._setup.merges)
            pending = []
            for tile in self._usable:
                found = self._made(tile)
                if found is None:
                    pending.append(tile)
                elif books.result(tile.file.path) is None:
                    books.enter(found)
            mosaics = [path for path in setup.outputs.mosaics if not self._has_mosaic(path)]
            if pending or mosaics:
                self._tell(plan.notes)
                with block_cache(plan.memory.kept):
                    self._map(self._limited(plan, mosaics), pending, mosaics, options)

    def _tell(self, notes: Sequence[str]) -> None:
        """Say what there is to know of the scene, unless it was said before a tile failed."""
        if not any(self._setup.books.failed_before(t.file.path, t.file.identity) for t in self._broken):
            for note in notes:
                self._progress.info(note)

    def _map(
        self, plan: Plan, pending: Sequence[PlacedTile], mosaics: Sequence[Path], options: Options
    ) -> None:
        setup = self._setup
        paths = [path for tile in pending for path in setup.named[tile.file.path].all]
        for folder in {path.parent for path in paths}:
            folder.mkdir(parents=True, exist_ok=True)
        # That was asked at once, and may be long ago.
        if not setup.outputs.overwrite:
            setup.books.refuse_foreign([*paths, *mosaics])
        setup.books.begin([*paths, *mosaics])
        maps = [path for tile in pending for path in setup.named[tile.file.path].maps]
        staging = Staging(
            [*paths, *mosaics],
            overwrite=setup.outputs.overwrite,
            ours=True,
            styled=[*maps, *mosaics],
            keep_styles=not setup.outputs.overwrite,
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
                staging, plan.scene, plan.card.legend, setup.drawing, tags
            )

        work = Work(
            job=self._job(plan, options),
            journal=None if plan.exact else self._journal(plan),
            frames=setup.frames,
            drawing=setup.drawing,
            confidence=setup.confidence,
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
        setup = self._setup
        return Making(
            outputs=setup.named,
            staging=staging,
            legend=plan.card.legend,
            drawing=setup.drawing,
            tags=partial(provenance, plan),
            reader=setup.reader,
            overlapped=self._scene.overlapped(),
            done=self._enter,
        )

    def _limited(self, plan: Plan, mosaics: Sequence[Path]) -> Plan:
        """The plan, without frames that only tiles would need which an earlier batch has mapped."""
        books, named = self._setup.books, self._setup.named
        # Small areas are merged across tiles, so all must be known.
        everything = bool(mosaics) or self._setup.merges
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
            SURE: self._setup.confidence,
        }

    @property
    def _broken(self) -> list[PlacedTile]:
        usable = {tile.file.path for tile in self._usable}
        return [tile for tile in self._scene.tiles if tile.file.path not in usable]

    def _journal(self, plan: Plan) -> str | Path:
        # Other batches of these tiles may have the same work folder.
        folder = self._setup.outputs.folder.resolve()
        name = mark([place_mark(plan), [tile.file.path for tile in self._scene.tiles], folder])[:16]
        return journal_folder(Path(name), self._setup.work)

    def _forget(self, plan: Plan, work: Work, path: str) -> None:
        """Have the journal forget what a tile was used for."""
        tile = next(tile for tile in self._usable if tile.file.path == path)
        with Journal(work.journal, work.job) as journal:
            journal.forget(*touched(plan, tile.window))

    def _made(self, tile: PlacedTile) -> TileResult | None:
        path = tile.file.path
        return self._setup.books.made(path, self._fingerprints[path], self._setup.named[path].all)

    def _has_mosaic(self, path: Path) -> bool:
        found = self._setup.books.made(str(path), self._mosaic_mark, [path])
        if found is not None and self._setup.books.result(str(path)) is None:
            self._setup.books.enter(found)
        return found is not None

    @property
    def _mosaic_mark(self) -> str:
        return mark(sorted(self._fingerprints.values()))

    def _enter(self, delivered: Delivered) -> None:
        """A tile is done."""
        tile, books = delivered.tile, self._setup.books
        fingerprint = self._fingerprints[tile.file.path]
        if not delivered.classes:
            inside = "" if self._setup.options.aoi is None else " inside the area of interest"
            reason = f"it has no valid pixel{inside}"
            books.enter(skipped(tile.file, reason, job=books.job, fingerprint=fingerprint))
            return
        books.enter(
            done(
                tile.file,
                delivered.classes,
                self._setup.named[tile.file.path].all,
                job=books.job,
                fingerprint=fingerprint,
                computed=self._rests[0].within(tile.window.row, tile.window.row_stop),
                seconds=delivered.seconds,
            )
        )

    def _enter_mosaic(self, path: Path, plan: Plan, tally: Tally) -> None:
        books = self._setup.books
        books.enter(
            mosaic_done(path, tally.shares(), plan.megapixels, job=books.job, fingerprint=self._mosaic_mark)
        )
