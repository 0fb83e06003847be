from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.errors import RasterioIOError
from rasterio.features import rasterize

from glnet_geo.assess.maps import evaluate
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from glnet_geo.io.maps import classes as classes_module
from tests.io.geotiffs import write
from tests.maps import LEGEND, PLACE, UTM, blurred, centre, patches, pixel_box, write_map, write_shapes
from tests.rasters import write_plain

TRUE = patches()
MAPPED = blurred(TRUE)


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    return write_map(tmp_path / "map.tif", MAPPED)


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


class TestOtherGrids:
    @pytest.mark.parametrize(
        "place", [Affine(5, 0, 299_990, 0, -5, 2_700_020), Affine(30, 0, 300_060, 0, -30, 2_699_900)]
    )
    def test_each_pixel_meets_the_nearest_one(self, tmp_path: Path, place: Affine) -> None:
        """The reference is read by hand at every centre of the map."""
        rng = np.random.default_rng(2)
        true = rng.choice([0, 1, 4, 255], (110, 90)).astype(np.uint8)
        mapped = write_map(tmp_path / "map.tif", MAPPED)
        found = evaluate(mapped, write_map(tmp_path / "ref.tif", true, transform=place))
        rows, cols = np.mgrid[: MAPPED.shape[0], : MAPPED.shape[1]] + 0.5
        x, y = PLACE.c + 10 * cols, PLACE.f - 10 * rows
        at_col, at_row = (
            np.floor((x - place.c) / place.a).astype(int),
            np.floor((y - place.f) / place.e).astype(int),
        )
        inside = (at_row >= 0) & (at_row < 110) & (at_col >= 0) & (at_col < 90)
        expected = Confusion.of(true[at_row[inside], at_col[inside]], MAPPED[inside], LEGEND)
        assert found.scores.confusion == tuple(tuple(row) for row in expected.counts.tolist())
        missing = (true[at_row[inside], at_col[inside]] == 255).sum()
        assert found.left_out.unlabelled == (~inside).sum() + missing
        assert "another grid" in found.notes[0]

    @pytest.mark.parametrize("by", [(1, -1), (-1, 1), (-1, -1)])
    def test_rows_and_columns_may_run_either_way(
        self, tmp_path: Path, mapped: Path, by: tuple[int, int]
    ) -> None:
        """South up, mirrored and both: the same pixels in another order."""
        across, down = by
        corner = (0 if across > 0 else TRUE.shape[1], 0 if down > 0 else TRUE.shape[0])
        place = PLACE @ Affine.translation(*corner) @ Affine.scale(across, down)
        turned = write_map(tmp_path / "turned.tif", TRUE[::down, ::across], transform=place)
        plain = write_map(tmp_path / "plain.tif", TRUE)
        expected = evaluate(mapped, plain).scores.confusion
        assert evaluate(mapped, turned).scores.confusion == expected
        other_way = tuple(zip(*evaluate(turned, mapped).scores.confusion, strict=True))
        assert other_way == expected

    def test_another_crs_is_seen_through_a_warp(self, tmp_path: Path, mapped: Path) -> None:
        """The reference is read by hand at every centre of the map; a place at the edge of a pixel may fall either way."""
        true = np.random.default_rng(3).choice([0, 1, 4], (80, 80)).astype(np.uint8)
        to_degrees = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
        left, top = to_degrees.transform(PLACE.c - 100, PLACE.f + 100)
        place = Affine(1.1e-4, 0, left, 0, -1e-4, top)
        found = evaluate(mapped, write_map(tmp_path / "ref.tif", true, crs="EPSG:4326", transform=place))
        rows, cols = np.mgrid[: MAPPED.shape[0], : MAPPED.shape[1]] + 0.5
        lon, lat = to_degrees.transform(PLACE.c + 10 * cols, PLACE.f - 10 * rows)
        at_col, at_row = ((lon - left) / place.a).astype(int), ((lat - top) / place.e).astype(int)
        expected = Confusion.of(true[at_row, at_col], MAPPED, LEGEND)
        assert found.scores.compared == MAPPED.size
        assert np.abs(np.array(found.scores.confusion) - expected.counts).sum() <= 0.005 * MAPPED.size

    @pytest.mark.parametrize(
        ("crs", "place", "size", "words"),
        [
            (UTM, Affine(10, 0, 900_000, 0, -10, 2_700_000), (60, 50), "do not overlap"),
            (None, None, (60, 50), r"ref\.tif has no CRS and map\.tif has one"),
        ],
    )
    def test_what_lies_elsewhere_is_refused(
        self,
        tmp_path: Path,
        mapped: Path,
        crs: str | None,
        place: Affine | None,
        size: tuple[int, int],
        words: str,
    ) -> None:
        reference = write_map(tmp_path / "ref.tif", patches(*size), crs=crs, transform=place)
        with pytest.raises(EvaluationError, match=words):
            evaluate(mapped, reference)

    def test_without_any_place_sizes_must_agree(self, tmp_path: Path) -> None:
        mapped = write_map(tmp_path / "map.tif", MAPPED, crs=None, transform=None)
        fits = write_plain(tmp_path / "fits.png", TRUE)
        assert evaluate(mapped, fits).scores.compared == TRUE.size
        other = write_plain(tmp_path / "other.png", TRUE[:-1])
        with pytest.raises(EvaluationError, match=r"59 x 50 pixels and map\.tif has 60 x 50 pixels"):
            evaluate(mapped, other)


