from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glnet_geo.core.legend import NODATA
from glnet_geo.core.window import Window
from glnet_geo.errors import SceneError, TrainingError
from glnet_geo.io.labelled_data.labels import MaskedLabels, RasterLabels
from glnet_geo.io.labelled_data.pair_files import find_pairs
from glnet_geo.io.labelled_data.pairs import Pair
from glnet_geo.io.labelled_data.spot import Spot
from tests.io.geotiffs import write_mixed
from tests.rasters import write_plain

ROWS, COLS = 24, 40


def _slopes() -> NDArray[np.float32]:
    """Three bands: the row of a pixel's centre, its column, and ten times the row."""
    row, col = np.mgrid[:ROWS, :COLS] + 0.5
    return np.stack([row, col, 10 * row]).astype(np.float32)


def _ids() -> NDArray[np.uint8]:
    return np.add.outer(np.arange(ROWS), np.arange(COLS)).astype(np.uint8)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    image = write_plain(tmp_path / "scene.tif", _slopes())
    return Pair(image, write_plain(tmp_path / "label.tif", _ids()))


def _spot(row: float, col: float, height: float, width: float, shape: tuple[int, int]) -> Spot:
    return Spot(row=row, col=col, height=height, width=width, shape=shape)


def test_a_pair_knows_its_name_and_its_size(pair: Pair) -> None:
    with pair:
        assert pair.name == "scene"
        assert pair.shape == (ROWS, COLS)


def test_whole_pixels_come_as_they_are(pair: Pair) -> None:
    with pair:
        spot = _spot(3, 5, 8, 16, (8, 16))
        np.testing.assert_array_equal(pair.read(spot)[0], _slopes()[:, 3:11, 5:21])
        np.testing.assert_array_equal(pair.label(spot), _ids()[3:11, 5:21])
        assert pair.read(spot)[0].dtype == np.float32
        assert pair.label(spot).dtype == np.uint8


@pytest.mark.parametrize("zoom", [0.5, 0.7, 1.0, 1.4, 2.0])
def test_zoomed_reads_lie_where_they_should(pair: Pair, zoom: float) -> None:
    """On slopes, averages and bilinear values are those at the new pixels' centres."""
    shape = (8, 12)
    spot = _spot(4.25, 6.5, shape[0] / zoom, shape[1] / zoom, shape)
    with pair:
        read, _ = pair.read(spot)
    rows = 4.25 + (np.arange(shape[0]) + 0.5) / zoom
    cols = 6.5 + (np.arange(shape[1]) + 0.5) / zoom
    # Averages weigh pixels at the edge of their area in coarse steps.
    np.testing.assert_allclose(read[0], np.broadcast_to(rows[:, None], shape), atol=0.1)
    np.testing.assert_allclose(read[1], np.broadcast_to(cols, shape), atol=0.1)
    np.testing.assert_allclose(read[2], 10 * read[0], rtol=1e-5)


