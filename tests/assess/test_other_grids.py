"""References on another grid than the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
from affine import Affine

from glnet_geo.assess.maps import evaluate
from glnet_geo.core.accuracy.metrics import Confusion
from glnet_geo.errors import EvaluationError
from tests.assess.made import MAPPED, TRUE
from tests.maps import LEGEND, PLACE, UTM, patches, write_map
from tests.rasters import write_plain


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
