"""glnet-geo models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from glnet_geo.commands import run
from glnet_geo.model import importing
from glnet_geo.model.installed import read_card
from glnet_geo.model.package import load_model, save_package
from tests.commands.outcome import failed
from tests.golden import Golden
from tests.model import tiny
from tests.scenes import read, write_model, write_scene


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
