"""What cannot be used is refused in one sentence, with an exit code of its kind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
import torch

from glnet_geo.commands import run
from tests.commands.outcome import failed
from tests.scenes import texture, write_scene


class TestBadInput:
    def test_missing_scene(self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, sentence = failed(
            capsys, "classify", tmp_path / "no.tif", "--out", tmp_path / "m.tif", "--model", model
        )
        assert code == 3
        assert "no.tif does not exist: check the path" in sentence
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "idle",
        [["--simplify", "3"], ["--smooth"], ["--dissolve"], ["--crs", "EPSG:4326"], ["--max-vertices", "9"]],
        ids=lambda idle: idle[0],
    )
    def test_options_of_polygons_without_polygons(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], idle: list[str]
    ) -> None:
        code, sentence = failed(capsys, "classify", tmp_path / "s.tif", "--out", tmp_path / "m.tif", *idle)
        assert code == 2
        assert f"{idle[0]} would change nothing, as no output holds polygons" in sentence

    @pytest.mark.parametrize(
        "fitting",
        [["--simplify", "0", "--max-vertices", "0"], ["--min-area", "9", "--connectivity", "8"]],
        ids=lambda options: options[0],
    )
    def test_options_that_class_rasters_follow(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], fitting: list[str]
    ) -> None:
        code, _ = failed(capsys, "classify", tmp_path / "s.tif", "--out", tmp_path / "m.tif", *fitting)
        assert code == 3

    def test_not_a_raster(self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = tmp_path / "notes.txt"
        text.write_text("hello")
        code, sentence = failed(capsys, "classify", text, "--out", tmp_path / "m.tif", "--model", model)
        assert code == 3
        assert "notes.txt cannot be opened as a raster" in sentence
        assert list(tmp_path.iterdir()) == [text]

    def test_truncated_scene(self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        whole = write_scene(tmp_path / "whole.tif", texture(400, 400))
        half = tmp_path / "half.tif"
        half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        whole.unlink()
        code, sentence = failed(
            capsys,
            "classify",
            half,
            "--out",
            tmp_path / "m.tif",
            "--out",
            tmp_path / "m.gpkg",
            "--model",
            model,
        )
        assert code == 3
        assert "half.tif" in sentence
        assert "damaged" in sentence or "cannot be opened" in sentence
        assert list(tmp_path.iterdir()) == [half]

    def test_wrong_band_count(self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        scene = write_scene(tmp_path / "s.tif", texture(40, 40, bands=2))
        code, sentence = failed(capsys, "classify", scene, "--out", tmp_path / "m.tif", "--model", model)
        assert code == 3
        assert "s.tif has 2 bands and the model needs 3 (red, green, blue)" in sentence

    def test_four_unnamed_bands_of_a_real_file(
        self, tmp_path: Path, model: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        naip = next((shared_data / "naip").glob("*.tif"))
        code, sentence = failed(capsys, "classify", naip, "--out", tmp_path / "m.tif", "--model", model)
        assert code == 3
        assert (
            "has 4 bands and the model needs 3 (red, green, blue): name them in this order, such as --bands 1,2,3"
            in sentence
        )

    def test_all_nodata(self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        scene = write_scene(tmp_path / "s.tif", np.zeros((3, 40, 40), np.uint8), nodata=0)
        code, sentence = failed(capsys, "classify", scene, "--out", tmp_path / "m.tif", "--model", model)
        assert code == 3
        assert "s.tif has no valid pixel to classify" in sentence
        assert list(tmp_path.iterdir()) == [scene]

    def test_unknown_model(self, tmp_path: Path, scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, sentence = failed(capsys, "classify", scene, "--out", tmp_path / "m.tif", "--model", "mars")
        assert code == 4
        assert "no model is called mars" in sentence

    def test_a_model_file_that_is_none(
        self, tmp_path: Path, scene: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fake = tmp_path / "fake.safetensors"
        fake.write_text("not a model")
        code, sentence = failed(capsys, "classify", scene, "--out", tmp_path / "m.tif", "--model", fake)
        assert code == 4
        assert "fake.safetensors is not a model package" in sentence

    def test_output_folder_missing(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, sentence = failed(
            capsys, "classify", scene, "--out", tmp_path / "deep" / "m.tif", "--model", model
        )
        assert code == 5
        assert "deep does not exist: create it" in sentence

    def test_unknown_suffix(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, sentence = failed(capsys, "classify", scene, "--out", tmp_path / "m.docx", "--model", model)
        assert code == 5
        assert ".gpkg" in sentence

    @pytest.mark.parametrize("name", ["m.tif", "m.gpkg"])
    def test_full_disk(
        self, tmp_path: Path, model: Path, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can make a small disk")
        scene = write_scene(tmp_path / "s.tif", texture(500, 500))
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("a small disk cannot be mounted here")
        try:
            code, sentence = failed(capsys, "classify", scene, "--out", disk / name, "--model", model)
            assert list(disk.iterdir()) == []
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        assert code == 5
        assert "free some space" in sentence

    def test_area_of_interest_elsewhere(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        aoi = tmp_path / "aoi.geojson"
        geopandas.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:4326").to_file(aoi)
        code, sentence = failed(
            capsys, "classify", scene, "--out", tmp_path / "m.tif", "--aoi", aoi, "--model", model
        )
        assert code == 6
        assert "misses the scene" in sentence
        assert list(tmp_path.iterdir()) == [aoi]

    def test_a_missing_device(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        if torch.backends.mps.is_available():
            pytest.skip("this machine has the device")
        code, sentence = failed(
            capsys, "classify", scene, "--out", tmp_path / "m.tif", "--device", "mps", "--model", model
        )
        assert code == 2
        assert "--device cpu" in sentence

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            (["models", "show", "{}"], 4),
            (["check", "{}.tif"], 3),
            (["classify", "s.tif", "--out", "{}/m.tif"], 5),
            (["classify", "{scene}", "--out", "{folder}/m.tif", "--aoi", "{}.gpkg"], 6),
            (["batch", "{}.tif", "--out-dir", "{folder}/maps"], 3),
            (
                [
                    "models",
                    "import",
                    "--global",
                    "g.pth",
                    "--classes",
                    "deepglobe",
                    "--out",
                    "{}.safetensors",
                ],
                5,
            ),
        ],
        ids=lambda command: command[0] if isinstance(command, list) else None,
    )
    def test_paths_that_cannot_be_looked_at(
        self,
        tmp_path: Path,
        scene: Path,
        capsys: pytest.CaptureFixture[str],
        command: list[str],
        expected: int,
    ) -> None:
        """As in a folder that the person may not enter, which root may."""
        code, sentence = failed(
            capsys, *(part.format("x" * 300, scene=scene, folder=tmp_path) for part in command)
        )
        assert code == expected
        assert "unforeseen" not in sentence

    @pytest.mark.parametrize("amount", ["lots", "0GB", "9" * 400], ids=["no number", "nothing", "endless"])
    def test_a_wrong_amount_of_memory(
        self, tmp_path: Path, scene: Path, amount: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = run(["classify", str(scene), "--out", str(tmp_path / "m.tif"), "--max-memory", amount])
        assert code == 2
        assert "write it like 2.5GB" in capsys.readouterr().err
