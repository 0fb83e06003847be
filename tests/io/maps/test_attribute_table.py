from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.errors import OutputError
from glnet_geo.io.maps.attribute_table import write_attribute_table
from tests.io.geotiffs import write

LEGEND = Legend(
    (
        LandClass(id=4, name="forêt & bush <tall>", color="#00aa22"),
        LandClass(id=1, name="water", color="#0055ff"),
    )
)


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    path = write(tmp_path / "map.tif", np.ones((1, 5, 6), np.uint8))
    write_attribute_table(path, LEGEND)
    return path


@pytest.fixture
def band(raster: Path) -> ET.Element:
    """What GDAL itself understood of it."""
    vrt = raster.with_suffix(".vrt")
    rasterio.shutil.copy(raster, vrt, driver="VRT")
    found = ET.parse(vrt).getroot().find("VRTRasterBand")
    assert found is not None
    return found


def test_it_lies_where_gdal_and_qgis_look_for_it(raster: Path) -> None:
    assert raster.with_name("map.tif.aux.xml").is_file()


def test_gdal_reads_the_names_by_value(band: ET.Element) -> None:
    names = [element.text or "" for element in band.findall("CategoryNames/Category")]
    assert names == ["", "water", "", "", "forêt & bush <tall>"]


def test_gdal_reads_the_table(band: ET.Element) -> None:
    table = band.find("GDALRasterAttributeTable")
    assert table is not None
    assert table.get("tableType") == "thematic"
    columns = [
        (column.findtext("Name"), column.findtext("Type"), column.findtext("Usage"))
        for column in table.findall("FieldDefn")
    ]
    assert columns == [
        ("Value", "0", "5"),
        ("Class", "2", "2"),
        ("Red", "0", "6"),
        ("Green", "0", "7"),
        ("Blue", "0", "8"),
        ("Alpha", "0", "9"),
    ]
    rows = [[cell.text for cell in row.findall("F")] for row in table.findall("Row")]
    assert rows == [
        ["4", "forêt & bush <tall>", "0", "170", "34", "255"],
        ["1", "water", "0", "85", "255", "255"],
    ]


def test_where_it_cannot_be_written_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^map\.tif\.aux\.xml could not be written \(No such file"):
        write_attribute_table(tmp_path / "missing" / "map.tif", LEGEND)


def test_characters_that_no_xml_may_hold_do_not_spoil_it(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", np.ones((1, 5, 6), np.uint8))
    write_attribute_table(path, Legend((LandClass(id=1, name="wa\x01ter", color="#0055ff"),)))
    names = ET.parse(f"{path}.aux.xml").findall("PAMRasterBand/CategoryNames/Category")
    assert [name.text for name in names] == [None, "wa\N{REPLACEMENT CHARACTER}ter"]
