"""Small things that the engine's own Python makes for tests: networks, what they learn from, published checkpoints."""

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
# One number stands for all of a tensor, so that the file is small.
_CHECKPOINT = """
import sys
import torch
from tests.golden import shapes
torch.save({key: torch.tensor(0.01).expand(shape) for key, shape in shapes().items()}, sys.argv[1])
"""


def make_lesson(python: str, folder: Path) -> None:
    """A scene ``city.tif``, polygons ``drawn.gpkg`` with a field ``class``, and a model ``tiny.safetensors``."""
    _run(python, _LESSON, folder)


def make_checkpoint(python: str, path: Path) -> None:
    """A file of the published layout, whose weights are all alike."""
    _run(python, _CHECKPOINT, path)


def weights(model: str | Path) -> bytes:
    """All of a model file but its header, whose entries come in any order, and which tells its name."""
    content = Path(model).read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def _run(python: str, code: str, path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_"))
    }
    subprocess.run(
        [python, "-c", code, path],
        check=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
