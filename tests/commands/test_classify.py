"""glnet-geo classify, as a person and as a program see it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio

from glnet_geo.commands import run
from tests.scenes import read, texture, write_scene


class TestClassify:
    def test_writes_the_map_and_tells_its_areas(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "map.tif"
        assert run(["classify", str(scene), "--out", str(out), "--model", str(model)]) == 0
        captured = capsys.readouterr()
        assert read(out).shape == (150, 140)
        assert "Land cover of scene.tif" in captured.out
        assert "water" in captured.out
        assert "ha" in captured.out
        assert "megapixels on processor" in captured.err
        assert "100%" in captured.err

    def test_json_is_one_object_on_standard_output(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "map.gpkg"
        arguments = ["classify", str(scene), "--out", str(out), "--model", str(model), "--json"]
        assert run([*arguments, "--progress", "json"]) == 0
        captured = capsys.readouterr()
        summary = json.loads(captured.out)
        assert summary["outputs"] == [str(out)]
        assert sum(c["pixels"] for c in summary["classes"]) == 150 * 140
        assert sum(c["share"] for c in summary["classes"]) == pytest.approx(1)
        events = [json.loads(line) for line in captured.err.splitlines()]
        parts = {event["what"]: event for event in events if event["type"] == "progress"}
        assert set(parts) == {"classifying", "writing"}
        for last in parts.values():
            assert last["done"] == last["total"]
            assert last["seconds_left"] == 0

    def test_quiet_says_nothing(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["classify", str(scene), "-o", str(tmp_path / "m.tif"), "--model", str(model), "-q"]) == 0
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "")

    def test_bar_shows_time_left(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = ["classify", str(scene), "-o", str(tmp_path / "m.tif"), "--model", str(model)]
        assert run([*arguments, "--progress", "bar"]) == 0
        assert "classifying" in capsys.readouterr().err

    def test_doubt_is_a_warning_line(
        self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        scene = write_scene(tmp_path / "s.tif", texture(40, 40).astype(np.uint16) * 9)
        assert run(["classify", str(scene), "-o", str(tmp_path / "m.tif"), "--model", str(model), "-q"]) == 0
        err = capsys.readouterr().err
        assert err.startswith("Warning: s.tif holds uint16 values")
        assert len(err.splitlines()) == 1

    @pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
    def test_interrupt_leaves_nothing(self, tmp_path: Path, model: Path, kind: signal.Signals) -> None:
        scene = write_scene(tmp_path / "scene.tif", texture(2000, 2000))
        folder = tmp_path / "out"
        folder.mkdir()
        command = [sys.executable, "-m", "glnet_geo", "classify", str(scene), "--model", str(model)]
        command += ["--out", str(folder / "map.tif"), "--out", str(folder / "map.gpkg"), "--progress", "json"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as job:
            assert job.stderr is not None
            lines = iter(job.stderr)
            done = next(line for line in lines if '"progress"' in line)
            assert json.loads(done)["done"] < json.loads(done)["total"]
            job.send_signal(kind)
            rest = job.stderr.read()
            assert job.wait(60) == 130
        assert "Stopped: nothing was written." in rest
        assert "Traceback" not in rest
        assert list(folder.iterdir()) == []


def test_gdalinfo_shows_the_class_names(tmp_path: Path, scene: Path, model: Path) -> None:
    out = tmp_path / "map.tif"
    assert run(["classify", str(scene), "--out", str(out), "--model", str(model), "-q"]) == 0
    if shutil.which("gdalinfo"):
        listed = subprocess.run(["gdalinfo", str(out)], capture_output=True, text=True, check=True).stdout
        assert "Categories:" in listed
        assert "4: water" in listed
    view = tmp_path / "view.vrt"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rasterio.shutil.copy(out, view, driver="VRT")
    text = view.read_text()
    assert "<Category>water</Category>" in text
    assert "GDALRasterAttributeTable" in text
