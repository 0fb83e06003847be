from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError, ModelError, OptionError, OutputError, SceneError, TrainingError
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.learn import train
from glnet_geo.learn_options import LabelMaps, TrainOptions
from glnet_geo.model.package import load_model
from glnet_geo.pipeline import classify
from glnet_geo.plan import Options
from glnet_geo.training import checkpoint, schedule, setup, training_run
from glnet_geo.training.start import start_from
from tests import lessons
from tests.rasters import write_plain
from tests.scenes import read, write_model, write_scene


class Counting(Silence):
    """Dies at the n-th thing that it is told."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.told = 0
        self.messages: list[str] = []
        self._dies_at = dies_at

    def advance(self, steps: int = 1) -> None:
        self._tell()

    def info(self, message: str) -> None:
        self.messages.append(message)
        self._tell()

    def cancelled(self) -> bool:
        self._tell()
        return False

    def _tell(self) -> None:
        self.told += 1
        if self.told == self._dies_at:
            raise KeyboardInterrupt


def _weights(package: Path) -> dict[str, Tensor]:
    return load_file(package)


def _same(one: Path, other: Path) -> bool:
    ours, theirs = _weights(one), _weights(other)
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def _curve(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# --- the law: killed at any moment and taken up again, the weights are those of an unbroken run ---


@pytest.fixture(scope="module")
def unbroken(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, LabelMaps, TrainOptions, Path, int]:
    folder = tmp_path_factory.mktemp("unbroken")
    lesson, options = lessons.pair_folders(folder), lessons.options(folder, epochs=3)
    told = Counting()
    train(lesson, folder / "whole.safetensors", options=options, progress=told)
    return folder, lesson, options, folder / "whole.safetensors", told.told


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), every_step=st.booleans())
def test_a_run_killed_anywhere_ends_with_the_weights_of_an_unbroken_one(
    unbroken: tuple[Path, LabelMaps, TrainOptions, Path, int],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    *,
    every_step: bool,
) -> None:
    _, lesson, options, whole, told = unbroken
    out = tmp_path_factory.mktemp("killed") / "again.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        if every_step:
            patch.setattr(schedule, "CHECKPOINT_EVERY_S", -1.0)
        for death in data.draw(st.lists(st.integers(1, told), min_size=1, max_size=2)):
            with suppress(KeyboardInterrupt, CancelledError):
                train(lesson, out, options=options, progress=Counting(death), overwrite=True)
        train(lesson, out, options=options, overwrite=True)
    assert _same(out, whole)
    assert _curve(out.with_suffix(".training")) == _curve(whole.with_suffix(".training"))


@pytest.mark.slow
def test_a_process_killed_ends_with_the_weights_of_an_unbroken_one(
    unbroken: tuple[Path, LabelMaps, TrainOptions, Path, int], tmp_path: Path
) -> None:
    folder, lesson, options, whole, _ = unbroken
    out = tmp_path / "again.safetensors"
    code = f"""
import glnet_geo.training.schedule as schedule
from glnet_geo.learn import train
from pathlib import Path
from tests import lessons
schedule.CHECKPOINT_EVERY_S = -1.0
train(lessons.pair_folders(Path({str(folder)!r})), {str(out)!r},
      options=lessons.options(Path({str(folder)!r}), epochs=3))
