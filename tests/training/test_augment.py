from __future__ import annotations

import numpy as np
import pytest

from glnet_geo.errors import OptionError
from glnet_geo.training.augment import Augmentation, Recolor

UNIT = np.random.default_rng(0).uniform(0, 1, (3, 8, 9)).astype(np.float32)


def test_no_change_is_none() -> None:
    same = Recolor(saturation=1, brightness=1, haze=0, gamma=1)
    np.testing.assert_allclose(same(UNIT), UNIT, atol=1e-6)
    np.testing.assert_allclose(Recolor.random(0, np.random.default_rng(0))(UNIT), UNIT, atol=1e-6)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_a_part_changes_as_the_whole(bands: int) -> None:
    image = np.random.default_rng(1).uniform(0, 1, (bands, 8, 9)).astype(np.float32)
    for seed in range(5):
        change = Recolor.random(0.4, np.random.default_rng(seed))
        whole = change(image)
        np.testing.assert_allclose(
            change(np.ascontiguousarray(image[:, 2:5, 3:])), whole[:, 2:5, 3:], atol=1e-6
        )
        assert whole.dtype == np.float32
        assert whole.min() >= 0
        assert whole.max() <= 1


def test_no_saturation_is_grey() -> None:
    grey = Recolor(saturation=0, brightness=1, haze=0, gamma=1)(UNIT)
    np.testing.assert_allclose(grey[0], grey[1], atol=1e-6)


@pytest.mark.parametrize("changed", [{"zoom": (0, 1)}, {"zoom": (2, 1)}, {"color": 1}, {"color": -0.1}])
def test_numbers_that_cannot_be_used_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Augmentation(**changed)  # type: ignore[arg-type]
