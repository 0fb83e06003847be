"""Shards: whoever computes which frames, the map is the same."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glnet_geo
from glnet_geo import Options
from glnet_geo.commands import run as command_line
from glnet_geo.errors import CancelledError, OptionError, OutputError
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.shards import Shard, ShardSummary, compute_shard
from tests.jobs import Job, Told, assert_same


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, job: Job) -> Path:
    return job.run(tmp_path_factory.mktemp("whole"))


def shard(job: Job, folder: Path, number: int, count: int, **more: object) -> ShardSummary:
    return compute_shard(*job.arguments(folder), Shard(number, count), options=job.options, **more)  # type: ignore[arg-type]


@given(st.lists(st.integers()), st.integers(1, 40))
def test_shards_are_runs_that_hold_every_item_once(items: list[int], count: int) -> None:
    shares = [list(Shard(number, count).of(items)) for number in range(1, count + 1)]
    assert list(chain(*shares)) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize(("number", "count"), [(0, 3), (4, 3), (1, 0)])
def test_there_is_no_such_shard(number: int, count: int) -> None:
    with pytest.raises(OptionError, match=f"no shard {number}/{count}"):
        Shard(number, count)


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_any_size_of_shards_gives_the_same_map(tmp_path: Path, job: Job, whole: Path, frames: int) -> None:
    total = shard(job, tmp_path, 1, 1, work=tmp_path.parent / "counted").frames
    count = -(-total // frames)
    made = [
        shard(job, tmp_path, number, count, work=tmp_path / "work").frames for number in range(count, 0, -1)
    ]
    assert sum(made) == total
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    told = Told()
    job.run(tmp_path, work=tmp_path / "work", progress=told)
    assert told.begun["classifying"] == 0
    (tmp_path / "work").rmdir()
    assert_same(tmp_path, whole)


def test_what_shards_left_out_is_made(tmp_path: Path, job: Job, whole: Path) -> None:
    shard(job, tmp_path, 2, 3)
    kept = journal_folder(tmp_path / "map.tif")
    damaged = next(Path(kept).glob("frame_*"))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    assert_same(job.run(tmp_path), whole)


def test_a_shard_that_was_stopped_goes_on(tmp_path: Path, job: Job, whole: Path) -> None:
    class Impatient(Told):
        def cancelled(self) -> bool:
            return self.steps > 20

    with pytest.raises(CancelledError, match="run the same command again"):
        shard(job, tmp_path, 1, 1, progress=Impatient())
    first, again = Told(), Told()
    shard(job, tmp_path, 1, 1, progress=again)
    shard(job, tmp_path, 1, 1, progress=first, work=tmp_path / "other")
    assert 0 < again.begun["classifying"] < first.begun["classifying"]
    job.run(tmp_path, work=tmp_path / "other")
    (tmp_path / "other").rmdir()
    job.run(tmp_path, overwrite=True)
    assert_same(tmp_path, whole)


def test_shards_share_the_folder_and_the_map_does_not(tmp_path: Path, job: Job) -> None:
    def meanwhile() -> None:
        shard(job, tmp_path, 2, 2)
        with pytest.raises(OutputError, match="another process is making"):
            job.run(tmp_path)

    shard(job, tmp_path, 1, 2, progress=Told(20, meanwhile))
    with pytest.raises(OutputError, match=r"another process is making"), Journal(tmp_path / "j", {}):
        Journal(tmp_path / "j", {}, shared=True).__enter__()


def test_a_shard_of_another_job_is_refused(tmp_path: Path, job: Job) -> None:
    shard(job, tmp_path, 1, 2)
    with pytest.raises(OutputError, match=r"another job .*other: value range.*--work-dir"):
        compute_shard(
            *job.arguments(tmp_path),
            Shard(2, 2),
            options=Options(model=job.model, precision="fp32", value_range=(0, 99)),
        )


def test_a_last_command_with_other_options_does_not_cost_the_shards(
    tmp_path: Path, job: Job, whole: Path
) -> None:
    kept = Path(shard(job, tmp_path, 1, 1).work)
    before = sorted(kept.iterdir())
    scene, outs = job.arguments(tmp_path)
    for options, only, other in (
        (replace(job.options, value_range=(0, 99)), outs, "value range"),
        (job.options, outs[:1], "polygons or confidence"),
    ):
        with pytest.raises(
            OutputError, match=rf"shards of another job .*other: {other}\): give .*, or delete"
        ):
            glnet_geo.classify(scene, only, options=options)
        assert sorted(kept.iterdir()) == before
    told = Told()
    job.run(tmp_path, progress=told)
    assert told.begun["classifying"] == 0
    assert_same(tmp_path, whole)


def test_jobs_with_outputs_of_one_name_share_a_work_folder(tmp_path: Path, job: Job) -> None:
    made = []
    for name, high in (("a", 99), ("b", 200)):
        (tmp_path / name).mkdir()
        options = Options(model=job.model, precision="fp32", value_range=(0, high))
        scene, outs = job.arguments(tmp_path / name)
        made.append(compute_shard(scene, outs, Shard(1, 9), options=options, work=tmp_path / "work"))
    assert [len(list(Path(one.work).glob("frame_*"))) for one in made] == [one.frames for one in made]
    assert {Path(one.work) for one in made} == set((tmp_path / "work").iterdir())


def test_what_another_job_writes_late_is_never_taken(tmp_path: Path) -> None:
    logits = np.ones((2, 3, 4), np.float32)
    with Journal(tmp_path / "j", {"job": 1}) as journal:
        late = journal.frames
    with Journal(tmp_path / "j", {"job": 2}) as journal:
        late.put(0, 0, logits)
        assert journal.frames.get(0, 0) is None
        journal.frames.put(0, 0, logits)
        np.testing.assert_array_equal(journal.frames.get(0, 0), logits)
        journal.frames.put(0, 4, None)
        empty = journal.frames.get(0, 4)
        assert empty is not None
        assert empty.size == 0


def test_shards_meet_at_an_address(tmp_path: Path, job: Job, whole: Path) -> None:
    pytest.importorskip("fsspec")
    for number in (1, 2):
        shard(job, tmp_path, number, 2, work="memory://work")
    told = Told()
    job.run(tmp_path, work="memory://work", progress=told)
    assert told.begun["classifying"] == 0
    assert_same(tmp_path, whole)


def test_an_address_of_no_known_kind_is_told(tmp_path: Path, job: Job) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(OutputError, match=r"quux://work.*not known"):
        job.run(tmp_path, work="quux://work")


def test_a_work_folder_that_cannot_be_is_told(tmp_path: Path, job: Job) -> None:
    (tmp_path / "work").write_bytes(b"a file")
    with pytest.raises(OutputError, match=r"nothing can be kept.*--work-dir"):
        shard(job, tmp_path, 1, 2, work=tmp_path / "work")


def test_outputs_that_exist_are_refused_before_work_is_done(tmp_path: Path, job: Job) -> None:
    (tmp_path / "map.tif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite"):
        shard(job, tmp_path, 1, 2)


def test_what_cannot_hold_confidence_is_refused_before_work_is_done(tmp_path: Path, job: Job) -> None:
    with pytest.raises(OutputError, match=r"sure\.gpkg cannot hold confidence: name a \.tif file"):
        shard(job, tmp_path, 1, 2, confidence=tmp_path / "sure.gpkg")
    assert not list(tmp_path.iterdir())


def test_exact_has_no_shards(tmp_path: Path, job: Job) -> None:
    with pytest.raises(OptionError, match="no shards"):
        compute_shard(*job.arguments(tmp_path), Shard(1, 2), options=Options(model=job.model, exact=True))


def test_an_array_of_commands(
    tmp_path: Path, job: Job, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene, outs = job.arguments(tmp_path)
    command = ["classify", str(scene), "--model", str(job.model), "--precision", "fp32"]
    command += [part for path in outs for part in ("--out", str(path))]
    for number in (1, 2):
        assert command_line([*command, "--shard", f"{number}/2"]) == 0
        assert f"shard {number}/2:" in capsys.readouterr().out
    assert command_line([*command, "--quiet"]) == 0
    assert_same(tmp_path, whole)
    assert command_line([*command, "--shard", "3/2"]) == 2
    assert command_line([*command, "--shard", "1/2", "--no-resume"]) == 2


def test_a_shard_is_not_kept_where_it_would_end_with_the_command(
    tmp_path: Path, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    scene, outs = job.arguments(tmp_path)
    command = ["classify", str(scene), "--out", str(outs[0]), "--work-dir", "memory://work"]
    assert command_line([*command, "--shard", "1/2"]) == 2
    assert "'memory://work' ends with this command" in capsys.readouterr().err


def test_dask_is_not_imported_unless_it_is_asked_for(tmp_path: Path, job: Job) -> None:
    scene, outs = job.arguments(tmp_path)
    code = (
        "import sys; from glnet_geo.commands import run; "
        "code = run(sys.argv[1:]); print(code, {'dask', 'distributed'} & set(sys.modules))"
    )
    command = ["classify", str(scene), "--model", str(job.model), "--out", str(outs[0]), "--quiet"]
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stdout == "0 set()\n"
