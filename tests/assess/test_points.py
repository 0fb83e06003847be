"""What labelled points of a sample tell of a whole map."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest
from affine import Affine

from glnet_geo.assess.maps import evaluate
from glnet_geo.assess.sampling import sample
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from tests.assess.sampled_map import MAPPED, TRUE
from tests.maps import LEGEND, PLACE, blurred, write_map


def _label(points: Path, labelled: Path, keep: slice = slice(None)) -> Path:
    """What a person does: the true class of the points, by name."""
    table = geopandas.read_file(points, layer="points")
    names = {c.id: c.name for c in LEGEND}
    cols = ((table.geometry.x - PLACE.c) / PLACE.a).astype(int)
    rows = ((table.geometry.y - PLACE.f) / PLACE.e).astype(int)
    truth = [names[int(TRUE[row, col])] for row, col in zip(rows, cols, strict=True)]
    table["class"] = [
        name if kept else None for name, kept in zip(truth, _kept(len(table), keep), strict=True)
    ]
    table.to_file(labelled)
    return labelled


def _kept(count: int, keep: slice) -> list[bool]:
    chosen = set(range(count)[keep])
    return [place in chosen for place in range(count)]


def test_labelled_points_tell_of_the_whole_map(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=150)
    found = evaluate(sampled, _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg"))
    whole = Confusion.of(TRUE, MAPPED, LEGEND)
    assert found.estimate is not None
    assert found.notes == ()
    assert found.scores.compared == 450
    # Three standard errors: the seed is fixed, and so is the answer.
    assert found.estimate.accuracy.value is not None
    assert found.estimate.accuracy.half_width is not None
    assert abs(found.estimate.accuracy.value - whole.accuracy) < 1.5 * found.estimate.accuracy.half_width
    shares = np.array(found.estimate.proportions)
    assert shares.sum() == pytest.approx(1)
    assert np.diag(shares).sum() == pytest.approx(found.estimate.accuracy.value)
    np.testing.assert_allclose(shares.sum(axis=0), [np.equal(c.id, MAPPED).mean() for c in LEGEND], rtol=1e-3)
    recall = np.diag(shares) / shares.sum(axis=1)
    assert recall == pytest.approx([c.recall.value for c in found.estimate.classes])
    for c, pixels in zip(found.estimate.classes, whole.in_reference.tolist(), strict=True):
        assert c.area.value is not None
        assert c.area.half_width is not None
        assert abs(c.area.value - 100 * pixels) < 1.5 * c.area.half_width
        assert c.mapped_area == pytest.approx(100 * np.equal(c.id, MAPPED).sum(), rel=0.01)


def test_all_pixels_as_points_are_the_map_itself(tmp_path: Path, sampled: Path) -> None:
    with pytest.warns(DoubtfulInputWarning, match=r"map\.tif has fewer than 30000 pixels of water"):
        sample(sampled, tmp_path / "points.gpkg", per_class=30_000)
    found = evaluate(sampled, _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg"))
    whole = Confusion.of(TRUE, MAPPED, LEGEND)
    assert found.scores.confusion == tuple(tuple(row) for row in whole.counts.tolist())
    assert found.scores.accuracy == pytest.approx(whole.accuracy, rel=1e-3)
    assert [c.iou for c in found.scores.classes] == pytest.approx(whole.iou.tolist(), rel=1e-2)


def test_a_class_of_one_pixel_leaves_the_margins(tmp_path: Path) -> None:
    """There is no second point to label, and nothing left to be unsure of."""
    ids = np.where(MAPPED == 4, 0, MAPPED).astype(np.uint8)
    ids[7, 9] = 4
    mapped = write_map(tmp_path / "map.tif", ids)
    with pytest.warns(DoubtfulInputWarning, match="fewer than 40 pixels of vegetation"):
        sample(mapped, tmp_path / "points.gpkg", per_class=40)
    found = evaluate(mapped, _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg"))
    assert found.estimate is not None
    assert found.estimate.accuracy.half_width is not None
    assert found.estimate.classes[2].precision.half_width == 0


def test_copies_of_points_raise_doubt(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=40)
    table = geopandas.read_file(_label(tmp_path / "points.gpkg", tmp_path / "done.gpkg"))
    places = np.arange(len(table))
    table.iloc[np.append(places, places[:7])].to_file(tmp_path / "twice.gpkg")
    with pytest.warns(
        DoubtfulInputWarning, match=r"7 labelled points of twice\.gpkg lie where another one lies"
    ):
        evaluate(sampled, tmp_path / "twice.gpkg")
    # Two people who share the work return all points each, and label some.
    shared = table.iloc[np.tile(places, 2)].reset_index(drop=True)
    shared["class"] = shared["class"].where(np.append(places % 2 == 0, places % 2 == 1))
    shared.to_file(tmp_path / "shared.gpkg")
    assert (
        evaluate(sampled, tmp_path / "shared.gpkg").estimate
        == evaluate(sampled, tmp_path / "done.gpkg").estimate
    )


def test_points_of_ignored_classes_are_not_left_out_in_silence(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=40)
    done = _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg")
    found = evaluate(sampled, done, ignore=["water"])
    assert any(
        f"{found.left_out.ignored} points are of ignored classes" in note
        and "stretched over the whole map" in note
        for note in found.notes
    )
    with pytest.raises(
        EvaluationError, match=r"all that done\.gpkg says of .* is ignored; leave out --ignore"
    ):
        evaluate(sampled, done, ignore=[c.name for c in LEGEND])


def test_points_that_are_not_labelled_yet_are_left_out_and_counted(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=40)
    found = evaluate(sampled, _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg", slice(0, 100)))
    assert (found.left_out.unlabelled, found.scores.compared) == (20, 100)
    assert found.estimate is not None
    assert sum(c.area.value or 0 for c in found.estimate.classes) == pytest.approx(
        MAPPED.size * 100, rel=0.01
    )


def _without(points: Path, kept: Path, name: str) -> Path:
    """What is left when somebody deletes all points of a class of the map."""
    table = geopandas.read_file(points)
    table[table["map_class_name"] != name].to_file(kept)
    return kept


def test_a_class_without_any_row_is_not_taken_for_nothing(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=60)
    done = _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg")
    without = _without(done, tmp_path / "without.gpkg", "bare land")
    share = float(np.equal(MAPPED, 1).mean())
    with pytest.warns(DoubtfulInputWarning, match=r"no labelled point in bare land, \d\d\.\d% of the map"):
        found = evaluate(sampled, without)
    assert found.estimate is not None
    assert found.estimate.covered == pytest.approx(1 - share, rel=1e-4)
    water, bare, plants = found.estimate.classes
    assert (bare.area.value, bare.recall.value, bare.iou.value) == (None, None, None)
    assert bare.mapped_area == pytest.approx(share * MAPPED.size * 100, rel=0.01)
    assert (found.scores.mean_iou, found.scores.classes[1].iou) == (None, None)
    whole = evaluate(sampled, done)
    assert whole.estimate is not None
    assert whole.estimate.covered == 1
    # What is sampled as a class is judged by the points in it alone.
    for one, same in ((water, 0), (plants, 2)):
        assert one.precision == whole.estimate.classes[same].precision
    assert "bare land" in found.notes[-1]


def test_rows_that_lack_are_seen_on_another_map_too(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=60)
    done = _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg")
    other = write_map(tmp_path / "other.tif", blurred(MAPPED, seed=9))
    without = _without(done, tmp_path / "without.gpkg", "water")
    with pytest.warns(DoubtfulInputWarning, match="a class of the sampled map that the file does not have"):
        found = evaluate(other, without)
    assert found.estimate is not None
    assert found.estimate.covered == pytest.approx(1 - float(np.equal(MAPPED, 0).mean()), rel=1e-3)
    assert found.scores.mean_iou is None


def test_one_sample_serves_another_map(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", per_class=200)
    done = _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg")
    other = blurred(MAPPED, seed=9)
    found = evaluate(write_map(tmp_path / "other.tif", other), done)
    assert "drawn from another map" in found.notes[0]
    assert found.estimate is not None
    truth = Confusion.of(TRUE, other, LEGEND)
    accuracy = found.estimate.accuracy
    assert accuracy.value is not None
    assert accuracy.half_width is not None
    assert abs(accuracy.value - truth.accuracy) < 1.5 * accuracy.half_width


def test_one_sample_serves_a_map_of_a_part(tmp_path: Path, sampled: Path) -> None:
    """What the other map does not show is no part of its areas."""
    sample(sampled, tmp_path / "points.gpkg", per_class=200)
    done = _label(tmp_path / "points.gpkg", tmp_path / "done.gpkg")
    shown = MAPPED.copy()
    shown[:, :60], shown[:90, :100] = 255, 255
    found = evaluate(write_map(tmp_path / "part.tif", shown), done)
    truth = Confusion.of(TRUE, shown, LEGEND)
    assert found.left_out.unmapped > 100
    assert f"{found.left_out.unmapped} labelled points lie where part.tif shows nothing" in " ".join(
        found.notes
    )
    assert found.estimate is not None
    pixels = [100 * n for n in truth.in_reference.tolist()]
    for interval, value in (
        (found.estimate.accuracy, truth.accuracy),
        *zip((c.area for c in found.estimate.classes), pixels, strict=True),
    ):
        assert interval.value is not None
        assert interval.half_width is not None
        assert abs(interval.value - value) < 1.5 * interval.half_width < 0.5 * value
    assert evaluate(sampled, done).notes == ()


def test_a_class_beyond_the_ground_is_assessed_in_pixels(tmp_path: Path) -> None:
    """Rows beyond a pole have no area, and their points tell of the map nevertheless."""
    ids = np.where(np.arange(120)[:, None] < 20, 4, MAPPED[:120, :120]).astype(np.uint8)
    ids[20:][ids[20:] == 4] = 0
    place = Affine(1, 0, -60, 0, -1, 110)
    mapped = write_map(tmp_path / "map.tif", ids, crs="EPSG:4326", transform=place)
    sample(mapped, tmp_path / "points.gpkg", per_class=20)
    table = geopandas.read_file(tmp_path / "points.gpkg", layer="points")
    table["class"] = table["map_class_name"]
    table.to_file(tmp_path / "done.gpkg")
    found = evaluate(mapped, tmp_path / "done.gpkg")
    assert found.estimate is not None
    assert (found.estimate.unit, found.scores.accuracy) == ("pixels", 1)


def test_a_map_without_a_place_is_sampled_and_assessed_in_pixels(tmp_path: Path) -> None:
    mapped = write_map(tmp_path / "map.tif", MAPPED, crs=None, transform=None)
    summary = sample(mapped, tmp_path / "points.gpkg", per_class=10)
    assert [one.area_m2 for one in summary.strata] == [None] * 3
    table = geopandas.read_file(tmp_path / "points.gpkg", layer="points")
    table["class"] = table["map_class_id"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        table.to_file(tmp_path / "done.gpkg")
    found = evaluate(mapped, tmp_path / "done.gpkg")
    assert found.scores.accuracy == 1
    assert found.estimate is not None
    assert found.estimate.unit == "pixels"
    assert sum(c.mapped_area for c in found.estimate.classes) == MAPPED.size
