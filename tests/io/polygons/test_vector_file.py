from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import geopandas
import pytest
import shapely

from glnet_geo.core.window import Window
from glnet_geo.errors import AoiError
from glnet_geo.io.labelled_data.training_polygons import read_training_polygons
from glnet_geo.io.polygons.aoi import read_aoi
from glnet_geo.io.references.vector import read_labelled
from tests.rasters import Place

UNDEFINED = {"geographic": 0, "Cartesian": -1}


def _without_crs(path: Path, number: int) -> Path:
    """A polygon in a GeoPackage that has no CRS, as QGIS and older GDAL write it."""
    table = geopandas.GeoDataFrame({"class": ["road"]}, geometry=[shapely.box(10, 5, 30, 25)])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        table.to_file(path)
    with closing(sqlite3.connect(path)) as database, database:
        for told in ("gpkg_geometry_columns", "gpkg_contents"):
            database.execute(f"UPDATE {told} SET srs_id = ?", (number,))  # noqa: S608 - our own names
    return path


@pytest.mark.parametrize("kind", UNDEFINED)
def test_a_crs_that_is_undefined_is_none(tmp_path: Path, kind: str) -> None:
    path = _without_crs(tmp_path / "p.gpkg", UNDEFINED[kind])
    aoi = read_aoi(path, Place(height=60, width=80, transform=None, crs=None))
    assert aoi.mask(Window(row=0, col=0, height=60, width=80)).sum() == 20 * 20
    assert read_training_polygons(path, "class").crs is None
    assert read_labelled(path, "class").crs is None


def test_geoparquet_that_gdal_cannot_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver for databases claims the file, and asks for a library that nobody has."""
    path = tmp_path / "p.parquet"
    geopandas.GeoDataFrame(geometry=[shapely.box(10, 5, 30, 25)]).to_parquet(path)
    monkeypatch.setattr("pyogrio.list_drivers", dict)
    with pytest.raises(
        AoiError, match=r"p\.parquet is GeoParquet, which cannot be read here: give polygons as"
    ):
        read_aoi(path, Place(height=60, width=80, transform=None, crs=None))