"""
    log = out.with_suffix(".training") / "log.jsonl"
    running = subprocess.Popen([sys.executable, "-c", code])
    while running.poll() is None and (not log.exists() or log.read_text().count("\n") < 4):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    train(lesson, out, options=options)
    assert _same(out, whole)


def test_minutes_become_steps(tmp_path: Path) -> None:
    options = lessons.options(tmp_path, epochs=None, minutes=0.05, stages=("global",))
    summary = train(lessons.pair_folders(tmp_path), tmp_path / "mine.safetensors", options=options)
    plan = json.loads((tmp_path / "mine.training" / "plan.json").read_text())
    assert plan["steps"]["global"] >= 1
    assert plan["seconds"]["global"] < 3
    assert summary.card.scores is not None


def test_changes_of_pace_that_were_written_down_are_followed_after_a_kill(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    options = lessons.options(tmp_path, epochs=8, stages=("global",))
    first = tmp_path / "first.safetensors"
    train(lesson, first, options=options)
    plan = json.loads((tmp_path / "first.training" / "plan.json").read_text())
    plan["changes"] = {"global": {"1": 7, "3": 6}}
    whole, out = tmp_path / "whole.safetensors", tmp_path / "killed.safetensors"
    for path in (whole, out):
        path.with_suffix(".training").mkdir()
        (path.with_suffix(".training") / "plan.json").write_text(json.dumps(plan))
    train(lesson, whole, options=options)
    with pytest.raises(CancelledError):
        train(lesson, out, options=options, progress=Counting(12))
    train(lesson, out, options=options)
    assert _same(out, whole)
    assert not _same(out, first)
    assert max(int(str(line["step"])) for line in _curve(tmp_path / "killed.training")) == 6


def test_another_training_in_the_same_place_is_refused(tmp_path: Path) -> None:
    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",))
    out = tmp_path / "mine.safetensors"
    train(lesson, out, options=options)
    with pytest.raises(TrainingError, match=r"mine\.training belongs to a training with other options"):
        train(lesson, out, options=replace(options, seed=1), overwrite=True)


def test_polygons_that_were_changed_are_another_training(tmp_path: Path) -> None:
    lesson, options = lessons.drawn(tmp_path), lessons.options(tmp_path, stages=("global",))
    out = tmp_path / "mine.safetensors"
    train(lesson, out, options=options)
    table = geopandas.read_file(tmp_path / "drawn.gpkg", layer="drawn")
    table.loc[0, "class"] = "water"
    table.to_file(tmp_path / "drawn.gpkg", layer="drawn")
    with pytest.raises(TrainingError, match=r"other options or other data"):
        train(lesson, out, options=options, overwrite=True)


def test_an_image_that_was_changed_is_another_training(tmp_path: Path) -> None:
    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",))
    out = tmp_path / "mine.safetensors"
    train(lesson, out, options=options)
    write_plain(tmp_path / "images" / "north.png", lessons.halves(seed=9)[0])
    with pytest.raises(TrainingError, match=r"other options or other data"):
        train(lesson, out, options=options, overwrite=True)


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    """They would take each other's checkpoints for their own; whoever comes later finds all as it was."""
    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",))
    out, folder = tmp_path / "mine.safetensors", tmp_path / "mine.training"
    with RunFolder(folder).held():
        (folder / ".glnet-geo-1-abc").touch()
        with pytest.raises(TrainingError, match=r"another training works in .*mine\.training: wait for it"):
            train(lesson, out, options=options)
        assert (folder / ".glnet-geo-1-abc").exists()
    train(lesson, out, options=options)
    assert not (folder / ".glnet-geo-1-abc").exists()


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",))
    out = tmp_path / "mine.safetensors"
    train(lesson, out, options=options)
    first = _curve(tmp_path / "mine.training")
    train(lesson, out, options=options, overwrite=True)
    assert _curve(tmp_path / "mine.training") == first


def test_a_package_that_has_appeared_meanwhile_is_not_replaced_unless_asked_for(tmp_path: Path) -> None:
    lesson, options, out = (
        lessons.pair_folders(tmp_path),
        lessons.options(tmp_path, stages=("global",)),
        tmp_path / "mine.safetensors",
    )

    class Meanwhile(Counting):
        def advance(self, steps: int = 1) -> None:
            out.write_text("theirs")

    with pytest.raises(OutputError, match=r"has appeared .*add --overwrite.* is kept in .*mine\.training$"):
        train(lesson, out, options=options, progress=Meanwhile())
    assert out.read_text() == "theirs"
    train(lesson, out, options=options, overwrite=True)
    assert load_model(out).card.name == "mine"


