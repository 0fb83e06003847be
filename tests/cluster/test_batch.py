"""Batches whose frames are computed by the processes of a Dask cluster."""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from typing_extensions import Self

pytest.importorskip("distributed")

from glnet_geo.cluster.clusters import local_workers
from glnet_geo.cluster.dask_frames import DaskFrames
from glnet_geo.core.progress import Silence
from glnet_geo.errors import ClusterError
from glnet_geo.io.work_folder.array_store import ArrayStore
from tests.batches import (
    BAD,
    HEIGHT,
    WIDTH,
    arrays,
    assert_same_maps,
    cut,
    cut_short,
    layer,
    mapped,
    statuses,
    windows,
)
from tests.cluster.inproc import inproc
from tests.jobs import Told
from tests.scenes import texture, write_model

KILLS = 6
"""In one test; as many as are wanted, by hand."""


@pytest.mark.slow
def test_workers_make_the_same_maps_and_name_the_tile_that_fails(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    tiles = cut(tmp_path, texture(HEIGHT, WIDTH), nodata=0)
    bad = tmp_path / "bad"
    shutil.copytree(tiles, bad)
    cut_short(bad / f"{BAD}.tif")
    for folder in (tiles, bad):
        mapped(folder, tmp_path / f"{folder.name}_alone", model, retries=0)
    with local_workers(2) as frames:
        for folder in (tiles, bad):
            work = tmp_path / f"{folder.name}_work"
            work.mkdir()
            out = tmp_path / f"{folder.name}_maps"
            report = mapped(folder, out, model, retries=0, frames=frames, work=work)
            expected = dict.fromkeys(windows(), "done") | ({BAD: "failed"} if folder == bad else {})
            assert statuses(report) == expected
            assert_same_maps(arrays(out), arrays(tmp_path / f"{folder.name}_alone"))
            assert not list(work.iterdir())


def test_a_tile_that_fails_costs_no_more_than_without_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    tiles = cut(tmp_path, texture(HEIGHT, WIDTH), nodata=0)
    cut_short(tiles / "tile_2_1.tif")
    times: Counter[str] = Counter()
    put = ArrayStore.put

    def counted(self: ArrayStore, name: str, *array: Any, **level: Any) -> None:
        times[name] += 1
        put(self, name, *array, **level)

    monkeypatch.setattr(ArrayStore, "put", counted)

    def made_twice(out: str, **more: Any) -> set[str]:
        """Parts that a batch makes a second time."""
        times.clear()
        mapped(tiles, tmp_path / out, model, retries=0, **more)
        return {name for name in times if times[name] > 1}

    alone = made_twice("alone")
    told = Told()
    with inproc(1) as frames:
        by_workers = made_twice("maps", frames=frames, progress=told)
    # The two threads may have been at a frame each that the assembler has not waited for.
    assert len(by_workers - alone) <= 2
    assert len(times) > len(by_workers) + 2
    assert not [line for line in told.told if "afresh" in line]
    assert_same_maps(arrays(tmp_path / "maps"), arrays(tmp_path / "alone"))


class Killer(Silence):
    """Kills a worker process a random while after the job has moved, again and again.

    Were it not to wait for that, the job would not move at all: a new process takes seconds to load its libraries.

    Args:
        frames: of a cluster of this computer.
    """

    def __init__(self, frames: DaskFrames) -> None:
        self.kills = 0
        self._cluster = frames.client.cluster
        self._chance = random.Random(3)  # noqa: S311 - any will do
        self._moved, self._over = Event(), Event()
        self._thread = Thread(target=self._kill)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._moved.set()
        self._thread.join()

    def advance(self, steps: int = 1) -> None:
        self._moved.set()

    def _kill(self) -> None:
        while self._moved.wait() and not self._over.wait(self._chance.uniform(0, 1)):
            self._moved.clear()
            alive = [nanny.pid for nanny in self._cluster.workers.values() if nanny.pid]
            if alive:
                os.kill(self._chance.choice(alive), signal.SIGKILL)
                self.kills += 1


@pytest.mark.slow
def test_workers_killed_at_random_moments_change_nothing(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    tiles = cut(tmp_path, texture(HEIGHT, WIDTH), nodata=0)

    def run(out: Path, **more: Any) -> None:
        mosaics = out.with_suffix(".tif"), out.with_suffix(".gpkg")
        report = mapped(tiles, out, model, formats=("tif", "gpkg"), mosaics=mosaics, **more)
        assert not report.failed

    unbroken = tmp_path / "unbroken"
    run(unbroken)
    with local_workers(3) as frames, Killer(frames) as killer:
        for number in count():
            out = tmp_path / f"broken_{number}"
            while not (out / "report.json").exists():
                # A frame may end four workers: the same command goes on.
                with suppress(ClusterError):
                    run(out, frames=frames, progress=killer)
            assert_same_files(out, unbroken)
            if killer.kills >= KILLS:
                break


def assert_same_files(out: Path, expected: Path) -> None:
    """Rasters byte for byte, polygons feature for feature, of tiles and mosaics, and nothing else beside them."""
    names = sorted(path.name for path in expected.iterdir())
    assert sorted(path.name for path in out.iterdir()) == names
    pairs = [(out / name, expected / name) for name in names if not name.endswith(".json")]
    pairs += [(out.with_suffix(suffix), expected.with_suffix(suffix)) for suffix in (".tif", ".gpkg")]
    for made, wanted in pairs:
        if made.suffix == ".gpkg":
            assert layer(made).equals(layer(wanted))
        else:
            assert made.read_bytes() == wanted.read_bytes()
