"""What all stages of a training share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from glnet_geo.core.legend import Legend
from glnet_geo.core.progress import Progress
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.model.glnet import GLNet
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sampler
from glnet_geo.training.start import Start
from glnet_geo.training.train import Learner
from glnet_geo.training.validation import Judgement, mean_iou

Judge = Callable[[GLNet], Judgement]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSetup:
    """What all stages of a training share.

    Attributes:
        start: what the training begins with.
        sampler: where samples come from.
        judge: how well a network does on the held-out labels; None where nothing is held out.
        legend: the classes.
        judged: channels whose mean IoU is the score.
        folder: where checkpoints, plan and log lie.
        device: where to compute.
        patches_at_once: see `Learner`.
        seed: of what begins at random.
        progress: told where the training stands; may stop it.
    """

    start: Start
    sampler: Sampler
    judge: Judge | None
    legend: Legend
    judged: Sequence[int]
    folder: RunFolder
    device: str
    patches_at_once: int | None
    seed: int
    progress: Progress

    def learner(self, recipe: Recipe, learnt: Mapping[str, Tensor]) -> Learner:
        """A stage at its beginning, with the weights of the stages before."""
        return Learner(
            self.start.network(recipe.stage, learnt, self.seed),
            recipe,
            self.sampler,
            device=self.device,
            patches_at_once=self.patches_at_once,
        )

    def score(self, judgement: Judgement) -> float:
        """The mean IoU of the classes that are judged."""
        return mean_iou(judgement.confusion, self.judged)