def test_shrunk_images_are_averaged(pair: Pair) -> None:
    with pair:
        read, _ = pair.read(_spot(0, 0, ROWS, COLS, (ROWS // 4, COLS // 4)))
    blocks = _slopes().reshape(3, ROWS // 4, 4, COLS // 4, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(read, blocks, rtol=1e-6)


def test_shrunk_labels_are_those_of_the_cells_centres(pair: Pair) -> None:
    with pair:
        read = pair.label(_spot(0, 0, ROWS, COLS, (ROWS // 4, COLS // 4)))
    np.testing.assert_array_equal(read, _ids()[2::4, 2::4])


def test_more_bands_than_needed_are_left_out(tmp_path: Path) -> None:
    image = write_plain(tmp_path / "scene.tif", _slopes())
    label = write_plain(tmp_path / "label.tif", _ids())
    with Pair(image, label, bands=2) as pair:
        assert pair.read(_spot(0, 0, 4, 4, (4, 4)))[0].shape == (2, 4, 4)
    with pytest.raises(SceneError, match=r"scene\.tif has 3 bands and 4 are to be read: give another image"):
        Pair(image, label, bands=4)


def test_bands_of_several_types_are_read_together(tmp_path: Path) -> None:
    low, high = np.full((2, ROWS, COLS), 3, np.uint8), np.full((1, ROWS, COLS), 1000, np.uint16)
    image = write_mixed(tmp_path, low, high)
    with Pair(image, write_plain(tmp_path / "label.tif", _ids())) as pair:
        read, _ = pair.read(_spot(0.5, 0.5, 20, 20, (10, 10)))
    np.testing.assert_allclose(read, np.broadcast_to([[[3]], [[3]], [[1000]]], (3, 10, 10)))


def test_files_of_different_sizes_are_refused(tmp_path: Path) -> None:
    image = write_plain(tmp_path / "scene.tif", _slopes())
    label = write_plain(tmp_path / "label.tif", _ids()[:-1])
    with pytest.raises(
        TrainingError, match=r"scene\.tif has 24 x 40 pixels and .*label\.tif has 23 x 40 pixels"
    ):
        Pair(image, label)


def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    image = write_plain(tmp_path / "scene.tif", _slopes())
    text = tmp_path / "label.tif"
    text.write_text("no image")
    with pytest.raises(TrainingError, match=r"label\.tif cannot be opened as an image"):
        Pair(image, text)


def test_files_that_are_refused_are_closed(tmp_path: Path) -> None:
    """A label map of another size, one of too many bands, an image of too few."""
    image = write_plain(tmp_path / "scene.tif", _slopes())
    small = write_plain(tmp_path / "label.tif", _ids()[:-1])
    picture = write_plain(tmp_path / "label.png", np.stack([_ids()] * 3))
    labels = RasterLabels(small)
    for label, bands in ((labels, 3), (small, 3), (picture, 3), (small, 4)):
        with pytest.raises((SceneError, TrainingError)):
            Pair(image, label, bands=bands)
    assert not _open_files(tmp_path)


def test_other_labels_need_no_other_file(pair: Pair, tmp_path: Path) -> None:
    window = Window(row=3, col=5, height=8, width=16)
    before = _open_files(tmp_path)
    part = pair.relabelled(MaskedLabels(pair.labels, [window], inside=True))
    spot = _spot(0, 0, ROWS, COLS, (ROWS, COLS))
    np.testing.assert_array_equal(part.read(spot)[0], _slopes())
    assert (part.label(spot) != NODATA).sum() == 8 * 16
    assert _open_files(tmp_path) == before
    pair.close()
    assert not _open_files(tmp_path)


def _open_files(folder: Path) -> list[str]:
    """Those below a folder that this process has open, where the system tells."""
    listed = Path("/proc/self/fd")
    if not listed.is_dir():
        pytest.skip("the system does not list open files")
    paths = [str(link.readlink()) for link in listed.iterdir() if link.is_symlink()]
    return sorted(path for path in paths if path.startswith(str(folder)))


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_file_cut_short_is_named_when_it_is_read(tmp_path: Path, suffix: str) -> None:
    # What cannot be compressed, so that half of the bytes are half of the pixels.
    noise = np.random.default_rng(0).integers(0, 255, (3, ROWS, COLS), np.uint8)
    image = write_plain(tmp_path / f"scene{suffix}", noise)
    label = write_plain(tmp_path / f"label{suffix}", noise[0])
    whole = _spot(0, 0, ROWS, COLS, (ROWS, COLS))
    for path in (image, label):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with Pair(image, label) as pair:
        with pytest.raises(
            SceneError, match=rf"scene\{suffix} cannot be read .*: the file is damaged or cut short"
        ):
            pair.read(whole)
        with pytest.raises(
            TrainingError, match=rf"label\{suffix} cannot be read .*: the file is damaged or cut short"
        ):
            pair.label(whole)


def test_a_picture_of_a_label_map_is_refused(tmp_path: Path) -> None:
    image = write_plain(tmp_path / "scene.tif", _slopes())
    label = write_plain(tmp_path / "label.png", np.stack([_ids()] * 3))
    with pytest.raises(TrainingError, match=r"label\.png has 3 bands: give a label map of one"):
        Pair(image, label)


def test_values_that_are_no_class_ids_become_nodata(tmp_path: Path) -> None:
    image = write_plain(tmp_path / "scene.tif", np.zeros((3, 1, 5), dtype=np.uint8))
    label = write_plain(tmp_path / "label.tif", np.array([[0, 254, 256, -1, -9999]], dtype=np.int16))
    with Pair(image, label) as pair:
        assert pair.label(_spot(0, 0, 1, 5, (1, 5))).tolist() == [[0, 254, 255, 255, 255]]


# --- folders ---


def test_real_pairs(shared_data: Path) -> None:
    """Dubai: JPEG images and PNG labels."""
    folder = shared_data / "dubai"
    found = find_pairs(folder / "images", folder / "masks", error=TrainingError)
    assert len(found) == 54
    with Pair(*found[0]) as pair:
        spot = _spot(0, 0, *pair.shape, (32, 32))
        assert pair.read(spot)[0].shape == (3, 32, 32)
        assert set(np.unique(pair.label(spot))) <= set(range(6))
