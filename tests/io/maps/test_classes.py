from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pyogrio
import pytest
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.crs import CRS

from glnet_geo.core.legend import LandClass, Legend
from glnet_geo.core.strip import Strip
from glnet_geo.errors import DoubtfulInputWarning, OptionError, SceneError
from glnet_geo.io.maps import classes as module
from glnet_geo.io.maps.classes import open_classes
from glnet_geo.io.maps.raster import ClassRaster
from tests.io.geotiffs import PLACE, UTM, write
from tests.rasters import Place

CODES = np.array([[1, 1, 3], [3, 9, 9]])


def _codes(path: Path, **options: Any) -> NDArray[np.uint8]:
    with open_classes(path, **options) as classes:
        return np.concatenate([strip.classes for strip in classes.strips()])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64"])
@pytest.mark.parametrize("nodata", [None, 9])
def test_any_whole_number_is_a_class(tmp_path: Path, dtype: str, nodata: int | None) -> None:
    path = write(tmp_path / "classes.tif", CODES[None].astype(dtype), nodata=nodata)
    with open_classes(path) as classes:
        assert [c.id for c in classes.legend] == ([1, 3, 9] if nodata is None else [1, 3])
        assert classes.codes.tolist() == list(range(len(classes.legend)))
        assert (classes.height, classes.width, classes.crs) == (2, 3, CRS.from_string(UTM))
    last = 2 if nodata is None else 255
    assert _codes(path).tolist() == [[0, 0, 1], [1, last, last]]


def test_values_may_lie_far_apart_and_below_zero(tmp_path: Path) -> None:
    pixels = np.array([[[-7, 2_000_000_000, 311]]], dtype=np.int32)
    path = write(tmp_path / "classes.tif", pixels)
    with open_classes(path) as classes:
        assert [c.id for c in classes.legend] == [-7, 311, 2_000_000_000]
    assert _codes(path).tolist() == [[0, 2, 1]]


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_neighbours_among_the_largest_values_are_told_apart(tmp_path: Path, dtype: str) -> None:
    largest = np.iinfo(np.int64).max
    path = write(tmp_path / "classes.tif", np.array([[[largest, 3, largest - 1]]], dtype=dtype))
    with open_classes(path) as classes:
        assert [c.id for c in classes.legend] == [3, largest - 1, largest]
    assert _codes(path).tolist() == [[2, 0, 1]]


def test_values_that_no_signed_number_holds_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "classes.tif", np.array([[[2**63, 2**63 + 2]]], dtype=np.uint64))
    with pytest.raises(
        SceneError, match=r"classes\.tif holds the value 9223372036854775810, and a class is at most"
    ):
        open_classes(path)


