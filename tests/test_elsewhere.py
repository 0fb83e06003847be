"""The points elsewhere than Dubai: whether they can be measured on."""

import csv
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from tools.urban.elsewhere import CLASS_OF, COLLECTIONS, POINTS, Answer, Point, read_points, report_on
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
    pixels = Counter((point.picture, point.row, point.col) for point in read_points())
    assert [pixel for pixel, times in pixels.items() if times > 1] == []


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

    report = report_on(
        [
            answer("water", 0, 1.0),
            answer("street", 2, 0.5),
            answer("street", 1, 0.5),
            answer("building", 1, 0.5),
        ],
        LEGEND,
    )
    assert (report.points, report.pictures) == (4, 1)
    assert report.accuracy == pytest.approx(0.5)
    # The three that are half sure are right once.
    assert report.expected_calibration_error == pytest.approx(abs(1 - 1.5) / 4)
    road, bare = report.classes["road"], report.classes["bare land"]
    assert (road.points, road.mapped, road.precision, road.recall) == (2, 1, 1.0, 0.5)
    assert road.mapped_as == {"water": 0, "bare land": 1, "road": 1, "building": 0, "vegetation": 0}
    assert (bare.points, bare.mapped, bare.precision, bare.recall) == (0, 2, 0.0, None)
    assert (report.surfaces["street"].points, report.surfaces["street"].right) == (2, 1)
    assert json.loads(json.dumps(asdict(report)))["classes"]["bare land"]["recall"] is None
