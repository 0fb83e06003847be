"""Small jobs whose outputs are compared."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas

import glnet_geo
from glnet_geo import Options
from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError
from tests.scenes import texture, write_model, write_scene


class Told(Silence):
    """Keeps what a job tells, and does something after some steps of classifying.

    Args:
        at: do it after so many steps, again and again.
        act: what to do.
    """

    def __init__(self, at: int = 0, act: Callable[[], None] = lambda: None) -> None:
        self._at, self._act = at, act
        self._what, self._next = "", at
        self.told: list[str] = []
        self.begun: dict[str, int] = {}
        self.steps = 0
        self.advances: list[int] = []

    def begin(self, what: str, total: int) -> None:
        self._what = what
        self.begun[what] = total

    def info(self, message: str) -> None:
        self.told.append(message)

    def advance(self, steps: int = 1) -> None:
        if self._what != "classifying":
            return
        self.steps += steps
        self.advances.append(steps)
        if self._at and self.steps >= self._next:
            self._next += self._at
            self._act()


class Impatient(Silence):
    """Stops a job after some steps, and keeps what it was told."""

    def __init__(self, steps: int | None = None, error: type[BaseException] = CancelledError) -> None:
        self._left, self._error = steps, error
        self.told: list[str] = []
        self.steps = 0

    def info(self, message: str) -> None:
        self.told.append(message)

    def advance(self, steps: int = 1) -> None:
        self.steps += steps
        if self._error is KeyboardInterrupt and self._over():
            raise KeyboardInterrupt

    def cancelled(self) -> bool:
        return self._error is CancelledError and self._over()

    def _over(self) -> bool:
        return self._left is not None and self.steps > self._left


class Meanwhile(Silence):
    """Puts a file in the place of an output while the job is at work.

    Args:
        path: of the output.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def advance(self, steps: int = 1) -> None:
        self._path.write_text("precious")


class Job:
    """One scene and one model.

    Args:
        folder: where both are made.
    """

    def __init__(self, folder: Path) -> None:
        self.model = write_model(folder / "tiny.safetensors")
        self.scene: str | Path = write_scene(folder / "scene.tif", texture(350, 290))

        self.options = Options(model=self.model, precision="fp32")

    def arguments(self, folder: Path) -> tuple[str | Path, list[Path]]:
        return self.scene, [folder / "map.tif", folder / "map.gpkg"]

    def run(self, folder: Path, **more: Any) -> Path:
        """Map the scene to a folder."""
        folder.mkdir(exist_ok=True)
        options = more.pop("options", self.options)
        glnet_geo.classify(*self.arguments(folder), options=options, **more)
        return folder


def assert_same(found: Path, expected: Path) -> None:
    """Rasters byte for byte, polygons feature for feature, and nothing else beside them."""
    assert sorted(path.name for path in found.iterdir()) == sorted(path.name for path in expected.iterdir())
    assert (found / "map.tif").read_bytes() == (expected / "map.tif").read_bytes()
    polygons, wanted = (
        geopandas.read_file(place / "map.gpkg", layer="landcover") for place in (found, expected)
    )
    assert polygons.equals(wanted)


def kills_at_random(
    command: Sequence[str], work: Path, *, seed: int, least: float, seconds: float, check: Callable[[], None]
) -> None:
    """Run a command again and again, and kill it at random moments, until it ends by itself.

    Args:
        command: to run.
        work: what it makes early: the first kill comes right after, however slow the computer is.
        seed: of the moments.
        least: the earliest of the others, as a share of ``seconds``.
        seconds: that the command takes on a computer as busy as now.
        check: called after every kill.
    """
    moments, kills = random.Random(seed), 0  # noqa: S311 - any will do
    for _ in range(60):
        job = subprocess.Popen(command)
        try:
            if kills:
                job.wait(moments.uniform(least, 1.0) * seconds)
                break
            while not work.exists() and job.poll() is None:
                time.sleep(0.01)
            job.wait(0.01)
            break
        except subprocess.TimeoutExpired:
            os.kill(job.pid, signal.SIGKILL)
            job.wait()
            kills += 1
            # On a computer that is busier than it was, every try would else be killed before it got anywhere.
            seconds *= 1.05
            check()
    assert job.returncode == 0
    assert kills
