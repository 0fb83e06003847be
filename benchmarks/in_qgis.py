"""What the plugin costs QGIS: start, a run against the command line, memory.

Run it with the Python of QGIS:

    GLNET_GEO_PYTHON=.venv/bin/python QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/in_qgis.py [MINUTES]

The large scene is mapped for at most MINUTES (4; 0 leaves both out); memory that grew with the raster would have grown by then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingException, QgsProcessingFeedback

ROOT = Path(__file__).resolve().parents[1]
SCENE = ROOT / "sample_data" / "scene.tif"
ENGINE = os.environ["GLNET_GEO_PYTHON"]
_TIMES = 5


def main(minutes: float) -> None:
    """Measure, and print a line for each number."""
    QgsApplication.setPrefixPath("/usr", True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        application = QgsApplication([], True, str(folder / "profile"))
        application.initQgis()
        sys.path[:0] = [str(ROOT / "qgis_plugin"), f"{QgsApplication.pkgDataPath()}/python/plugins"]
        from processing.core.Processing import Processing

        Processing.initialize()
        seconds, _plugin = _start()
        print(f"start: the plugin adds {1000 * seconds:.0f} ms")
        small = folder / "small.tif"
        gdal.Translate(str(small), str(SCENE), srcWin=[300, 300, 620, 600])
        own, through = _run_times(small, folder)
        print(
            f"run: {own.wall:.1f} s on the command line, {through.wall:.1f} s through QGIS, "
            f"{through.wall - own.wall:.1f} s more; processor {own.busy:.1f} s, {through.busy:.1f} s, "
            f"{through.busy - own.busy:.1f} s more"
        )
        for width, height in ((3200, 3125), (22400, 22325)) if minutes else ():
            scene = folder / f"{width}.tif"
            options = ["TILED=YES", "COMPRESS=JPEG"]
            gdal.Translate(str(scene), str(SCENE), width=width, height=height, creationOptions=options)
            grown, share = _memory(scene, folder, minutes)
            print(
                f"memory: {width * height / 1e6:.0f} megapixels: QGIS grew by {grown / 1e6:.1f} MB at its peak ({share:.0f} % done)"
            )


def _start() -> tuple[float, Any]:
    """Seconds from importing the plugin to its algorithms being there; and the plugin, which must be held."""
    started = time.perf_counter()
    import glnet_land_cover

    plugin = glnet_land_cover.classFactory(None)
    plugin.initGui()
    return time.perf_counter() - started, plugin


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and seconds of a processor, which other programs delay less."""

    wall: float
    busy: float


def _run_times(scene: Path, folder: Path) -> tuple[Cost, Cost]:
    """A run on the command line and one through QGIS, by turns; the median of each."""
    import processing

    out = str(folder / "map.tif")
    options = ["--out", out, "--overwrite", "--no-resume", "--quiet"]
    command = [ENGINE, "-I", "-m", "glnet_geo", "classify", str(scene), *options]
    own, through = [], []
    for _ in range(_TIMES):
        own.append(_cost(lambda: subprocess.run(command, check=True)))
        through.append(_cost(lambda: processing.run("glnet:classify", {"INPUT": str(scene), "RASTER": out})))
    return _median(own), _median(through)


def _cost(run: Callable[[], object]) -> Cost:
    wall, busy = time.perf_counter(), sum(os.times()[:4])
    run()
    return Cost(time.perf_counter() - wall, sum(os.times()[:4]) - busy)


def _median(costs: list[Cost]) -> Cost:
    return Cost(median(cost.wall for cost in costs), median(cost.busy for cost in costs))


def _memory(scene: Path, folder: Path, minutes: float) -> tuple[float, float]:
    """Bytes by which QGIS grew while it ran a job, and how far that came."""
    import processing

    before, until = _resident(), time.monotonic() + 60 * minutes
    peak, reached = before, 0.0

    def progressed(share: float) -> None:
        nonlocal peak, reached
        peak, reached = max(peak, _resident()), share
        if time.monotonic() > until:
            feedback.cancel()

    feedback: Any = QgsProcessingFeedback(False)
    feedback.progressChanged.connect(progressed)
    try:
        processing.run(
            "glnet:classify", {"INPUT": str(scene), "RASTER": str(folder / "large.tif")}, feedback=feedback
        )
    except QgsProcessingException:
        if not feedback.isCanceled():
            raise
    return max(peak, _resident()) - before, reached


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4)
