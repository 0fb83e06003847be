"""The way of the data: scene -> frames -> GLNet -> mosaic -> rows of classes -> raster and polygons."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import glnet_geo
from glnet_geo.core.numerals import shortest
from glnet_geo.core.polygons.drawing import Drawing
from glnet_geo.core.pouring import pour
from glnet_geo.core.progress import Progress, Silence
from glnet_geo.core.strip import Sink
from glnet_geo.errors import CancelledError, OptionError, SceneError
from glnet_geo.frames import Frames, LocalFrames
from glnet_geo.io.files.staging import Staging, TakenError
from glnet_geo.io.scenes.own_maps import VERSION_TAG
from glnet_geo.io.scenes.tiles import TileError
from glnet_geo.io.work_folder.array_store import Lacking
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.job import scene_job
from glnet_geo.map_files import MapFiles
from glnet_geo.plan import Options, Plan, planned
from glnet_geo.report import Forecast, Summary, Tally
from glnet_geo.strips import Rest, strips, time_of
from glnet_geo.vectorization import merged


def classify(
    scene: str | Path,
    out: str | Path | Sequence[str | Path],
    *,
    options: Options | None = None,
    confidence: str | Path | None = None,
    drawing: Drawing | None = None,
    overwrite: bool = False,
    resume: bool = True,
    work: str | Path | None = None,
    frames: Frames | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Map the land cover of a scene, on the scene's own grid, in memory that does not grow with its height.

    Args:
        scene: any raster that GDAL opens.
        out: one or more files; ``.tif`` gets classes, ``.gpkg``, ``.fgb``, ``.parquet`` and ``.geojson`` polygons.
        options: how to classify.
        confidence: a ``.tif`` for the winning class's probability, in percent.
        drawing: how to draw polygons, and whether to merge small areas.
        overwrite: whether existing files may be replaced.
        resume: whether finished parts are kept beside the first output until the job is done, and taken from there; a
            job that is run again after it was stopped or killed then goes on, and makes the very same files.
        work: the folder, or any address that fsspec writes to, where finished parts are kept instead.
        frames: who computes frames; None for this process.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used; no output is left behind. The message says what, where, what to do.
    """
    started = time.monotonic()
    options, drawing, progress = options or Options(), drawing or Drawing(), progress or Silence()
    frames = frames or LocalFrames()
    files = MapFiles.of(scene, out, confidence, options)
    if options.exact and work is not None:
        raise OptionError("--exact finishes all rows at once and keeps nothing: leave out --work-dir")
    staging = Staging(files.all, styled=files.maps, overwrite=overwrite)
    with planned(scene, options, confidence=files.tell_confidence, here=frames.here) as plan:
        for note in plan.notes:
            progress.info(note)
        # The published code's way finishes all rows at once: there is nothing to keep.
        folder = (
            journal_folder(files.maps[0], work, scene=plan.scene.path) if resume and not plan.exact else None
        )
        tally = Tally(plan.scene, plan.card.legend)
        how = Work(
            job=scene_job(plan, options, confidence=files.tell_confidence),
            journal=folder,
            frames=frames,
            drawing=drawing,
            confidence=files.tell_confidence,
        )

        def sinks(_rest: Rest) -> Iterator[Sink]:
            yield tally
            tags = provenance(plan, plan.scene.name)
            yield from files.sinks(staging, plan.scene, plan.card.legend, drawing, tags)

        rest = deliver(plan, how, staging, sinks, progress, outputs=files.all)
    return _summary(plan, files, tally, rest, time.monotonic() - started)


