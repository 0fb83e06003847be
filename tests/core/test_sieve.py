from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from glnet_geo.core import sieve
from glnet_geo.core.sieve import Sieve
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OptionError
from tests.core.flood import regions_of, sieved
from tests.core.maps import HARD, NODATA, checkerboard, drawn, noise

MAPS = st.integers(1, 4).flatmap(
    lambda classes: arrays(
        np.uint8,
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([*range(classes), NODATA]),
    )
)
LEAST = st.sampled_from([0, 1, 1.5, 2, 3, 4, 6, 9, 20, 1000])
CONNECTIVITY = st.sampled_from([4, 8])
SLAB = st.sampled_from([1, 2, 3, 5, 100])


def areas(rows: int, kind: str = "equal") -> list[float]:
    """Area of a pixel in each row; in quarters, so that sums are exact."""
    return {
        "equal": [1.0] * rows,
        "growing": [1 + row / 4 for row in range(rows)],
        "shrinking": [1 + (rows - 1 - row) / 4 for row in range(rows)],
    }[kind]


def strips(classes: NDArray[np.uint8], cuts: Iterable[int], row: int = 0) -> list[Strip]:
    bounds = [0, *cuts, classes.shape[0]]
    return [Strip(row=row + top, classes=classes[top:stop]) for top, stop in pairwise(bounds)]


def streamed(
    classes: NDArray[np.uint8],
    least: float,
    area: Sequence[float] = (),
    *,
    cuts: Iterable[int] = (),
    connectivity: int = 4,
    slab: int = 100,
) -> NDArray[np.uint8]:
    """The map after the sieve, put together again."""
    area = np.array(area or areas(classes.shape[0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sieve, "slab_rows", lambda width: slab)
        small = Sieve(
            classes.shape[1],
            least=least,
            pixel_area=lambda rows: area[rows],
            connectivity=connectivity,  # type: ignore[arg-type]
        )
    out = [piece for strip in strips(classes, cuts) for piece in small.feed(strip)] + small.finish()
    rows = [strip.row + row for strip in out for row in range(strip.classes.shape[0])]
    assert rows == list(range(classes.shape[0]))
    return np.concatenate([strip.classes for strip in out])


def assert_lawful(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    least: float,
    area: Sequence[float],
    connectivity: int,
) -> None:
    assert ((before == NODATA) == (after == NODATA)).all()
    for region in regions_of(after, area, connectivity=connectivity):
        assert region.area >= least or not region.edges
    for region in regions_of(before, area, connectivity=connectivity):
        if region.area >= least or not region.edges:
            assert (after[tuple(np.array(region.pixels).T)] == region.class_id).all()


@given(
    classes=MAPS,
    least=LEAST,
    connectivity=CONNECTIVITY,
    slab=SLAB,
    kind=st.sampled_from(["equal", "growing", "shrinking"]),
    data=st.data(),
)
def test_the_answer_is_that_of_flooding_for_every_slab_and_every_feeding(
    classes: NDArray[np.uint8], least: float, connectivity: int, slab: int, kind: str, data: st.DataObject
) -> None:
    rows = classes.shape[0]
    cuts = sorted(data.draw(st.sets(st.integers(1, rows - 1)))) if rows > 1 else []
    area = areas(rows, kind)
    after = streamed(classes, least, area, cuts=cuts, connectivity=connectivity, slab=slab)
    expected = sieved(classes, least, area, connectivity=connectivity, slab=slab)
    assert after.tolist() == expected.tolist()
    assert_lawful(classes, after, least, area, connectivity)
