"""The points elsewhere than Dubai: whether they can be measured on."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from tools.urban.elsewhere import CLASS_OF, COLLECTIONS, POINTS, Answer, Point, _report, read_points
from tools.urban.train import LEGEND

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def test_the_file_has_its_header_and_enough_points() -> None:
    with POINTS.open(newline="") as file:
        assert next(csv.reader(file)) == ["picture", "row", "col", "class", "surface"]
    assert len(read_points()) >= 300


def test_every_surface_belongs_to_its_class_and_every_class_to_the_model() -> None:
    assert set(CLASS_OF.values()) == {land.name for land in LEGEND.classes}
    for point in read_points():
        assert CLASS_OF[point.surface] == point.land_class, point


def test_no_pixel_is_there_twice() -> None:
    repeated = Counter((point.picture, point.row, point.col) for point in read_points()) - Counter(
        {(point.picture, point.row, point.col) for point in read_points()}
    )
    assert not repeated


def test_points_are_of_all_folders_and_of_the_named_collections_alone() -> None:
    points = read_points()
    assert {point.collection for point in points} == set(COLLECTIONS)
    folders = {point.picture.split("/")[1] for point in points if point.collection == "ucmerced"}
    assert len(folders) == 21


def test_points_of_uc_merced_lie_inside_their_pictures() -> None:
    for point in read_points():
        if point.collection == "ucmerced":
            assert 0 <= point.row < 256, point
            assert 0 <= point.col < 256, point


@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data")
@pytest.mark.filterwarnings(
    f"ignore::{NotGeoreferencedWarning.__module__}.{NotGeoreferencedWarning.__name__}"
)
def test_pictures_exist_and_have_data_at_their_points() -> None:
    points = read_points()
    for picture in {point.picture for point in points}:
        with rasterio.open(DATA / picture) as raster:
            valid = raster.dataset_mask()
        for point in points:
            if point.picture == picture:
                assert valid[point.row, point.col], point


def test_a_report_counts_what_is_right() -> None:
    def answer(surface: str, mapped: int, confidence: float) -> Answer:
        return Answer(Point("naip/a.tif", 0, 0, CLASS_OF[surface], surface), mapped, confidence)

    report = _report(
        [
            answer("water", 0, 1.0),
            answer("street", 2, 0.5),
            answer("street", 1, 0.5),
            answer("building", 1, 0.5),
        ],
        LEGEND,
    )
    assert report["points"] == 4
    assert report["pictures"] == 1
    assert report["accuracy"] == pytest.approx(0.5)
    # Sure and right by tenths: the three half sure ones are right once.
    assert report["expected_calibration_error"] == pytest.approx((0 + abs(1 - 1.5)) / 4)
    classes = report["classes"]
    assert isinstance(classes, dict)
    assert classes["road"]["recall"] == pytest.approx(0.5)
    assert classes["road"]["precision"] == pytest.approx(1.0)
    assert classes["bare land"]["recall"] is None
    assert np.array([list(line["mapped_as"].values()) for line in classes.values()]).sum() == 4
    surfaces = report["surfaces"]
    assert isinstance(surfaces, dict)
    assert surfaces["street"] == {"points": 2, "right": 1}
