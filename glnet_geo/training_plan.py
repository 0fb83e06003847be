"""What a training will do, decided before its first step."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import torch

from glnet_geo.core.progress import Progress
from glnet_geo.io.files.identity import digest_of, identity
from glnet_geo.io.labelled_data.lessons import Lessons
from glnet_geo.io.work_folder.run_folder import RunFolder
from glnet_geo.learn_options import KEPT_BY_POLYGONS, POLYGON_MINUTES, TrainOptions
from glnet_geo.model.card import Card
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import Machine
from glnet_geo.training.held_out import Split
from glnet_geo.training.memory import patches_that_fit
from glnet_geo.training.new_card import card_of
from glnet_geo.training.recipe import EPOCHS, Recipe, recipe_of, stages_of
from glnet_geo.training.samples import Sampler
from glnet_geo.training.setup import TrainingSetup
from glnet_geo.training.stages import STAGES
from glnet_geo.training.start import Start
from glnet_geo.training.train import Learner
from glnet_geo.training.training_run import Outcome, TrainingRun
from glnet_geo.training.validation import Judgement, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """Everything that is settled before the first step of a training.

    Attributes:
        lessons: what there is to learn from, open.
        held: what of it is learnt and what is judged.
        start: what the training begins with.
        machine: where to compute.
        options: how to train.
    """

    lessons: Lessons
    held: Split
    start: Start
    machine: Machine
    options: TrainOptions

    def run(self, folder: RunFolder, progress: Progress, began: float) -> TrainingRun:
        """The training, ready to begin or to go on.

        Args:
            folder: where checkpoints, plan and log lie.
            progress: told where the training stands; may stop it.
            began: when it did, by `time.monotonic`.

        Raises:
            TrainingError: nothing to train on is labelled, or one patch does not fit the GPU memory that is allowed.
        """
        start, options = self.start, self.options
        ids = self.lessons.legend.ids.tolist()
        sampler = Sampler(
            self.held.learnt,
            tiling=start.tiling,
            normalization=start.normalization,
            class_ids=ids,
            augmentation=options.augmentation,
            seed=options.seed,
            balance=options.balance,
        )
        setup = TrainingSetup(
            start=start,
            sampler=sampler,
            judge=self._judgement if self.held.judged else None,
            legend=self.lessons.legend,
            judged=self.judged,
            folder=folder,
            device=self.machine.device,
            patches_at_once=self._patches_at_once(sampler),
            seed=options.seed,
            progress=progress,
        )
        return TrainingRun(
            setup=setup,
            recipes=self.recipes,
            fingerprint=self.fingerprint,
            minutes=self.minutes,
            began=began,
            kept=KEPT_BY_POLYGONS if self.lessons.sparse else 0.0,
        )

    def card(self, name: str, outcome: Outcome) -> Card:
        """What a model of this name says of itself, given what the training came to."""
        return card_of(
            name,
            outcome,
            self.start,
            self.lessons,
            self.held,
            judged=self.judged,
            augmentation=self.options.augmentation,
            value_range=self.options.value_range,
            credit=self.options.credit,
        )

    @property
    def judged(self) -> list[int]:
        """Channels whose mean IoU is the score."""
        ids = self.lessons.legend.ids.tolist()
        return [ids.index(number) for number in self.lessons.judged]

    @property
    def minutes(self) -> float | None:
        """That the training may take in all; None for the steps of the recipes."""
        if self.options.minutes is not None or self.options.epochs is not None:
            return self.options.minutes
        return POLYGON_MINUTES if self.lessons.sparse else None

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """Of every stage that is asked for, in order."""
        start, options, sparse = self.start, self.options, self.lessons.sparse
        stages = stages_of(start.architecture.sharing)
        if sparse and start.card is not None:
            # What a package saw of whole frames still guides: a few polygons would only shake what the others build on.
            stages = stages[1:] or stages
        chosen = [stage for stage in STAGES if stage in (options.stages or stages)]
        shapes = [pair.shape for pair in self.held.learnt]
        frames = sum(max(1.0, rows * cols / start.tiling.frame**2) for rows, cols in shapes)
        recipes = []
        for stage in chosen:
            recipe = recipe_of(stage, start.architecture, sparse=sparse)
            epochs = options.epochs or EPOCHS[stage]
            recipes.append(
                replace(
                    recipe,
                    steps=max(1, round(epochs * frames / recipe.frames)),
                    bfloat16=self.machine.dtype == torch.bfloat16,
                    seed=options.seed,
                )
            )
        return tuple(recipes)

    @property
    def fingerprint(self) -> str:
        """Of all that decides about the weights."""
        options = replace(self.options, init=str(self.options.init), credit="", max_gpu_memory=None)
        known = {
            "options": asdict(options),
            "recipes": [asdict(recipe) for recipe in self.recipes],
            "start": self.start.sha256 or self.start.name,
            "legend": [(c.id, c.name) for c in self.lessons.legend],
            "pairs": [(identity(pair.path), pair.shape, pair.labels.name) for pair in self.lessons.pairs],
            "held": self.held.how,
            "labels": self.held.digest,
        }
        return digest_of(known).hex()

    def _judgement(self, network: GLNet) -> Judgement:
        """How well a network does on what is held out."""
        legend = self.lessons.legend
        return judge(
            network,
            self.held.judged,
            tiling=self.start.tiling,
            normalization=self.start.normalization,
            legend=legend,
            machine=self.machine,
            background=legend.channel_of_id(self.lessons.background),
        )

    def _patches_at_once(self, sampler: Sampler) -> int | None:
        """How many patches stay within the GPU memory that is allowed; None where none is, or on other devices."""
        local = next((recipe for recipe in self.recipes if recipe.stage == "global_to_local"), None)
        if self.machine.device != "cuda" or self.options.max_gpu_memory is None or local is None:
            return None

        def step(count: int) -> None:
            network = self.start.network("global_to_local", {}, self.options.seed)
            learner = Learner(
                network, replace(local, steps=1, patches=2), sampler, device="cuda", patches_at_once=count
            )
            for _ in learner.run():
                pass

        return patches_that_fit(step, local.patches, self.options.max_gpu_memory)
