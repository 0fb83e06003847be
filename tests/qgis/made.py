"""Small things that the engine's own Python makes for tests: networks, and what they learn from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.qgis.conftest import ROOT

_LESSON = """
import sys
from pathlib import Path
from tests import lessons
folder = Path(sys.argv[1])
lessons.drawn(folder)
lessons.write_init(folder / "tiny.safetensors")
"""


def make_lesson(python: str, folder: Path) -> None:
    """A scene ``city.tif``, polygons ``drawn.gpkg`` with a field ``class``, and a model ``tiny.safetensors``."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_"))
    }
    subprocess.run(
        [python, "-c", _LESSON, folder],
        check=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
