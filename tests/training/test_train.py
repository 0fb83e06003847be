from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from glnet_geo.errors import CancelledError, TrainingError
from glnet_geo.model.glnet import GLNet
from glnet_geo.training import schedule, train
from glnet_geo.training.recipe import Recipe
from glnet_geo.training.samples import Sampler
from glnet_geo.training.stages import SHARING, Stage, StageLoss
from glnet_geo.training.train import Report, train_stage
from tests.model import tiny
from tests.training import toys

STAGES: tuple[Stage, ...] = ("global", "global_to_local", "bidirectional")


@pytest.fixture(scope="module")
def sampler(tmp_path_factory: pytest.TempPathFactory) -> Sampler:
    """Draws one frame that is dark on one side and bright on the other, and random patches of it."""
    pair = toys.halves(tmp_path_factory.mktemp("halves"))
    return toys.sampler(pair, tiling=tiny.TILING, classes=2)


def _recipe(stage: Stage, steps: int = 2, **changed: object) -> Recipe:
    return replace(
        Recipe(stage=stage, steps=steps, frames=1, patches=2, learning_rate=2e-3, gamma=0),
        **changed,  # type: ignore[arg-type]
    )


def _state(network: GLNet) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def _same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "CHECKPOINT_EVERY_S", -1.0)


# --- learning ---


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_learns_a_toy_scene(stage: Stage, sampler: Sampler) -> None:
    reports: list[Report] = []
    network = tiny.network(SHARING[stage])
    trained = train_stage(network, _recipe(stage, steps=12, patches=4), sampler, report=reports.append)
    losses = [report.loss for report in reports]
    assert sum(losses[-3:]) < 0.7 * sum(losses[:3])
    assert trained is network
    assert not network.training
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("stage", STAGES)
def test_only_the_modules_of_the_stage_change(stage: Stage, sampler: Sampler) -> None:
    network = tiny.network(SHARING[stage]).train()
    before = _state(network)
    train_stage(network, _recipe(stage), sampler)
    trained = {
        "global": ("glance.",),
        "global_to_local": ("local.", "ensemble."),
        "bidirectional": ("refined.", "ensemble."),
    }[stage]
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith(trained) for name in changed)
    for prefix in trained:
        assert any(name.startswith(prefix) for name in changed)


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_statistics_may_be_frozen(sampler: Sampler, *, frozen: bool) -> None:
    network = tiny.network("none")
    before = _state(network)
    train_stage(network, _recipe("global", freeze_batch_norm=frozen), sampler)
    after = network.state_dict()
    statistics = [name for name in before if "running" in name]
    scales = [name for name in before if ".bn1.weight" in name]
    assert all(torch.equal(before[name], after[name]) for name in statistics) is frozen
    assert not any(torch.equal(before[name], after[name]) for name in scales)


