"""One stage of a training: learnt, judged now and then, kept in checkpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from glnet_geo.core.progress import stop_if_cancelled
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.checkpoint import save_weights
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.schedule import Clock, Schedule
from glnet_geo.training.setup import TrainingSetup
from glnet_geo.training.train import Learner, Report
from glnet_geo.training.undisturbed import undisturbed


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """One stage of a training.

    Attributes:
        setup: what it shares with the others.
        recipe: with its steps as first settled.
        schedule: of the training.
        last: whether no stage follows: only then the best network is kept.
        title: for the progress.
    """

    setup: TrainingSetup
    recipe: Recipe
    schedule: Schedule
    last: bool
    title: str

    def run(self, learnt: Mapping[str, Tensor]) -> tuple[int, GLNet]:
        """Train, from a checkpoint where there is one.

        Returns:
            The step of the best network (0 stands for what the training began with), and the last network.
        """
        setup, name = self.setup, self.recipe.stage
        learner = setup.learner(self.recipe, learnt)
        before = self.schedule.before
        notes = {"best_step": 0.0, "best": -1.0 if before is None else before, "seconds": 0.0}
        checkpoint = setup.folder.checkpoint(name)
        if checkpoint.exists():
            notes = learner.restore(checkpoint)
        setup.folder.keep(lambda line: line["stage"] != name or line["step"] <= learner.step)
        learner.steps = self.schedule.steps_after(name, learner.step)
        self._begin(learner)
        clock = Clock(spent=notes["seconds"], first=learner.step)
        steps = learner.run()
        while True:
            with undisturbed() as asked_to_stop:
                now = next(steps, None)
                if now is None:
                    break
                setup.folder.log(stage=name, step=now.step, loss=now.loss)
                setup.progress.advance()
                # Where the step is to be judged, whoever goes on must do it again.
                if asked_to_stop() and not self._due(now):
                    learner.save(checkpoint, **(notes | {"seconds": clock.seconds}))
            if self._due(now):
                notes = self._judged(learner.network, now, notes)
            self._follow(learner, clock)
            if learner.step == learner.steps or clock.due() or setup.progress.cancelled():
                learner.save(checkpoint, **(notes | {"seconds": clock.seconds}))
            stop_if_cancelled(setup.progress)
        return int(notes["best_step"]), learner.finished()

    def _begin(self, learner: Learner) -> None:
        self.setup.progress.begin(self.title, learner.steps)
        if learner.step:
            self.setup.progress.advance(learner.step)

    def _follow(self, learner: Learner, clock: Clock) -> None:
        steps = self.schedule.follow(self.recipe.stage, learner.step, learner.steps, clock)
        if steps != learner.steps:
            learner.steps = steps
            self.setup.progress.info(f"{self.title}: {steps} steps fit the time")
            self._begin(learner)

    def _due(self, now: Report) -> bool:
        every = self.schedule.every[self.recipe.stage]
        return self.setup.judge is not None and (now.step % every == 0 or now.step == now.steps)

    def _judged(self, network: GLNet, now: Report, notes: dict[str, float]) -> dict[str, float]:
        """Judge the network; where it is the best of the last stage, keep its weights."""
        setup = self.setup
        if setup.judge is None:
            return notes
        judgement = setup.judge(network)
        score = setup.score(judgement)
        iou = {c.name: float(value) for c, value in zip(setup.legend, judgement.confusion.iou, strict=True)}
        setup.folder.log(
            stage=now.stage,
            step=now.step,
            mean_iou=score,
            iou={name: None if math.isnan(value) else value for name, value in iou.items()},
        )
        setup.progress.info(
            f"{self.title}, step {now.step} of {now.steps}: loss {now.loss:.3f}, mean IoU {score:.3f} on the held-out "
            "labels"
        )
        if not self.last or score <= notes["best"]:
            return notes
        save_weights(setup.folder.best, network)
        return notes | {"best_step": float(now.step), "best": score}
