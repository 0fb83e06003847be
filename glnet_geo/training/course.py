"""All stages of a training, one after the other: planned once, broken off at any moment, taken up again.

Everything that decides about the final weights is written down before it takes effect: the stages, their steps, and at
which of them the network is judged. Where minutes are given, the steps are those that a measured pace allows, and where
the pace changes, the change is written down with the step from which it counts. So a run that was killed goes on as if
nothing had happened: it ends with the weights that it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from glnet_geo.core.legend import Legend
from glnet_geo.core.metrics import Confusion
from glnet_geo.core.progress import Progress
from glnet_geo.errors import CancelledError, TrainingError
from glnet_geo.io.run_folder import RunFolder
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.recipe import TIME_SHARES, Recipe
from glnet_geo.training.samples import Sampler
from glnet_geo.training.start import Start
from glnet_geo.training.train import CHECKPOINT_EVERY_S, Learner, Report

_CHECKS = 5
"""Times that a stage is judged, the last time at its end."""

_CHECK_SHARE = 0.1
"""Part of the time that judging may take where time is what is given."""

_RESERVE = 0.06
"""Part of the time that is kept for what cannot be foreseen."""

_REPLANS = 10
"""Times that the steps of a stage are compared with the time that is left."""

_OFF = 0.15
"""Part of the steps to come by which they may miss the time that is left."""

Judge = Callable[[GLNet], Confusion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to.

    Attributes:
        network: the best by the held-out labels; the last where nothing was held out.
        confusion: of it, on the held-out labels; None where nothing was held out.
        before: mean score of what the training began with; None where that knew other classes.
        stage: that the network is of; empty where the training did not improve on what it began with.
        step: of the stage.
        steps: of every stage.
    """

    network: GLNet
    confusion: Confusion | None
    before: float | None
    stage: str
    step: int
    steps: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A training from its beginning to its end.

    Attributes:
        start: what it begins with.
        recipes: of every stage, in order; where minutes are given, their steps do not count.
        sampler: where samples come from.
        judge: how well a network does on the held-out labels; None where nothing is held out.
        legend: the classes.
        judged: channels whose mean IoU is the score.
        folder: where checkpoints, plan and log lie.
        fingerprint: of all that decides about the weights; a folder of another one is refused.
        minutes: that all stages may take together; None for the recipes' steps.
        device: where to compute.
        patches_at_once: see `Learner`.
        seed: of what begins at random.
        progress: told where the training stands; may stop it.
    """

    start: Start
    recipes: Sequence[Recipe]
    sampler: Sampler
    judge: Judge | None
    legend: Legend
    judged: Sequence[int]
    folder: RunFolder
    fingerprint: str
    minutes: float | None
    device: str
    patches_at_once: int | None
    seed: int
    progress: Progress

    def run(self) -> Outcome:
        """Go through all stages, from where a broken run stopped.

        Raises:
            TrainingError: the folder belongs to another training, a file cannot be written, or learning failed.
            CancelledError: the person stopped it; the same call goes on.
        """
        plan = self._plan()
        learnt: dict[str, Tensor] = {}
        for number, recipe in enumerate(self.recipes):
            stage = _Stage(
                course=self,
                recipe=replace(recipe, steps=plan["steps"][recipe.stage]),
                plan=plan,
                last=number == len(self.recipes) - 1,
                title=f"stage {number + 1} of {len(self.recipes)}, {recipe.stage.replace('_', ' ')}",
            )
            notes, network = stage.run(learnt)
            learnt |= {name: tensor.cpu().clone() for name, tensor in network.state_dict().items()}
        return self._outcome(network.cpu(), notes, plan)

    def score(self, confusion: Confusion) -> float:
        """The mean IoU of the classes that are judged."""
        return mean_iou(confusion, self.judged)

    def _outcome(self, network: GLNet, notes: Mapping[str, float], plan: Mapping[str, Any]) -> Outcome:
        stage, step, before = self.recipes[-1].stage, int(notes["best_step"]), plan.get("before")
        confusion = None
        if self.judge is not None:
            if step:
                network.load_state_dict(_read_weights(self.folder.best))
            else:
                network = self.start.network(stage, {}, self.seed)
            confusion = self.judge(network)
        return Outcome(
            network=network.eval(),
            confusion=confusion,
            before=before,
            stage=stage if step else "",
            step=step,
            steps={name: _last_change(plan, name) or steps for name, steps in plan["steps"].items()},
        )

    def _plan(self) -> dict[str, Any]:
        """What was settled, or is now."""
        plan = self.folder.read_plan()
        if plan is not None:
            if plan.get("fingerprint") != self.fingerprint:
                raise TrainingError(
                    f"{self.folder.path} belongs to a training with other options or other data: remove it to start "
                    "afresh, or name another --out"
                )
            self.progress.info(f"going on from {self.folder.path}")
            return plan
        began = time.monotonic()
        plan = {"fingerprint": self.fingerprint, "before": None, "changes": {}}
        check_s = 0.0
        if self.judge is not None:
            judged = time.monotonic()
            before = self.score(self.judge(self.start.network(self.recipes[-1].stage, {}, self.seed)))
            check_s = time.monotonic() - judged
            if self.start.complete:
                plan["before"] = before
                self.progress.info(
                    f"{self.start.name} as it is: mean IoU {before:.3f} on the held-out labels"
                )
        if self.minutes is None:
            plan["steps"] = {recipe.stage: recipe.steps for recipe in self.recipes}
            plan["every"] = {stage: -(-steps // _CHECKS) for stage, steps in plan["steps"].items()}
        else:
            plan |= self._in_time(began, check_s)
        self.folder.write_plan(plan)
        return plan

    def _in_time(self, began: float, check_s: float) -> dict[str, Any]:
        """Steps that the time allows, and every how many of them the network is judged."""
        paces = {recipe.stage: self._pace(recipe) for recipe in self.recipes}
        # The best network is judged once more in the end.
        left = 60 * float(self.minutes or 0) * (1 - _RESERVE) - (time.monotonic() - began) - check_s
        shares = {stage: TIME_SHARES[stage] for stage in paces}
        steps: dict[str, int] = {}
        every: dict[str, int] = {}
        allowed: dict[str, float] = {}
        for stage, pace in paces.items():
            seconds = allowed[stage] = left * shares[stage] / sum(shares.values())
            checks = int(min(_CHECKS, max(1, seconds * _CHECK_SHARE // max(check_s, 1e-3))))
            steps[stage] = max(1, int((seconds - checks * check_s) / pace))
            every[stage] = -(-steps[stage] // checks)
            self.progress.info(f"{stage.replace('_', ' ')}: {steps[stage]} steps of {pace:.1f} s")
        return {"steps": steps, "every": every, "seconds": allowed}

    def _pace(self, recipe: Recipe) -> float:
        """Seconds per step, by the second of two that are forgotten after."""
        network = self.start.network(recipe.stage, {}, self.seed)
        learner = Learner(
            network,
            replace(recipe, steps=2),
            self.sampler,
            device=self.device,
            patches_at_once=self.patches_at_once,
        )
        times = [time.monotonic()]
        for _ in learner.run():
            self._stop_if_asked()
            times.append(time.monotonic())
        return max(times[-1] - times[-2], 1e-3)

    def _stop_if_asked(self) -> None:
        if self.progress.cancelled():
            raise CancelledError("stopped as asked: the same command goes on from the last checkpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """One stage of a course.

    Attributes:
        course: the whole.
        recipe: with its steps settled.
        plan: of the course.
        last: whether no stage follows: only then the best network is kept.
        title: for the progress.
    """

    course: Course
    recipe: Recipe
    plan: dict[str, Any]
    last: bool
    title: str

    def run(self, learnt: Mapping[str, Tensor]) -> tuple[dict[str, float], GLNet]:
        """Train, from a checkpoint where there is one; returns the best step and score, and the last network."""
        course, name = self.course, self.recipe.stage
        learner = Learner(
            course.start.network(name, learnt, course.seed),
            self.recipe,
            course.sampler,
            device=course.device,
            patches_at_once=course.patches_at_once,
        )
        # Step 0 stands for what the training began with.
        before = self.plan.get("before")
        notes = {"best_step": 0.0, "best": -1.0 if before is None else before, "seconds": 0.0}
        checkpoint = course.folder.checkpoint(name)
        if checkpoint.exists():
            notes = learner.restore(checkpoint)
        course.folder.keep(lambda line: line["stage"] != name or line["step"] <= learner.step)
        learner.steps = self._planned_steps(learner.step)
        self._begin(learner)
        clock = _Clock(spent=notes["seconds"], first=learner.step)
        for now in learner.run():
            course.folder.log(stage=name, step=now.step, loss=now.loss)
            course.progress.advance()
            if self._due(now):
                notes = self._judged(learner.network, now, notes)
            self._follow_plan(learner, clock)
            if learner.step == learner.steps or clock.due():
                learner.save(checkpoint, **(notes | {"seconds": clock.seconds}))
            course._stop_if_asked()  # noqa: SLF001 - a stage is part of its course
        return notes, learner.finished()

    def _begin(self, learner: Learner) -> None:
        self.course.progress.begin(self.title, learner.steps)
        if learner.step:
            self.course.progress.advance(learner.step)

    def _planned_steps(self, step: int) -> int:
        """How many steps the stage has, as known after ``step`` of them."""
        changes = self.plan["changes"].get(self.recipe.stage, {})
        known = [int(at) for at in changes if int(at) <= step]
        return int(changes[str(max(known))]) if known else self.recipe.steps

    def _follow_plan(self, learner: Learner, clock: _Clock) -> None:
        """Change the steps to come as was written down; where the time that is left asks for it, write it down."""
        allowed = self.plan.get("seconds", {}).get(self.recipe.stage)
        changes = self.plan["changes"].setdefault(self.recipe.stage, {})
        ahead = any(int(at) > learner.step for at in changes)
        at, left = str(learner.step), learner.steps - learner.step
        looks = learner.step % max(1, self.recipe.steps // _REPLANS) == 0
        if allowed is not None and left and looks and not ahead and at not in changes:
            possible = max(1, int((allowed - clock.seconds) / clock.pace(learner.step)))
            if abs(possible - left) > max(1, _OFF * left):
                changes[at] = learner.step + min(possible, 2 * left)
                self.course.folder.write_plan(self.plan)
        if at in changes:
            learner.steps = int(changes[at])
            self.course.progress.info(f"{self.title}: {learner.steps} steps fit the time")
            self._begin(learner)

    def _due(self, now: Report) -> bool:
        every = self.plan["every"][self.recipe.stage]
        return self.course.judge is not None and (now.step % every == 0 or now.step == now.steps)

    def _judged(self, network: GLNet, now: Report, notes: dict[str, float]) -> dict[str, float]:
        """Judge the network; where it is the best of the last stage, keep its weights."""
        course = self.course
        if course.judge is None:
            return notes
        confusion = course.judge(network)
        score = course.score(confusion)
        course.folder.log(
            stage=now.stage,
            step=now.step,
            mean_iou=score,
            iou={
                c.name: None if value != value else float(value)  # noqa: PLR0124 - only NaN differs from itself
                for c, value in zip(course.legend, confusion.iou, strict=True)
            },
        )
        course.progress.info(
            f"{self.title}, step {now.step} of {now.steps}: loss {now.loss:.3f}, mean IoU {score:.3f} on the held-out labels"
        )
        if not self.last or score <= notes["best"]:
            return notes
        _write_weights(course.folder.best, network)
        return notes | {"best_step": float(now.step), "best": score}


@dataclass(slots=True)
class _Clock:
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
        """Of all runs."""
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


def _last_change(plan: Mapping[str, Any], stage: str) -> int | None:
    """How many steps a stage had in the end; None where they did not change."""
    changes = plan["changes"].get(stage, {})
    return int(changes[max(changes, key=int)]) if changes else None


def mean_iou(confusion: Confusion, judged: Sequence[int]) -> float:
    """Mean IoU of some channels, those left out that are neither labelled nor mapped; 0 where none is left."""
    values = [float(value) for value in confusion.iou[list(judged)] if value == value]  # noqa: PLR0124 - not NaN
    return sum(values) / len(values) if values else 0.0


def _write_weights(path: Path, network: GLNet) -> None:
    unfinished = path.with_suffix(".unfinished")
    try:
        save_file(
            {name: tensor.cpu().contiguous() for name, tensor in network.state_dict().items()}, unfinished
        )
        unfinished.replace(path)
    except (OSError, SafetensorError) as error:
        unfinished.unlink(missing_ok=True)
        raise TrainingError(
            f"{path} cannot be written ({error}): free some space; the last checkpoint is kept"
        ) from error


def _read_weights(path: Path) -> dict[str, Tensor]:
    try:
        weights: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} cannot be read: remove {path.parent} to start afresh") from error
    return weights
