from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import RasterioIOError

from glnet_geo.assess.maps import evaluate
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.core.legend import Legend
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from glnet_geo.io.maps import classes as classes_module
from tests.assess.made import MAPPED, TRUE
from tests.io.geotiffs import write
from tests.maps import LEGEND, PLACE, UTM, centre, pixel_box, write_map, write_shapes


class TestRasters:
    def test_a_map_is_compared_pixel_by_pixel(self, tmp_path: Path, mapped: Path) -> None:
        found = evaluate(mapped, write_map(tmp_path / "ref.tif", TRUE))
        expected = Confusion.of(TRUE, MAPPED, LEGEND)
        assert found.scores.confusion == tuple(tuple(row) for row in expected.counts.tolist())
        assert found.scores.accuracy == expected.accuracy
        assert found.scores.mean_iou == pytest.approx(expected.mean_iou)
        assert [c.name for c in found.scores.classes] == ["water", "bare land", "vegetation"]
        assert (found.kind, found.scores.compared) == ("raster", TRUE.size)
        assert (found.estimate, found.calibration, found.notes) == (None, None, ())

    def test_however_it_is_read(self, tmp_path: Path, mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        reference = write_map(tmp_path / "ref.tif", TRUE)
        whole = evaluate(mapped, reference)
        monkeypatch.setattr(classes_module, "_PIXELS_AT_ONCE", 170)
        assert evaluate(mapped, reference) == whole

    def test_what_is_not_compared_is_counted(self, tmp_path: Path) -> None:
        true, shown = TRUE.copy(), MAPPED.copy()
        true[:3], shown[2:5] = 255, 255
        found = evaluate(write_map(tmp_path / "map.tif", shown), write_map(tmp_path / "ref.tif", true))
        assert (found.left_out.unlabelled, found.left_out.unmapped) == (100, 100)
        assert found.scores.compared == 55 * 50

    def test_ignored_classes_are_not_compared(self, tmp_path: Path, mapped: Path) -> None:
        true = TRUE.copy()
        true[:4] = 5
        reference = write(tmp_path / "ref.tif", true[None], crs=UTM, transform=PLACE)
        with pytest.raises(
            EvaluationError, match=r"ref\.tif holds classes that map\.tif does not know: 5;.*--ignore 5"
        ):
            evaluate(mapped, reference)
        found = evaluate(mapped, reference, ignore=["5"])
        assert (found.left_out.ignored, found.scores.compared) == (200, 56 * 50)

    def test_a_mask_marks_the_class_1_with_255(self, tmp_path: Path) -> None:
        two = Legend(LEGEND.classes[:2])
        mapped = write_map(tmp_path / "map.tif", np.minimum(MAPPED, 1), legend=two)
        same = evaluate(mapped, write_map(tmp_path / "same.tif", np.minimum(TRUE, 1), legend=two))
        mask = write(
            tmp_path / "mask.tif",
            (255 * np.minimum(TRUE, 1))[None].astype(np.uint8),
            crs=UTM,
            transform=PLACE,
        )
        found = evaluate(mapped, mask)
        assert found.scores == same.scores
        assert found.notes == ("the reference holds 0 and 255 alone: 255 is taken for bare land",)
        classes = tmp_path / "classes.json"
        classes.write_text(
            json.dumps({"classes": [{"id": c.id, "name": c.name, "color": c.color} for c in two]})
        )
        assert evaluate(mapped, mask, reference_legend=classes).scores == same.scores
        assert evaluate(mapped, mask, ignore=["255"]).left_out.unlabelled == int((TRUE > 0).sum())

    def test_classes_match_by_name_where_both_have_names(self, tmp_path: Path, mapped: Path) -> None:
        other = type(LEGEND)(
            tuple(type(c)(id=i, name=c.name.upper(), color=c.color) for i, c in enumerate(LEGEND, 7))
        )
        renumbered = np.select([TRUE == 0, TRUE == 1], [7, 8], 9)
        found = evaluate(mapped, write_map(tmp_path / "ref.tif", renumbered, legend=other))
        assert found.scores == evaluate(mapped, write_map(tmp_path / "same.tif", TRUE)).scores

    def test_a_map_without_names_is_compared_by_number(self, tmp_path: Path) -> None:
        bare = write(tmp_path / "map.tif", np.minimum(MAPPED, 1)[None], crs=UTM, transform=PLACE)
        found = evaluate(bare, write_map(tmp_path / "ref.tif", TRUE))
        assert [(c.id, c.name) for c in found.scores.classes] == [
            (0, "water"),
            (1, "bare land"),
            (4, "vegetation"),
        ]
        assert found.scores.classes[2].recall == 0
        assert found.scores.classes[2].precision is None

    def test_a_number_in_another_spelling_is_no_name(self, tmp_path: Path) -> None:
        """A text field may say 2, 2.0 or class 2 of a class without a name."""
        bare = write(tmp_path / "map.tif", MAPPED[None], crs=UTM, transform=PLACE)
        labels = ["1.0", "class 1", "1", "Class 4 ", "0"]
        pixels = [pixel_box(row, 3, 1, 1) for row in range(5)]
        found = evaluate(bare, write_shapes(tmp_path / "ref.gpkg", pixels, {"class": labels}))
        assert [(c.name, c.in_reference) for c in found.scores.classes] == [
            ("class 0", 1),
            ("class 1", 3),
            ("class 4", 1),
        ]

    def test_more_classes_than_a_map_has_are_refused(self, tmp_path: Path) -> None:
        """Without names, those of both count."""
        numbers = np.arange(200, dtype=np.uint16).reshape(1, 10, 20)
        bare = write(tmp_path / "map.tif", numbers, crs=UTM, transform=PLACE)
        other = write(tmp_path / "ref.tif", numbers + 100, crs=UTM, transform=PLACE)
        with (
            pytest.warns(DoubtfulInputWarning, match="200 different values"),
            pytest.raises(
                EvaluationError, match=r"map\.tif and ref\.tif hold 300 classes together.*at most 255"
            ),
        ):
            evaluate(bare, other)

    def test_colours_of_the_legend_are_a_reference(self, tmp_path: Path, mapped: Path) -> None:
        colours = np.zeros((3, *TRUE.shape), dtype=np.uint8)
        for c in LEGEND:
            colours[:, c.id == TRUE] = np.array(c.rgb, np.uint8)[:, None]
        reference = write(
            tmp_path / "ref.tif", colours, crs=UTM, transform=PLACE, colours=["red", "green", "blue"]
        )
        found = evaluate(mapped, reference)
        assert found.scores == evaluate(mapped, write_map(tmp_path / "ids.tif", TRUE)).scores
        colours[:, 7, 7] = 9
        strange = write(
            tmp_path / "strange.tif", colours, crs=UTM, transform=PLACE, colours=["red", "green", "blue"]
        )
        with pytest.raises(EvaluationError, match=r"strange\.tif holds the colour #090909"):
            evaluate(mapped, strange)

    def test_a_class_file_says_what_colours_and_values_mean(self, tmp_path: Path, mapped: Path) -> None:
        """Other numbers and colours than the map's, and a colour that means nothing."""
        file = tmp_path / "classes.json"
        entries = [{"id": 9 - n, "name": c.name.upper(), "color": f"#0{n}0000"} for n, c in enumerate(LEGEND)]
        file.write_text(json.dumps({"classes": entries, "ignored": [77, "#FFFFFF", 9]}), encoding="utf-8")
        numbers, colours = np.full(TRUE.shape, 77, np.uint8), np.full((3, *TRUE.shape), 255, np.uint8)
        for n, c in enumerate(LEGEND):
            numbers[c.id == TRUE] = 9 - n
            colours[:, c.id == TRUE] = np.array([[n], [0], [0]])
        numbers[:4], colours[:, :4] = 77, 255
        values = write(tmp_path / "values.tif", numbers[None], crs=UTM, transform=PLACE)
        rgb = ["red", "green", "blue"]
        drawn = write(tmp_path / "colours.tif", colours, crs=UTM, transform=PLACE, colours=rgb)
        expected = Confusion.of(TRUE[4:], MAPPED[4:], LEGEND).counts.tolist()
        for path in (values, drawn):
            found = evaluate(mapped, path, reference_legend=file)
            assert [list(row) for row in found.scores.confusion] == expected
            assert found.left_out.ignored == 4 * TRUE.shape[1]
            assert found.notes == ()
        file.write_text(json.dumps({"classes": entries}), encoding="utf-8")
        with pytest.raises(EvaluationError, match=r"values\.tif holds the value 77, which the class file"):
            evaluate(mapped, values, reference_legend=file)
        assert evaluate(mapped, values, reference_legend=file, ignore=["77"]).scores.compared == 56 * 50

    def test_colours_that_lack_data_are_no_reference(self, tmp_path: Path, mapped: Path) -> None:
        colours = np.zeros((3, *TRUE.shape), dtype=np.uint8)
        for c in LEGEND:
            colours[:, c.id == TRUE] = np.array(c.rgb, np.uint8)[:, None]
        colours[:, :4] = 0
        shown, rgb = (colours != 0).any(axis=0), ["red", "green", "blue"]
        declared = write(tmp_path / "declared.tif", colours, crs=UTM, transform=PLACE, colours=rgb, nodata=0)
        masked = write(tmp_path / "masked.tif", colours, crs=UTM, transform=PLACE, colours=rgb, mask=shown)
        for path in (declared, masked):
            found = evaluate(mapped, path)
            assert (found.left_out.unlabelled, found.scores.compared) == (4 * 50, 56 * 50)

    def test_a_colour_table_against_the_legend_raises_doubt(self, tmp_path: Path, mapped: Path) -> None:
        """The numbers count, and may be those of a palette."""
        reference = write(tmp_path / "ref.tif", TRUE[None], crs=UTM, transform=PLACE)
        water, land, _ = (c.rgb for c in LEGEND)

        def paint(*colors: tuple[int, int, int]) -> None:
            with rasterio.open(reference, "r+") as raster:
                raster.write_colormap(1, {value: (*rgb, 255) for value, rgb in enumerate(colors)})

        paint(water, land)
        as_numbers = evaluate(mapped, reference).scores
        paint(land, water)
        with pytest.warns(
            DoubtfulInputWarning, match=r"draws the value 0 in the colour of bare land, .* water"
        ):
            assert evaluate(mapped, reference).scores == as_numbers

    def test_colours_are_ignored_by_option(self, tmp_path: Path, mapped: Path) -> None:
        colours = np.zeros((3, *TRUE.shape), dtype=np.uint8)
        for c in LEGEND:
            colours[:, c.id == TRUE] = np.array(c.rgb, np.uint8)[:, None]
        colours[:, :2] = 0
        rgb = ["red", "green", "blue"]
        reference = write(tmp_path / "ref.tif", colours, crs=UTM, transform=PLACE, colours=rgb)
        with pytest.raises(EvaluationError, match=r'colour #000000, .* --ignore "#000000"'):
            evaluate(mapped, reference)
        found = evaluate(mapped, reference, ignore=["#000000", "Water"])
        water = int((TRUE[2:] == 0).sum())
        assert (found.left_out.ignored, found.scores.compared) == (100 + water, 58 * 50 - water)

    def test_names_that_nobody_knows_are_not_ignored(self, tmp_path: Path, mapped: Path) -> None:
        reference = write_map(tmp_path / "ref.tif", TRUE)
        with pytest.raises(
            EvaluationError,
            match=r"'rod', which is a class of neither the map nor ref\.tif: choose from 0 \(water\), 1",
        ):
            evaluate(mapped, reference, ignore=["rod"])
        for text in ("9", "#000000"):
            with pytest.warns(DoubtfulInputWarning, match=f"--ignore {text} does nothing"):
                evaluate(mapped, reference, ignore=[text])
        assert evaluate(mapped, reference, ignore=["255"]).scores.compared == TRUE.size

    def test_a_lossy_picture_is_read_by_the_nearest_colours(self, tmp_path: Path, mapped: Path) -> None:
        colours = np.zeros((3, 60, 50), dtype=np.uint8)
        colours[:] = np.array(LEGEND.classes[0].rgb, np.uint8)[:, None, None]
        colours[:, 32:] = np.array(LEGEND.classes[2].rgb, np.uint8)[:, None, None]
        path = tmp_path / "ref.jpg"
        Image.fromarray(np.moveaxis(colours, 0, 2)).save(path, quality=80)
        plain = write_map(tmp_path / "plain.tif", MAPPED, crs=None, transform=None)
        with pytest.warns(DoubtfulInputWarning, match=r"ref\.jpg is compressed with loss"):
            found = evaluate(plain, path)
        assert found.scores.classes[0].in_reference == pytest.approx(32 * 50, abs=50)

    def test_the_query_of_an_address_is_needed_and_not_shown(
        self, tmp_path: Path, mapped: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference, address = write_map(tmp_path / "ref.tif", TRUE), "https://example.org/map.tif"

        def open_(path: object, *rest: object, opened: Any = rasterio.open, **more: object) -> Any:
            if str(path) == address:
                raise RasterioIOError("HTTP response code: 403")
            return opened(mapped if str(path) == f"{address}?key=secret" else path, *rest, **more)

        monkeypatch.setattr(rasterio, "open", open_)
        found = evaluate(f"{address}?key=secret", reference)
        assert found.map == "map.tif"
        assert found.scores == evaluate(mapped, reference).scores

    def test_unknown_does_not_count_in_means(self, tmp_path: Path) -> None:
        legend = type(LEGEND)(
            (type(LEGEND.classes[0])(id=0, name="Unknown", color="#000000"), *LEGEND.classes[1:])
        )
        mapped = write_map(tmp_path / "map.tif", MAPPED, legend=legend)
        reference = write_map(tmp_path / "ref.tif", TRUE, legend=legend)
        found = evaluate(mapped, reference)
        iou = Confusion.of(TRUE, MAPPED, LEGEND).iou
        assert found.scores.mean_iou == pytest.approx(iou[1:].mean())
        assert found.scores.compared == TRUE.size
        assert "DeepGlobe" in found.notes[0]
        assert evaluate(mapped, reference, leave_out=["4"]).scores.mean_iou == pytest.approx(iou[:2].mean())

    def test_confidence_is_compared_with_truth(self, tmp_path: Path, mapped: Path) -> None:
        sure = np.where(MAPPED == TRUE, 90, 60).astype(np.uint8)
        sure[0] = 255
        path = write(tmp_path / "sure.tif", sure[None], crs=UTM, transform=PLACE, nodata=255)
        found = evaluate(mapped, write_map(tmp_path / "ref.tif", TRUE), confidence=path).calibration
        assert found is not None
        right = (MAPPED == TRUE)[1:].mean()
        assert [one.confidence for one in found.bins] == pytest.approx([0.6, 0.9])
        assert [one.accuracy for one in found.bins] == [0, 1]
        assert found.expected_calibration_error == pytest.approx(0.1 * right + 0.6 * (1 - right))


class TestConfidence:
    @pytest.mark.parametrize(
        ("pixels", "words"),
        [
            (
                np.full((1, 60, 50), 101, np.uint8),
                "holds 101, which is no confidence: it must hold whole percent",
            ),
            (np.full((1, 60, 50), 7, np.float32), "must hold numbers from 0 to 1"),
            (
                np.repeat([[0.9], [-0.5]], [1500, 1500]).reshape(1, 60, 50),
                "holds -0.5, which is no confidence",
            ),
            (np.full((1, 59, 50), 7, np.uint8), "is not on the grid of map.tif"),
            (np.full((5, 60, 50), 7, np.uint8), "sure.tif has 5 bands, of which none is known"),
        ],
    )
    def test_what_is_no_confidence_is_refused(
        self, tmp_path: Path, mapped: Path, pixels: NDArray[np.generic], words: str
    ) -> None:
        sure = write(tmp_path / "sure.tif", pixels, crs=UTM, transform=PLACE)
        with pytest.raises(EvaluationError, match=words):
            evaluate(mapped, write_map(tmp_path / "ref.tif", TRUE), confidence=sure)

    def test_a_confidence_that_tells_nothing_raises_doubt(self, tmp_path: Path, mapped: Path) -> None:
        empty = np.full(TRUE.shape, 255, np.uint8)
        path = write(tmp_path / "sure.tif", empty[None], crs=UTM, transform=PLACE, nodata=255)
        reference = write_map(tmp_path / "ref.tif", TRUE)
        with pytest.warns(DoubtfulInputWarning, match=r"sure\.tif has no value where map\.tif is compared"):
            found = evaluate(mapped, reference, confidence=path)
        assert found.calibration is None
        points = write_shapes(tmp_path / "ref.gpkg", [centre(n, n) for n in range(50)], {"class": [0] * 50})
        with pytest.warns(DoubtfulInputWarning, match="has no value"):
            at_points = evaluate(mapped, points, confidence=path)
        assert at_points.calibration is None
        assert "calibration" not in " ".join(at_points.notes)

    def test_fractions_are_confidence_too(self, tmp_path: Path, mapped: Path) -> None:
        percent = np.random.default_rng(0).integers(30, 101, (1, 60, 50))
        reference = write_map(tmp_path / "ref.tif", TRUE)
        whole = write(tmp_path / "percent.tif", percent.astype(np.uint8), crs=UTM, transform=PLACE)
        parts = write(tmp_path / "parts.tif", percent / 100, crs=UTM, transform=PLACE)
        assert (
            evaluate(mapped, reference, confidence=whole).calibration
            == evaluate(mapped, reference, confidence=parts).calibration
        )


def test_nothing_in_common_is_refused(tmp_path: Path) -> None:
    true, shown = TRUE.copy(), MAPPED.copy()
    true[:30], shown[30:] = 255, 255
    with pytest.raises(EvaluationError, match="nothing could be compared"):
        evaluate(write_map(tmp_path / "map.tif", shown), write_map(tmp_path / "ref.tif", true))


def test_a_reference_that_is_no_class_raster_is_refused(tmp_path: Path, mapped: Path) -> None:
    labels = TRUE[None].astype(np.float32)
    labels[0, 0, 0] = np.nan
    reference = write(tmp_path / "ref.tif", labels, crs=UTM, transform=PLACE)
    with pytest.raises(EvaluationError, match=r"ref\.tif holds float32 values, which are no classes"):
        evaluate(mapped, reference)
    with pytest.raises(EvaluationError, match="does not exist"):
        evaluate(mapped, tmp_path / "none.tif")
