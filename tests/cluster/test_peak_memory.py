"""However many tiles a batch has, scheduler, main process and workers need the memory of a few."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed")
pytest.importorskip("resource", reason="Windows tells no peaks")

from tests.scenes import texture, write_model, write_scene

_SIDE = 64

_BATCH = """
import resource, sys
from pathlib import Path

from glnet_geo import Options
from glnet_geo.batching.batch import batch
from glnet_geo.batching.outputs import Outputs
from glnet_geo.cluster.clusters import local_workers

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

if __name__ == "__main__":
    tiles, maps, model = map(Path, sys.argv[1:])
    with local_workers(1) as frames:
        done = batch(tiles, Outputs(folder=maps), options=Options(model=model), seamless=False, frames=frames)
        print(done.count("done"), peak(), *frames.client.run(peak).values())
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_tiles(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    (tmp_path / "batch.py").write_text(_BATCH)
    few, many = (_peaks(tmp_path, count, model) for count in (10, 200))
    # That is a quarter of a megabyte for each of 190 more tiles.
    for least, most in zip(few, many, strict=True):
        assert most < 1.05 * least


def _peaks(folder: Path, count: int, model: Path) -> list[int]:
    """Peak memory of the main process, in which the scheduler runs, and of the worker."""
    tiles = folder / f"{count}"
    tiles.mkdir()
    for number in range(count):
        write_scene(tiles / f"{number}.tif", texture(_SIDE, _SIDE, seed=number))
    script = [folder / "batch.py", tiles, folder / f"{count}_maps", model]
    told = subprocess.run([sys.executable, *script], capture_output=True, text=True, check=True).stdout
    done, *peaks = map(int, told.split())
    assert done == count
    return peaks
