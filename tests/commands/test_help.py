"""The help needs nothing heavy, and one program has two launchers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


class TestHelp:
    def test_help_needs_no_heavy_library(self) -> None:
        code = "import sys; from glnet_geo.commands import run; run(['--help']); print(sorted(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        loaded = set(done.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
        assert loaded.isdisjoint({"torch", "rasterio", "numpy", "rich", "timm", "geopandas"})
        assert "glnet-geo classify scene.tif --out landcover.gpkg" in done.stdout

    def test_the_launcher_at_the_top_is_the_same_program(self) -> None:
        launcher = Path(__file__).parents[2] / "cli.py"
        done = subprocess.run(
            [sys.executable, launcher, "--version"], capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("glnet-geo")
