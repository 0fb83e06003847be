"""A cluster that runs already: its scheduler goes away, its workers have no model, or do not share the folder."""

from __future__ import annotations

import json
import os
import pickle
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import glnet_geo
from glnet_geo import Options
from glnet_geo.cluster.clusters import running_cluster
from glnet_geo.cluster.dask_frames import DaskFrames
from glnet_geo.cluster.frame_job import FrameJob
from glnet_geo.commands import run as command_line
from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError, ClusterError, OptionError, OutputError, SceneError
from glnet_geo.io.work_folder.array_store import FrameStore
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.plan import planned
from tests.cluster.inproc import inproc
from tests.jobs import Job, Told, assert_same
from tests.scenes import texture, write_scene


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job(tmp_path_factory.mktemp("job"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, job: Job) -> Path:
    return job.run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def here() -> Iterator[DaskFrames]:
    """A cluster of threads of this process."""
    with inproc(1) as frames:
        yield frames


@contextmanager
def started(module: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_scheduler_that_goes_away_costs_nothing(tmp_path: Path, job: Job, whole: Path) -> None:
    known, out = tmp_path / "scheduler.json", tmp_path / "out"
    where = ["--scheduler-file", str(known)]
    with (
        started("dask_scheduler", "--port", "0", "--host", "127.0.0.1", *where) as scheduler,
        started("dask_worker", "--no-nanny", "--nthreads", "2", "--local-directory", str(tmp_path), *where),
    ):
        told = Told(30, scheduler.kill)
        with (
            running_cluster(address_in(known)) as frames,
            pytest.raises(
                ClusterError, match=r"scheduler went away.*its workers.*run the same command again"
            ),
        ):
            job.run(out, frames=frames, progress=told)
    kept = Path(journal_folder(out / "map.tif"))
    assert list(out.iterdir()) == [kept]
    assert len(list(kept.glob("frame_*"))) > 1
    assert_same(job.run(out), whole)


def test_a_cluster_that_loses_all_its_workers_is_told_and_waited_for(
    tmp_path: Path, job: Job, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glnet_geo.cluster.dask_frames._ROLL_CALL_SECONDS", 0.2)
    known, out = tmp_path / "scheduler.json", tmp_path / "out"
    where = ["--scheduler-file", str(known)]
    worker = ("dask_worker", "--no-nanny", "--nthreads", "2", "--local-directory", str(tmp_path), *where)

    class Rescued(Told):
        """Starts another worker once it is told that there is none."""

        def info(self, message: str) -> None:
            super().info(message)
            if "lost all its workers: waiting for one" in message:
                rescue.enter_context(started(*worker))

    with (
        ExitStack() as rescue,
        started("dask_scheduler", "--port", "0", "--host", "127.0.0.1", *where),
        started(*worker) as only,
    ):
        told = Rescued(30, only.kill)
        with running_cluster(address_in(known)) as frames:
            job.run(out, frames=frames, progress=told)
    assert any("lost all its workers" in line for line in told.told)
    assert_same(out, whole)


def address_in(file: Path) -> str:
    while True:
        try:
            return str(json.loads(file.read_text(encoding="utf-8"))["address"])
        except (FileNotFoundError, ValueError):
            # Not there yet, or not whole.
            time.sleep(0.05)


def test_no_scheduler_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glnet_geo.cluster.clusters._CONNECT_SECONDS", 1)
    with (
        pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        running_cluster("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("hello", "missing port"),
        ("", "missing port"),
        ("tcp://node1:", "invalid literal"),
        ("tcp://:8786", "names no host"),
        ("node1:99999", "a port that there is not"),
        ("::1:8786", "brackets"),
        ("http:/node1:8786", "brackets"),
        ("smtp://node1:8786", "unknown address scheme"),
        ("tls://node1:8786", "no certificates"),
    ],
)
def test_what_is_no_address_is_refused_before_a_client_is_made(
    monkeypatch: pytest.MonkeyPatch, address: str, why: str
) -> None:
    monkeypatch.delattr("glnet_geo.cluster.clusters.Client")
    with (
        pytest.raises(OptionError, match=rf"no address of a Dask scheduler .*{why}"),
        running_cluster(address),
    ):
        pass


def test_options_that_exclude_each_other() -> None:
    job = ["classify", "scene.tif", "--out", "map.tif"]
    assert command_line([*job, "--workers", "2", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert command_line([*job, "--resources", "GPU=1"]) == 2
    assert command_line([*job, "--worker-threads", "2"]) == 2
    assert command_line([*job, "--worker-threads", "2", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert command_line([*job, "--no-resume", "--work-dir", "work"]) == 2


@pytest.mark.parametrize("resources", ["GPU", "GPU=0", "GPU=nan", "=1"])
def test_resources_that_no_worker_can_offer(resources: str, capsys: pytest.CaptureFixture[str]) -> None:
    job = ["classify", "scene.tif", "--out", "map.tif", "--scheduler", "tcp://127.0.0.1:9"]
    assert command_line([*job, "--resources", resources]) == 2
    assert "write them like GPU=1" in capsys.readouterr().err


def test_a_worker_without_the_model_gets_it(
    tmp_path: Path, job: Job, whole: Path, here: DaskFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glnet_geo.cluster.frame_job.sha256_of", lambda _path: "another")
    assert_same(job.run(tmp_path, frames=here), whole)


def test_a_worker_that_does_not_share_the_folder_is_told(
    tmp_path: Path, job: Job, here: DaskFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FrameStore, "put", lambda *_frame: None)
    with pytest.raises(OutputError, match=r"does not appear there.*--work-dir"):
        job.run(tmp_path, frames=here)


def test_a_task_is_small_however_much_there_is_to_say_of_its_scene(tmp_path: Path, job: Job) -> None:
    with planned(job.scene, job.options) as plan, Journal(tmp_path / "j", {}) as journal:
        frame = next(plan.frames())[0]
        large = replace(plan, scene=replace(plan.scene, notes=("of many tiles" * 100_000,)))
        work = FrameJob.of(large, journal.frames).shared()
        assert len(journal.frames.arrays.store.read(work.name)) > 1_000_000
        assert len(pickle.dumps((work.compute, frame))) < 2_000


def test_a_job_that_is_not_there_or_not_whole_is_told(tmp_path: Path, job: Job) -> None:
    with planned(job.scene, job.options) as plan, Journal(tmp_path / "j", {}) as journal:
        frame = next(plan.frames())[0]
        work = FrameJob.of(plan, journal.frames).shared()
        journal.frames.arrays.store.write(work.name, b"another")
        with pytest.raises(ClusterError, match=r"does not find its job in .*--work-dir"):
            work.compute(frame)
        journal.frames.arrays.store.remove(work.name)
        with pytest.raises(ClusterError, match=r"does not find its job in .*--work-dir"):
            work.compute(frame)


def test_a_worker_of_another_version_computes_nothing(tmp_path: Path, job: Job) -> None:
    with planned(job.scene, job.options) as plan, Journal(tmp_path / "j", {}) as journal:
        work = replace(FrameJob.of(plan, journal.frames).shared(), version="0.0")
        with pytest.raises(
            ClusterError, match=r"has version .* of glnet_geo, and this job is of version 0\.0"
        ):
            work.compute(next(plan.frames())[0])
        assert journal.frames.found() == set()


@pytest.mark.parametrize(
    ("answer", "has"),
    [
        ("0.0", r"version 0\.0"),
        # As Dask hands over what a worker cannot even load.
        (Exception("No module named 'glnet_geo'"), r"no usable copy \(No module named 'glnet_geo'\)"),
    ],
)
def test_workers_that_would_not_understand_are_refused_before_they_get_work(
    tmp_path: Path, job: Job, here: DaskFrames, monkeypatch: pytest.MonkeyPatch, answer: object, has: str
) -> None:
    monkeypatch.setattr(here.client, "run", lambda *_what, **_how: {"tcp://10.0.0.7:4711": answer})
    with pytest.raises(ClusterError, match=rf"the worker on tcp://10\.0\.0\.7:4711 has {has} of glnet_geo"):
        job.run(tmp_path, frames=here)
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_would_not_understand_is_refused(
    tmp_path: Path, job: Job, here: DaskFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(_what: object) -> str:
        raise ModuleNotFoundError("No module named 'glnet_geo'")

    for answer, has in ((lambda _what: "0.0", r"version 0\.0"), (lacking, "no usable copy")):
        monkeypatch.setattr(here.client, "run_on_scheduler", answer)
        with pytest.raises(ClusterError, match=rf"the scheduler at .* has {has}.* of glnet_geo"):
            job.run(tmp_path, frames=here)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_does_not_answer_is_another_matter(
    tmp_path: Path, job: Job, whole: Path, here: DaskFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here.client, "run", lambda *_what, **_how: {"tcp://10.0.0.7:4711": OSError("gone")})
    assert_same(job.run(tmp_path, frames=here), whole)


def test_what_no_worker_offers_is_told_and_waited_for(
    tmp_path: Path, job: Job, here: DaskFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glnet_geo.cluster.dask_frames._ROLL_CALL_SECONDS", 0.1)

    class Impatient(Told):
        def cancelled(self) -> bool:
            return any("takes a frame, which needs GPU=1" in line for line in self.told)

    told = Impatient()
    with pytest.raises(CancelledError, match="nothing was written"):
        job.run(tmp_path, frames=DaskFrames(here.client, resources={"GPU": 1}), progress=told)
    assert sum("GPU=1" in line for line in told.told) == 1


def test_a_worker_in_another_folder_finds_the_scene(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_scene(tmp_path / "scene.tif", texture(60, 50))
    (tmp_path / "elsewhere").mkdir()
    # Of the same size, but another.
    write_scene(tmp_path / "elsewhere" / "scene.tif", texture(60, 50, seed=1))
    monkeypatch.chdir(tmp_path)
    with planned("scene.tif", job.options) as plan:
        scene, lattice, window = plan.scene, plan.lattice, next(plan.frames())[0].window
        expected = scene.read(window, lattice).pixels
        pickled = pickle.dumps(scene)
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pickle.loads(pickled) as again:  # noqa: S301 - made above
        np.testing.assert_array_equal(again.read(window, lattice).pixels, expected)
    (tmp_path / "scene.tif").unlink()
    with pytest.raises(SceneError, match=rf"^on {platform.node()}, .*scene\.tif does not exist"):
        pickle.loads(pickled)  # noqa: S301 - made above


def test_a_scene_that_changes_meanwhile_is_told(tmp_path: Path, job: Job) -> None:
    scene = write_scene(tmp_path / "scene.tif", texture(200, 200))
    with planned(scene, job.options) as plan, Journal(tmp_path / "j", {}) as journal:
        work = FrameJob.of(plan, journal.frames).shared()
        write_scene(scene, texture(200, 180))
        with pytest.raises(SceneError, match="has changed, or is another file"):
            work.compute(next(plan.frames())[0])


def test_a_scene_without_data_has_empty_frames(tmp_path: Path, job: Job, here: DaskFrames) -> None:
    pixels = texture(350, 290)
    pixels[:, 60:] = 0
    scene = write_scene(tmp_path / "scene.tif", pixels, nodata=0)
    half = copy(job)
    half.scene = scene
    assert_same(half.run(tmp_path / "dask", frames=here), half.run(tmp_path / "alone"))


def test_a_job_is_stopped_while_it_waits_for_workers(tmp_path: Path, job: Job) -> None:
    class Impatient(Told):
        def cancelled(self) -> bool:
            return any("no worker yet" in line for line in self.told)

    with (
        inproc(0) as frames,
        pytest.raises(CancelledError, match="nothing was written"),
    ):
        job.run(tmp_path, frames=frames, progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_no_worker_has_is_told(tmp_path: Path, job: Job, here: DaskFrames) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    options = Options(model=job.model, device="cuda")
    with pytest.raises(ClusterError, match=r"sees no cuda device.*--resources GPU=1"):
        glnet_geo.classify(*job.arguments(tmp_path), options=options, frames=here, progress=Silence())


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_too(tmp_path: Path, job: Job, whole: Path) -> None:
    scene, outs = job.arguments(tmp_path)
    command = ["classify", str(scene), "--model", str(job.model), "--precision", "fp32", "--workers", "2"]
    command += [part for path in outs for part in ("--out", str(path))]
    with subprocess.Popen(
        [sys.executable, "-m", "glnet_geo", *command, "--progress", "json"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if json.loads(line)["type"] == "progress":
                break
        # A terminal sends it to every process of the job.
        os.killpg(running.pid, signal.SIGINT)
        told = running.stderr.read()
    assert running.returncode == CancelledError.exit_code
    assert "run the same command again" in told
    assert "Traceback" not in told
    assert command_line([*command, "--quiet"]) == 0
    assert_same(tmp_path, whole)