class TestPolygons:
    def test_pixels_inside_are_compared(self, tmp_path: Path, mapped: Path) -> None:
        shapes = [pixel_box(0, 0, 10, 10), pixel_box(20, 5, 7, 30), pixel_box(40, 40, 20, 10)]
        names: list[object] = ["Water", "vegetation", None]
        reference = write_shapes(tmp_path / "ref.gpkg", shapes, {"landuse": names})
        found = evaluate(mapped, reference, field="landuse")
        true = np.full(TRUE.shape, 255, dtype=np.uint8)
        true[:10, :10], true[20:27, 5:35] = 0, 4
        expected = Confusion.of(true, MAPPED, LEGEND)
        assert found.scores.confusion == tuple(tuple(row) for row in expected.counts.tolist())
        assert (found.kind, found.left_out.unlabelled) == ("polygons", 1)
        assert "sample" in found.notes[-1]

    def test_in_another_crs(self, tmp_path: Path, mapped: Path) -> None:
        shapes = [pixel_box(3, 3, 20, 20).buffer(-1), pixel_box(30, 30, 20, 15).buffer(-1)]
        here = evaluate(mapped, write_shapes(tmp_path / "here.gpkg", shapes, {"class": [0, 4]}))
        table = geopandas.GeoDataFrame({"class": [0, 4]}, geometry=shapes, crs=UTM).to_crs(4326)
        table.to_file(tmp_path / "there.geojson")
        assert evaluate(mapped, tmp_path / "there.geojson").scores == here.scores

    def test_a_border_that_crosses_itself_holds_what_it_goes_round(
        self, tmp_path: Path, mapped: Path
    ) -> None:
        """A bow tie, partly beside the map: two triangles that meet in a point."""
        corners = [PLACE @ corner for corner in ((-6, -7.2), (21, 20.2), (-6, 20.2), (21, -7.2))]
        tie = shapely.Polygon(corners)
        assert not tie.is_valid
        found = evaluate(mapped, write_shapes(tmp_path / "ref.gpkg", [tie], {"class": [4]}))
        inside = rasterize([tie], out_shape=TRUE.shape, transform=PLACE)
        assert found.scores.compared == inside.sum() > 0
        table = geopandas.read_file(tmp_path / "ref.gpkg").to_crs(4326)
        table.to_file(tmp_path / "there.gpkg")
        assert evaluate(mapped, tmp_path / "there.gpkg").scores.compared == pytest.approx(inside.sum(), abs=4)

    def test_contradictions_are_left_out(self, tmp_path: Path, mapped: Path) -> None:
        shapes = [pixel_box(0, 0, 10, 10), pixel_box(5, 5, 10, 10), pixel_box(5, 0, 10, 10)]
        found = evaluate(mapped, write_shapes(tmp_path / "ref.gpkg", shapes, {"class": [0, 4, 0]}))
        assert found.left_out.contradictory == 50
        assert found.scores.compared == 200 - 50

    def test_one_class_in_two_spellings_is_no_contradiction(self, tmp_path: Path, mapped: Path) -> None:
        shapes = [pixel_box(0, 0, 10, 10), pixel_box(5, 0, 10, 10), pixel_box(5, 5, 10, 10)]
        labels = ["water", "WATER ", "0"]
        found = evaluate(mapped, write_shapes(tmp_path / "ref.gpkg", shapes, {"class": labels}))
        assert (found.left_out.contradictory, found.scores.compared) == (0, 100 + 50 + 50)
        assert found.scores.classes[0].in_reference == 200

    def test_nothing_but_contradictions_is_told_as_such(self, tmp_path: Path, mapped: Path) -> None:
        twice = write_shapes(tmp_path / "twice.gpkg", [pixel_box(0, 0, 9, 9)] * 2, {"class": [0, 4]})
        with pytest.raises(
            EvaluationError, match=r"every pixel that twice\.gpkg covers lies in polygons of several classes"
        ):
            evaluate(mapped, twice)
        with pytest.raises(EvaluationError, match=r"all that twice\.gpkg says of map\.tif is ignored"):
            evaluate(
                mapped,
                write_shapes(tmp_path / "twice.gpkg", [pixel_box(0, 0, 9, 9)], {"class": [0]}),
                ignore=["0"],
            )

    def test_features_that_lie_nowhere_are_told(self, tmp_path: Path, mapped: Path) -> None:
        shapes = [pixel_box(0, 0, 10, 10), None, shapely.Polygon()]
        found = evaluate(mapped, write_shapes(tmp_path / "ref.gpkg", shapes, {"class": [0, 4, 1]}))
        assert found.scores.compared == 100
        assert "2 features of ref.gpkg without geometry: left out" in found.notes

    @pytest.mark.parametrize(
        ("shapes", "crs", "fields", "words"),
        [
            (
                [pixel_box(0, 0, 9, 9)],
                UTM,
                {"kind": [0]},
                "has no field 'class': name the one .*it has kind",
            ),
            ([pixel_box(0, 0, 9, 9)], UTM, {"class": ["ice"]}, "does not know: ice; it knows 0 water"),
            ([pixel_box(0, 0, 9, 9)], UTM, {"class": [None]}, "nothing in ref.gpkg is labelled"),
            ([pixel_box(9000, 9000, 9, 9)], UTM, {"class": [0]}, "holds the centre of a pixel of map.tif"),
            ([pixel_box(0, 0, 9, 9)], None, {"class": [0]}, "ref.gpkg has no CRS and map.tif has one"),
            ([shapely.LineString([(0, 0), (1, 1)])], UTM, {"class": [0]}, "holds LineString: give"),
            ([], UTM, {"class": []}, "holds no shape"),
        ],
    )
    def test_what_cannot_be_used_is_refused(
        self,
        tmp_path: Path,
        mapped: Path,
        shapes: list[shapely.Geometry],
        crs: str | None,
        fields: dict[str, list[object]],
        words: str,
    ) -> None:
        with pytest.raises(EvaluationError, match=words):
            evaluate(mapped, write_shapes(tmp_path / "ref.gpkg", shapes, fields, crs))

    def test_a_file_that_is_none_is_refused(self, tmp_path: Path, mapped: Path) -> None:
        with pytest.raises(EvaluationError, match="does not exist"):
            evaluate(mapped, tmp_path / "none.gpkg")
        (tmp_path / "text.gpkg").write_text("no vectors", encoding="utf-8")
        with pytest.raises(EvaluationError, match="cannot be read as a vector file"):
            evaluate(mapped, tmp_path / "text.gpkg")


