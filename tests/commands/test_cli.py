from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
import torch

from glnet_geo.commands import run
from glnet_geo.model import importing
from glnet_geo.model.installed import read_card
from glnet_geo.model.package import load_model, save_package
from tests.golden import Golden
from tests.model import tiny
from tests.scenes import read, texture, write_model, write_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scenes") / "scene.tif", texture(150, 140))


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and the one sentence of a command that must fail."""
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    sentences = [line for line in captured.err.splitlines() if line.startswith("Error:")]
    assert len(sentences) == 1, captured.err
    assert "Traceback" not in captured.err
    return code, sentences[0]


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


class TestCheck:
    def test_tells_without_doing(
        self, tmp_path: Path, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["check", str(scene), "--model", str(model)]) == 0
        out = capsys.readouterr().out
        for word in ("bands", "1 as red", "CRS", "EPSG:32640", "pixel size", "0.5 x 0.5 m", "memory", "time"):
            assert word in out

    @pytest.mark.parametrize("name", ["ortho[rgb].tif", "[/b].tif"])
    def test_names_with_brackets_are_no_markup(
        self, tmp_path: Path, model: Path, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        write_scene(path, texture(20, 20))
        assert run(["check", str(path), "--model", str(model)]) == 0
        assert name.rpartition("/")[2] in capsys.readouterr().out.replace("\n", "")

    def test_json(self, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", str(scene), "--model", str(model), "--json"]) == 0
        forecast = json.loads(capsys.readouterr().out)
        assert forecast["bands"] == [1, 2, 3]
        assert forecast["memory"] > 0
        assert forecast["seconds"] > 0

    def test_refuses_as_classify_does(
        self, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, sentence = failed(capsys, "check", tmp_path / "no.tif", "--model", model)
        assert code == 3
        assert "does not exist" in sentence

    def test_exact(self, scene: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["check", str(scene), "--model", str(model), "--exact", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["device"].endswith("fp32")


class TestModels:
    def test_list_and_show(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["models", "list"]) == 0
        assert "urban" in capsys.readouterr().out
        assert run(["models", "show", "urban"]) == 0
        shown = capsys.readouterr().out
        for word in ("water", "bare land", "road", "building", "vegetation", "mean IoU", "CC0"):
            assert word in shown

    def test_names_with_brackets_are_no_markup(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = write_model(tmp_path / "mine[b].safetensors")
        renamed = read_card(path).model_copy(update={"name": "mine[b]"})
        save_package(path, load_model(path).network, renamed)
        assert run(["models", "show", str(path)]) == 0
        assert "mine[b]" in capsys.readouterr().out.splitlines()[0]

    def test_show_as_json_speaks_the_terms_of_the_model_extension(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["models", "show", "urban", "--json"]) == 0
        card = json.loads(capsys.readouterr().out)
        assert card["mlm:tasks"] == ["semantic-segmentation"]
        assert card["mlm:input"][0]["bands"] == ["red", "green", "blue"]
        assert len(card["mlm:output"][0]["classification:classes"]) == 5

    def test_imports_published_checkpoints_and_maps_exactly_what_they_map(
        self, tmp_path: Path, golden: Golden, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files = {}
        for stage in ("global", "local2global"):
            files[stage] = tmp_path / f"{stage}.pth"
            torch.save(
                {f"module.{key}": value for key, value in golden.checkpoints[stage].items()}, files[stage]
            )
        package = tmp_path / "published.safetensors"
        arguments = [
            "models",
            "import",
            "--sharing",
            "bidirectional",
            "--classes",
            "deepglobe",
            "--out",
            str(package),
        ]
        for stage, file in files.items():
            arguments += [f"--{stage}", str(file)]
        code = run([*arguments, "--patch-size", "252", "--global-size", "252", "--frame-size", "560"])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        assert "agriculture" in captured.out
        scene = write_scene(
            tmp_path / "scene.tif", np.ascontiguousarray(golden.arrays["image"].transpose(2, 0, 1))
        )
        out = tmp_path / "map.tif"
        assert run(["classify", str(scene), "--out", str(out), "--model", str(package), "--exact", "-q"]) == 0
        assert np.array_equal(read(out), golden.arrays["mode3_class"])

    def test_import_as_json_tells_the_card_as_show_does(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(importing, "read_checkpoint", lambda _path: {})
        monkeypatch.setattr(importing, "import_published", lambda *_, **__: tiny.network(classes=7))
        out = str(tmp_path / "m.safetensors")
        assert (
            run(["models", "import", "--global", "g.pth", "--classes", "deepglobe", "--out", out, "--json"])
            == 0
        )
        told = json.loads(capsys.readouterr().out)
        assert told["path"] == out
        assert run(["models", "show", out, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == told

    def test_import_names_what_does_not_fit(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        partial = tmp_path / "partial.pth"
        torch.save({"module.resnet_global.conv1.weight": torch.zeros(64, 3, 7, 7)}, partial)
        out = tmp_path / "m.safetensors"
        code, sentence = failed(
            capsys, "models", "import", "--global", partial, "--classes", "deepglobe", "--out", out
        )
        assert code == 4
        assert "global lacks resnet_global.bn1.weight" in sentence
        assert not out.exists()

    def test_an_unknown_class_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "m.safetensors"
        arguments = ("models", "import", "--global", tmp_path / "g.pth", "--out", out)
        code, sentence = failed(capsys, *arguments, "--classes", tmp_path / "no.json")
        assert code == 4
        assert "no.json cannot be read" in sentence
        wrong = tmp_path / "wrong.json"
        wrong.write_text('{"classes": [{"id": 0}]}')
        code, sentence = failed(capsys, *arguments, "--classes", wrong)
        assert code == 4
        assert "wrong.json: not a class file" in sentence


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
