"""From a class raster to polygons: laws of the whole job, for drawings of every kind."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import rasterio.features
import rasterio.shutil
import shapely
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

import glnet_geo
from glnet_geo import Drawing, Options
from glnet_geo.core.legend import LandClass, Legend
from tests.maps import LEGEND, PLACE, write_map
from tests.polygons import drawn, patches
from tests.rasters import write_plain
from tests.scenes import read, texture, write_model, write_scene

SAMPLE = Path(__file__).parents[1] / "sample_data" / "label.tif"

DUBAI = Path(__file__).resolve().parents[2] / "shared" / "data" / "chesapeake" / "label"

KINDS = [
    Drawing(),
    Drawing(connectivity=8),
    Drawing(simplify=15),
    Drawing(smooth=True),
    Drawing(simplify=25, smooth=True),
    Drawing(min_area=900, simplify=15, smooth=True),
    Drawing(min_area=900, connectivity=8, simplify=15),
]


def parts(table: geopandas.GeoDataFrame) -> NDArray[np.object_]:
    """All polygons, those of multipolygons too."""
    found: NDArray[np.object_] = shapely.get_parts(table.geometry.to_numpy())
    return found


@pytest.mark.parametrize("drawing", KINDS, ids=str)
def test_polygons_fit_together_and_cover_what_is_valid(tmp_path: Path, drawing: Drawing) -> None:
    ids = patches(90, 70)
    table = drawn(write_map(tmp_path / "map.tif", ids), tmp_path / "map.gpkg", drawing=drawing)
    polygons = parts(table)
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    valid = shapely.union_all([PLACE_BOX(row, col) for row, col in np.argwhere(ids != 255)])
    assert shapely.union_all(polygons).symmetric_difference(valid).area == pytest.approx(0, abs=1e-3)
    assert table.region_id.is_unique
    assert set(table.class_name) <= {c.name for c in LEGEND}


def PLACE_BOX(row: int, col: int) -> shapely.Polygon:  # noqa: N802 - see PLACE
    left, top = PLACE @ (col, row)
    return shapely.box(left, top - 10, left + 10, top)


def test_without_drawing_areas_are_those_of_the_pixels(tmp_path: Path) -> None:
    ids = patches(60, 80, seed=3)
    table = drawn(write_map(tmp_path / "map.tif", ids), tmp_path / "map.gpkg")
    for c in LEGEND:
        mine = table[table.class_id == c.id]
        assert mine.geometry.area.sum() == pytest.approx(100 * (ids == c.id).sum(), rel=1e-9)


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize(
    "path", [SAMPLE, *itertools.islice(sorted(DUBAI.glob("*.png")), 3)], ids=lambda p: p.name
)
def test_the_same_polygons_as_an_independent_tool(tmp_path: Path, path: Path, connectivity: Any) -> None:
    """GDAL's, of the whole raster at once; it knows regions that touch at corners as one ring."""
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        raster = rasterio.open(path)
    with raster:
        pixels, mask = raster.read(1), raster.read_masks(1) > 0
        found = [
            (int(value), shapely.geometry.shape(shape))
            for shape, value in rasterio.features.shapes(
                pixels, mask, connectivity=connectivity, transform=raster.transform
            )
        ]
    table = drawn(path, tmp_path / "map.gpkg", drawing=Drawing(connectivity=connectivity, max_vertices=0))
    sign = 1 if table.crs is not None else -1
    expected = sorted((value, round(shape.area, 3), *np.round(shape.bounds, 3)) for value, shape in found)
    mine = sorted(
        (value, round(shape.area, 3), *np.round(_flipped(shape, sign).bounds, 3))
        for value, shape in zip(table.class_id, table.geometry, strict=True)
    )
    assert mine == expected


def _flipped(shape: Any, sign: int) -> Any:
    """Without a place, we draw rows downward as QGIS draws rasters."""
    return shape if sign > 0 else shapely.transform(shape, lambda xy: xy * (1, -1))


