"""Layers as QGIS has them: what is a file is handed over, what is none is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.logs import Log  # noqa: E402


def classify(out: Path, layer: Any) -> None:
    import processing

    processing.run("glnet:classify", {"INPUT": layer, "RASTER": str(out / "map.tif")})


def _handed_over(fake: Path) -> str:
    return str(json.loads(Path(f"{fake}.arguments").read_text())[1])


@pytest.mark.parametrize("name", ["scene.vrt", "ein “Bild” 'Ω'.tif", "-o.tif", "a & b; c.tif"])
def test_files_keep_their_names(fake_engine: Any, scene: Path, tmp_path: Path, name: str) -> None:
    from osgeo import gdal

    fake = fake_engine()
    path = tmp_path / name
    gdal.Translate(str(path), str(scene), format="VRT" if name.endswith("vrt") else "GTiff")
    classify(tmp_path, core.QgsRasterLayer(str(path)))
    assert _handed_over(fake) == str(path)


def test_a_raster_in_a_geopackage(engine: str, scene: Path, tmp_path: Path) -> None:
    """The engine opens it too: the name is more than a path."""
    from osgeo import gdal

    package = tmp_path / "two rasters.gpkg"
    for table in ("one", "two"):
        options = [f"RASTER_TABLE={table}", "TILE_FORMAT=PNG"]
        options += ["APPEND_SUBDATASET=YES"] if table == "two" else ["VERSION=1.2"]
        gdal.Translate(str(package), str(scene), format="GPKG", creationOptions=options)
    layer = core.QgsRasterLayer(f"GPKG:{package}:two", "two")
    assert layer.isValid()
    import processing

    found = processing.run("glnet:check", {"INPUT": layer})
    assert found["MEGAPIXELS"] == pytest.approx(0.372, abs=0.15)


def test_the_layer_of_a_project_is_found_by_its_name(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    fake = fake_engine()
    layer = core.QgsRasterLayer(str(scene), "my scene")
    core.QgsProject.instance().addMapLayer(layer)
    core.QgsProject.instance().setCrs(core.QgsCoordinateReferenceSystem("EPSG:3857"))
    try:
        classify(tmp_path, "my scene")
    finally:
        core.QgsProject.instance().removeMapLayer(layer)
    assert _handed_over(fake) == str(scene)


@pytest.mark.parametrize(
    ("provider", "uri", "reason"),
    [
        (
            "wms",
            "type=xyz&url=file:///nowhere/{z}/{x}/{y}.png&zmax=1&zmin=0",
            "comes from a map service .*save it as a GeoTIFF",
        ),
        ("gdal", "/vsimem/scene.tif", "lies in the memory of QGIS: save it"),
        ("gdal", "{scene}|option:NUM_THREADS=2", "is opened with options .*save it"),
    ],
)
def test_what_is_no_file_is_refused(
    engine: str, scene: Path, tmp_path: Path, provider: str, uri: str, reason: str
) -> None:
    from osgeo import gdal

    gdal.Translate("/vsimem/scene.tif", str(scene))
    layer = core.QgsRasterLayer(uri.replace("{scene}", str(scene)), "layer", provider)
    assert layer.isValid()
    with pytest.raises(core.QgsProcessingException, match=f"“layer” {reason}"):
        classify(tmp_path, layer)


def test_a_crs_that_only_qgis_knows_is_refused(engine: str, scene: Path, tmp_path: Path) -> None:
    """The engine reads the file: its map would lie elsewhere, without a word."""
    layer = core.QgsRasterLayer(str(scene), "layer")
    layer.setCrs(core.QgsCoordinateReferenceSystem("EPSG:32639"))
    with pytest.raises(core.QgsProcessingException, match="“layer” was given the CRS EPSG:32639 in QGIS"):
        classify(tmp_path, layer)


def _area(crs: str, scene: Path) -> Any:
    """A layer with the box of a scene."""
    layer = core.QgsVectorLayer(f"Polygon?crs={crs}&field=name:string", "area", "memory")
    feature = core.QgsFeature(layer.fields())
    feature.setGeometry(core.QgsGeometry.fromRect(core.QgsRasterLayer(str(scene)).extent()))
    layer.dataProvider().addFeature(feature)
    return layer


def test_an_area_that_is_a_file_is_handed_over(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """So that the command in the log works on a server too; what is none is copied."""
    import processing

    fake = fake_engine()
    area = _area("EPSG:32640", scene)
    path = tmp_path / "are a.gpkg"
    core.QgsVectorFileWriter.writeAsVectorFormatV3(
        area, str(path), core.QgsCoordinateTransformContext(), core.QgsVectorFileWriter.SaveVectorOptions()
    )
    filtered = core.QgsVectorLayer(str(path), "filtered")
    filtered.setSubsetString("name is null")
    elsewhere = core.QgsVectorLayer(str(path), "elsewhere")
    elsewhere.setCrs(core.QgsCoordinateReferenceSystem("EPSG:32639"))
    for given, same in ((str(path), True), (area, False), (filtered, False), (elsewhere, False)):
        out = str(tmp_path / "map.tif")
        processing.run("glnet:classify", {"INPUT": str(scene), "AOI_LAYER": given, "RASTER": out})
        told = json.loads(Path(f"{fake}.arguments").read_text())
        handed = told[told.index("--aoi") + 1]
        assert (handed == str(path)) is same
        assert core.QgsVectorLayer(handed).featureCount() == 1


def test_the_extent_of_a_layer(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    import processing

    fake = fake_engine()
    layer = _area("EPSG:32640", scene)
    processing.run("glnet:classify", {"INPUT": str(scene), "AOI": layer, "RASTER": str(tmp_path / "map.tif")})
    told = json.loads(Path(f"{fake}.arguments").read_text())
    area = core.QgsVectorLayer(told[told.index("--aoi") + 1])
    assert area.extent() == layer.extent()
    assert area.crs().authid() == "EPSG:32640"


def test_a_computed_raster_is_refused(engine: str, scene: Path, tmp_path: Path) -> None:
    if "virtualraster" not in core.QgsProviderRegistry.instance().providerList():
        pytest.skip("this QGIS has no virtual rasters")
    given = core.QgsRasterLayer(str(scene), "given")
    core.QgsProject.instance().addMapLayer(given)
    uri = core.QgsRasterDataProvider.VirtualRasterParameters()
    uri.crs, uri.extent = given.crs(), given.extent()
    uri.width, uri.height, uri.formula = given.width(), given.height(), '"r@1" * 2'
    described = core.QgsRasterDataProvider.VirtualRasterInputLayers()
    described.name, described.uri, described.provider = "r", str(scene), "gdal"
    uri.rInputLayers = [described]
    layer = core.QgsRasterLayer(
        core.QgsRasterDataProvider.encodeVirtualRasterProviderUri(uri), "computed", "virtualraster"
    )
    try:
        assert layer.isValid()
        with pytest.raises(core.QgsProcessingException, match="computed or stored by QGIS"):
            classify(tmp_path, layer)
    finally:
        core.QgsProject.instance().removeMapLayer(given)


def test_what_is_no_image_is_refused(engine: str, tmp_path: Path) -> None:
    (tmp_path / "text.tif").write_text("no image")
    with pytest.raises(core.QgsProcessingException, match=r"text\.tif"):
        classify(tmp_path, str(tmp_path / "text.tif"))


_BOW = "POLYGON(({0} {1}, {2} {3}, {2} {1}, {0} {3}, {0} {1}))"


def test_an_area_that_crosses_itself_is_handed_over_as_drawn(
    fake_engine: Any, scene: Path, tmp_path: Path
) -> None:
    """The engine mends it; that QGIS refuses it while it is read would end QGIS."""
    import processing

    fake = fake_engine()
    box = core.QgsRasterLayer(str(scene)).extent()
    corners = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
    area = core.QgsVectorLayer("Polygon?crs=EPSG:32640", "area", "memory")
    feature = core.QgsFeature(area.fields())
    feature.setGeometry(core.QgsGeometry.fromWkt(_BOW.format(*corners)))
    # A feature without a shape is one that somebody has not drawn yet.
    area.dataProvider().addFeatures([core.QgsFeature(area.fields()), feature])
    processing.run(
        "glnet:classify", {"INPUT": str(scene), "AOI_LAYER": area, "RASTER": str(tmp_path / "map.tif")}
    )
    told = json.loads(Path(f"{fake}.arguments").read_text())
    handed = core.QgsVectorLayer(told[told.index("--aoi") + 1])
    assert [not each.geometry().isGeosValid() for each in handed.getFeatures()] == [True]


def test_an_area_without_a_shape_is_refused_by_name(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    import processing

    fake_engine()
    area = core.QgsVectorLayer("Polygon?crs=EPSG:32640", "area", "memory")
    area.dataProvider().addFeature(core.QgsFeature(area.fields()))
    log = Log()
    with pytest.raises(core.QgsProcessingException):
        processing.run(
            "glnet:classify",
            {"INPUT": str(scene), "AOI_LAYER": area, "RASTER": str(tmp_path / "map.tif")},
            feedback=log,
        )
    assert any("“area” holds no polygon" in error for error in log.errors)


def test_an_empty_extent_is_refused(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """Such as that of a layer into which nothing was drawn yet."""
    import processing

    fake_engine()
    for area in (core.QgsVectorLayer("Polygon?crs=EPSG:32640", "area", "memory"), "5,5,6,6 [EPSG:32640]"):
        log = Log()
        with pytest.raises(core.QgsProcessingException):
            processing.run("glnet:check", {"INPUT": str(scene), "AOI": area}, feedback=log)
        assert any("“Only within this extent” is empty" in error for error in log.errors)


def test_a_layer_that_is_broken_is_called_by_its_name(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    import processing

    fake_engine()
    broken = core.QgsRasterLayer("/nowhere/scene.tif", "my scene", "gdal")
    with pytest.raises(core.QgsProcessingException, match="“my scene” cannot be opened"):
        classify(tmp_path, broken)
    with pytest.raises(core.QgsProcessingException, match="“my scene” cannot be opened"):
        processing.run("glnet:evaluate", {"INPUT": str(scene), "REFERENCE": broken})
