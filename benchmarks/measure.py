"""Whole processes, from start to exit: how long they take, and their peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import click

GLNET_GEO = (sys.executable, "-m", "glnet_geo")


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process, or the median of several."""

    seconds: float
    peak_bytes: int


def run(command: Sequence[str]) -> Run:
    """Run a command to its end.

    Raises:
        click.ClickException: it failed.
    """
    start = time.perf_counter()
    # wait4 tells the peak of this child, not of all children so far.
    pid = subprocess.Popen(command).pid
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise click.ClickException(f"the job failed: {' '.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(time.perf_counter() - start, usage.ru_maxrss * unit)


def median(runs: Sequence[Run]) -> Run:
    """The median of both, each by itself."""
    return Run(
        statistics.median(one.seconds for one in runs), int(statistics.median(one.peak_bytes for one in runs))
    )
