"""Maps compared with polygons, and with points of one's own."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize

from glnet_geo.assess.maps import evaluate
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.errors import DoubtfulInputWarning, EvaluationError
from tests.assess.made import MAPPED, TRUE
from tests.maps import LEGEND, PLACE, UTM, centre, pixel_box, write_shapes


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
