from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from glnet_geo.core.window import Window
from glnet_geo.model.fpn import Features, Shared
from glnet_geo.model.sharing import Merger, Place, cut_out, cut_out_shared

FRAME = (64, 96)


def _place(row: int, col: int, side: int = 32) -> Place:
    return Place(Window(row=row, col=col, height=side, width=side), FRAME)


def _features(batch: int, rows: int, cols: int, fill: float | None = None) -> Features:
    """Random maps as a backbone would give them for an image of (rows, cols), or maps of one value."""

    def level(step: int, channels: int) -> Tensor:
        shape = (batch, channels, -(-rows // step), -(-cols // step))
        return torch.rand(shape) if fill is None else torch.full(shape, fill)

    def levels(channels: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return level(4, channels), level(8, channels), level(16, channels), level(32, channels)

    return Features(levels(2), levels(3), levels(3), levels(1), level(4, 4))


@given(st.data())
def test_a_place_on_a_map_lies_inside_it(data: st.DataObject) -> None:
    """Also where the rounding of size and origin together would reach over the end."""
    spans = []
    for _ in range(2):
        side = data.draw(st.integers(1, 600))
        length = data.draw(st.integers(1, side))
        spans.append((side, data.draw(st.integers(0, side - length)), length))
    (height, row, tall), (width, col, wide) = spans
    shape = data.draw(st.integers(1, 150)), data.draw(st.integers(1, 150))
    on = Place(Window(row=row, col=col, height=tall, width=wide), (height, width)).on(shape)
    assert on.intersection(Window(row=0, col=0, height=shape[0], width=shape[1])) == on
    for cells, start, size, (side, at, length) in zip(shape, (on.row, on.col), on.shape, spans, strict=True):
        assert abs(size - cells * length / side) <= 0.5 or size == 1
        assert abs(start - cells * at / side) <= 1


@pytest.mark.parametrize(
    ("cells", "frame", "start", "length", "expected"),
    [
        (127, 2448, 388, 508, (20, 26)),
        (63, 420, 168, 252, (25, 38)),
        # The last patch of a frame twice its size: both halves of 63 cells would round up to 32.
        (63, 504, 252, 252, (31, 32)),
        (63, 504, 0, 252, (0, 32)),
        (1, 420, 0, 252, (0, 1)),
        (1, 420, 168, 100, (0, 1)),
    ],
)
def test_drawn_places(cells: int, frame: int, start: int, length: int, expected: tuple[int, int]) -> None:
    window = Window(row=start, col=0, height=length, width=1)
    on = Place(window, (frame, 1)).on((cells, 1))
    assert (on.row, on.height) == expected


def test_cutting_out_is_slicing_then_enlarging() -> None:
    frame_map = torch.rand(1, 5, 16, 24)
    places = [_place(0, 0), _place(32, 64), _place(16, 20)]
    cut = cut_out(frame_map, places, (16, 12), align_corners=False)
    assert cut.shape == (3, 5, 16, 12)
    by_hand = functional.interpolate(frame_map[:, :, 8:16, 16:24], size=(16, 12), mode="bilinear")
    torch.testing.assert_close(cut[1:2], by_hand)


def test_cutting_out_at_the_same_size_is_slicing() -> None:
    frame_map = torch.rand(1, 5, 16, 24)
    cut = cut_out(frame_map, [_place(32, 64)], (8, 8), align_corners=False)
    assert torch.equal(cut, frame_map[:, :, 8:16, 16:24])


def test_corners_may_be_aligned() -> None:
    frame_map = torch.rand(1, 5, 16, 24)
    cut = cut_out(frame_map, [_place(32, 64)], (16, 16), align_corners=True)
    assert torch.equal(
        cut[:, :, [0, 0, -1, -1], [0, -1, 0, -1]], frame_map[:, :, [8, 8, 15, 15], [16, 23, 16, 23]]
    )


def test_every_shared_map_is_cut_to_the_size_of_the_own_one() -> None:
    seen, own = _features(1, *FRAME), _features(2, 32, 32)
    shared = cut_out_shared(seen, [_place(0, 0), _place(32, 64)], own.c, align_corners=False)
    for ours, theirs, frame_maps in zip(shared.maps, own.maps, seen.maps, strict=True):
        for part, like, whole in zip(ours, theirs, frame_maps, strict=True):
            assert part.shape == (2, whole.shape[1], *like.shape[2:])


def test_merging_patches_that_tile_the_frame_puts_them_side_by_side() -> None:
    seen = _features(1, *FRAME)
    places = [_place(row, col) for row in (0, 32) for col in (0, 32, 64)]
    local = _features(6, 32, 32)
    merger = Merger(seen, FRAME, align_corners=False)
    merger.add(local, places)
    merged = merger.merged()
    for ours, maps in zip(merged.maps, local.maps, strict=True):
        for whole, parts in zip(ours, maps, strict=True):
            rows = [torch.cat(list(parts[i : i + 3]), dim=2) for i in (0, 3)]
            torch.testing.assert_close(whole[0], torch.cat(rows, dim=1))


def test_overlapping_patches_of_one_value_merge_to_it() -> None:
    """In the inside of every run of cells seen equally often, where shrinking the counts mixes nothing."""
    seen = _features(1, *FRAME)
    places = [_place(row, col) for row in (0, 32) for col in (0, 16, 32, 48, 64)]
    merger = Merger(seen, FRAME, align_corners=False)
    merger.add(_features(10, 32, 32, fill=3.0), places)
    for level in merger.merged().c[:3]:
        torch.testing.assert_close(level, torch.full_like(level, 3.0))


def test_what_no_patch_saw_is_zero() -> None:
    seen = _features(1, *FRAME)
    merger = Merger(seen, FRAME, align_corners=False)
    merger.add(_features(1, 32, 32, fill=3.0), [_place(0, 0)])
    merged = merger.merged()
    for levels in merged.maps:
        for level in levels:
            rows, cols = level.shape[2] // 2, level.shape[3] // 3
            assert level[:, :, :rows, :cols].eq(3).all()
            assert level[:, :, rows:].eq(0).all()
            assert level[:, :, :, cols:].eq(0).all()


def test_merging_one_by_one_or_together_is_the_same() -> None:
    seen, local = _features(1, *FRAME), _features(2, 32, 32)
    places = [_place(0, 0), _place(16, 40)]
    together, apart = (Merger(seen, FRAME, align_corners=False) for _ in range(2))
    together.add(local, places)
    for index, place in enumerate(places):
        one = (tuple(x[index : index + 1] for x in levels) for levels in local.maps)
        apart.add(Shared(*one), [place])  # type: ignore[arg-type]
    for ours, theirs in zip(together.merged().maps, apart.merged().maps, strict=True):
        for one_by_one, at_once in zip(theirs, ours, strict=True):
            assert torch.equal(one_by_one, at_once)
