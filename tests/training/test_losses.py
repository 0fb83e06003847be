from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from glnet_geo.training.losses import IGNORED, focal_loss, regularisation

LOGITS = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.randint(0, 3, (2, 5, 4), generator=torch.Generator().manual_seed(1))


def test_without_gamma_it_is_cross_entropy() -> None:
    torch.testing.assert_close(focal_loss(LOGITS, LABELS, gamma=0), functional.cross_entropy(LOGITS, LABELS))


def test_a_drawn_pixel() -> None:
    """The right class has a probability of 1/4: (3/4)^3 * log 4."""
    logits = torch.tensor([0.0, 0, 0, 0]).reshape(1, 4, 1, 1)
    loss = focal_loss(logits, torch.tensor([[[2]]]), gamma=3)
    assert float(loss) == pytest.approx(0.75**3 * math.log(4))


@given(st.floats(0, 6), st.floats(0, 6))
def test_the_greater_gamma_the_smaller_the_loss(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert focal_loss(LOGITS, LABELS, gamma=more) <= focal_loss(LOGITS, LABELS, gamma=less) + 1e-6


def test_ignored_pixels_teach_nothing() -> None:
    labels = LABELS.clone()
    labels[:, :, 2:] = IGNORED
    logits = LOGITS.clone().requires_grad_()
    loss = focal_loss(logits, labels, gamma=3)
    torch.testing.assert_close(loss, focal_loss(LOGITS[..., :2], LABELS[..., :2], gamma=3))
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad[..., 2:] == 0).all()
    assert (logits.grad[..., :2] != 0).all()


def test_ignoring_all_is_a_loss_of_zero() -> None:
    logits = LOGITS.clone().requires_grad_()
    loss = focal_loss(logits, torch.full_like(LABELS, IGNORED), gamma=3)
    assert loss.item() == 0
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 3.0])
def test_pixels_without_any_doubt_have_finite_gradients(gamma: float) -> None:
    logits = torch.tensor([200.0, -200.0]).reshape(1, 2, 1, 1).requires_grad_()
    focal_loss(logits, torch.tensor([[[0]]]), gamma=gamma).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    focal_loss(logits, torch.tensor([[[1]]]), gamma=gamma).backward()  # type: ignore[no-untyped-call]
    assert logits.grad.isfinite().all()


def test_maps_that_drift_apart_cost_their_mean_squared_distance() -> None:
    assert float(regularisation(torch.full((1, 2, 2, 2), 3.0), torch.ones(1, 2, 2, 2))) == 4
    assert float(regularisation(LOGITS, LOGITS)) == 0
