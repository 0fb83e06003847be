from __future__ import annotations

import pytest
import torch

from glnet_geo.training.training_run import blended


@pytest.mark.parametrize("kept", [0.0, 0.25, 1.0])
def test_blended_weights_lie_between_old_and_new(kept: float) -> None:
    new = {"a": torch.tensor([1.0, 3.0]), "count": torch.tensor(5), "fresh": torch.tensor([7.0])}
    old = {"a": torch.tensor([3.0, 3.0]), "count": torch.tensor(2)}
    found = blended(new, old, kept)
    assert found["a"].tolist() == [1 + 2 * kept, 3]
    assert found["count"] == 5
    assert found["fresh"].tolist() == [7]
