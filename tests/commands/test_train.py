from __future__ import annotations

import json
from pathlib import Path

import pytest

from glnet_geo.commands import run
from tests import lessons


def _arguments(folder: Path, *more: str) -> list[str]:
    lesson = lessons.drawn(folder)
    init = lessons.write_init(folder / "tiny.safetensors")
    known = [str(lesson.scenes[0]), "--labels", str(lesson.labels), "--init", str(init), "--epochs", "1"]
    return ["train", *known, "--device", "cpu", "--precision", "fp32", *more]


def test_polygons_become_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.safetensors"
    assert run([*_arguments(tmp_path, "--field", "class", "--out", str(out), "--json")]) == 0
    said = capsys.readouterr()
    summary = json.loads(said.out)
    assert summary["out"] == str(out)
    assert len(summary["scores"]["classes"]) == 2
    assert "stage 1 of 2" in said.err
    assert out.is_file()
    assert run(["models", "show", str(out), "--json"]) == 0
    assert "16 polygons drawn on city" in json.loads(capsys.readouterr().out)["description"]


def test_the_result_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = _arguments(tmp_path, "--field", "class", "--out", str(tmp_path / "mine.safetensors"))
    assert run([*arguments, "--stage", "global_to_local"]) == 0
    assert "mean IoU" in capsys.readouterr().out


def test_a_missing_field_is_an_error_of_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = _arguments(tmp_path, "--field", "kind", "--out", str(tmp_path / "mine.safetensors"))
    assert run(arguments) == 7
    assert "has no field 'kind'" in capsys.readouterr().err


def test_the_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--help"]) == 0
    assert "--field class --out city.safetensors" in capsys.readouterr().out
