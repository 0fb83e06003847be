from __future__ import annotations

import errno
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely

from glnet_geo.core.window import Window
from glnet_geo.errors import DoubtfulInputWarning, TrainingError
from glnet_geo.io.labelled_data.spot import Spot
from glnet_geo.io.labelled_data.style_colors import style_colors
from glnet_geo.io.labelled_data.training_polygons import (
    PolygonLabels,
    TrainingPolygons,
    read_training_polygons,
)
from tests.lessons import polygons
from tests.rasters import Place
from tests.scenes import UTM

WHOLE = Window(row=0, col=0, height=40, width=60)
BOXES = [("road", (3, 5, 9, 25)), ("field", (20, 31, 39, 59))]

STYLE = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version="3.34"><renderer-v2 attr="{attr}"
type="{kind}"><categories><category symbol="0" value="road" label="Road"/><category symbol="1" value="field" label="F"/>
<category symbol="0" value="" label=""/></categories><symbols>
<symbol name="0" type="fill"><layer class="SimpleFill"><Option type="Map">
<Option name="color" value="255,0,16,255,rgb:1,0,0.06,1" type="QString"/></Option></layer></symbol>
<symbol name="1" type="fill"><layer class="SimpleFill"><prop k="color" v="1,2,3,255"/></layer></symbol>
</symbols></renderer-v2></qgis>"""


def _labels(drawn: TrainingPolygons, crs: str | None = "EPSG:32640") -> PolygonLabels | None:
    ids = {name: number for number, name in enumerate(drawn.classes)}
    scene = Place(
        height=WHOLE.height,
        width=WHOLE.width,
        transform=None if crs is None else UTM,
        crs=None if crs is None else rasterio.crs.CRS.from_string(crs),
        name="scene.tif",
    )
    return drawn.on(scene, ids)


@pytest.mark.parametrize("crs", ["EPSG:32640", "EPSG:4326", "EPSG:3857"])
def test_polygons_become_pixels_whatever_their_crs(tmp_path: Path, crs: str) -> None:
    drawn = read_training_polygons(polygons(tmp_path / "p.gpkg", BOXES, crs=crs), "class")
    labels = _labels(drawn)
    assert labels is not None
    expected = np.full(WHOLE.shape, 255, np.uint8)
    expected[3:9, 5:25], expected[20:39, 31:59] = 1, 0
    np.testing.assert_array_equal(labels.read(Spot.of(WHOLE)), expected)
    part = Window(row=2, col=17, height=20, width=20)
    np.testing.assert_array_equal(labels.read(Spot.of(part)), expected[part.rows, part.cols])
    quarter = Spot(row=0, col=0, height=40, width=60, shape=(10, 15))
    np.testing.assert_array_equal(labels.read(quarter), expected[2::4, 2::4])


def test_polygons_that_miss_the_scene_are_no_labels(tmp_path: Path) -> None:
    far = [("road", (3000, 3000, 3009, 3009))]
    assert _labels(read_training_polygons(polygons(tmp_path / "p.gpkg", far), "class")) is None


@pytest.mark.parametrize(("polygon_crs", "scene_crs"), [(None, "EPSG:32640"), ("EPSG:32640", None)])
def test_a_crs_on_one_side_only_is_refused(
    tmp_path: Path, polygon_crs: str | None, scene_crs: str | None
) -> None:
    path = polygons(tmp_path / "p.gpkg", BOXES, crs=polygon_crs)
    lacking = "p.gpkg" if polygon_crs is None else "scene.tif"
    with pytest.raises(TrainingError, match=rf"^{lacking} has no CRS and .* has one"):
        _labels(read_training_polygons(path, "class"), scene_crs)


@pytest.mark.parametrize("upright", [1, -1])
def test_without_any_crs_rows_may_go_up_or_down(tmp_path: Path, upright: int) -> None:
    box = shapely.Polygon([(c, upright * r) for r, c in ((3, 5), (3, 25), (9, 25), (9, 5))])
    with pytest.warns(UserWarning, match="crs"):
        geopandas.GeoDataFrame({"class": ["road"]}, geometry=[box]).to_file(tmp_path / "p.gpkg")
    labels = _labels(read_training_polygons(tmp_path / "p.gpkg", "class"), None)
    assert labels is not None
    assert set(map(tuple, np.argwhere(labels.read(Spot.of(WHOLE)) == 0))) == {
        (r, c) for r in range(3, 9) for c in range(5, 25)
    }


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    path = polygons(tmp_path / "p.gpkg", BOXES)
    with pytest.raises(TrainingError, match="has no field 'kind' in its layer drawn, it has class"):
        read_training_polygons(path, "kind")
    with pytest.raises(TrainingError, match="has no layer 'other', it has drawn"):
        read_training_polygons(path, "class", "other")
    with pytest.raises(TrainingError, match="does not exist"):
        read_training_polygons(tmp_path / "absent.gpkg", "class")
    (tmp_path / "text.gpkg").write_text("no polygons")
    with pytest.raises(TrainingError, match="cannot be read as a vector file"):
        read_training_polygons(tmp_path / "text.gpkg", "class")


def test_polygons_without_a_class_are_left_out(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("", (0, 0, 2, 2))]))
    with pytest.warns(DoubtfulInputWarning, match="1 of 3 features"):
        assert read_training_polygons(tmp_path / "p.gpkg", "class").classes == ["field", "road"]
    table["class"] = None
    table.to_file(tmp_path / "q.gpkg")
    with pytest.raises(TrainingError, match="no polygon with a class in the field 'class'"):
        read_training_polygons(tmp_path / "q.gpkg", "class")


def test_classes_that_are_numbers_are_sorted_as_such(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("x", (0, 0, 2, 2))]))
    table["class"] = [10, 9, 2]
    table.to_file(tmp_path / "q.gpkg")
    assert read_training_polygons(tmp_path / "q.gpkg", "class").classes == ["2", "9", "10"]


def test_nan_and_infinity_are_names_and_no_numbers(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("x", (0, 0, 2, 2))]))
    table["class"] = ["nan", "10", "9"]
    table.to_file(tmp_path / "q.gpkg")
    drawn = read_training_polygons(tmp_path / "q.gpkg", "class")
    assert not drawn.numbered
    assert drawn.classes == ["10", "9", "nan"]


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("x", (0, 0, 2, 2))]))
    table["class"] = ["a", None, "b"]
    table.to_file(tmp_path / "q.gpkg")
    with pytest.warns(
        DoubtfulInputWarning, match=r"1 of 3 features of q\.gpkg have no class in 'class', or no area"
    ):
        assert read_training_polygons(tmp_path / "q.gpkg", "class").classes == ["a", "b"]


def test_a_missing_date_is_no_class(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("x", (0, 0, 2, 2))]))
    table["class"] = np.array(["2020-05-01", "NaT", "2021-05-01"], dtype="datetime64[ns]")
    table.to_file(tmp_path / "q.gpkg")
    with pytest.warns(DoubtfulInputWarning, match="1 of 3 features"):
        assert len(read_training_polygons(tmp_path / "q.gpkg", "class").classes) == 2


def test_points_are_no_polygons(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", BOXES))
    table.geometry = table.geometry.centroid
    table.to_file(tmp_path / "q.gpkg")
    with pytest.raises(TrainingError, match=r"\(it holds Point\): draw some"):
        read_training_polygons(tmp_path / "q.gpkg", "class")


def test_lines_and_points_beside_polygons_are_counted(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, *BOXES]))
    shapes = table.geometry.tolist()
    table.geometry = [*shapes[:2], shapes[2].exterior, shapes[3].centroid]
    table.to_file(tmp_path / "q.gpkg")
    with pytest.warns(DoubtfulInputWarning, match=r"2 of 4 features of q\.gpkg have .* no area"):
        assert len(read_training_polygons(tmp_path / "q.gpkg", "class").polygons) == 2


@pytest.mark.parametrize(("second", "said"), [((0, 9, 10, 20), True), ((0, 10, 10, 20), False)])
def test_places_with_two_classes_raise_doubt(
    tmp_path: Path,
    second: tuple[int, int, int, int],
    said: bool,  # noqa: FBT001 - a table
) -> None:
    path = polygons(tmp_path / "p.gpkg", [("a", (0, 0, 10, 10)), ("b", second), ("a", (0, 0, 5, 5))])
    with (
        pytest.warns(DoubtfulInputWarning, match=r"different classes lie over each other \(1 times\)")
        if said
        else nullcontext()
    ):
        read_training_polygons(path, "class")


def test_large_numbers_are_classes_of_their_own(tmp_path: Path) -> None:
    table = geopandas.read_file(polygons(tmp_path / "p.gpkg", [*BOXES, ("x", (0, 0, 2, 2))]))
    table["class"] = [1234567.0, 1234568.0, 0.5]
    table.to_file(tmp_path / "q.gpkg")
    assert read_training_polygons(tmp_path / "q.gpkg", "class").classes == ["0.5", "1234567", "1234568"]


def test_a_field_of_too_many_classes_is_refused(tmp_path: Path) -> None:
    """It is a number of each feature more often than a class."""
    boxes = [(f"p{n}", (n, 0, n + 1, 1)) for n in range(256)]
    with pytest.raises(
        TrainingError, match=r"field 'class' of .*p\.gpkg holds 256 classes, and a model has at most 255"
    ):
        read_training_polygons(polygons(tmp_path / "p.gpkg", boxes), "class")
    assert len(read_training_polygons(polygons(tmp_path / "q.gpkg", boxes[1:]), "class").classes) == 255


def _with_style(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as package:
        package.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_name TEXT, styleQML TEXT, useAsDefault BOOLEAN)"
        )
        package.execute(
            "INSERT INTO layer_styles (f_table_name, styleQML, useAsDefault) VALUES ('drawn', ?, 1)", (text,)
        )
        package.commit()


def test_colours_come_from_the_layers_style(tmp_path: Path) -> None:
    path = polygons(tmp_path / "p.gpkg", BOXES)
    assert style_colors(path, "drawn", "class") == {}
    _with_style(path, STYLE.format(attr="class", kind="categorizedSymbol"))
    assert style_colors(path, "drawn", "class") == {"road": "#ff0010", "field": "#010203"}
    assert style_colors(path, "other", "class") == {}
    assert style_colors(path, "drawn", "kind") == {}
    assert read_training_polygons(path, "class").layer == "drawn"


def test_categories_that_were_merged_share_a_colour(tmp_path: Path) -> None:
    """Of their values, as of classes, outer blanks do not count."""
    merged = '<val value="road" type="string"/><val value=" path " type="string"/></category>'
    text = STYLE.format(attr="class", kind="categorizedSymbol")
    path = polygons(tmp_path / "p.gpkg", BOXES)
    _with_style(path, text.replace('value="road" label="Road"/>', f'label="Road">{merged}'))
    assert style_colors(path, "drawn", "class") == {
        "road": "#ff0010",
        "path": "#ff0010",
        "field": "#010203",
    }


def test_a_style_may_lie_beside_the_file(tmp_path: Path) -> None:
    path = polygons(tmp_path / "p.geojson", BOXES, crs="EPSG:4326")
    (tmp_path / "p.qml").write_text(STYLE.format(attr="class", kind="categorizedSymbol"))
    assert style_colors(path, "p", "class")["field"] == "#010203"


def test_a_style_of_another_kind_gives_no_colours(tmp_path: Path) -> None:
    path = polygons(tmp_path / "p.gpkg", BOXES)
    _with_style(path, STYLE.format(attr="class", kind="singleSymbol"))
    assert style_colors(path, "drawn", "class") == {}


@pytest.mark.parametrize("text", ["no xml", " ", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_a_style_that_is_none_is_told_and_gives_no_colours(tmp_path: Path, text: str) -> None:
    path = polygons(tmp_path / "p.gpkg", BOXES)
    (tmp_path / "p.qml").write_text(text)
    with pytest.warns(
        DoubtfulInputWarning, match=r"p\.qml is no style of QGIS, or not a whole one: .* colours"
    ):
        assert style_colors(path, "drawn", "class") == {}
    (tmp_path / "p.qml").unlink()
    _with_style(path, text)
    with pytest.warns(DoubtfulInputWarning, match=r"the style of drawn in .*p\.gpkg is no style of QGIS"):
        assert style_colors(path, "drawn", "class") == {}


def test_a_style_that_cannot_be_read_is_told_and_gives_no_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = polygons(tmp_path / "p.geojson", BOXES, crs="EPSG:4326")
    (tmp_path / "p.qml").touch()

    def refused(*_how: object, **_more: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.warns(DoubtfulInputWarning, match=r"p\.qml cannot be read \(Permission denied\): .* colours"):
        assert style_colors(path, "p", "class") == {}
