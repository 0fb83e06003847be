from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from glnet_geo.core.polygons.sides import Block
from glnet_geo.core.polygons.sums import UNKNOWN, RunningSums
from tests.core.maps import NODATA, drawn
from tests.core.tracing import weights_of


def test_a_pixel_is_summed_by_its_two_sides() -> None:
    sums = RunningSums(3)
    nothing = np.full(3, NODATA, np.uint8)
    block = Block(nothing, drawn(".1.", "..."))
    weights = np.array([[50, 7, 60], [70, 80, 90]], np.uint8)
    assert sums.feed(block, weights).tolist() == [[0, 0], [7, 0]]


def test_unknown_weights_are_counted_instead() -> None:
    sums = RunningSums(3)
    nothing = np.full(3, NODATA, np.uint8)
    block = Block(nothing, drawn("111", "..."))
    weights = np.array([[5, UNKNOWN, 6], [UNKNOWN, UNKNOWN, 9]], np.uint8)
    assert sums.feed(block, weights).sum(axis=0).tolist() == [11, 1]


@given(
    blocks=st.lists(
        st.tuples(arrays(np.uint8, (2, 4), elements=st.sampled_from([0, 1, NODATA])), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    data=st.data(),
)
def test_sums_over_classes_are_those_of_their_pixels(
    blocks: list[tuple[NDArray[np.uint8], bool]], data: st.DataObject
) -> None:
    sums, above = RunningSums(4), np.full(4, NODATA, np.uint8)
    found, expected = np.zeros((256, 2), np.int64), np.zeros((256, 2), np.int64)
    for classes, weighted in [*blocks, (np.full((1, 4), NODATA, np.uint8), False)]:
        weights = data.draw(weights_of(classes)) if weighted else None
        block = Block(above, classes)
        np.add.at(found, block.sides.class_id, sums.feed(block, weights))
        if weights is not None:
            inside, unknown = classes != NODATA, weights == UNKNOWN
            np.add.at(expected[:, 0], classes[inside & ~unknown], weights[inside & ~unknown])
            np.add.at(expected[:, 1], classes[inside & unknown], 1)
        above = classes[-1]
    assert found.tolist() == expected.tolist()
