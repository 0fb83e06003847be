from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glnet_geo.core.overall import Overall
from glnet_geo.core.progress import Silence


class _Counted(Silence):
    """Counts steps."""

    def __init__(self) -> None:
        self.total = self.steps = 0

    def begin(self, what: str, total: int) -> None:
        assert what == "mapping"
        self.total = total

    def advance(self, steps: int = 1) -> None:
        self.steps += steps
        assert self.steps <= self.total


@given(st.lists(st.tuples(st.floats(0, 5), st.lists(st.integers(1, 50)), st.integers(1, 300)), max_size=5))
def test_however_scenes_count_their_steps_all_of_them_are_the_whole(
    scenes: list[tuple[float, list[int], int]],
) -> None:
    counted = _Counted()
    overall = Overall(counted, [megapixels for megapixels, _, _ in scenes], "mapping")
    for megapixels, steps, total in scenes:
        part = overall.part(megapixels, talks=False)
        part.begin("classifying", total)
        for step in steps:
            part.advance(step)
        part.begin("writing", 7)
        part.advance(7)
        part.finish()
    assert counted.steps == counted.total
