from __future__ import annotations

from pathlib import Path

import pytest

from glnet_geo.errors import TrainingError
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.training.schedule import Clock, Schedule


def _timed(folder: Path, seconds: float = 100.0) -> Schedule:
    return Schedule.of_time(
        RunFolder(folder / "run"),
        "print",
        None,
        seconds=seconds,
        paces={"global": 0.5, "global_to_local": 1.0},
        check_s=1.0,
    )


class _Clock(Clock):
    """One that stands still."""

    def pace(self, step: int) -> float:
        return self.spent / max(step, 1)

    @property
    def seconds(self) -> float:
        return self.spent


def test_time_is_shared_and_becomes_steps(tmp_path: Path) -> None:
    schedule = _timed(tmp_path)
    assert schedule.seconds == {"global": pytest.approx(25), "global_to_local": pytest.approx(75)}
    # Of 25 seconds two are for judging, of 75 five: a tenth, and five times at most.
    assert schedule.steps == {"global": 46, "global_to_local": 70}
    assert schedule.every == {"global": 23, "global_to_local": 14}


def test_a_few_steps_are_learnt_however_little_time_there_is(tmp_path: Path) -> None:
    assert set(_timed(tmp_path, seconds=0.1).steps.values()) == {3}


def test_a_slower_pace_means_fewer_steps_and_a_faster_one_more(tmp_path: Path) -> None:
    schedule = _timed(tmp_path)
    slow, fast, right = (_Clock(spent=spent, first=0) for spent in (14.0, 3.5, 7.0))
    assert schedule.follow("global_to_local", 7, 70, right) == 70
    assert schedule.changes["global_to_local"] == {}
    assert schedule.follow("global_to_local", 8, 70, slow) == 70  # not at every step
    assert schedule.follow("global_to_local", 7, 70, slow) == 7 + int(61 / 2)
    schedule = _timed(tmp_path)
    assert schedule.follow("global_to_local", 7, 70, fast) == 7 + 2 * 63


def test_what_was_written_down_is_followed_whatever_the_clock_says(tmp_path: Path) -> None:
    first = _timed(tmp_path)
    steps = first.follow("global_to_local", 7, 70, _Clock(spent=14.0, first=0))
    again = Schedule.found(RunFolder(tmp_path / "run"), "print")
    assert again is not None
    assert again.steps_after("global_to_local", 6) == 70
    assert again.steps_after("global_to_local", 7) == again.steps_after("global_to_local", 20) == steps
    fast = _Clock(spent=1.0, first=0)
    # A change that comes later was made by the run that was broken: nothing new comes before it.
    assert again.follow("global_to_local", 0, 70, fast) == 70
    assert again.follow("global_to_local", 7, 70, fast) == steps


def test_a_schedule_of_another_training_is_refused(tmp_path: Path) -> None:
    _timed(tmp_path).write()
    with pytest.raises(TrainingError, match="remove it to start afresh"):
        Schedule.found(RunFolder(tmp_path / "run"), "other")
    assert Schedule.found(RunFolder(tmp_path / "new"), "other") is None
    (tmp_path / "run" / "plan.json").write_text("{")
    with pytest.raises(TrainingError, match="cannot be read"):
        Schedule.found(RunFolder(tmp_path / "run"), "print")
