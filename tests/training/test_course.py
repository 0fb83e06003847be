from __future__ import annotations

import numpy as np
import pytest
import torch

from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.training.course import blended
from glnet_geo.training.validation import mean_iou


@pytest.mark.parametrize("kept", [0.0, 0.25, 1.0])
def test_blended_weights_lie_between_old_and_new(kept: float) -> None:
    new = {"a": torch.tensor([1.0, 3.0]), "count": torch.tensor(5), "fresh": torch.tensor([7.0])}
    old = {"a": torch.tensor([3.0, 3.0]), "count": torch.tensor(2)}
    found = blended(new, old, kept)
    assert found["a"].tolist() == [1 + 2 * kept, 3]
    assert found["count"] == 5
    assert found["fresh"].tolist() == [7]


def test_only_the_classes_that_count_are_in_the_mean() -> None:
    confusion = Confusion(np.array([[8, 0, 0], [0, 1, 1], [0, 0, 0]]))
    assert mean_iou(confusion, [0, 1]) == pytest.approx((1 + 0.5) / 2)
    assert mean_iou(confusion, [1, 2]) == pytest.approx(0.25)
    absent = Confusion(np.array([[8, 0], [0, 0]]))
    assert mean_iou(absent, [0, 1]) == 1
    assert mean_iou(absent, [1]) == 0
