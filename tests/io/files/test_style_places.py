"""A style changes how QGIS draws the map that it was made for, and nothing else."""

from __future__ import annotations

import sqlite3
import warnings
from pathlib import Path

import pytest

from glnet_geo.core.legend import Legend
from glnet_geo.errors import DoubtfulInputWarning, OutputError
from glnet_geo.io.files.style_places import StylePlaces
from glnet_geo.io.maps.style import write_style
from tests.maps import LEGEND, pixel_box, write_shapes

FEWER = Legend(LEGEND.classes[:2])


def _taken(output: Path, legend: Legend, places: StylePlaces) -> bool:
    folder = output.parent / "made"
    folder.mkdir(exist_ok=True)
    write_style(folder / output.name, legend)
    return places.take(output, folder / f"{output.stem}.qml")


def _places(*styled: Path, replace: bool = False, keep: bool = False) -> StylePlaces:
    return StylePlaces.of(styled, styled, replace=replace, keep=keep)


@pytest.mark.parametrize("name", ["map.tif", "map.fgb", "map.geojson", "map.parquet"])
def test_a_map_gets_its_style(tmp_path: Path, name: str) -> None:
    assert _taken(tmp_path / name, LEGEND, _places(tmp_path / name))


@pytest.mark.parametrize("other", ["scene.tif", "scene.JP2", "scene.shp", "scene.vrt", "scene.gpkg"])
def test_nothing_else_is_drawn_with_it(tmp_path: Path, other: str) -> None:
    (tmp_path / other).write_text("mine")
    with pytest.warns(
        DoubtfulInputWarning, match=rf"scene\.qml will not be written, .* draw {other} with it"
    ):
        places = _places(tmp_path / "scene.fgb", replace=True)
    assert not _taken(tmp_path / "scene.fgb", LEGEND, places)


@pytest.mark.parametrize(
    "other", ["scene.txt", "scene.json", "scene.2.tif", "scenes.tif", "scene.tif.aux.xml"]
)
def test_what_it_is_not_applied_to_does_not_count(tmp_path: Path, other: str) -> None:
    (tmp_path / other).write_text("mine")
    assert _taken(tmp_path / "scene.fgb", LEGEND, _places(tmp_path / "scene.fgb"))


def test_nor_does_a_package_that_holds_a_style(tmp_path: Path) -> None:
    package = write_shapes(tmp_path / "map.gpkg", [pixel_box(0, 0, 1, 1)], {"a": [1]})
    with pytest.warns(DoubtfulInputWarning, match=r"would draw map\.gpkg"):
        _places(tmp_path / "map.fgb")
    with sqlite3.connect(package) as held:
        held.execute("CREATE TABLE layer_styles (useAsDefault BOOLEAN)")
        held.execute("INSERT INTO layer_styles VALUES (1)")
    held.close()
    assert _taken(tmp_path / "map.fgb", LEGEND, _places(tmp_path / "map.fgb"))


def test_the_confidence_of_the_same_job_is_no_map(tmp_path: Path) -> None:
    maps, sure = [tmp_path / "c.geojson"], tmp_path / "c.tif"
    with pytest.warns(DoubtfulInputWarning, match=r"c\.qml will not be written, .* draw c\.tif with it"):
        places = StylePlaces.of([*maps, sure], maps, replace=False)
    assert not _taken(maps[0], LEGEND, places)


def test_maps_of_one_job_share_a_style(tmp_path: Path) -> None:
    paths = [tmp_path / "map.tif", tmp_path / "map.fgb", tmp_path / "map.gpkg"]
    assert all(_taken(path, LEGEND, _places(*paths)) for path in paths)


def test_a_map_drawn_from_another_shares_its_style(tmp_path: Path) -> None:
    (tmp_path / "map.tif").write_text("ours")
    write_style(tmp_path / "map.tif", LEGEND)
    before = (tmp_path / "map.qml").read_bytes()
    places = _places(tmp_path / "map.fgb")
    assert not _taken(tmp_path / "map.fgb", FEWER, places)
    assert (tmp_path / "map.qml").read_bytes() == before


def test_it_is_told_where_the_style_of_another_map_lacks_classes(tmp_path: Path) -> None:
    (tmp_path / "map.tif").write_text("ours")
    write_style(tmp_path / "map.tif", FEWER)
    places = _places(tmp_path / "map.fgb")
    with pytest.warns(
        DoubtfulInputWarning, match=r"map\.qml stays as it is, .* not have all classes of map\.fgb"
    ):
        assert not _taken(tmp_path / "map.fgb", LEGEND, places)


@pytest.mark.parametrize("style", ["mine", "<qgis><renderer-v2 attr='class_id'/></qgis>", "<qgis/>"])
def test_the_style_of_a_person_is_not_replaced_unasked(tmp_path: Path, style: str) -> None:
    (tmp_path / "map.qml").write_text(style)
    with pytest.raises(OutputError, match=r"map\.qml exists and is not of this package: add --overwrite"):
        _places(tmp_path / "map.tif")
    assert not _taken(tmp_path / "map.tif", LEGEND, _places(tmp_path / "map.tif", keep=True))
    assert _taken(tmp_path / "map.tif", LEGEND, _places(tmp_path / "map.tif", replace=True))


def test_ours_is_replaced(tmp_path: Path) -> None:
    write_style(tmp_path / "map.tif", FEWER)
    assert _taken(tmp_path / "map.tif", LEGEND, _places(tmp_path / "map.tif"))


def test_a_package_needs_none(tmp_path: Path) -> None:
    (tmp_path / "map.qml").write_text("mine")
    (tmp_path / "map.tif").write_text("mine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _places(tmp_path / "map.gpkg").free == frozenset()
