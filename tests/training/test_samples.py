from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from glnet_geo.core.grid import Tiling
from glnet_geo.core.lattice import CELL
from glnet_geo.core.window import Window
from glnet_geo.errors import TrainingError
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.training.augment import Augmentation
from glnet_geo.training.losses import IGNORED
from glnet_geo.training.samples import Sample, Sampler
from tests.training import toys

# Frames are not shrunk here, so that patches can be compared with what the frame shows.
TILING = Tiling(frame=128, frame_overlap=0, patch=64, patch_overlap=16, global_size=128)
TURNED = Augmentation(zoom=(1, 1), turn=True, color=0.3)
FREE = Augmentation()


def _equal(one: Sample, other: Sample) -> bool:
    return (
        torch.equal(one.frame, other.frame)
        and torch.equal(one.frame_label, other.frame_label)
        and torch.equal(one.patches, other.patches)
        and torch.equal(one.patch_labels, other.patch_labels)
        and one.places == other.places
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Sampler:
    """Draws frames that are the whole of one scene, turned and recoloured."""
    pair = toys.coordinates(tmp_path_factory.mktemp("whole"), 96, 128)
    return toys.sampler(pair, tiling=TILING, classes=251, augmentation=TURNED)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Sampler:
    """Draws frames of any zoom from one of two scenes."""
    pairs = [
        toys.coordinates(tmp_path_factory.mktemp("parts") / name, rows, cols)
        for name, rows, cols in (("large", 200, 300), ("small", 50, 70))
    ]
    return toys.sampler(*pairs, tiling=TILING, classes=251, augmentation=FREE)


def test_the_same_number_is_the_same_sample(parts: Sampler) -> None:
    again = Sampler(
        parts._pairs,
        tiling=TILING,
        normalization=toys.UNIT,
        class_ids=range(251),
        augmentation=FREE,
        seed=0,
    )
    for number in (0, 7, 7_000_000):
        assert _equal(parts.draw(number, 3), again.draw(number, 3))


def test_other_numbers_and_other_seeds_are_other_samples(parts: Sampler) -> None:
    other = toys.sampler(*parts._pairs, tiling=TILING, classes=251, augmentation=FREE, seed=1)
    drawn = [parts.draw(number, 3) for number in range(4)] + [other.draw(number, 3) for number in range(4)]
    for index, one in enumerate(drawn):
        assert not any(_equal(one, another) for another in drawn[index + 1 :])


def test_pairs_are_drawn_as_often_as_is_asked(parts: Sampler) -> None:
    """A frame of the large scene is 128 pixels wide, the small scene is one frame."""
    large, small = parts._pairs
    frames = {}
    for chances in ((1, 0), (0, 1)):
        sampler = Sampler(
            [large, small],
            tiling=TILING,
            normalization=toys.UNIT,
            class_ids=range(251),
            augmentation=toys.AS_IT_IS,
            seed=0,
            chances=chances,
        )
        frames[chances] = {tuple(sampler.draw(number, 0).frame.shape[2:]) for number in range(20)}
    assert frames == {(1, 0): {(128, 128)}, (0, 1): {(48, 68)}}


@pytest.mark.parametrize("patches", [3, None])
@pytest.mark.parametrize("zoom", [0.5, 0.7, 1, 1.3])
def test_patches_show_what_the_frame_shows_at_their_places(
    parts: Sampler, zoom: float, patches: int | None
) -> None:
    turned = Augmentation(zoom=(zoom, zoom), turn=True, color=0.3)
    sampler = toys.sampler(*parts._pairs, tiling=TILING, classes=251, augmentation=turned)
    for number in range(12):
        sample = sampler.draw(number, patches)
        assert len(sample.places) == len(sample.patches) == len(sample.patch_labels) > 0
        for place, patch, label in zip(sample.places, sample.patches, sample.patch_labels, strict=True):
            window = place.patch
            assert place.frame == sample.frame.shape[2:]
            torch.testing.assert_close(sample.frame[0][:, window.rows, window.cols], patch)
            rows, cols = (slice(s.start // CELL, s.stop // CELL) for s in (window.rows, window.cols))
            assert torch.equal(sample.frame_label[0, rows, cols], label)


def test_frames_are_turned_every_way(whole: Sampler) -> None:
    upright = whole._pairs[0].label(_full(96, 128, (24, 32)))
    ways = {
        np.rot90(flipped, turns).tobytes(): 0 for flipped in (upright, upright[:, ::-1]) for turns in range(4)
    }
    assert len(ways) == 8
    for number in range(64):
        ways[whole.draw(number, 0).frame_label[0].numpy().astype(np.uint8).tobytes()] += 1
    assert len(ways) == 8
    assert all(ways.values())


def _full(rows: int, cols: int, shape: tuple[int, int]) -> Spot:
    return Spot(row=0, col=0, height=rows, width=cols, shape=shape)


def test_frames_can_stay_upright(tmp_path: Path) -> None:
    pair = toys.coordinates(tmp_path, 96, 128)
    sampler = toys.sampler(pair, tiling=TILING, classes=251)
    for number in range(4):
        sample = sampler.draw(number, 0)
        np.testing.assert_allclose(
            sample.frame[0].numpy(), pair.read(_full(96, 128, (96, 128)))[0], atol=1e-6
        )


def test_all_patches_are_those_of_the_tiling(tmp_path: Path) -> None:
    sampler = toys.sampler(toys.coordinates(tmp_path, 96, 128), tiling=TILING, classes=251)
    assert [place.patch for place in sampler.draw(0, None).places] == TILING.patches((96, 128))


def test_frames_are_shrunk_by_the_factor_of_the_tiling(tmp_path: Path) -> None:
    tiling = replace(TILING, global_size=50)
    sampler = toys.sampler(toys.coordinates(tmp_path, 96, 128), tiling=tiling, classes=251)
    sample = sampler.draw(0, 2)
    assert sample.frame.shape == (1, 3, 38, 50)
    assert sample.frame_label.shape == (1, 10, 13)
    assert sample.patches.shape == (2, 3, 64, 64)
    assert sample.patch_labels.shape == (2, 16, 16)
    assert (sample.frame.dtype, sample.frame_label.dtype) == (torch.float32, torch.int64)
    assert {place.frame for place in sample.places} == {(96, 128)}


def test_a_scene_smaller_than_a_patch_gives_patches_of_its_size(tmp_path: Path) -> None:
    sampler = toys.sampler(
        toys.coordinates(tmp_path, 43, 128), tiling=TILING, classes=251, augmentation=TURNED
    )
    for number in range(6):
        sample = sampler.draw(number, 2)
        assert sorted(sample.patches.shape[2:]) == [40, 64]
        assert sample.patches.shape[2:] == sample.places[0].patch.shape


@pytest.mark.parametrize(("rows", "cols"), [(6, 90), (90, 6), (2, 3)])
def test_slivers_are_drawn_like_others(tmp_path: Path, rows: int, cols: int) -> None:
    """Such as tiles at the edge of a mosaic: shrunk, they are one pixel wide."""
    pair, tiling = toys.coordinates(tmp_path, rows, cols), replace(TILING, global_size=32)
    sampler = toys.sampler(pair, tiling=tiling, classes=251, augmentation=FREE)
    for number in range(16):
        sample = sampler.draw(number, 2)
        assert torch.isfinite(sample.frame).all()
        assert torch.isfinite(sample.patches).all()


def test_frames_of_any_zoom_lie_inside_their_scene(parts: Sampler) -> None:
    """The first band tells the row of a pixel, in thousandths: it must not stand still at an edge."""
    sampler = toys.sampler(*parts._pairs, tiling=TILING, classes=251, augmentation=replace(FREE, color=0))
    slopes = []
    for number in range(30):
        frame = sampler.draw(number, 0).frame[0]
        assert all(side % CELL == 0 for side in frame.shape[1:])
        # Turned or not, rows rise along one axis.
        along = torch.stack([frame[0].diff(dim=dim).abs().amax() for dim in (0, 1)])
        slopes.append(float(along.max()) * 1000)
        assert float(frame[:2].min()) >= 0
        assert float(frame[0].max()) < 0.2
        assert float(frame[1].max()) < 0.3
    assert 0.69 < min(slopes) < 0.85
    assert 1.2 < max(slopes) < 1.6


def test_large_scenes_are_drawn_more_often(parts: Sampler) -> None:
    """In proportion to the root of their area."""
    chances = np.sqrt([200 * 300, 50 * 70])
    np.testing.assert_allclose(parts._chances, chances / chances.sum())


def test_labels_become_channels_and_the_rest_is_ignored(tmp_path: Path) -> None:
    label = np.zeros((64, 64), dtype=np.uint8)
    label[:32, 32:], label[32:, :32], label[32:, 32:] = 9, 4, 255
    pair = toys.pair(tmp_path, np.zeros((3, 64, 64), dtype=np.float32), label)
    sampler = Sampler(
        [pair],
        tiling=TILING,
        normalization=toys.UNIT,
        class_ids=[4, 0],
        augmentation=toys.AS_IT_IS,
        seed=0,
    )
    channels = sampler.draw(0, 0).frame_label[0]
    assert channels[0, 0] == 1
    assert channels[15, 0] == 0
    assert channels[0, 15] == channels[15, 15] == IGNORED


def test_colours_change_but_stay_in_the_unit(tmp_path: Path) -> None:
    image = np.random.default_rng(0).uniform(0, 1, (3, 64, 64)).astype(np.float32)
    pair = toys.pair(tmp_path, image, np.zeros((64, 64), dtype=np.uint8))
    sampler = toys.sampler(
        pair, tiling=TILING, classes=1, augmentation=Augmentation(zoom=(1, 1), turn=False, color=0.5)
    )
    means = set()
    for number in range(6):
        frame = sampler.draw(number, 0).frame
        assert float(frame.min()) >= 0
        assert float(frame.max()) <= 1
        means.add(round(float(frame.mean()), 4))
    assert len(means) == 6


def test_no_patches_where_none_are_wanted(whole: Sampler) -> None:
    sample = whole.draw(0, 0)
    assert sample.places == []
    assert sample.patches.numel() == 0


def test_nothing_to_train_on_is_said() -> None:
    with pytest.raises(TrainingError, match="nothing to train on"):
        toys.sampler(tiling=TILING, classes=2)


def test_random_patches_lie_on_whole_cells(whole: Sampler) -> None:
    frame = Window(row=0, col=0, height=128, width=128)
    for number in range(12):
        for place in whole.draw(number, 4).places:
            assert place.patch.row % CELL == place.patch.col % CELL == 0
            assert place.patch.intersection(frame) == place.patch