def test_the_learning_rate_falls_to_zero_with_a_power(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    step = torch.optim.Adam.step

    def noting(optimizer: torch.optim.Adam) -> None:
        rates.append(optimizer.param_groups[0]["lr"])
        step(optimizer)

    monkeypatch.setattr(torch.optim.Adam, "step", noting)
    train_stage(tiny.network("none"), _recipe("global", steps=4, power=2.0), sampler)
    assert rates == pytest.approx([2e-3 * share**2 for share in (1, 0.75, 0.5, 0.25)])


def test_frames_of_a_step_are_averaged(sampler: Sampler) -> None:
    """Where nothing is learnt, the loss of a step of two frames is the mean of two steps of one."""
    reports: list[Report] = []
    one = _recipe("global_to_local", steps=2, learning_rate=0.0, freeze_batch_norm=True)
    for recipe in (one, replace(one, steps=1, frames=2)):
        train_stage(tiny.network("global_to_local"), recipe, sampler, report=reports.append)
    first, second, both = (report.loss for report in reports)
    assert first != second
    assert both == pytest.approx((first + second) / 2, abs=1e-6)


def test_every_sample_has_its_own_number(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    """By which the last stage chooses its patches."""
    numbers: list[int] = []

    def loss(_self: object, network: GLNet, _sample: object, number: int) -> Tensor:
        numbers.append(number)
        return torch.stack([parameter.sum() for parameter in network.parameters()]).sum()

    monkeypatch.setattr(StageLoss, "__call__", loss)
    train_stage(tiny.network("none"), _recipe("global", steps=3, frames=2), sampler)
    assert numbers == [0, 1, 2, 3, 4, 5]


def test_mixed_precision_learns_too(sampler: Sampler) -> None:
    reports: list[Report] = []
    network = train_stage(
        tiny.network("none"), _recipe("global", bfloat16=True), sampler, report=reports.append
    )
    assert all(tensor.dtype != torch.bfloat16 for tensor in network.state_dict().values())
    full: list[Report] = []
    train_stage(tiny.network("none"), _recipe("global"), sampler, report=full.append)
    assert reports[0].loss == pytest.approx(full[0].loss, rel=0.05)
    assert reports[0].loss != full[0].loss


def test_reports_count_the_steps(sampler: Sampler) -> None:
    reports: list[Report] = []
    train_stage(tiny.network("none"), _recipe("global", steps=3), sampler, report=reports.append)
    assert [(report.stage, report.step, report.steps) for report in reports] == [
        ("global", step, 3) for step in (1, 2, 3)
    ]
    assert reports[-1].seconds_left == 0
    assert reports[0].seconds_left > 0


@pytest.mark.parametrize("poison", [float("nan"), float("inf")])
def test_a_loss_that_is_not_a_number_stops_before_it_spoils_the_weights(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch, poison: float
) -> None:
    network = tiny.network("none")
    before = {name: parameter.clone() for name, parameter in network.named_parameters()}

    def loss(_self: object, network: GLNet, _sample: object, _number: int) -> Tensor:
        return torch.stack([parameter.sum() for parameter in network.parameters()]).sum() * poison

    monkeypatch.setattr(StageLoss, "__call__", loss)
    with pytest.raises(TrainingError, match="the loss of step 0 is not a number: try --precision fp32"):
        train_stage(network, _recipe("global"), sampler)
    assert all(torch.equal(before[name], parameter) for name, parameter in network.named_parameters())


# --- checkpoints ---


def _break_at(step: int) -> Callable[[Report], None]:
    def report(now: Report) -> None:
        if now.step == step:
            raise CancelledError("stopped")

    return report


@pytest.mark.parametrize("stage", STAGES)
def test_a_broken_run_goes_on_to_the_same_weights(
    stage: Stage, sampler: Sampler, tmp_path: Path, at_every_step: None
) -> None:
    recipe, start = _recipe(stage, steps=4), tiny.network(SHARING[stage])
    unbroken = train_stage(copy.deepcopy(start), recipe, sampler)
    checkpoint = tmp_path / "state.pt"
    with pytest.raises(CancelledError):
        train_stage(copy.deepcopy(start), recipe, sampler, checkpoint=checkpoint, report=_break_at(3))
    steps: list[int] = []
    resumed = train_stage(
        copy.deepcopy(start), recipe, sampler, checkpoint=checkpoint, report=lambda r: steps.append(r.step)
    )
    assert steps == [3, 4]
    assert _same(_state(resumed), _state(unbroken))


def test_a_finished_run_is_not_run_again(sampler: Sampler, tmp_path: Path) -> None:
    checkpoint = tmp_path / "state.pt"
    first = train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)
    reports: list[Report] = []
    again = train_stage(
        tiny.network("none", seed=1), _recipe("global"), sampler, checkpoint=checkpoint, report=reports.append
    )
    assert reports == []
    assert _same(_state(first), _state(again))


def test_checkpoints_come_at_the_end_and_now_and_then(
    sampler: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    monkeypatch.setattr(train, "save_checkpoint", lambda *values: saved.append(values[-1]))
    recipe = _recipe("global", steps=3)
    train_stage(tiny.network("none"), recipe, sampler, checkpoint=tmp_path / "state.pt")
    assert saved == [3]
    monkeypatch.setattr(schedule, "CHECKPOINT_EVERY_S", -1.0)
    train_stage(tiny.network("none"), recipe, sampler, checkpoint=tmp_path / "state.pt")
    assert saved == [3, 1, 2, 3]


def test_without_a_checkpoint_nothing_is_written(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch, at_every_step: None
) -> None:
    monkeypatch.setattr(train, "save_checkpoint", lambda *_: pytest.fail("nothing was asked for"))
    train_stage(tiny.network("none"), _recipe("global"), sampler)


def test_a_checkpoint_of_another_recipe_is_refused(sampler: Sampler, tmp_path: Path) -> None:
    checkpoint = tmp_path / "state.pt"
    train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)
    with pytest.raises(TrainingError, match=r"state\.pt belongs to another recipe: remove it"):
        train_stage(tiny.network("none"), _recipe("global", steps=3), sampler, checkpoint=checkpoint)


def test_a_checkpoint_of_another_network_is_refused(sampler: Sampler, tmp_path: Path) -> None:
    checkpoint = tmp_path / "state.pt"
    train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)
    other = tiny.network("none", bands=4)
    with pytest.raises(TrainingError, match=r"state\.pt belongs to another network: remove it"):
        train_stage(other, _recipe("global"), sampler, checkpoint=checkpoint)


@pytest.mark.parametrize("kept", [0, 9, -100])
def test_a_corrupt_checkpoint_is_refused(sampler: Sampler, tmp_path: Path, kept: int) -> None:
    checkpoint = tmp_path / "state.pt"
    train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:kept])
    with pytest.raises(TrainingError, match=r"state\.pt is not a checkpoint: remove it to start afresh"):
        train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)


@pytest.mark.parametrize("content", [[1, 2], {"weights": torch.zeros(1)}])
def test_a_file_of_something_else_is_refused(sampler: Sampler, tmp_path: Path, content: object) -> None:
    checkpoint = tmp_path / "state.pt"
    torch.save(content, checkpoint)
    with pytest.raises(TrainingError, match=r"state\.pt (is not a checkpoint|belongs to another recipe)"):
        train_stage(tiny.network("none"), _recipe("global"), sampler, checkpoint=checkpoint)


def test_a_checkpoint_that_cannot_be_written_keeps_the_last_one(
    sampler: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_every_step: None
) -> None:
    checkpoint = tmp_path / "state.pt"
    recipe = _recipe("global", steps=3)
    with pytest.raises(CancelledError):
        train_stage(tiny.network("none"), recipe, sampler, checkpoint=checkpoint, report=_break_at(2))
    kept = checkpoint.read_bytes()

    def full(*_values: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(
        TrainingError, match=r"state\.pt cannot be written .*run the same command again to go on"
    ):
        train_stage(tiny.network("none"), recipe, sampler, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [checkpoint]


@pytest.mark.parametrize("folder", ["absent", "file"])
def test_a_checkpoint_in_no_folder_is_an_error(sampler: Sampler, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written"):
        train_stage(
            tiny.network("none"), _recipe("global"), sampler, checkpoint=tmp_path / folder / "state.pt"
        )
