from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.small_areas.recut import Recut
from glnet_geo.core.strip import Strip
from glnet_geo.errors import OptionError
from tests.core.maps import noise


@given(
    rows=st.integers(1, 30),
    height=st.integers(1, 12),
    cuts=st.sets(st.integers(1, 29)),
    carries=st.sampled_from(["confidence", "classes only"]),
)
def test_the_same_rows_come_out_in_one_height(rows: int, height: int, cuts: set[int], carries: str) -> None:
    has_confidence = carries == "confidence"
    classes = noise(rows, 3, 5, seed=rows)
    confidence = noise(rows, 3, 100, seed=height)
    recut, out = Recut(3, height), []
    for top, stop in pairwise(sorted({0, rows, *(cut for cut in cuts if cut < rows)})):
        strip = Strip(
            row=7 + top,
            classes=classes[top:stop].copy(),
            confidence=confidence[top:stop].copy() if has_confidence else None,
        )
        out += recut.feed(strip)
        strip.classes[:] = 9
    out += recut.finish()
    assert [strip.row for strip in out] == list(range(7, 7 + rows, height))
    assert all(strip.classes.shape[0] == height for strip in out[:-1])
    assert np.concatenate([strip.classes for strip in out]).tolist() == classes.tolist()
    if has_confidence:
        kept = [strip.confidence for strip in out if strip.confidence is not None]
        assert np.concatenate(kept).tolist() == confidence.tolist()
    else:
        assert all(strip.confidence is None for strip in out)
    assert recut.finish() == []


FIVE = np.zeros((5, 3), np.uint8)


@pytest.mark.parametrize(
    ("strip", "sentence"),
    [
        (Strip(row=5, classes=np.zeros((5, 4), np.uint8)), "rows of 3 columns, got uint8 of shape"),
        (Strip(row=5, classes=np.zeros((0, 3), np.uint8)), "rows of 3 columns, got uint8 of shape"),
        (Strip(row=5, classes=np.zeros((5, 3), np.int64)), "rows of 3 columns, got int64"),
        (Strip(row=5, classes=FIVE, confidence=FIVE[:4]), "hand over one for each pixel"),
        (Strip(row=6, classes=FIVE), "hand over all rows in order"),
        (Strip(row=0, classes=FIVE), "hand over all rows in order"),
        (Strip(row=5, classes=FIVE, confidence=FIVE), "with all of them or with none"),
    ],
)
def test_strips_that_do_not_fit_are_refused(strip: Strip, sentence: str) -> None:
    recut = Recut(3, 4)
    recut.feed(Strip(row=0, classes=FIVE))
    with pytest.raises(OptionError, match=sentence):
        recut.feed(strip)
