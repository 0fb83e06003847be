"""Images with label maps, or polygons, become a model that maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.learn import train
from glnet_geo.model.package import load_model
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options
from glnet_geo.training import setup, training_run
from glnet_geo.training.start import start_from
from tests import lessons
from tests.scenes import read, write_model, write_scene
from tests.trainings import Counting, curve, same, weights


def test_pairs_become_a_model_that_maps(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    options = lessons.options(tmp_path, epochs=30, credit="Drawn by hand.")
    summary = train(lesson, tmp_path / "mine.safetensors", options=options)
    model = load_model(tmp_path / "mine.safetensors")
    assert [(c.id, c.name, c.color) for c in model.card.legend] == [
        (0, "land", "#aa8800"),
        (4, "Water", "#0000ff"),
    ]
    assert model.card.credit == "Drawn by hand."
    assert model.card.architecture.sharing == "bidirectional"
    scores = model.card.scores
    assert scores is not None
    assert scores.mean_iou > 0.6 > scores.majority_mean_iou
    assert np.array(scores.confusion).sum() == 96 * 128 * len(scores.scenes)
    assert summary.card == model.card
    assert summary.before is None or 0 <= summary.before <= 1
    image, ids = lessons.halves(seed=7)
    classify(write_scene(tmp_path / "new.tif", image), tmp_path / "map.tif", options=Options(model=model))
    assert (read(tmp_path / "map.tif") == ids).mean() > 0.7


def test_polygons_become_a_model(tmp_path: Path) -> None:
    lesson = lessons.drawn(tmp_path)
    summary = train(lesson, tmp_path / "mine.safetensors", options=lessons.options(tmp_path, epochs=2))
    # The numbers are those of the package that it began with.
    assert [(c.id, c.name) for c in summary.card.legend] == [(0, "land"), (4, "water")]
    assert "blocks" in summary.validation
    assert summary.card.scores is not None
    assert summary.card.scores.scenes == ("city (held-out blocks)",)
    assert np.array(summary.card.scores.confusion).sum(axis=1).min() > 0


def test_a_model_that_learnt_is_for_pixels_like_those_it_saw(tmp_path: Path) -> None:
    lesson = lessons.drawn(tmp_path)
    options = lessons.options(tmp_path, stages=("global_to_local",), validate=("none",))
    summary = train(lesson, tmp_path / "mine.safetensors", options=options)
    assert summary.learnt
    distance = summary.card.ground_sample_distance
    assert distance is not None
    assert distance.minimum <= 0.5 <= distance.maximum


def test_polygons_in_another_crs_are_the_same_labels(tmp_path: Path) -> None:
    for name, crs in (("utm", "EPSG:32640"), ("degrees", "EPSG:4326")):
        (tmp_path / name).mkdir()
        lesson = lessons.drawn(tmp_path / name, crs=crs)
        train(
            lesson,
            tmp_path / name / "mine.safetensors",
            options=lessons.options(tmp_path, stages=("global",)),
        )
    assert same(tmp_path / "utm" / "mine.safetensors", tmp_path / "degrees" / "mine.safetensors")


def test_a_stage_alone_gives_its_network(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    summary = train(
        lesson, tmp_path / "mine.safetensors", options=lessons.options(tmp_path, stages=("global_to_local",))
    )
    assert summary.card.architecture.sharing == "global_to_local"


def test_it_is_said_where_the_model_loses_a_branch(tmp_path: Path) -> None:
    lesson, told = lessons.pair_folders(tmp_path), Counting()
    options = lessons.options(tmp_path, stages=("global",))
    train(lesson, tmp_path / "less.safetensors", options=options, progress=told)
    assert any(
        message.startswith("the model ends with the stage global: what tiny has") for message in told.messages
    )
    options, told = replace(options, stages=("bidirectional",)), Counting()
    train(lesson, tmp_path / "all.safetensors", options=options, progress=told)
    assert not any("left out" in message for message in told.messages)


def test_where_training_brings_nothing_the_model_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = lessons.pair_folders(tmp_path)
    options = lessons.options(tmp_path, epochs=10)
    train(lesson, tmp_path / "good.safetensors", options=options)
    monkeypatch.setattr(setup, "mean_iou", lambda *_: 0.5)
    summary = train(
        lesson,
        tmp_path / "same.safetensors",
        options=replace(options, init=tmp_path / "good.safetensors", epochs=1),
    )
    assert summary.before == 0.5
    assert "brought nothing" in summary.card.training
    assert same(tmp_path / "good.safetensors", tmp_path / "same.safetensors")


def test_where_the_mean_of_old_and_new_weights_is_worse_the_model_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = [0.5]

    def blended(new: dict[str, Tensor], *_: object) -> dict[str, Tensor]:
        scores.append(0.4)
        return {name: torch.zeros_like(tensor) for name, tensor in new.items()}

    def score(*_: object) -> float:
        found = scores[-1]
        if len(scores) == 1:
            scores.append(0.6)
        return found

    monkeypatch.setattr(setup, "mean_iou", score)
    monkeypatch.setattr(training_run, "blended", blended)
    summary = train(lessons.drawn(tmp_path), tmp_path / "mine.safetensors", options=lessons.options(tmp_path))
    assert scores == [0.5, 0.6, 0.4]
    assert not summary.learnt
    assert any(tensor.any() for tensor in weights(tmp_path / "mine.safetensors").values())


def test_nothing_held_out_is_nothing_measured(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    options = lessons.options(tmp_path, stages=("global",), validate=("none",))
    summary = train(lesson, tmp_path / "mine.safetensors", options=options)
    assert summary.card.scores is None


def test_images_of_any_format_teach(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path, suffix=".img")
    # Erdas Imagine calls every band Layer_1 and so on.
    options = lessons.options(tmp_path, stages=("global",), validate=("none",), bands="1,2,3")
    summary = train(lesson, tmp_path / "mine.safetensors", options=options)
    assert summary.card.bands == ("red", "green", "blue")


def test_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib draws the curves")
    lesson = lessons.pair_folders(tmp_path)
    train(
        lesson,
        tmp_path / "mine.safetensors",
        options=lessons.options(tmp_path),
        curves=tmp_path / "curves.png",
    )
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    lines = curve(tmp_path / "mine.training")
    assert {"stage", "step", "loss"} == lines[0].keys()
    assert {line["stage"] for line in lines if "iou" in line} == {
        "global",
        "global_to_local",
        "bidirectional",
    }


def test_a_package_of_other_classes_keeps_the_rows_of_the_same_names(tmp_path: Path) -> None:
    write_model(tmp_path / "tiny.safetensors")
    legend = Legend(
        (
            LandClass(id=1, name="forest", color="#00ff00"),
            LandClass(id=2, name="Road ", color="#808080"),
            LandClass(id=3, name="water", color="#0000ff"),
        )
    )
    old = load_model(tmp_path / "tiny.safetensors").network.state_dict()
    start = start_from(tmp_path / "tiny.safetensors", legend, seed=0)
    assert start.kept == ("Road ", "water")
    for head in ("glance.fpn.classify", "local.fpn.classify", "refined.fpn.classify", "ensemble"):
        for part in ("weight", "bias"):
            new = start.tensors[f"{head}.{part}"]
            assert torch.equal(new[1], old[f"{head}.{part}"][2])
            assert torch.equal(new[2], old[f"{head}.{part}"][0])
            assert not torch.equal(new[0], old[f"{head}.{part}"][1])
    assert all(
        torch.equal(tensor, old[name])
        for name, tensor in start.tensors.items()
        if "classify" not in name and "ensemble" not in name
    )