def test_no_small_area_is_left_and_the_class_raster_agrees(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.safetensors")
    scene = write_scene(tmp_path / "scene.tif", texture(200, 180))
    out = [tmp_path / "map.tif", tmp_path / "map.gpkg"]
    drawing = Drawing(min_area=40.0)
    summary = glnet_geo.classify(scene, out, options=Options(model=model), drawing=drawing)
    table = geopandas.read_file(out[1], layer="landcover")
    assert len(table) > 1
    assert (table.area_m2 >= 40 * (1 - 1e-6)).all()
    pixels = read(out[0])
    for share in summary.classes:
        assert share.pixels == int((pixels == share.id).sum())
        mine = table[table.class_id == share.id]
        assert mine.area_m2.sum() == pytest.approx(share.area_m2, rel=1e-4)
    again = drawn(out[0], tmp_path / "again.gpkg", drawing=drawing)
    assert again.geometry.equals(table.geometry)
    assert 0 < table.confidence.min() <= table.confidence.max() <= 100


def split_every_eight_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("slabs", "polygons.trace", "polygons.simplify"):
        monkeypatch.setattr(f"glnet_geo.core.{module}.split_rows", lambda _width: 8)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".geojson"])
def test_parts_of_a_split_area_share_their_region(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arms of a comb are split before it is known that they are one area."""
    split_every_eight_rows(monkeypatch)
    ids = np.zeros((64, 65), np.uint8)
    ids[:60, 1::4] = 1
    ids[:60:2, 3::4] = 4
    path = write_map(tmp_path / "map.tif", ids)
    whole = drawn(path, tmp_path / f"whole{suffix}", drawing=Drawing(max_vertices=0))
    split = drawn(path, tmp_path / f"split{suffix}", drawing=Drawing(max_vertices=20))
    assert len(split) > len(whole)
    assert set(split.region_id) == set(whole.region_id)
    joined = split.dissolve("region_id").geometry
    for region, shape in whole.set_index("region_id").geometry.items():
        assert joined[region].symmetric_difference(shape).area == pytest.approx(0, abs=1e-6)


def test_one_polygon_per_class_where_dissolved(tmp_path: Path) -> None:
    path = write_map(tmp_path / "map.tif", patches(50, 40))
    table = drawn(path, tmp_path / "map.gpkg", drawing=Drawing(dissolve=True, simplify=10))
    pieces = drawn(path, tmp_path / "pieces.gpkg", drawing=Drawing(simplify=10))
    assert sorted(table.class_id) == [0, 1, 4]
    assert table.geometry.is_valid.all()
    for _, row in table.iterrows():
        mine = pieces[pieces.class_id == row.class_id]
        assert row.area_m2 == pytest.approx(mine.area_m2.sum())
        assert row.perimeter_m == pytest.approx(mine.perimeter_m.sum())


def test_what_is_dissolved_is_never_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a multipolygon that share a stretch of border are no valid multipolygon."""
    split_every_eight_rows(monkeypatch)
    monkeypatch.setattr("glnet_geo.core.polygons.drawing.MAX_VERTICES", 20)
    path = write_map(tmp_path / "map.tif", patches(64, 50))
    pieces = drawn(path, tmp_path / "pieces.gpkg")
    assert not pieces.region_id.is_unique
    table = drawn(path, tmp_path / "map.gpkg", drawing=Drawing(dissolve=True))
    assert table.geometry.is_valid.all()
    whole = drawn(path, tmp_path / "whole.gpkg", drawing=Drawing(max_vertices=0))
    lengths = whole.groupby("class_id").perimeter_m.sum()
    assert dict(zip(table.class_id, table.perimeter_m, strict=True)) == pytest.approx(lengths.to_dict())


def test_another_crs(tmp_path: Path) -> None:
    path = write_map(tmp_path / "map.tif", patches(50, 40))
    own = drawn(path, tmp_path / "own.gpkg", drawing=Drawing(simplify=15))
    other = drawn(path, tmp_path / "other.gpkg", drawing=Drawing(simplify=15, crs="EPSG:4326"))
    assert other.crs.to_epsg() == 4326
    assert shapely.coverage_is_valid(parts(other))
    np.testing.assert_allclose(other.area_m2, own.area_m2)
    np.testing.assert_allclose(other.to_crs(own.crs).total_bounds, own.total_bounds, atol=1e-3)


@pytest.mark.parametrize(
    ("suffix", "crs"), [(".gpkg", "EPSG:4326"), (".gpkg", "EPSG:3035"), (".geojson", None)]
)
def test_what_lies_near_a_long_straight_border_stays_on_its_side(
    tmp_path: Path, suffix: str, crs: str | None
) -> None:
    """In longitude and latitude, the northern border of a Sentinel-2 tile bends by more than 200 metres."""
    ids = np.zeros((60, 10980), np.uint8)
    ids[2:5, 5000:5004] = ids[30:, 6000:] = 1
    ids[32:33, 6001:6002] = 4
    place = rasterio.Affine(10, 0, 600_000, 0, -10, 5_000_040)
    path = write_map(tmp_path / "map.tif", ids, crs="EPSG:32632", transform=place)
    table = drawn(path, tmp_path / f"out{suffix}", drawing=Drawing(crs=crs))
    assert table.geometry.is_valid.all()
    assert shapely.coverage_is_valid(parts(table))
    area = table.to_crs("EPSG:32632").geometry.area.groupby(table.class_id).sum()
    assert area.to_dict() == pytest.approx({c: 100 * (ids == c).sum() for c in (0, 1, 4)}, rel=1e-4)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".geojson"])
