"""All stages of a training, one after the other: broken off at any moment, taken up again.

Everything that decides about the final weights is written down before it takes effect: the stages, their steps, and at
which of them the network is judged. Where minutes are given, the steps are those that a measured pace allows, and where
the pace changes, the change is written down with the step from which it counts. So a run that was killed goes on as if
nothing had happened: it ends with the weights that it would have had.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from glnet_geo.core.listing import counted
from glnet_geo.core.progress import stop_if_cancelled
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.checkpoint import read_weights
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.schedule import Schedule
from glnet_geo.training.setup import TrainingSetup
from glnet_geo.training.stage_run import StageRun
from glnet_geo.training.stages import Stage
from glnet_geo.training.validation import Judgement

_RESERVE = 0.06
"""Part of the time that is kept for what cannot be foreseen."""


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
class TrainingRun:
    """A training from its beginning to its end.

    Attributes:
        setup: what its stages share.
        recipes: of every stage, in order; where minutes are given, their steps do not count.
        fingerprint: of all that decides about the weights; a folder of another one is refused.
        minutes: that the training may take in all; None for the recipes' steps.
        began: when it did, by `time.monotonic`.
        kept: share that the weights which the training began with have in the final ones, where they know all classes.
    """

    setup: TrainingSetup
    recipes: Sequence[Recipe]
    fingerprint: str
    minutes: float | None
    began: float
    kept: float

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
                setup=self.setup,
                recipe=replace(recipe, steps=schedule.steps[recipe.stage]),
                schedule=schedule,
                last=number == len(self.recipes) - 1,
                title=f"stage {number + 1} of {len(self.recipes)}, {recipe.stage.replace('_', ' ')}",
            )
            best_step, network = stage.run(learnt)
            learnt |= {name: tensor.cpu().clone() for name, tensor in network.state_dict().items()}
        return self._outcome(network.cpu(), best_step, schedule)

    def _outcome(self, network: GLNet, best_step: int, schedule: Schedule) -> Outcome:
        """The best network, judged once more for all its numbers; the last one where nothing is judged."""
        setup, stage, judgement = self.setup, self.recipes[-1].stage, None
        steps = {name: schedule.steps_after(name, count) for name, count in schedule.steps.items()}
        step = steps[stage] if setup.judge is None else best_step
        if step:
            if setup.judge is not None:
                network.load_state_dict(read_weights(setup.folder.best))
            if self.kept and setup.start.complete:
                network.load_state_dict(blended(network.state_dict(), setup.start.tensors, self.kept))
        if setup.judge is not None:
            judgement = setup.judge(network) if step else None
            # What lies between old and new weights may do worse than either.
            if judgement is None or not self._better(judgement, schedule.before):
                step, network = 0, setup.start.network(stage, {}, setup.seed)
                judgement = setup.judge(network)
        return Outcome(
            network=network.eval(),
            judgement=judgement,
            before=schedule.before,
            stage=stage if step else "",
            step=step,
            steps=steps,
        )

    def _better(self, judgement: Judgement, before: float | None) -> bool:
        return before is None or self.setup.score(judgement) > before

    def _schedule(self) -> Schedule:
        """That of the broken run, or a new one."""
        setup = self.setup
        found = Schedule.found(setup.folder, self.fingerprint)
        if found is not None:
            setup.progress.info(f"going on from {setup.folder.path}")
            return found
        before, check_s = self._before()
        if self.minutes is None:
            schedule = Schedule.of_steps(
                setup.folder,
                self.fingerprint,
                before,
                {recipe.stage: recipe.steps for recipe in self.recipes},
            )
        else:
            paces = {recipe.stage: self._pace(recipe) for recipe in self.recipes}
            # The best network is judged once more in the end.
            seconds = 60 * self.minutes * (1 - _RESERVE) - (time.monotonic() - self.began) - check_s
            schedule = Schedule.of_time(
                setup.folder, self.fingerprint, before, seconds=seconds, paces=paces, check_s=check_s
            )
        for stage, steps in schedule.steps.items():
            setup.progress.info(f"{stage.replace('_', ' ')}: {counted(steps, 'step')}")
        schedule.write()
        return schedule

    def _before(self) -> tuple[float | None, float]:
        """The score of what the training begins with, where it knows all classes; and how long judging takes."""
        setup = self.setup
        if setup.judge is None or not (setup.start.complete or self.minutes is not None):
            return None, 0.0
        began = time.monotonic()
        score = setup.score(setup.judge(setup.start.network(self.recipes[-1].stage, {}, setup.seed)))
        seconds = time.monotonic() - began
        if not setup.start.complete:
            return None, seconds
        setup.progress.info(f"{setup.start.name} as it is: mean IoU {score:.3f} on the held-out labels")
        return score, seconds

    def _pace(self, recipe: Recipe) -> float:
        """Seconds per step, by the second of two that are forgotten after."""
        learner = self.setup.learner(replace(recipe, steps=2), {})
        times = [time.monotonic()]
        for _ in learner.run():
            stop_if_cancelled(self.setup.progress)
            times.append(time.monotonic())
        return max(times[-1] - times[-2], 1e-3)


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
