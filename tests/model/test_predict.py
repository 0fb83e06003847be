from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glnet_geo.core.grid import patch_weights
from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window
from glnet_geo.errors import ModelError
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.glnet import GLNet
from glnet_geo.model.machine import Machine
from glnet_geo.model.predict import Predictor
from glnet_geo.model.sharing import Place
from tests.model import tiny

SHAPE = (96, 128)
PATCHES = tiny.TILING.patches(SHAPE)
PIXELS = np.random.default_rng(3).normal(size=(3, *SHAPE)).astype(np.float32)
SHARINGS: tuple[Sharing, ...] = ("none", "global_to_local", "bidirectional")


def _predictor(sharing: Sharing, *, batch: int = 1, **options: Any) -> Predictor:
    machine = Machine(device="cpu", dtype=torch.float32, batch=batch)
    return Predictor(tiny.network(sharing), tiny.TILING, machine, **options)


@pytest.mark.parametrize("sharing", SHARINGS)
def test_logits_are_one_per_cell_and_every_patch_is_told(sharing: Sharing) -> None:
    told: list[int] = []
    predictor = _predictor(sharing, batch=4)
    logits = predictor.logits(PIXELS, PATCHES, told.append)
    assert logits.shape == (predictor.classes, SHAPE[0] // CELL, SHAPE[1] // CELL)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert sum(told) == len(PATCHES) == 6


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("batch", [2, 4, 8])
def test_the_batch_size_changes_nothing(sharing: Sharing, batch: int) -> None:
    one, many = (_predictor(sharing, batch=size).logits(PIXELS, PATCHES) for size in (1, batch))
    np.testing.assert_allclose(many, one, atol=1e-5)
    np.testing.assert_array_equal(many.argmax(axis=0), one.argmax(axis=0))


@pytest.mark.parametrize("sharing", SHARINGS)
def test_the_same_frame_again_gives_the_same(sharing: Sharing) -> None:
    predictor = _predictor(sharing)
    first = predictor.logits(PIXELS, PATCHES)
    predictor.logits(PIXELS[:, ::-1].copy(), PATCHES)
    np.testing.assert_array_equal(predictor.logits(PIXELS, PATCHES), first)


@pytest.mark.parametrize("sharing", SHARINGS[1:])
def test_where_no_patch_lies_logits_are_zero(sharing: Sharing) -> None:
    some = [patch for patch in PATCHES if patch.col == 0]
    logits = _predictor(sharing).logits(PIXELS, some)
    reached = some[0].width // CELL
    assert (logits[:, :, reached:] == 0).all()
    assert (logits[:, :, :reached] != 0).all()


def test_no_patch_at_all_is_zero_everywhere() -> None:
    for sharing in SHARINGS[1:]:
        assert not _predictor(sharing).logits(PIXELS, []).any()


def test_without_a_local_branch_patches_do_not_matter() -> None:
    predictor = _predictor("none")
    np.testing.assert_array_equal(predictor.logits(PIXELS, []), predictor.logits(PIXELS, PATCHES))


def _steps(network: GLNet) -> NDArray[np.float32]:
    """Guided patches weighed one by one with the unfolded network, then blended cell by cell."""
    with torch.inference_mode():
        whole = torch.from_numpy(PIXELS)[None]
        size = tiny.TILING.shrunk(SHAPE)
        seen = network.see(torch.nn.functional.interpolate(whole, size=size, mode="bilinear", antialias=True))
        total = np.zeros((3, SHAPE[0] // CELL, SHAPE[1] // CELL))
        weights = np.zeros(total.shape[1:])
        for window in PATCHES:
            place = [Place(window, SHAPE)]
            local = network.look(whole[:, :, window.rows, window.cols], seen, place).ps3
            logits = (network.weigh_local(local) + network.weigh_global(seen.ps3, place, local))[0].numpy()
            for row, col in np.ndindex(16, 16):
                at = window.row // CELL + row, window.col // CELL + col
                weight = patch_weights((16, 16), 4)[row, col]
                total[:, at[0], at[1]] += weight * logits[:, row, col]
                weights[at] += weight
        return (total / weights).astype(np.float32)


def test_overlapping_patches_are_blended_by_their_weights() -> None:
    ours = _predictor("global_to_local").logits(PIXELS, PATCHES)
    np.testing.assert_allclose(ours, _steps(tiny.network("global_to_local")), atol=1e-4)


# --- short of memory ---


class _Small:
    """A device with room for some patches at a time: stands in for the network's ``look``."""

    def __init__(self, network: GLNet, room: int) -> None:
        self._look = network.look
        self.room = room
        self.batches: list[int] = []

    def __call__(self, patches: torch.Tensor, *rest: object) -> object:
        self.batches.append(len(patches))
        # The first batch still fits, as when memory is in pieces: patches told of must not be told of again.
        if len(patches) > self.room and len(self.batches) != 1:
            raise torch.OutOfMemoryError("out of memory")
        return self._look(patches, *rest)  # type: ignore[arg-type]


def _short_of_memory(
    room: int, batch: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Predictor, _Small, list[str]]:
    warnings: list[str] = []
    predictor = _predictor("bidirectional", batch=batch, warn=warnings.append)
    small = _Small(predictor._network, room)
    monkeypatch.setattr(predictor._network, "look", small)
    return predictor, small, warnings


def test_out_of_memory_takes_fewer_patches_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, small, warnings = _short_of_memory(1, 4, monkeypatch)
    told: list[int] = []
    logits = predictor.logits(PIXELS, PATCHES, told.append)
    assert small.batches == [4, 2, 2, *[1] * 6]
    assert warnings == [
        "cpu ran out of memory: going on with 2 patches at a time",
        "cpu ran out of memory: going on with 1 patch at a time",
    ]
    assert sum(told) == len(PATCHES)
    np.testing.assert_allclose(logits, _predictor("bidirectional").logits(PIXELS, PATCHES), atol=1e-5)


def test_the_smaller_batch_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, small, warnings = _short_of_memory(2, 3, monkeypatch)
    predictor.logits(PIXELS, PATCHES)
    assert small.batches == [3, 3, *[1] * 6]
    predictor.logits(PIXELS, PATCHES)
    assert small.batches[8:] == [1] * 6
    assert len(warnings) == 1


def test_too_little_memory_for_one_patch_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor, _, _ = _short_of_memory(0, 2, monkeypatch)
    with pytest.raises(ModelError, match="cpu has too little free memory for one patch"):
        predictor.logits(PIXELS, PATCHES)


# --- pace ---


@pytest.mark.parametrize(("sharing", "batch", "patches"), [("none", 8, 1), ("bidirectional", 4, 4)])
def test_the_pace_is_measured_on_a_full_batch(
    monkeypatch: pytest.MonkeyPatch, sharing: Sharing, batch: int, patches: int
) -> None:
    clock = iter(range(0, 60, 10))
    monkeypatch.setattr("glnet_geo.model.predict.time.perf_counter", lambda: next(clock))
    predictor = _predictor(sharing, batch=batch)
    seen: list[int] = []

    def logits(_pixels: NDArray[np.float32], windows: list[Window]) -> None:
        seen.append(len(windows))

    monkeypatch.setattr(predictor, "logits", logits)
    assert predictor.seconds_per_patch() == 10 / patches
    assert seen == [patches] * 3


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize(
    ("dtype", "remedy"), [(torch.float32, "make it again"), (torch.bfloat16, "choose --precision fp32")]
)
def test_numbers_that_outgrow_their_type_are_no_answer(
    sharing: Sharing, dtype: torch.dtype, remedy: str
) -> None:
    network = tiny.network(sharing)
    head = network.glance.fpn.classify if sharing == "none" else network.ensemble
    torch.nn.init.constant_(head.weight, 3e38)
    predictor = Predictor(network, tiny.TILING, Machine(device="cpu", dtype=dtype))
    with pytest.raises(ModelError, match=f"infinite values, or with no numbers, in .*: {remedy}"):
        predictor.logits(PIXELS, PATCHES)
