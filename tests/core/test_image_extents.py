from __future__ import annotations

from affine import Affine

from glnet_geo.core.image_extents import ImageExtents
from glnet_geo.core.window import Window

PLACE = Affine(0.5, 0, 1000, 0, -0.5, 2000)


def _extents(*transforms: Affine) -> ImageExtents:
    return ImageExtents(shapes=((40, 60),) * len(transforms), transforms=transforms)


def test_images_that_meet_along_an_edge_do_not_overlap() -> None:
    extents = _extents(PLACE, PLACE @ Affine.translation(60, 0), PLACE @ Affine.translation(100, 0))
    assert extents.neighbours() == [[0, 1], [0, 1, 2], [1, 2]]
    assert sorted(map(tuple, extents.overlapping().T.tolist())) == [(0, 0), (1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_window_is_seen_in_pixels_of_other_images() -> None:
    """Of half the size, turned by a quarter, and elsewhere."""
    half, turned = PLACE @ Affine.scale(0.5), PLACE @ Affine.translation(40, 0) @ Affine.rotation(90)
    extents = _extents(PLACE, half, turned, PLACE @ Affine.translation(500, 0))
    window = Window(row=4, col=6, height=3, width=10)
    assert extents.seen(window, 0, 0) == window
    assert extents.seen(window, 0, 1) == Window(row=8, col=12, height=6, width=20)
    seen = extents.seen(window, 0, 2)
    assert seen is not None
    assert (seen.height, seen.width) == (10, 3) or (seen.height, seen.width) == (11, 4)
    assert extents.seen(window, 0, 3) is None


def test_a_window_is_cut_where_the_other_image_ends() -> None:
    extents = _extents(PLACE, PLACE @ Affine.translation(-50, 0))
    found = extents.seen(Window(row=0, col=0, height=40, width=60), 0, 1)
    assert found == Window(row=0, col=50, height=40, width=10)
