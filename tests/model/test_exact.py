from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from glnet_geo.core.grid import Tiling
from glnet_geo.core.normalize import Normalization
from glnet_geo.model.architecture import Sharing
from glnet_geo.model.exact import ExactPredictor, _bytes
from glnet_geo.model.sharing import Place
from tests.model import tiny

SHARINGS: tuple[Sharing, ...] = ("none", "global_to_local", "bidirectional")
# A global image of 60 px has maps of 15 cells: a half of it is rounded.
TILING = Tiling(frame=2448, frame_overlap=0, patch=60, patch_overlap=0, global_size=60)


def _unit(bands: int) -> Normalization:
    return Normalization(low=0, high=255, mean=(0,) * bands, std=(1,) * bands)


def _predictor(sharing: Sharing, bands: int = 3) -> ExactPredictor:
    return ExactPredictor(tiny.network(sharing, bands=bands), TILING, _unit(bands))


def _pixels(rows: int, cols: int, bands: int = 3) -> NDArray[np.float32]:
    rng = np.random.default_rng([rows, cols])
    return rng.integers(0, 256, (bands, rows, cols)).astype(np.float32)


@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize(
    ("shape", "patches"),
    [
        ((1, 1), 1),
        ((1, 75), 3),
        ((33, 60), 1),
        ((60, 60), 1),
        ((70, 61), 4),
        # Twice the patch: the last patches begin in the middle, where both halves of 15 cells round up.
        ((120, 120), 49),
    ],
)
def test_any_size_has_logits_for_every_pixel(sharing: Sharing, shape: tuple[int, int], patches: int) -> None:
    told: list[int] = []
    logits = _predictor(sharing).logits(_pixels(*shape), told.append)
    assert logits.shape == (3, *shape)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert (logits != 0).all()
    assert sum(told) == patches


@pytest.mark.parametrize("bands", [1, 5])
def test_any_number_of_bands(bands: int) -> None:
    assert _predictor("bidirectional", bands).logits(_pixels(64, 64, bands)).shape == (3, 64, 64)


def test_the_second_of_two_halves_moves_one_cell_in() -> None:
    predictor = _predictor("bidirectional")
    windows = predictor.patches((120, 120))
    assert {window.row for window in windows} == {0, 10, 20, 30, 40, 50, 60}
    on = Place(windows[-1], (120, 120)).on((15, 15))
    assert (on.row, on.height) == (7, 8)


def test_patches_come_row_by_row() -> None:
    windows = _predictor("none").patches((70, 61))
    assert [(w.row, w.col, w.height, w.width) for w in windows] == [
        (0, 0, 60, 60),
        (0, 1, 60, 60),
        (10, 0, 60, 60),
        (10, 1, 60, 60),
    ]


def test_the_same_image_again_gives_the_same() -> None:
    predictor = _predictor("bidirectional")
    first = predictor.logits(_pixels(64, 70))
    np.testing.assert_array_equal(predictor.logits(_pixels(64, 70)), first)


def test_the_frame_is_squeezed_to_a_square_of_bytes() -> None:
    shrunk = _predictor("none")._shrunk(_pixels(64, 130))
    assert shrunk.shape == (1, 3, 60, 60)
    steps = shrunk.double() * 255
    torch.testing.assert_close(steps, steps.round(), atol=1e-4, rtol=0)
    # Within rounding of the mean, since every pixel counts.
    assert float(shrunk.mean()) == pytest.approx(_pixels(64, 130).mean() / 255, abs=0.01)


def test_bytes_stay_bytes_on_their_way() -> None:
    bytes_ = np.arange(256, dtype=np.float32)[None, None]
    assert _bytes(_unit(1).unit(bytes_)).ravel().tolist() == list(range(256))
    between = np.array([[[1.2, 1.7]]], dtype=np.float32)
    assert _bytes(_unit(1).unit(between)).ravel().tolist() == [1, 2]


def test_where_patches_overlap_their_raw_logits_are_summed() -> None:
    """Two patches that share all but one column: there the sum of both, at the edges one alone."""
    predictor = _predictor("global_to_local")
    pixels = _pixels(60, 61)
    logits = predictor.logits(pixels)
    network = predictor.network
    with torch.inference_mode():
        seen = network.see(predictor._shrunk(pixels))
        parts = []
        for window in predictor.patches((60, 61)):
            place = [Place(window, (60, 61))]
            crop = torch.from_numpy(pixels[:, :, window.cols] / 255)[None]
            local = network.look(crop, seen, place).ps3
            weighed = network.weigh_local(local) + network.weigh_global(seen.ps3, place, local)
            large = torch.nn.functional.interpolate(weighed, size=(60, 60), mode="nearest")
            parts.append(large[0].numpy())
    np.testing.assert_allclose(logits[:, :, 0], parts[0][:, :, 0], atol=1e-5)
    np.testing.assert_allclose(logits[:, :, -1], parts[1][:, :, -1], atol=1e-5)
    np.testing.assert_allclose(logits[:, :, 1:-1], parts[0][:, :, 1:] + parts[1][:, :, :-1], atol=1e-5)
