from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio.shutil
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

from glnet_geo.core.legend import DEEPGLOBE
from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, ModelError, TrainingError
from glnet_geo.io.labelled_data.label_legend import (
    LabelLegend,
    found_legend,
    open_labels,
    read_label_legend,
    read_training_legend,
    warn_of_doubtful,
)
from glnet_geo.io.labelled_data.labels import MaskedLabels, RasterLabels, values_in
from glnet_geo.io.labelled_data.spot import Spot
from tests.io.geotiffs import RGB, write
from tests.rasters import write_plain
from tests.scenes import write_scene

IDS = np.array([[0, 1, 4], [4, 6, 255]], np.uint8)


def _whole(labels: RasterLabels | MaskedLabels) -> NDArray[np.uint8]:
    rows, cols = labels.shape or (0, 0)
    return labels.read(Spot.of(Window(row=0, col=0, height=rows, width=cols)))


def _colours(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = np.full((3, *ids.shape), 9, np.uint8)
    for c in DEEPGLOBE:
        image[:, ids == c.id] = np.array(c.rgb, np.uint8)[:, None]
    return image


def test_colours_become_class_ids(tmp_path: Path) -> None:
    ids = np.where(IDS == 255, 2, IDS).astype(np.uint8)
    labels = open_labels(write_plain(tmp_path / "a.png", _colours(ids)), LabelLegend(DEEPGLOBE))
    np.testing.assert_array_equal(_whole(labels), ids)


def test_what_is_transparent_is_not_labelled(tmp_path: Path) -> None:
    ids = np.zeros((2, 3), np.uint8)
    alpha = np.array([[255, 0, 255], [255, 255, 0]], np.uint8)
    labels = open_labels(
        write_plain(tmp_path / "a.png", np.concatenate([_colours(ids), alpha[None]])), LabelLegend(DEEPGLOBE)
    )
    np.testing.assert_array_equal(_whole(labels), np.where(alpha, 0, 255))


@pytest.mark.parametrize("colours", [False, True])
def test_what_a_mask_hides_is_not_labelled(tmp_path: Path, colours: bool) -> None:  # noqa: FBT001 - of pytest
    ids, shown = np.where(IDS == 255, 0, IDS).astype(np.uint8), IDS != 255
    pixels = _colours(ids) if colours else ids[None]
    path = write(tmp_path / "a.tif", pixels, mask=shown, colours=RGB if colours else None)
    np.testing.assert_array_equal(_whole(open_labels(path, LabelLegend(DEEPGLOBE))), IDS)


def test_a_colour_that_is_declared_as_nodata_is_not_labelled(tmp_path: Path) -> None:
    """Black is, red is not: it lacks green and blue, and has a class."""
    ids = np.array([[0, 5, 0], [1, 4, 6]], np.uint8)
    path = write(tmp_path / "a.tif", _colours(ids), nodata=0, colours=RGB)
    expected = np.where(ids == 0, 255, ids)
    np.testing.assert_array_equal(_whole(open_labels(path, LabelLegend(DEEPGLOBE))), expected)
    assert [c.name for c in found_legend([path]).legend] == ["#0000ff", "#00ff00", "#00ffff", "#ffffff"]


def test_class_ids_may_have_transparency_beside_them(tmp_path: Path) -> None:
    alpha = np.where(IDS == 255, 0, 255).astype(np.uint8)
    ids = np.where(IDS == 255, 0, IDS).astype(np.uint8)
    path = write(tmp_path / "a.tif", np.stack([ids, alpha]), colours=["gray", "alpha"])
    np.testing.assert_array_equal(_whole(open_labels(path, LabelLegend(DEEPGLOBE))), IDS)
    other = write(tmp_path / "b.tif", np.stack([ids, alpha]), colours=["gray", "undefined"])
    with pytest.raises(TrainingError, match=r"b\.tif has 2 bands"):
        open_labels(other, LabelLegend(DEEPGLOBE))


def test_overviews_are_no_labels(tmp_path: Path) -> None:
    """Theirs are means of classes: what is shrunk has the classes of the pixels themselves."""
    ids = np.kron(np.random.default_rng(0).integers(0, 2, (16, 16)), np.ones((41, 41))).astype(np.uint8) * 6
    path = write(tmp_path / "a.tif", ids[None])
    rasterio.shutil.copy(path, tmp_path / "cog.tif", driver="COG", overview_resampling="average")
    labels = RasterLabels(tmp_path / "cog.tif")
    assert labels.dataset.overviews(1)
    spot = Spot(row=3.3, col=10.7, height=600.2, width=620.2, shape=(150, 155))
    rows, cols = (np.floor(places).astype(int) for places in spot.centres)
    np.testing.assert_array_equal(labels.read(spot), ids[np.ix_(rows, cols)])


def test_a_colour_outside_the_legend_is_named(tmp_path: Path) -> None:
    labels = open_labels(write_plain(tmp_path / "a.png", _colours(IDS)), LabelLegend(DEEPGLOBE))
    with pytest.raises(
        TrainingError, match=r"a\.png holds the colour #090909, which the legend does not know"
    ):
        _whole(labels)


def test_ignored_values_and_colours_teach_nothing(tmp_path: Path) -> None:
    legend = LabelLegend(DEEPGLOBE, (9, "#090909"))
    np.testing.assert_array_equal(
        _whole(open_labels(write_plain(tmp_path / "a.png", _colours(IDS)), legend)), IDS
    )
    assert legend.values(colours=False)[9] == 255


def test_lossy_colours_become_the_nearest_with_a_warning(tmp_path: Path) -> None:
    ids = np.repeat(np.repeat(np.array([[0, 4], [6, 1]], np.uint8), 16, 0), 16, 1)
    png = write_plain(tmp_path / "a.png", _colours(ids))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        rasterio.shutil.copy(png, tmp_path / "a.jpg", driver="JPEG", quality="95")
    labels = open_labels(tmp_path / "a.jpg", LabelLegend(DEEPGLOBE))
    with pytest.warns(DoubtfulInputWarning, match=r"a\.jpg is compressed with loss") as doubts:
        warn_of_doubtful([labels], LabelLegend(DEEPGLOBE))
    assert len(doubts) == 1
    with pytest.warns(DoubtfulInputWarning, match=r"a\.jpg and 1 other are compressed with loss") as doubts:
        warn_of_doubtful([labels, labels], LabelLegend(DEEPGLOBE))
    assert len(doubts) == 1
    assert (_whole(labels) == ids).mean() > 0.95
    with pytest.raises(TrainingError, match="give the classes with --legend"):
        found_legend([tmp_path / "a.jpg"])


@pytest.mark.parametrize("compress", ["jpeg", "webp"])
def test_colours_in_a_lossy_geotiff_become_the_nearest(tmp_path: Path, compress: str) -> None:
    ids = np.repeat(np.repeat(np.array([[0, 4], [6, 1]], np.uint8), 16, 0), 16, 1)
    path = write(tmp_path / "a.tif", _colours(ids), colours=RGB, compress=compress)
    labels = open_labels(path, LabelLegend(DEEPGLOBE))
    with pytest.warns(DoubtfulInputWarning, match=r"a\.tif is compressed with loss"):
        warn_of_doubtful([labels], LabelLegend(DEEPGLOBE))
    np.testing.assert_array_equal(_whole(labels), ids)


def test_class_ids_compressed_with_loss_raise_doubt(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.full((1, 16, 16), 4, np.uint8), compress="jpeg")
    with pytest.warns(DoubtfulInputWarning, match=r"a\.tif is compressed with loss, so between two classes"):
        warn_of_doubtful([open_labels(path, LabelLegend(DEEPGLOBE))], LabelLegend(DEEPGLOBE))
    with pytest.raises(TrainingError, match="so its values are not exact"):
        found_legend([path])


def test_labels_with_nan_are_refused_unless_declared(tmp_path: Path) -> None:
    values = np.array([[[0, np.nan, 1]]], np.float32)
    with pytest.raises(TrainingError, match=r"a\.tif holds NaN or infinity: declare it as nodata"):
        values_in(RasterLabels(write_scene(tmp_path / "a.tif", values), {}))
    assert values_in(RasterLabels(write_scene(tmp_path / "b.tif", values, nodata=np.nan), {})) == [0, 1]


def test_infinity_is_no_class_id(tmp_path: Path) -> None:
    values = np.array([[[0, np.inf]]], np.float32)
    with pytest.raises(TrainingError, match=r"a\.tif holds NaN or infinity: declare it as nodata"):
        values_in(RasterLabels(write_scene(tmp_path / "a.tif", values), {}))


def test_fractions_are_no_class_ids(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"a\.tif holds fractions \(0\.5\)"):
        values_in(RasterLabels(write_scene(tmp_path / "a.tif", np.array([[[0, 0.5]]], np.float32)), {}))


def test_a_photograph_is_no_label_map(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (3, 40, 40)).astype(np.uint8)
    with pytest.raises(TrainingError, match="more than 255 colours, so it is no label map"):
        found_legend([write_plain(tmp_path / "a.png", noise)])


def test_without_a_legend_the_classes_are_those_found(tmp_path: Path) -> None:
    index = found_legend([write_plain(tmp_path / "a.png", IDS)]).legend
    assert [(c.id, c.name) for c in index] == [(0, "class 0"), (1, "class 1"), (4, "class 4"), (6, "class 6")]
    colours = found_legend([write_plain(tmp_path / "b.png", _colours(np.zeros_like(IDS)))]).legend
    assert [(c.id, c.name, c.color) for c in colours] == [(0, "#000000", "#000000")]
    with pytest.raises(TrainingError, match="all of one kind"):
        found_legend([tmp_path / "a.png", tmp_path / "b.png"])
    with pytest.raises(TrainingError, match="no pixel of the label maps is labelled"):
        found_legend([write_plain(tmp_path / "c.png", np.full_like(IDS, 255))])


def test_a_legend_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it could change in between, and a pipe could not be given at all."""
    path = tmp_path / "classes.json"
    reads: list[Path] = []

    def read_bytes(self: Path) -> bytes:
        reads.append(self)
        return b'{"classes": [{"id": 1, "name": "a", "color": "#010203"}], "ignored": [7]}'

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert read_label_legend(path).ignored == (7,)
    assert reads == [path]


def test_a_legend_file_may_list_what_to_ignore(tmp_path: Path) -> None:
    path = tmp_path / "legend.json"
    classes = '"classes": [{"id": 0, "name": "water", "color": "#0000ff"}]'
    path.write_text(f'{{{classes}, "ignored": [5, "#000000"]}}')
    assert read_label_legend(path).ignored == (5, "#000000")
    path.write_text(f'{{{classes}, "ignored": [true]}}')
    with pytest.raises(ModelError, match='"ignored" must be a list'):
        read_label_legend(path)
    path.write_text(f'{{{classes}, "ignored": 5}}')
    with pytest.raises(ModelError, match='"ignored" must be a list'):
        read_label_legend(path)
    path.write_text(f'{{{classes}, "ignored": ["black"]}}')
    with pytest.raises(ModelError, match="the colour 'black' under \"ignored\" is not one"):
        read_label_legend(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_label_legend(tmp_path / "absent.json")


@pytest.mark.parametrize("ignored", ["0", '"#0000FF"'])
def test_a_class_is_not_ignored_as_well(tmp_path: Path, ignored: str) -> None:
    path = tmp_path / "legend.json"
    path.write_text(
        f'{{"classes": [{{"id": 0, "name": "water", "color": "#0000ff"}}], "ignored": [{ignored}]}}'
    )
    with pytest.raises(
        ModelError, match=r'legend\.json: (0|#0000ff) is the class water, and under "ignored"'
    ):
        read_training_legend(path)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(*[st.integers(-9, 40)] * 2, *[st.integers(1, 30)] * 2), max_size=3),
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20)),
)
def test_inside_and_outside_of_windows_make_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    windows: list[tuple[int, int, int, int]],
    part: tuple[int, int, int, int],
) -> None:
    ids = np.random.default_rng(0).integers(0, 9, (40, 40)).astype(np.uint8)
    labels = RasterLabels(write_plain(tmp_path_factory.mktemp("masked") / "a.png", ids))
    some = [Window(row=r, col=c, height=h, width=w) for r, c, h, w in windows]
    spot = Spot.of(Window(row=part[0], col=part[1], height=part[2], width=part[3]))
    inside, outside = (MaskedLabels(labels, some, inside=kept).read(spot) for kept in (True, False))
    whole = labels.read(spot)
    np.testing.assert_array_equal(np.minimum(inside, outside), whole)
    covered = np.zeros((40, 40), bool)
    for window in some:
        covered[
            max(window.row, 0) : max(window.row_stop, 0), max(window.col, 0) : max(window.col_stop, 0)
        ] = True
    here = covered[part[0] : part[0] + part[2], part[1] : part[1] + part[3]]
    np.testing.assert_array_equal(inside != 255, here)
    labels.close()


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    odd = write_plain(tmp_path / "a.png", IDS).rename(tmp_path / "\udcff.png")
    with pytest.raises(TrainingError, match=r"\\udcff\.png' holds bytes that are no characters: rename it"):
        found_legend([odd])
