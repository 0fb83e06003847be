from __future__ import annotations

import pytest
import torch

from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.model.sharing import Place
from glnet_geo.training import memory
from glnet_geo.training.memory import parts, patches_that_fit
from glnet_geo.training.samples import Sample

SAMPLE = Sample(
    frame=torch.zeros(1, 3, 8, 8),
    frame_label=torch.zeros(1, 2, 2, dtype=torch.int64),
    patches=torch.arange(5.0).reshape(5, 1, 1, 1),
    patch_labels=torch.zeros(5, 1, 1, dtype=torch.int64),
    places=[Place(Window(row=0, col=n, height=1, width=1), (8, 8)) for n in range(5)],
)


@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 5, 9, None])
def test_parts_make_the_whole(at_once: int | None) -> None:
    found = list(parts(SAMPLE, "global_to_local", at_once))
    assert torch.equal(torch.cat([part.patches for part, _ in found]), SAMPLE.patches)
    assert [place for part, _ in found for place in part.places] == SAMPLE.places
    assert sum(weight for _, weight in found) == pytest.approx(1)
    assert all(len(part.places) <= (at_once or 5) for part, _ in found)


def test_other_stages_take_the_sample_as_it_is() -> None:
    assert list(parts(SAMPLE, "bidirectional", 1)) == [(SAMPLE, 1.0)]


def test_as_many_patches_as_the_measured_peaks_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_peak", lambda step, count: 1000 + 300 * count)
    steps: list[int] = []
    assert patches_that_fit(steps.append, 6, 2300) == 4
    assert patches_that_fit(steps.append, 6, 1300) == 1
    assert patches_that_fit(steps.append, 6, 10_000) == 6
    with pytest.raises(
        TrainingError, match=r"--max-gpu-memory allows .* GB: raise it, or choose --device cpu"
    ):
        patches_that_fit(steps.append, 6, 1299)
