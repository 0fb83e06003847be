"""How many steps each stage of a training takes: settled once, written down, and followed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import Self

from glnet_geo.errors import TrainingError
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.training.recipe import TIME_SHARES
from glnet_geo.training.stages import Stage

CHECKPOINT_EVERY_S = 60.0
"""What a crash costs at most."""

_CHECKS = 5
"""Times that a stage is judged, the last time at its end."""

_CHECK_SHARE = 0.1
"""Part of the time that judging may take where time is what is given."""

_FEWEST = 3
"""Steps that a stage is given at first, however slow the first one was: the next may tell of a better pace."""

_REPLANS = 10
"""Times that the steps of a stage are compared with the time that is left."""

_OFF = 0.15
"""Part of the steps to come by which they may miss the time that is left."""


@dataclass(slots=True)
class Clock:
    """How long a stage has taken, over all its runs.

    Attributes:
        spent: seconds of earlier runs.
        first: step at which this run began.
    """

    spent: float
    first: int
    _started: float = field(default_factory=time.monotonic)
    _saved: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds that the stage has taken in all runs."""
        return self.spent + time.monotonic() - self._started

    def pace(self, step: int) -> float:
        """Seconds per step of this run, judging included."""
        return max((time.monotonic() - self._started) / max(step - self.first, 1), 1e-6)

    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        if time.monotonic() - self._saved <= CHECKPOINT_EVERY_S:
            return False
        self._saved = time.monotonic()
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The steps of every stage, as they lie in a folder.

    Attributes:
        folder: where they are written down.
        fingerprint: of all else that decides about the weights.
        before: mean score of what the training began with; None where that was not measured.
        steps: of every stage, as first settled.
        every: after so many steps the network is judged, and at the end of the stage.
        seconds: that a stage may take; none where steps were given.
        changes: by stage: from which step on it has how many steps.
    """

    folder: RunFolder
    fingerprint: str
    before: float | None
    steps: Mapping[Stage, int]
    every: Mapping[Stage, int]
    seconds: Mapping[Stage, float] = field(default_factory=dict)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def found(cls, folder: RunFolder, fingerprint: str) -> Self | None:
        """The schedule of a broken run; None where there is none.

        Raises:
            TrainingError: it is that of another training.
        """
        plan = folder.read_plan()
        if plan is None:
            return None
        if plan.get("fingerprint") != fingerprint:
            raise TrainingError(
                f"{folder.path} belongs to a training with other options or other data: remove it to start afresh, or "
                "name another --out"
            )
        return cls(folder=folder, **plan)

    @classmethod
    def of_steps(
        cls, folder: RunFolder, fingerprint: str, before: float | None, steps: Mapping[Stage, int]
    ) -> Self:
        """So many steps, whatever time they take."""
        every = {stage: -(-count // _CHECKS) for stage, count in steps.items()}
        return cls(folder=folder, fingerprint=fingerprint, before=before, steps=steps, every=every)

    @classmethod
    def of_time(
        cls,
        folder: RunFolder,
        fingerprint: str,
        before: float | None,
        *,
        seconds: float,
        paces: Mapping[Stage, float],
        check_s: float,
    ) -> Self:
        """As many steps as a time allows.

        Args:
            folder: where to write them down.
            fingerprint: of all else that decides about the weights.
            before: mean score of what the training began with.
            seconds: for all stages.
            paces: seconds per step.
            check_s: seconds that judging takes once; 0 where nothing is judged.
        """
        whole = sum(TIME_SHARES[stage] for stage in paces)
        allowed = {stage: seconds * TIME_SHARES[stage] / whole for stage in paces}
        steps, every = {}, {}
        for stage, pace in paces.items():
            checks = int(min(_CHECKS, max(1, allowed[stage] * _CHECK_SHARE // max(check_s, 1e-3))))
            steps[stage] = max(_FEWEST, int((allowed[stage] - checks * check_s) / pace))
            every[stage] = -(-steps[stage] // checks)
        return cls(
            folder=folder, fingerprint=fingerprint, before=before, steps=steps, every=every, seconds=allowed
        )

    def write(self) -> None:
        """Write it down."""
        plan: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("fingerprint", "before", "steps", "every", "seconds", "changes")
        }
        self.folder.write_plan(plan)

    def steps_after(self, stage: Stage, step: int) -> int:
        """How many steps a stage has, as known after ``step`` of them."""
        changes = self.changes.get(stage, {})
        known = [int(at) for at in changes if int(at) <= step]
        return changes[str(max(known))] if known else self.steps[stage]

    def follow(self, stage: Stage, step: int, steps: int, clock: Clock) -> int:
        """How many steps a stage has from now on: as was written down, or as the time that is left asks for.

        A change is written down before it takes effect.
        """
        changes = self.changes.setdefault(stage, {})
        if str(step) in changes:
            return changes[str(step)]
        left = steps - step
        looks = step % max(1, self.steps[stage] // _REPLANS) == 0
        if stage not in self.seconds or not left or not looks or any(int(at) > step for at in changes):
            return steps
        possible = max(1, int((self.seconds[stage] - clock.seconds) / clock.pace(step)))
        if abs(possible - left) <= max(1, _OFF * left):
            return steps
        changes[str(step)] = step + min(possible, 2 * left)
        self.write()
        return changes[str(step)]