def test_a_person_may_stop(tmp_path: Path) -> None:
    class Stop(Silence):
        def cancelled(self) -> bool:
            return True

    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",))
    with pytest.raises(CancelledError, match="run the same command again to go on"):
        train(lesson, tmp_path / "mine.safetensors", options=options, progress=Stop())
    assert not (tmp_path / "mine.safetensors").exists()


class Stop(Silence):
    """Asks to stop after three steps."""

    def __init__(self) -> None:
        self.steps = 0

    def advance(self, steps: int = 1) -> None:
        self.steps += steps

    def cancelled(self) -> bool:
        return self.steps >= 3


class Press(Silence):
    """Ctrl-C in the middle of the third step."""

    def __init__(self) -> None:
        self.steps = 0

    def advance(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps == 3:
            # To this very thread: another one might be told, and pass it on some steps later.
            signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("usual_handlers")
@pytest.mark.parametrize(("progress", "judged"), [(Stop, True), (Stop, False), (Press, False)])
def test_nothing_is_lost_when_a_person_stops(
    tmp_path: Path,
    progress: type[Stop | Press],
    judged: bool,  # noqa: FBT001 - a table
) -> None:
    lesson = lessons.pair_folders(tmp_path)
    held = {} if judged else {"validate": ("none",)}
    options = lessons.options(tmp_path, stages=("global",), epochs=8, **held)
    out, whole = tmp_path / "mine.safetensors", tmp_path / "whole.safetensors"
    with pytest.raises(
        CancelledError, match=r"mine\.safetensors was not written; what was learnt is kept in"
    ):
        train(lesson, out, options=options, progress=progress())
    assert torch.load(tmp_path / "mine.training" / "global.checkpoint", weights_only=True)["step"] == 3
    train(lesson, out, options=options)
    train(lesson, whole, options=options)
    assert _same(out, whole)


@pytest.mark.parametrize("what", ["checkpoint", "best", "log"])
def test_a_full_disk_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    lesson, options = lessons.pair_folders(tmp_path), lessons.options(tmp_path, stages=("global",), epochs=9)
    out, whole = tmp_path / "mine.safetensors", tmp_path / "whole.safetensors"
    train(lesson, whole, options=options)
    monkeypatch.setattr(schedule, "CHECKPOINT_EVERY_S", -1.0)
    with pytest.raises(CancelledError):
        train(lesson, out, options=options, progress=Counting(10))
    kept = (tmp_path / "mine.training" / "global.checkpoint").read_bytes()

    def full(*_values: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if what == "checkpoint":
            patch.setattr(torch, "save", full)
        elif what == "best":
            patch.setattr(checkpoint, "save", full)
        else:
            opened = Path.open
            patch.setattr(
                Path,
                "open",
                lambda path, *args, **kw: full() if args[:1] == ("a",) else opened(path, *args, **kw),
            )
        with pytest.raises(TrainingError, match=r"cannot be written .*run the same command again to go on"):
            train(lesson, out, options=options)
    if what != "best":
        assert (tmp_path / "mine.training" / "global.checkpoint").read_bytes() == kept
    train(lesson, out, options=options)
    assert _same(out, whole)


# --- what comes out ---


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
    assert _same(tmp_path / "utm" / "mine.safetensors", tmp_path / "degrees" / "mine.safetensors")


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
    assert _same(tmp_path / "good.safetensors", tmp_path / "same.safetensors")


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
    assert any(tensor.any() for tensor in _weights(tmp_path / "mine.safetensors").values())


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
    lines = _curve(tmp_path / "mine.training")
    assert {"stage", "step", "loss"} == lines[0].keys()
    assert {line["stage"] for line in lines if "iou" in line} == {
        "global",
        "global_to_local",
        "bidirectional",
    }


# --- bad input ---


def test_bad_outputs_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    lesson = LabelMaps(images=tmp_path, labels=tmp_path)
    (tmp_path / "there.safetensors").touch()
    (tmp_path / "folder.safetensors").mkdir()
    for out, message in (
        ("mine.pth", "end it with .safetensors"),
        ("there.safetensors", "add --overwrite"),
        ("absent/mine.safetensors", "does not exist"),
        ("folder.safetensors", "is a folder"),
    ):
        with pytest.raises(OutputError, match=message):
            train(lesson, tmp_path / out)
    with pytest.raises(OutputError, match=r"use \.png$"):
        train(lesson, tmp_path / "mine.safetensors", curves=tmp_path / "curves.svg")
    (tmp_path / "curves.png").write_text("theirs")
    with pytest.raises(OutputError, match=r"curves\.png exists: add --overwrite"):
        train(lesson, tmp_path / "mine.safetensors", curves=tmp_path / "curves.png")


@pytest.mark.parametrize(("kind", "what"), [("images", "image"), ("labels", "label map")])
def test_the_curves_replace_nothing_that_is_learnt_from(tmp_path: Path, kind: str, what: str) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib draws the curves")
    lesson = lessons.pair_folders(tmp_path)
    taken = tmp_path / kind / "west.png"
    before = taken.read_bytes()
    with pytest.raises(OutputError, match=rf"west\.png would replace the {what}, which this job reads"):
        train(
            lesson,
            tmp_path / "mine.safetensors",
            options=lessons.options(tmp_path, stages=("global",)),
            curves=taken,
            overwrite=True,
        )
    assert taken.read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 2, "minutes": 3}, "give one of them"),
        ({"epochs": 0}, "at least 1"),
        ({"minutes": 0}, "more than 0"),
        ({"minutes": float("inf")}, "inf minutes were asked for"),
        ({"minutes": float("nan")}, "nan minutes were asked for"),
        ({"balance": 2}, r"0\.\.1"),
        ({"seed": 2**32}, r"the seed must lie in 0\.\."),
        ({"stages": ("last",)}, "no stage 'last'"),
    ],
)
def test_options_that_cannot_be_used_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        TrainOptions(**changed)  # type: ignore[arg-type]


