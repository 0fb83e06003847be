"""A training that is broken off at any moment, and taken up again, ends with the weights of an unbroken one."""

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
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError, OutputError, TrainingError
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.learn import train
from glnet_geo.learn_options import LabelMaps, TrainOptions
from glnet_geo.model.package import load_model
from glnet_geo.training import checkpoint, schedule
from tests import lessons
from tests.rasters import write_plain
from tests.trainings import Counting, curve, same


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
    assert same(out, whole)
    assert curve(out.with_suffix(".training")) == curve(whole.with_suffix(".training"))


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
    assert same(out, whole)


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
    assert same(out, whole)
    assert not same(out, first)
    assert max(int(str(line["step"])) for line in curve(tmp_path / "killed.training")) == 6


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
    first = curve(tmp_path / "mine.training")
    train(lesson, out, options=options, overwrite=True)
    assert curve(tmp_path / "mine.training") == first


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
    assert same(out, whole)


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
    assert same(out, whole)