def test_strips_are_whole_rows_whatever_their_height(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(1).integers(0, 7, (1, 37, 11)).astype(np.uint8)
    path = write(tmp_path / "classes.tif", pixels)
    whole = _codes(path)
    monkeypatch.setattr(module, "_PIXELS_AT_ONCE", 50)
    with open_classes(path) as classes:
        strips = list(classes.strips())
    assert [strip.row for strip in strips] == list(range(0, 37, 4))
    np.testing.assert_array_equal(np.concatenate([strip.classes for strip in strips]), whole)


def test_a_mask_hides_classes(tmp_path: Path) -> None:
    mask = np.array([[True, True, False], [True, True, True]])
    path = write(tmp_path / "classes.tif", CODES[None].astype(np.uint8), mask=mask)
    assert _codes(path).tolist() == [[0, 0, 255], [1, 2, 2]]


def test_names_and_colours_of_our_own_maps(tmp_path: Path) -> None:
    legend = Legend(
        (LandClass(id=9, name="roof", color="#cc3300"), LandClass(id=1, name="water", color="#0055ff"))
    )
    place = Place(height=1, width=2, transform=PLACE, crs=None)
    raster = ClassRaster(tmp_path / "map.tif", place, legend, tags={"WHY": "test"})
    raster.write(Strip(row=0, classes=np.array([[9, 1]], dtype=np.uint8)))
    raster.finish()
    with open_classes(tmp_path / "map.tif") as classes:
        assert set(classes.legend) == set(legend)
        assert classes.tags["WHY"] == "test"
    (tmp_path / "map.tif.aux.xml").unlink()
    with open_classes(tmp_path / "map.tif") as classes:
        assert [c.color for c in classes.legend] == ["#0055ff", "#cc3300"]
        assert [c.name for c in classes.legend] == ["class 1", "class 9"]


def test_category_names_of_a_virtual_raster(tmp_path: Path) -> None:
    path = tmp_path / "classes.vrt"
    source = write(tmp_path / "classes.tif", np.array([[[0, 1, 2]]], dtype=np.uint8))
    path.write_text(
        f"""<VRTDataset rasterXSize="3" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">
        <CategoryNames><Category>water</Category><Category/><Category>water</Category></CategoryNames>
        <SimpleSource><SourceFilename>{source}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
        </VRTRasterBand></VRTDataset>"""
    )
    with open_classes(path) as classes:
        assert [c.name for c in classes.legend] == ["water (0)", "class 1", "water (2)"]
        assert len({c.color for c in classes.legend}) == 3


RED_GREEN_BLUE = (("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))


def _table(columns: Sequence[tuple[str, int, int]], *rows: Sequence[object]) -> str:
    """An attribute table in GDAL's words; of each column name, type (0 integer, 1 real, 2 text) and usage."""
    fields = "".join(
        f"<FieldDefn><Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage></FieldDefn>"
        for name, kind, usage in columns
    )
    lines = "".join(
        f'<Row index="{place}">{"".join(f"<F>{entry}</F>" for entry in row)}</Row>'
        for place, row in enumerate(rows)
    )
    return f"<GDALRasterAttributeTable>{fields}{lines}</GDALRasterAttributeTable>"


@pytest.mark.parametrize("place", ["beside the raster", "in a virtual raster", "in an archive"])
def test_attribute_tables_are_found_wherever_gdal_finds_them(tmp_path: Path, place: str) -> None:
    path = write(tmp_path / "classes.tif", np.array([[[1, 2, 2]]], dtype=np.uint8))
    columns = (("Value", 0, 5), ("Class", 2, 2), *RED_GREEN_BLUE)
    table = _table(columns, (1, "water", 0, 85, 255), (2, "forest", 0, 128, 0))
    beside = tmp_path / "classes.tif.aux.xml"
    beside.write_text(f'<PAMDataset><PAMRasterBand band="1">{table}</PAMRasterBand></PAMDataset>')
    raster: Path | str = path
    if place == "in a virtual raster":
        raster = tmp_path / "classes.vrt"
        rasterio.shutil.copy(path, raster, driver="VRT")
        beside.unlink()
    elif place == "in an archive":
        with ZipFile(tmp_path / "classes.zip", "w") as archive:
            for file in (path, beside):
                archive.write(file, file.name)
        raster = f"/vsizip/{tmp_path}/classes.zip/classes.tif"
    with open_classes(raster) as classes:
        assert [(c.id, c.name, c.color) for c in classes.legend] == [
            (1, "water", "#0055ff"),
            (2, "forest", "#008000"),
        ]


@pytest.mark.parametrize(
    ("columns", "first", "second"),
    [
        ((("VALUE", 0, 0), ("COUNT", 1, 0), ("Cover", 2, 0)), (1, 5, "water"), (2, 7, "forest")),
        ((("Code", 2, 0), ("LABEL3", 2, 0), ("Value", 1, 0)), ("512", "water", 1.0), ("311", "forest", 2.0)),
        ((("Value", 0, 5), ("Class", 2, 0), ("Class_name", 2, 0)), (1, "W", "water"), (2, "F", "forest")),
    ],
    ids=["the only text", "a label", "a name before a class"],
)
def test_columns_without_a_usage_are_known_by_their_names(
    tmp_path: Path, columns: Sequence[tuple[str, int, int]], first: Sequence[object], second: Sequence[object]
) -> None:
    path = write(tmp_path / "classes.tif", np.array([[[1, 2, 2]]], dtype=np.uint8))
    colours = (("red", 0, 0), ("Green", 0, 0), ("BLUE", 0, 0))
    table = _table((*columns, *colours), (*first, 0, 85, 255), (*second, 0, 128, 0))
    (tmp_path / "classes.tif.aux.xml").write_text(
        f'<PAMDataset><PAMRasterBand band="1">{table}</PAMRasterBand></PAMDataset>'
    )
    with open_classes(path) as classes:
        assert [(c.id, c.name, c.color) for c in classes.legend] == [
            (1, "water", "#0055ff"),
            (2, "forest", "#008000"),
        ]


def test_texts_that_are_no_names_name_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "classes.tif", np.array([[[1, 2, 2]]], dtype=np.uint8))
    table = _table((("Value", 0, 5), ("Source", 2, 0), ("Remark", 2, 0)), (1, "survey", "old"))
    (tmp_path / "classes.tif.aux.xml").write_text(
        f'<PAMDataset><PAMRasterBand band="1">{table}</PAMRasterBand></PAMDataset>'
    )
    with open_classes(path) as classes:
        assert [c.name for c in classes.legend] == ["class 1", "class 2"]


def test_a_class_file_names_classes_and_what_it_leaves_out_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "classes.tif", CODES[None].astype(np.uint8))
    legend = Legend(
        (LandClass(id=1, name="water", color="#0055ff"), LandClass(id=3, name="road", color="#cccccc"))
    )
    with pytest.warns(DoubtfulInputWarning, match=r"classes\.tif holds the classes 9, which the class file"):
        classes = open_classes(path, legend=legend)
    with classes:
        assert [c.name for c in classes.legend] == ["water", "road", "class 9"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_other_than_whole_numbers_are_refused(tmp_path: Path, dtype: str) -> None:
    path = write(tmp_path / "height.tif", CODES[None].astype(dtype))
    with pytest.raises(SceneError, match=rf"height\.tif holds {dtype} values.*gdal_translate"):
        open_classes(path)


def test_a_type_that_numpy_does_not_know_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "radar.tif", CODES[None].astype(np.int16))
    path = tmp_path / "radar.vrt"
    path.write_text(
        '<VRTDataset rasterXSize="3" rasterYSize="2"><VRTRasterBand dataType="CInt16" band="1"><SimpleSource>'
        f"<SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(SceneError, match=r"radar\.vrt holds complex_int16 values"):
        open_classes(path)


def test_another_band_is_named_only_where_one_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path / "image.tif", np.arange(3000, dtype=np.uint16).reshape(1, 50, 60))
    with pytest.raises(SceneError, match=r"give a classified raster, or another --band$"):
        open_classes(path, band=1)
    with pytest.raises(SceneError, match=r"give a classified raster$"):
        open_classes(path)


def test_an_image_is_refused_or_doubted(tmp_path: Path) -> None:
    pixels = np.arange(300, dtype=np.uint16).reshape(1, 3, 100)
    with pytest.raises(SceneError, match=r"more than 255 different values by row 3: it looks like an image"):
        open_classes(write(tmp_path / "image.tif", pixels))
    path = write(tmp_path / "grey.tif", (pixels % 100).astype(np.uint8))
    with pytest.warns(DoubtfulInputWarning, match=r"grey\.tif holds 100 different values"):
        open_classes(path).close()


def test_bands_are_chosen_by_number(tmp_path: Path) -> None:
    path = write(tmp_path / "two.tif", np.stack([CODES, CODES + 1]).astype(np.uint8))
    with open_classes(path, band=2) as classes:
        assert [c.id for c in classes.legend] == [2, 4, 10]
    for band in (3, 0, -1):
        with pytest.raises(OptionError, match=rf"two\.tif has no band {band}: choose one from 1 to 2"):
            open_classes(path, band=band)


def test_a_file_of_several_maps_is_doubted(tmp_path: Path) -> None:
    path = write(tmp_path / "years.tif", CODES[None].astype(np.uint8))
    next_year = write(tmp_path / "next_year.tif", CODES[None].astype(np.uint8))
    rasterio.shutil.copy(next_year, path, driver="GTiff", APPEND_SUBDATASET="YES")
    with pytest.warns(DoubtfulInputWarning, match=r"years\.tif holds 2 images, and the first is read"):
        open_classes(path).close()


@pytest.mark.parametrize("scale", [255, 1.0])
@pytest.mark.parametrize("column", ["Class_Name", "ClassName", "Name", "Class", "Cover"])
def test_a_table_of_esri_names_the_classes(tmp_path: Path, column: str, scale: float) -> None:
    """Colours in it are whole numbers up to 255, or fractions of 1."""
    path = write(tmp_path / "classes.tif", np.array([[[1, 2, 2]]], dtype=np.uint8))
    colours = np.array([[0, 85, 255], [0, 128, 0]]) * scale / 255
    fields = {
        "Value": np.array([1, 2]),
        "Count": np.array([1.0, 2.0]),
        column: np.array(["water", "fôret"], object),
    }
    for place, colour in enumerate(("Red", "Green", "Blue")):
        fields[colour] = colours[:, place] if isinstance(scale, float) else colours[:, place].astype(int)
    pyogrio.raw.write(
        tmp_path / "classes.tif.vat.dbf",
        geometry=None,
        field_data=list(fields.values()),
        fields=list(fields),
        driver="ESRI Shapefile",
        encoding="UTF-8",
    )
    with open_classes(path) as classes:
        assert [(c.id, c.name, c.color) for c in classes.legend] == [
            (1, "water", "#0055ff"),
            (2, "fôret", "#008000"),
        ]
    # What GDAL knows counts first.
    known = _table((("Value", 0, 5), ("Class", 2, 2)), (1, "lake"))
    (tmp_path / "classes.tif.aux.xml").write_text(
        f'<PAMDataset><PAMRasterBand band="1">{known}</PAMRasterBand></PAMDataset>'
    )
    with open_classes(path) as classes:
        assert [c.name for c in classes.legend] == ["lake", "class 2"]


def test_a_damaged_table_of_esri_costs_only_the_names(tmp_path: Path) -> None:
    path = write(tmp_path / "classes.tif", CODES[None].astype(np.uint8))
    (tmp_path / "classes.tif.vat.dbf").write_bytes(b"no table")
    with (
        pytest.warns(DoubtfulInputWarning, match=r"classes\.tif\.vat\.dbf cannot be read"),
        open_classes(path) as classes,
    ):
        assert [c.name for c in classes.legend] == ["class 1", "class 3", "class 9"]


def test_nothing_but_nodata_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "empty.tif", np.zeros((1, 4, 4), np.uint8), nodata=0)
    with pytest.raises(SceneError, match=r"empty\.tif has no pixel with a class"):
        open_classes(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="does not exist"):
        open_classes(tmp_path / "none.tif")


def test_a_damaged_attribute_table_costs_only_the_names(tmp_path: Path) -> None:
    path = write(tmp_path / "classes.tif", CODES[None].astype(np.uint8))
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {1: (0, 85, 255, 255)})
    path.with_name("classes.tif.aux.xml").write_text("<PAMDataset><PAM")
    with open_classes(path) as classes:
        assert {c.id: c.color for c in classes.legend}[1] == "#0055ff"
