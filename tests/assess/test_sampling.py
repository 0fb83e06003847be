from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pyogrio
import pytest

from glnet_geo.assess.maps import evaluate
from glnet_geo.assess.sampling import sample
from glnet_geo.core.progress import Silence
from glnet_geo.errors import CancelledError, OptionError, OutputError
from glnet_geo.io.maps import classes as classes_module
from tests.assess.sampled_map import MAPPED
from tests.jobs import Meanwhile
from tests.maps import PLACE, UTM, write_map
from tests.scenes import read


def test_points_lie_in_the_middle_of_pixels_of_their_class(tmp_path: Path, sampled: Path) -> None:
    summary = sample(sampled, tmp_path / "points.gpkg", per_class=30, seed=1)
    table = geopandas.read_file(tmp_path / "points.gpkg", layer="points")
    assert table.crs.to_epsg() == int(UTM.split(":")[1])
    assert len(table) == 90
    cols, rows = (table.geometry.x - PLACE.c) / PLACE.a, (table.geometry.y - PLACE.f) / PLACE.e
    assert set(cols % 1) == set(rows % 1) == {0.5}
    assert len(set(zip(rows, cols, strict=True))) == 90
    at = MAPPED[rows.astype(int), cols.astype(int)]
    np.testing.assert_array_equal(at, table["map_class_id"])
    assert table["class"].isna().all()
    assert not table["map_class_id"].is_monotonic_increasing
    for one in summary.strata:
        mine = table[table["map_class_id"] == one.id]
        assert set(mine["map_class_name"]) == {one.name}
        assert set(mine["stratum_pixels"]) == {one.pixels} == {int(np.equal(one.id, MAPPED).sum())}
        assert one.area_m2 == pytest.approx(one.pixels * 100, rel=0.01)
        assert set(mine["stratum_area_m2"]) == {one.area_m2}
        assert (one.points, len(mine)) == (30, 30)


def test_the_same_seed_gives_the_same_points_however_the_map_is_read(
    tmp_path: Path, sampled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(sampled, tmp_path / "a.gpkg", seed=4)
    sample(sampled, tmp_path / "other.gpkg", seed=5)
    monkeypatch.setattr(classes_module, "_PIXELS_AT_ONCE", 700)
    sample(sampled, tmp_path / "b.gpkg", seed=4)
    a, b, other = (
        geopandas.read_file(tmp_path / f"{name}.gpkg", layer="points") for name in ("a", "b", "other")
    )
    np.testing.assert_allclose(a.pop("stratum_area_m2"), b.pop("stratum_area_m2"))
    assert a.equals(b)
    assert not a.geometry.equals(other.geometry)


def test_qgis_finds_a_list_of_classes_and_no_hint_of_the_map(tmp_path: Path) -> None:
    """Also classes that the map names and never found."""
    mapped = write_map(tmp_path / "map.tif", np.where(MAPPED == 4, 1, MAPPED))
    sample(mapped, tmp_path / "points.gpkg", per_class=5)
    assert pyogrio.list_layers(tmp_path / "points.gpkg")[0, 0] == "points"
    with closing(sqlite3.connect(tmp_path / "points.gpkg")) as database:
        rows = database.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        column = database.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone()[0]
    assert [row[:3] for row in rows] == [("points", column, 1)]
    style = ET.fromstring(rows[0][3])
    widgets = {field.get("name"): field.find("editWidget") for field in style.iter("field")}
    kinds = {name: None if widget is None else widget.get("type") for name, widget in widgets.items()}
    assert kinds == {"class": "ValueMap"} | dict.fromkeys(
        ("map_class_id", "map_class_name", "stratum_pixels", "stratum_area_m2"), "Hidden"
    )
    assert widgets["class"] is not None
    choices = [option.get("value") for option in widgets["class"].iter("Option") if option.get("value")]
    assert choices == ["water", "bare land", "vegetation"]


def test_the_file_tells_which_map_was_sampled(tmp_path: Path, sampled: Path) -> None:
    sample(sampled, tmp_path / "points.gpkg", seed=77)
    told = pyogrio.read_info(tmp_path / "points.gpkg", layer="points")["layer_metadata"]
    assert told["GLNET_GEO_SAMPLED_MAP"] == "map.tif"
    assert told["GLNET_GEO_SEED"] == "77"


def test_outputs_that_cannot_be_are_refused(tmp_path: Path, sampled: Path) -> None:
    with pytest.raises(OutputError, match=r"name a \.gpkg file"):
        sample(sampled, tmp_path / "points.geojson")
    with pytest.raises(OptionError, match="at least 1"):
        sample(sampled, tmp_path / "points.gpkg", per_class=0)
    itself = tmp_path / "map.gpkg"
    itself.write_bytes(sampled.read_bytes())
    with pytest.raises(OutputError, match="would replace the map"):
        sample(itself, itself, overwrite=True)
    assert itself.read_bytes() == sampled.read_bytes()
    sample(sampled, tmp_path / "points.gpkg", per_class=3)
    before = (tmp_path / "points.gpkg").read_bytes()
    with pytest.raises(OutputError, match="exists: add --overwrite"):
        sample(sampled, tmp_path / "points.gpkg")
    assert (tmp_path / "points.gpkg").read_bytes() == before
    sample(sampled, tmp_path / "points.gpkg", overwrite=True)
    assert len(geopandas.read_file(tmp_path / "points.gpkg", layer="points")) == 150


def test_points_that_appear_meanwhile_are_not_replaced(tmp_path: Path, sampled: Path) -> None:
    points = tmp_path / "points.gpkg"
    with pytest.raises(OutputError, match=r"points\.gpkg has appeared meanwhile and is not replaced"):
        sample(sampled, points, progress=Meanwhile(points))
    assert points.read_text() == "precious"
    assert not list(tmp_path.glob(".glnet-geo-*"))


class _Impatient(Silence):
    def cancelled(self) -> bool:
        return True


def test_a_stopped_draw_leaves_nothing(tmp_path: Path, sampled: Path) -> None:
    with pytest.raises(CancelledError):
        sample(sampled, tmp_path / "points.gpkg", progress=_Impatient())
    assert {path.suffix for path in tmp_path.iterdir()} == {".tif", ".xml", ".qml"}


def test_labels_of_real_imagery_are_sampled(tmp_path: Path, shared_data: Path) -> None:
    """A mask of Dubai without any place, compared with itself."""
    mask = shared_data / "dubai" / "masks" / "t1_part_001.png"
    if not mask.is_file():
        pytest.skip(f"the mask is not here: {mask}")
    summary = sample(mask, tmp_path / "points.gpkg", per_class=20)
    values = read(mask)
    assert {one.id: one.pixels for one in summary.strata} == {
        int(value): int((values == value).sum()) for value in np.unique(values)
    }
    assert evaluate(mask, mask).scores.accuracy == 1
