from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.glance import Glance
from glnet_geo.core.window import Window


@given(data=st.data())
def test_whatever_is_as_large_as_a_step_of_the_sample_is_seen_in_every_window_that_holds_it(
    data: st.DataObject,
) -> None:
    rows, cols = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    seen = data.draw(st.integers(1, rows)), data.draw(st.integers(1, cols))
    step = -(-rows // seen[0]), -(-cols // seen[1])
    top, left = data.draw(st.integers(0, rows - step[0])), data.draw(st.integers(0, cols - step[1]))
    usable = np.zeros((rows, cols), np.bool_)
    usable[top : top + step[0], left : left + step[1]] = True
    # GDAL takes the pixel in the middle of each part.
    at = [
        ((np.arange(few) + 0.5) * side / few).astype(int)
        for few, side in zip(seen, (rows, cols), strict=True)
    ]
    glance = Glance(usable[np.ix_(*at)], (rows, cols))
    row, col = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    window = Window(
        row=row,
        col=col,
        height=data.draw(st.integers(1, rows - row)),
        width=data.draw(st.integers(1, cols - col)),
    )
    if usable[window.rows, window.cols].any():
        assert glance(window)


def test_where_nothing_is_thinned_out_nothing_is_seen_beside_the_data() -> None:
    usable = np.zeros((5, 7), np.bool_)
    usable[2, 3] = True
    glance = Glance(usable, (5, 7))
    assert glance(Window(row=2, col=3, height=1, width=1))
    assert not glance(Window(row=0, col=0, height=2, width=7))
    assert not glance(Window(row=0, col=4, height=5, width=3))
