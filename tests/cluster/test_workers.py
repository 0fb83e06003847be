"""A cluster of processes: whatever becomes of them, the outputs are the same."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from glnet_geo.cluster.clusters import local_workers
from glnet_geo.cluster.dask_frames import DaskFrames
from glnet_geo.errors import ClusterError, OptionError, OutputError
from glnet_geo.io.work_folder.journal import journal_folder
from glnet_geo.shards import Shard, compute_shard
from tests.jobs import Job, Told, assert_same


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, job: Job) -> Path:
    return job.run(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def four() -> Iterator[DaskFrames]:
    with local_workers(4) as frames:
        yield frames


def pids(frames: DaskFrames) -> list[int]:
    return [nanny.pid for nanny in frames.client.cluster.workers.values()]


def test_workers_are_processes_of_one_computing_thread(four: DaskFrames) -> None:
    assert len(set(pids(four)) - {os.getpid()}) == 4
    threads = four.client.run(lambda: os.environ["OMP_NUM_THREADS"])
    assert set(threads.values()) == {"1"}


def test_workers_keep_the_memory_that_they_will_need_again(four: DaskFrames) -> None:
    thresholds = four.client.run(lambda: os.environ.get("MALLOC_TRIM_THRESHOLD_"))
    assert set(thresholds.values()) == {None}


def test_workers_that_are_killed_change_nothing(
    tmp_path: Path, job: Job, whole: Path, four: DaskFrames
) -> None:
    victims = random.Random(3)  # noqa: S311 - any will do
    killed: list[int] = []

    def kill() -> None:
        alive = [pid for pid in pids(four) if pid]
        if len(killed) < 2 and alive:
            killed.append(victims.choice(alive))
            os.kill(killed[-1], signal.SIGKILL)

    job.run(tmp_path, frames=four, progress=Told(30, kill))
    assert killed
    assert_same(tmp_path, whole)


def test_a_shard_may_have_workers_too(tmp_path: Path, job: Job, whole: Path, four: DaskFrames) -> None:
    compute_shard(*job.arguments(tmp_path), Shard(1, 2), options=job.options, frames=four)
    assert_same(job.run(tmp_path, frames=four), whole)


def test_a_disk_that_is_full_is_told_and_the_job_goes_on(
    tmp_path: Path, job: Job, whole: Path, four: DaskFrames, small_disk: Path
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 480 * 1024)
    out = tmp_path / "out"
    with pytest.raises(OutputError, match=r"No space left .*run the same command again"):
        job.run(out, frames=four, work=small_disk)
    assert list(out.iterdir()) == []
    filler.unlink()
    assert_same(job.run(out, frames=four, work=small_disk), whole)


def test_a_damaged_frame_is_made_again(tmp_path: Path, job: Job, whole: Path, four: DaskFrames) -> None:
    compute_shard(*job.arguments(tmp_path), Shard(1, 2), options=job.options, frames=four)
    for path in Path(journal_folder(tmp_path / "map.tif")).glob("frame_*"):
        path.write_bytes(b"damaged")
    assert_same(job.run(tmp_path, frames=four), whole)


def test_what_workers_cannot_do_is_refused(tmp_path: Path, job: Job, four: DaskFrames) -> None:
    with pytest.raises(OptionError, match="--no-resume"):
        job.run(tmp_path, frames=four, resume=False)
    with pytest.raises(OptionError, match="--exact"):
        job.run(tmp_path, frames=four, options=replace(job.options, exact=True))
    assert list(tmp_path.iterdir()) == []


# The last tests of this cluster: it shrinks.
def test_four_two_and_one_worker_make_the_same_files(
    tmp_path: Path, job: Job, whole: Path, four: DaskFrames
) -> None:
    for count in (4, 2, 1):
        workers = list(four.client.nthreads())
        four.client.retire_workers(workers[count:])
        assert len(four.client.nthreads()) == count
        assert_same(job.run(tmp_path / str(count), frames=four), whole)


def test_workers_that_have_all_ended_are_told(tmp_path: Path, job: Job, four: DaskFrames) -> None:
    four.client.retire_workers()
    with pytest.raises(ClusterError, match=r"all worker processes have ended.*run the same command again"):
        job.run(tmp_path, frames=four)
