"""What the plugin costs QGIS: start, a run against the command line, memory.

Run it with the Python of QGIS:

    GLNET_GEO_PYTHON=.venv/bin/python QT_QPA_PLATFORM=offscreen /usr/bin/python3 benchmarks/in_qgis.py [MINUTES]

The large scene is mapped for at most MINUTES (4); memory that grew with the raster would have grown by then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
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
            f"run: {own:.1f} s on the command line, {through:.1f} s through QGIS, {through - own:.1f} s more"
        )
        for width, height in ((3200, 3125), (22400, 22325)):
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


def _run_times(scene: Path, folder: Path) -> tuple[float, float]:
    """Seconds on the command line and through QGIS, by turns; the median of each."""
    import processing

    own, through = [], []
    for _ in range(_TIMES):
        started = time.perf_counter()
        out = ["--out", str(folder / "map.tif"), "--overwrite", "--no-resume", "--quiet"]
        subprocess.run([ENGINE, "-I", "-m", "glnet_geo", "classify", str(scene), *out], check=True)
        own.append(time.perf_counter() - started)
        started = time.perf_counter()
        processing.run("glnet:classify", {"INPUT": str(scene), "RASTER": str(folder / "map.tif")})
        through.append(time.perf_counter() - started)
    return median(own), median(through)


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
