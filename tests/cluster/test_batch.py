"""Batches whose frames are computed by the processes of a Dask cluster."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from glnet_geo.cluster.clusters import local_workers
from tests.scenes import texture, write_model
from tests.test_batch import HEIGHT, WIDTH, arrays, assert_same_maps, cut, mapped, statuses, windows
from tests.test_batch_faults import BAD, cut_short


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