def test_half_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="choose --precision bf16 or fp32"):
        train(
            LabelMaps(images=tmp_path, labels=tmp_path),
            tmp_path / "m.safetensors",
            options=TrainOptions(precision="fp16"),
        )


def test_an_unknown_beginning_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    for init, message in (
        ("nobody", "no model is called nobody"),
        ("timm:resnet50", "add --download"),
        ("timm:resnet5", "timm knows no backbone 'resnet5': .* such as resnet50"),
        ("timm:resnet50=absent.safetensors", "does not exist"),
    ):
        with pytest.raises(ModelError, match=message):
            train(lesson, tmp_path / "m.safetensors", options=TrainOptions(init=init, device="cpu"))


def test_a_backbone_may_begin_with_the_bands_that_there_are(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    for path in (tmp_path / "images").iterdir():
        write_plain(path, np.ones((96, 128), np.uint8))
    weights = tmp_path / "weights.safetensors"
    weights.touch()
    for init, said in (
        (f"timm:resnet18={weights}", r", or make a model .* with --bands 1$"),
        ("urban", "them all$"),
    ):
        with pytest.raises(SceneError, match=said):
            train(lesson, tmp_path / "m.safetensors", options=TrainOptions(init=init, device="cpu"))


def test_one_class_only_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    for path in (tmp_path / "labels").iterdir():
        write_plain(path, np.zeros((96, 128), np.uint8))
    with pytest.raises(TrainingError, match=r"only one class is labelled \(land\)"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))


def test_sizes_that_differ_are_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    write_plain(tmp_path / "labels" / "west.png", np.zeros((96, 127), np.uint8))
    with pytest.raises(TrainingError, match=r"west\.png has 96 x 128 pixels and .*west\.png has 96 x 127"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))


def test_a_value_outside_the_legend_is_refused(tmp_path: Path) -> None:
    lesson = lessons.pair_folders(tmp_path)
    ids = lessons.halves()[1]
    ids[0, 0] = 9
    write_plain(tmp_path / "labels" / "west.png", ids)
    with pytest.raises(TrainingError, match=r"west\.png holds the value 9, which the legend does not know"):
        train(lesson, tmp_path / "m.safetensors", options=lessons.options(tmp_path))


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
