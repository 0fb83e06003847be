from __future__ import annotations

import json
from pathlib import Path

import pytest

from glnet_geo.commands import run
from glnet_geo.model.package import load_model
from glnet_geo.training.recipe import Recipe
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
    arguments = _arguments(tmp_path, "--field", "class", "--out", str(tmp_path / "mine[b].safetensors"))
    assert run([*arguments, "--stage", "global_to_local"]) == 0
    said = capsys.readouterr().out
    assert "mine[b] on labels" in said
    assert "mean IoU" in said


def test_it_is_said_once_that_nothing_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.safetensors"
    arguments = _arguments(tmp_path, "--field", "class", "--out", str(out), "--validate", "none")
    assert run([*arguments, "--stage", "global_to_local"]) == 0
    assert capsys.readouterr().out.lower().count("measured") == 1


def test_a_missing_field_is_an_error_of_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = _arguments(tmp_path, "--field", "kind", "--out", str(tmp_path / "mine.safetensors"))
    assert run(arguments) == 7
    assert "has no field 'kind'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "no images were given"),
        (["--images", "tiles"], "no labels were given"),
        (["--labels", "masks"], "no images were given"),
        (["s.tif", "--labels", "p.gpkg"], "polygons need --field"),
        (["s.tif", "--field", "class"], "no labels were given"),
        (["s.tif", "--images", "tiles", "--labels", "masks"], "--images means nothing with SCENE"),
        (
            ["s.tif", "--labels", "p.gpkg", "--field", "class", "--legend", "l.json"],
            "--legend means nothing with SCENE",
        ),
        (
            ["--images", "tiles", "--labels", "masks", "--field", "class"],
            "--field means nothing with --images",
        ),
        (["--dataset", "inria"], "no images were given"),
        (
            ["--dataset", "inria", "--images", "a", "--labels", "b"],
            "--labels means nothing with --dataset inria",
        ),
    ],
)
def test_lessons_are_of_one_kind(given: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", *given, "--out", "m.safetensors"]) == 2
    assert message in capsys.readouterr().err


def test_it_is_said_when_nothing_was_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recipe, "rate", lambda _self, _step: 0.0)
    monkeypatch.setattr("glnet_geo.training_plan.KEPT_BY_POLYGONS", 0.0)
    out = tmp_path / "mine.safetensors"
    arguments = [*_arguments(tmp_path, "--field", "class", "--out", str(out)), "--stage", "global_to_local"]
    assert run(arguments) == 0
    assert "training brought nothing on these labels: the model is tiny, unchanged" in capsys.readouterr().out
    card = load_model(out).card
    assert card.description.startswith(
        "The weights of tiny, since 16 polygons drawn on city (8 land, 8 water) taught it nothing"
    )


def test_the_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "--help"]) == 0
    assert "--field class --out city.safetensors" in capsys.readouterr().out