def _points(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> list[shapely.Point]:
    return [centre(int(row), int(col)) for row, col in zip(rows, cols, strict=True)]


class TestPoints:
    def test_points_of_ones_own_are_weighted_by_the_maps_classes(self, tmp_path: Path, mapped: Path) -> None:
        rng = np.random.default_rng(4)
        rows, cols = rng.integers(0, 60, 200), rng.integers(0, 50, 200)
        reference = write_shapes(
            tmp_path / "ref.gpkg", _points(rows, cols), {"class": TRUE[rows, cols].tolist()}
        )
        found = evaluate(mapped, reference)
        assert found.estimate is not None
        assert found.estimate.unit == "m2"
        # In UTM, 10 m on the map are nearly 10 m on the ground.
        assert sum(c.mapped_area for c in found.estimate.classes) == pytest.approx(TRUE.size * 100, rel=0.01)
        shares = [float(np.equal(c.id, MAPPED).mean()) for c in LEGEND]
        right = [float((np.equal(TRUE[rows, cols], c.id))[MAPPED[rows, cols] == c.id].mean()) for c in LEGEND]
        expected = sum(share * part for share, part in zip(shares, right, strict=True))
        assert found.estimate.accuracy.value == pytest.approx(expected, rel=1e-4)
        assert found.scores.accuracy == pytest.approx(expected, rel=1e-4)
        assert "does not say how its points were chosen" in found.notes[0]

    def test_points_beside_the_map_and_without_label_are_counted(self, tmp_path: Path, mapped: Path) -> None:
        points = [centre(0, 0), centre(0, 1), centre(5, 5), centre(-3, 0), centre(60, 0), centre(9, 9)]
        labels: list[object] = ["water", "water", "vegetation", "water", "water", None]
        reference = write_shapes(tmp_path / "ref.gpkg", points, {"class": labels})
        with pytest.warns(DoubtfulInputWarning, match=r"ref\.gpkg has no labelled point in water, bare land"):
            found = evaluate(mapped, reference, ignore=["vegetation"])
        assert (found.left_out.unmapped, found.left_out.unlabelled, found.left_out.ignored) == (2, 1, 1)
        assert found.scores.compared == 2

    def test_points_elsewhere_are_refused(self, tmp_path: Path, mapped: Path) -> None:
        reference = write_shapes(tmp_path / "ref.gpkg", [centre(900, 900)], {"class": [0]})
        with pytest.raises(EvaluationError, match=r"no point of ref\.gpkg lies on map\.tif"):
            evaluate(mapped, reference)

    def test_samples_of_two_maps_are_not_mixed(self, tmp_path: Path, mapped: Path) -> None:
        fields: dict[str, list[object]] = {"class": [0, 0], "map_class_id": [1, 1], "stratum_pixels": [5, 6]}
        reference = write_shapes(tmp_path / "ref.gpkg", [centre(0, 0), centre(1, 1)], fields)
        with pytest.raises(EvaluationError, match="several sizes"):
            evaluate(mapped, reference)
        fields = {"class": [0, 0], "map_class_id": [1, None], "stratum_pixels": [5, None]}
        reference = write_shapes(tmp_path / "two.gpkg", [centre(0, 0), centre(1, 1)], fields)
        with pytest.raises(EvaluationError, match="added by hand"):
            evaluate(mapped, reference)


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
