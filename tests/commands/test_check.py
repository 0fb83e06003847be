"""glnet-geo check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glnet_geo.commands import run
from tests.commands.outcome import failed
from tests.scenes import texture, write_scene


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
