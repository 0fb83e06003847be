"""All stages of a training, one after the other: broken off at any moment, taken up again.

Everything that decides about the final weights is written down before it takes effect: the stages, their steps, and at
which of them the network is judged. Where minutes are given, the steps are those that a measured pace allows, and where
the pace changes, the change is written down with the step from which it counts. So a run that was killed goes on as if
nothing had happened: it ends with the weights that it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from glnet_geo.core.legend import Legend
from glnet_geo.core.metrics import Confusion
from glnet_geo.core.progress import Progress
from glnet_geo.errors import CancelledError
from glnet_geo.io.run_folder import RunFolder
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.checkpoint import read_weights
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sampler
from glnet_geo.training.schedule import Schedule
from glnet_geo.training.stage_run import StageRun
from glnet_geo.training.stages import Stage
from glnet_geo.training.start import Start
from glnet_geo.training.train import Learner
from glnet_geo.training.validation import Judgement

_RESERVE = 0.06
"""Part of the time that is kept for what cannot be foreseen."""

Judge = Callable[[GLNet], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to.

    Attributes:
        network: the best by the held-out labels; the last where nothing was held out.
        judgement: of it, on the held-out labels; None where nothing was held out.
        before: mean score of what the training began with; None where that knew other classes.
        stage: that the network is of; empty where the training did not improve on what it began with.
        step: of the stage.
        steps: of every stage.
    """

    network: GLNet
    judgement: Judgement | None
    before: float | None
    stage: str
    step: int
    steps: Mapping[Stage, int]

    @property
    def learnt(self) -> bool:
        """Whether the training improved on what it began with."""
        return bool(self.stage)


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
        minutes: that the training may take in all; None for the recipes' steps.
        began: when it did, by `time.monotonic`.
        device: where to compute.
        patches_at_once: see `Learner`.
        kept: share that the weights which the training began with have in the final ones, where they know all classes.
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
    began: float
    device: str
    patches_at_once: int | None
    kept: float
    seed: int
    progress: Progress

    def run(self) -> Outcome:
        """Go through all stages, from where a broken run stopped.

        Raises:
            TrainingError: the folder belongs to another training, a file cannot be written, or learning failed.
            CancelledError: the person stopped it; the same call goes on.
        """
        schedule = self._schedule()
        learnt: dict[str, Tensor] = {}
        for number, recipe in enumerate(self.recipes):
            stage = StageRun(
                course=self,
                recipe=replace(recipe, steps=schedule.steps[recipe.stage]),
                schedule=schedule,
                last=number == len(self.recipes) - 1,
                title=f"stage {number + 1} of {len(self.recipes)}, {recipe.stage.replace('_', ' ')}",
            )
            best_step, network = stage.run(learnt)
            learnt |= {name: tensor.cpu().clone() for name, tensor in network.state_dict().items()}
        return self._outcome(network.cpu(), best_step, schedule)

    def score(self, judgement: Judgement) -> float:
        """The mean IoU of the classes that are judged."""
        return mean_iou(judgement.confusion, self.judged)

    def stop_if_asked(self) -> None:
        """Raise a CancelledError where the person wants to stop."""
        if self.progress.cancelled():
            raise CancelledError("stopped as asked")

    def _outcome(self, network: GLNet, best_step: int, schedule: Schedule) -> Outcome:
        """The best network, judged once more for all its numbers; the last one where nothing is judged."""
        stage, step, judgement = self.recipes[-1].stage, best_step, None
        steps = {name: schedule.steps_after(name, count) for name, count in schedule.steps.items()}
        if self.judge is None:
            step = steps[stage]
        elif step:
            network.load_state_dict(read_weights(self.folder.best))
        else:
            network = self.start.network(stage, {}, self.seed)
        if self.kept and self.start.complete and step:
            network.load_state_dict(blended(network.state_dict(), self.start.tensors, self.kept))
        if self.judge is not None:
            judgement = self.judge(network)
        return Outcome(
            network=network.eval(),
            judgement=judgement,
            before=schedule.before,
            stage=stage if step else "",
            step=step,
            steps=steps,
        )

    def _schedule(self) -> Schedule:
        """That of the broken run, or a new one."""
        found = Schedule.found(self.folder, self.fingerprint)
        if found is not None:
            self.progress.info(f"going on from {self.folder.path}")
            return found
        before, check_s = self._before()
        if self.minutes is None:
            schedule = Schedule.of_steps(
                self.folder, self.fingerprint, before, {recipe.stage: recipe.steps for recipe in self.recipes}
            )
        else:
            paces = {recipe.stage: self._pace(recipe) for recipe in self.recipes}
            # The best network is judged once more in the end.
            seconds = 60 * self.minutes * (1 - _RESERVE) - (time.monotonic() - self.began) - check_s
            schedule = Schedule.of_time(
                self.folder, self.fingerprint, before, seconds=seconds, paces=paces, check_s=check_s
            )
        for stage, steps in schedule.steps.items():
            self.progress.info(f"{stage.replace('_', ' ')}: {steps} steps")
        schedule.write()
        return schedule

    def _before(self) -> tuple[float | None, float]:
        """The score of what the training begins with, where it knows all classes; and how long judging takes."""
        if self.judge is None or not (self.start.complete or self.minutes is not None):
            return None, 0.0
        began = time.monotonic()
        score = self.score(self.judge(self.start.network(self.recipes[-1].stage, {}, self.seed)))
        seconds = time.monotonic() - began
        if not self.start.complete:
            return None, seconds
        self.progress.info(f"{self.start.name} as it is: mean IoU {score:.3f} on the held-out labels")
        return score, seconds

    def _pace(self, recipe: Recipe) -> float:
        """Seconds per step, by the second of two that are forgotten after."""
        learner = self.learner(replace(recipe, steps=2), {})
        times = [time.monotonic()]
        for _ in learner.run():
            self.stop_if_asked()
            times.append(time.monotonic())
        return max(times[-1] - times[-2], 1e-3)

    def learner(self, recipe: Recipe, learnt: Mapping[str, Tensor]) -> Learner:
        """A stage at its beginning, with the weights of the stages before."""
        return Learner(
            self.start.network(recipe.stage, learnt, self.seed),
            recipe,
            self.sampler,
            device=self.device,
            patches_at_once=self.patches_at_once,
        )


def blended(new: Mapping[str, Tensor], old: Mapping[str, Tensor], kept: float) -> dict[str, Tensor]:
    """Weights between those that were learnt and those before: what was known of other places is not all forgotten.

    Source: Wortsman et al.: Robust fine-tuning of zero-shot models, CVPR 2022 (arXiv:2109.01903).
    """
    return {
        name: torch.lerp(tensor, old[name].to(tensor), kept)
        if name in old and tensor.is_floating_point()
        else tensor
        for name, tensor in new.items()
    }


def mean_iou(confusion: Confusion, judged: Sequence[int]) -> float:
    """Mean IoU of some channels, those left out that are neither labelled nor mapped; 0 where none is left."""
    values = [float(value) for value in confusion.iou[list(judged)] if value == value]  # noqa: PLR0124 - not NaN
    return sum(values) / len(values) if values else 0.0
