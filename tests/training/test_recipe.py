from __future__ import annotations

import pytest

from glnet_geo.errors import OptionError
from glnet_geo.model.architecture import light, published
from glnet_geo.training.recipe import EPOCHS, Recipe, recipe_of, stages_of
from glnet_geo.training.stages import STAGES


@pytest.mark.parametrize(
    "changed",
    [
        {"steps": 0},
        {"frames": 0},
        {"patches": 0},
        {"learning_rate": -1},
        {"patch": 30},
        {"label_cell": 0},
        {"gamma": float("nan")},
        {"drift": -0.1},
        {"stage": "last"},
    ],
)
def test_numbers_that_cannot_be_used_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=next(iter(changed))):
        Recipe(**({"stage": "global_to_local", "steps": 3} | changed))  # type: ignore[arg-type]


def test_the_published_network_gets_the_published_recipe() -> None:
    architecture = published(classes=7, sharing="bidirectional")
    recipes = [recipe_of(stage, architecture) for stage in STAGES]
    assert [recipe.learning_rate for recipe in recipes] == [5e-5, 2e-5, 5e-5]
    assert {(r.weight_decay, r.power, r.gamma, r.frames, r.patches) for r in recipes} == {
        (5e-4, 0.9, 3.0, 6, 6)
    }
    assert {(r.patch, r.label_cell, r.drift) for r in recipes} == {(None, 4, 0.15)}
    assert [EPOCHS[stage] for stage in STAGES] == [120, 50, 120]


def test_other_networks_keep_the_statistics_of_their_backbone() -> None:
    architecture = light(classes=2, sharing="bidirectional")
    for sparse in (False, True):
        assert all(recipe_of(stage, architecture, sparse=sparse).freeze_batch_norm for stage in STAGES)
        assert [recipe_of(stage, architecture, sparse=sparse).stage for stage in STAGES] == list(STAGES)


def test_light_networks_are_free_to_drift() -> None:
    architecture = light(classes=2, sharing="bidirectional")
    assert recipe_of("global_to_local", architecture).drift == 0
    assert recipe_of("global_to_local", architecture, sparse=True).drift == 0


def test_stages_go_up_to_what_the_network_shares() -> None:
    assert stages_of("none") == ("global",)
    assert stages_of("global_to_local") == ("global", "global_to_local")
    assert stages_of("bidirectional") == STAGES
