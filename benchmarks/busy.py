"""Times classify beside programs that keep cores busy, with threads that wait briefly, as ours do, and as they would by default.

python benchmarks/busy.py             # beside none to three programs
python benchmarks/busy.py --limit 120 # seconds after which a job is given up
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from classify import SAMPLE
from measure import GLNET_GEO

_BUSY = (sys.executable, "-c", "while True: pass")
_WAYS = {"briefly": "10000", "as by default": "300000"}
"""How often threads that wait look around before they sleep."""


@click.command()
@click.option("--runs", default=3, show_default=True, help="of every row; the median is printed")
@click.option("--limit", default=300.0, show_default=True, help="seconds after which a job is given up")
def main(runs: int, limit: float) -> None:
    """Measure classify on a machine with other things to do."""
    with tempfile.TemporaryDirectory() as folder:
        job = [*GLNET_GEO, "classify", str(SAMPLE), "--overwrite", "--quiet"]
        job += ["--out", str(Path(folder) / "map.tif"), "--no-resume"]
        print(f"{'busy programs':>13}  " + "  ".join(f"waits {way}, s" for way in _WAYS))
        for programs in (0, 1, 2, 3):
            with _busy(programs):
                times: dict[str, list[float]] = {way: [] for way in _WAYS}
                for _ in range(runs):
                    for way, count in _WAYS.items():
                        times[way].append(_seconds(job, count, limit))
            medians = (f"{statistics.median(times[way]):.1f}" for way in _WAYS)
            print(
                f"{programs:>13}  "
                + "  ".join(f"{m:>{len(way) + 9}}" for m, way in zip(medians, _WAYS, strict=True))
            )


@contextmanager
def _busy(programs: int) -> Iterator[None]:
    with ExitStack() as stack:
        for _ in range(programs):
            stack.callback(stack.enter_context(subprocess.Popen(_BUSY)).kill)
        yield


def _seconds(job: list[str], count: str, limit: float) -> float:
    """How long a job takes; infinity where it takes longer than the limit."""
    begun = time.perf_counter()
    try:
        subprocess.run(job, check=True, timeout=limit, env={**os.environ, "GOMP_SPINCOUNT": count})
    except subprocess.TimeoutExpired:
        return float("inf")
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