def test_longitudes_on_the_antimeridian(tmp_path: Path, suffix: str) -> None:
    """GeoJSON is cut there, the others go on."""
    place = rasterio.Affine(1000, 0, 800_000, 0, -1000, 8_000_000)
    path = write_map(tmp_path / "map.tif", patches(60, 60), crs="EPSG:32760", transform=place)
    table = drawn(path, tmp_path / f"map{suffix}", drawing=Drawing(crs="EPSG:4326"))
    bounds = table.geometry.explode().bounds
    assert (bounds.maxx - bounds.minx).max() < 1
    assert table.geometry.is_valid.all()
    assert (bounds.minx.min() < -180) == (suffix != ".geojson")


def test_confidence_of_a_class_raster(tmp_path: Path) -> None:
    ids = np.array([[0, 0, 1], [0, 4, 1]], dtype=np.uint8)
    path = write_map(tmp_path / "map.tif", ids)
    sure = write_map(tmp_path / "sure.tif", np.array([[90, 80, 50], [70, 20, 60]], dtype=np.uint8))
    table = drawn(path, tmp_path / "map.gpkg", confidence=sure).set_index("class_id")
    assert table.confidence.round(3).to_dict() == {0: 80, 1: 55, 4: 20}
    assert "confidence" not in drawn(path, tmp_path / "other.gpkg").columns


@pytest.mark.parametrize("dissolve", [False, True])
def test_confidence_is_the_mean_of_what_is_known(tmp_path: Path, dissolve: bool) -> None:  # noqa: FBT001 - a case
    ids = np.array([[0, 0, 1], [0, 4, 1], [0, 4, 255]], dtype=np.uint8)
    path = write_map(tmp_path / "map.tif", ids)
    sure = write_map(
        tmp_path / "sure.tif", np.array([[90, 255, 50], [70, 255, 255], [255, 255, 99]], dtype=np.uint8)
    )
    table = drawn(path, tmp_path / "map.gpkg", confidence=sure, drawing=Drawing(dissolve=dissolve))
    found = table.set_index("class_id").confidence
    assert (found[0], found[1]) == (80, 50)
    assert np.isnan(found[4])


def test_names_come_from_a_class_file(tmp_path: Path) -> None:
    path = write_plain(tmp_path / "map.tif", np.array([[311, 312], [311, 311]], dtype=np.int16))
    legend = Legend(
        (
            LandClass(id=311, name="broad-leaved", color="#80ff00"),
            LandClass(id=312, name="conifers", color="#00a600"),
        )
    )
    table = drawn(path, tmp_path / "map.gpkg", legend=legend)
    assert dict(zip(table.class_id, table.class_name, strict=True)) == {311: "broad-leaved", 312: "conifers"}


def test_an_output_may_have_any_name_beside_another(tmp_path: Path) -> None:
    path = write_map(tmp_path / "map.tif", patches(20, 20))
    out = [tmp_path / "m.fgb", tmp_path / "rough-m.fgb.gpkg"]
    glnet_geo.vectorize(path, out)
    assert len(geopandas.read_file(out[0])) == len(geopandas.read_file(out[1], layer="landcover"))
