"""A scene in shards: each job of an array computes its share of the frames, and a last one makes the map of all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

from glnet_geo.core.progress import Progress, Silence
from glnet_geo.errors import CancelledError, OptionError
from glnet_geo.frames import Frames, LocalFrames
from glnet_geo.io.files.staging import Staging
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.job import scene_job
from glnet_geo.map_files import MapFiles
from glnet_geo.plan import Options, planned

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several shares of a job.

    Attributes:
        number: from 1.
        count: of all shares.

    Raises:
        OptionError: there is no such share.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise OptionError(f"there is no shard {self}: the first of 16 is 1/16, the last is 16/16")

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """This share of some items: a run of them, as long as those of the other shares or one longer or shorter."""
        start, stop = (len(items) * end // self.count for end in (self.number - 1, self.number))
        return items[start:stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSummary:
    """What was done for a shard.

    Attributes:
        scene: path of the scene.
        shard: such as ``3/16``.
        work: where the shard's frames are kept until the map is made.
        frames: how many they are.
        seconds: from opening the scene to the last frame.
    """

    scene: str
    shard: str
    work: str
    frames: int
    seconds: float


def compute_shard(
    scene: str | Path,
    out: str | Path | Sequence[str | Path],
    shard: Shard,
    *,
    options: Options | None = None,
    confidence: str | Path | None = None,
    overwrite: bool = False,
    work: str | Path | None = None,
    frames: Frames | None = None,
    progress: Progress | None = None,
) -> ShardSummary:
    """Compute one share of the frames of a scene, and keep them for `classify` of the same arguments to use.

    Shards may be computed at the same time, in any order, on any machine that sees the scene and the work folder, and
    again. `classify` computes itself what is missing.

    Args:
        scene: any raster that GDAL opens.
        out: the files that `classify` will write; none is written now.
        shard: which share.
        options: how to classify.
        confidence: as for `classify`.
        overwrite: whether the files may be there already.
        work: the folder, or any address that fsspec writes to, where frames are kept; beside the first output if None.
        frames: who computes frames; None for this process.
        progress: told where the job stands; may cancel it.

    Raises:
        GlnetGeoError: something cannot be used, or the work folder holds another job. The message says what to do.
    """
    started = time.monotonic()
    options, progress, frames = options or Options(), progress or Silence(), frames or LocalFrames()
    if options.exact:
        raise OptionError(
            "--exact computes a scene as one frame, which has no shards: leave out one of the two"
        )
    files = MapFiles.of(scene, out, confidence, options)
    # What classify would refuse must be known before all is computed.
    Staging(files.all, styled=files.maps, overwrite=overwrite)
    with planned(scene, options, confidence=files.tell_confidence, here=frames.here) as plan:
        for note in plan.notes:
            progress.info(note)
        mine = shard.of(list(chain(*plan.frames())))
        with (
            Journal(
                journal_folder(files.maps[0], work, scene=plan.scene.path),
                scene_job(plan, options, confidence=files.tell_confidence),
                shared=True,
            ) as journal,
            _stopping(journal),
            closing(frames.logits(plan, mine, journal.frames, progress)) as coming,
        ):
            for _ in coming:
                # Each is kept as it is made.
                continue
    return ShardSummary(
        scene=plan.scene.shown,
        shard=str(shard),
        work=journal.place,
        frames=len(mine),
        seconds=time.monotonic() - started,
    )


@contextmanager
def _stopping(journal: Journal) -> Iterator[None]:
    """Says on leaving by Ctrl-C, or as the progress asked, how to go on."""
    try:
        yield
    except (KeyboardInterrupt, CancelledError) as stopped:
        raise CancelledError(
            f"what is finished of the shard is kept in {journal.place}: run the same command again to go on"
        ) from stopped