def _summary(plan: Plan, files: MapFiles, tally: Tally, rest: Rest, took: float) -> Summary:
    return Summary(
        scene=plan.scene.shown,
        outputs=tuple(str(path) for path in files.all),
        model=plan.card.name,
        model_sha256=plan.model.sha256,
        device=str(plan.machine),
        classes=tally.shares(),
        megapixels=plan.megapixels,
        megapixels_computed=plan.megapixels * rest.within(0, plan.scene.height),
        seconds=took,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How the rows of a plan are made.

    Attributes:
        job: everything that they depend on, by names for a person.
        journal: where finished parts are kept; None to keep nothing.
        frames: who computes frames.
        drawing: whether small areas are merged.
        confidence: whether the winner's probability is wanted too.
        lacking: frames that lack something: see `FrameStore`.
    """

    job: Mapping[str, object]
    journal: str | Path | None
    frames: Frames
    drawing: Drawing
    confidence: bool
    lacking: Lacking = field(default_factory=dict)


def deliver(
    plan: Plan,
    work: Work,
    staging: Staging,
    sinks: Callable[[Rest], Iterable[Sink]],
    progress: Progress,
    *,
    outputs: Sequence[Path],
    on_failure: Callable[[], None] = lambda: None,
) -> Rest:
    """Make every row of a map, or take it from the journal, and pour it into sinks; then move outputs to their places.

    Args:
        plan: what to do.
        work: how.
        staging: where outputs are made.
        sinks: makes the sinks one by one, once there is a place to make outputs in and it is known what is left to do.
        progress: told where the job stands; may cancel it.
        outputs: are moved in the end.
        on_failure: see `pour`.

    Returns:
        What was left to do.

    Raises:
        GlnetGeoError: something cannot be used; what is finished is kept in the journal.
    """
    height = plan.scene.height
    with (
        Journal(work.journal, work.job, lacking=work.lacking) as journal,
        _stopping(journal, height),
        ExitStack() as opened,
    ):
        _tell(journal, height, progress)
        rest = Rest.of(plan, journal)
        # A kill must find them noted, whenever it comes.
        journal.sweep(staging.folders)
        opened.enter_context(staging)
        # Where a sink fails, nothing may go on to read from the scene, which is closed next.
        rows = opened.enter_context(
            closing(strips(plan, progress, journal, work.frames, confidence=work.confidence))
        )
        made = []
        for sink in sinks(rest):
            opened.callback(sink.close)
            made.append(sink)
        pour(merged(rows, plan.scene, work.drawing), made, progress, on_failure=on_failure)
        staging.commit(outputs)
        # The note of hidden folders goes last: whenever a kill comes, they are either noted or gone.
        opened.close()
        journal.remove()
    return rest


def check(scene: str | Path, *, options: Options | None = None) -> Forecast:
    """Tell what `classify` would do with a scene, and refuse or warn as it would.

    Raises:
        GlnetGeoError: something cannot be used; the message says what, where, what to do.
    """
    # Polygons tell how sure they are, which takes the most memory of all outputs.
    with planned(scene, options or Options(), confidence=True) as plan:
        expected = time_of(plan)
        return Forecast(
            scene=plan.scene.shown,
            height=plan.scene.height,
            width=plan.scene.width,
            crs=None if plan.scene.crs is None else plan.scene.crs.to_string(),
            bands=plan.scene.bands,
            band_names=plan.card.bands,
            dtype=plan.scene.dtype,
            value_range=plan.normalization.value_range,
            nodata=plan.scene.nodata,
            ground_sample_distance=plan.scene.ground_sample_distance,
            scales=(plan.lattice.rows.scale, plan.lattice.cols.scale),
            model=plan.card.name,
            model_sha256=plan.model.sha256,
            device=str(plan.machine),
            megapixels=plan.megapixels,
            memory=plan.memory.total,
            seconds=expected.seconds,
            seconds_at_most=expected.at_most,
            notes=plan.notes,
        )


def _tell(journal: Journal, height: int, progress: Progress) -> None:
    """Say whether the job goes on from where another one stopped."""
    if journal.other_job:
        progress.info(
            f"another job was left unfinished in {journal.place} (other: {', '.join(journal.other_job)}): starting afresh"
        )
    elif not journal.empty:
        progress.info(f"going on from {_finished(journal, height)}, which an earlier run has finished")


def _finished(journal: Journal, height: int) -> str:
    """What an unfinished job has to show, for a person: frames are computed well before the first row is decided."""
    if not journal.rows:
        return "some frames"
    # Neither is nothing what has begun, nor all what has not ended.
    return f"{100 * journal.rows // height or 'less than 1'}%"


@contextmanager
def _stopping(journal: Journal, height: int) -> Iterator[None]:
    """Says on leaving by Ctrl-C, as the progress asked, or where an output is taken, how to go on."""
    try:
        yield
    except (KeyboardInterrupt, CancelledError) as stopped:
        if journal.empty:
            raise CancelledError("nothing was written") from stopped
        raise CancelledError(
            f"nothing was written; what is finished ({_finished(journal, height)}) is kept in {journal.place}: run the "
            "same command again to go on, or delete that folder"
        ) from stopped
    except TakenError as taken:
        raise taken if journal.empty else taken.keeping(journal.place) from None
    except TileError:
        # The rows of all other tiles are as good as before.
        raise
    except SceneError:
        # All rows are there: the map itself was refused, and would be again.
        if journal.rows == height:
            journal.remove()
        raise


def provenance(plan: Plan, scene: str) -> Mapping[str, str]:
    """How the map was made, for the outputs to carry; ``scene`` is what it was made of."""
    return {
        VERSION_TAG: glnet_geo.__version__,
        "GLNET_GEO_SCENE": scene,
        "GLNET_GEO_MODEL": plan.card.name,
        "GLNET_GEO_MODEL_SHA256": plan.model.sha256,
        "GLNET_GEO_MODEL_CREDIT": plan.card.credit,
        "GLNET_GEO_MODEL_LICENSE": plan.card.license,
        "GLNET_GEO_OPTIONS": (
            f"bands={','.join(map(str, plan.scene.bands))} "
            f"value_range={shortest(plan.normalization.low)},{shortest(plan.normalization.high)} "
            f"scales={plan.lattice.rows.scale:g},{plan.lattice.cols.scale:g} "
            f"precision={str(plan.machine.dtype).removeprefix('torch.')} exact={plan.exact}"
        ),
    }
