from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import rasterio

from glnet_geo.errors import OptionError, OutputError
from glnet_geo.io import stac
from tests.scenes import UTM, texture, write_model, write_scene
from tests.test_batch import mapped

pystac = pytest.importorskip("pystac")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    model = write_model(tmp_path / "tiny.safetensors", credit="the city", license="MIT")
    for number, name in enumerate("ab"):
        place = UTM @ UTM.translation(90 * number, 0)
        path = write_scene(tmp_path / f"{name}.tif", texture(80, 90, seed=number), transform=place)
    with rasterio.open(path, "r+") as raster:
        raster.update_tags(TIFFTAG_DATETIME="2023:05:17 10:20:30")
    mapped(
        [tmp_path / "a.tif", tmp_path / "b.tif"],
        tmp_path / "maps",
        model,
        formats=("tif", "gpkg"),
        confidence=True,
        mosaics=(tmp_path / "all.tif", tmp_path / "all.gpkg"),
        stac=tmp_path / "catalogue",
    )
    return tmp_path


def items(folder: Path) -> dict[str, Any]:
    collection = pystac.Collection.from_file(str(folder / "catalogue" / "collection.json"))
    return {item.id: item for item in collection.get_items()}


def test_every_map_is_listed_with_its_files(made: Path) -> None:
    found = items(made)
    assert set(found) == {"a_landcover", "b_landcover", "mosaic-all.tif", "mosaic-all.gpkg"}
    assert set(found["a_landcover"].assets) == {"landcover_tif", "landcover_gpkg", "confidence"}
    for item in found.values():
        for asset in item.assets.values():
            assert not Path(asset.href).is_absolute()
            assert Path(asset.get_absolute_href()).resolve().is_file()


def test_place_classes_and_provenance_are_told(made: Path) -> None:
    item = items(made)["b_landcover"]
    properties = item.properties
    assert (properties["proj:code"], properties["proj:shape"]) == ("EPSG:32640", [80, 90])
    with rasterio.open(made / "maps" / "b_landcover.tif") as raster:
        assert properties["proj:transform"] == list(raster.transform)[:6]
        assert properties["proj:bbox"] == pytest.approx(list(raster.bounds))
    assert item.datetime.isoformat() == "2023-05-17T10:20:30+00:00"
    assert properties["glnet:model"] == "tiny"
    assert len(properties["glnet:model_sha256"]) == 64
    assert (properties["glnet:model_credit"], properties["glnet:model_license"]) == ("the city", "MIT")
    assert "glnet_geo" in properties["processing:software"]
    assert [link.target for link in item.links if link.rel == "derived_from"] == [(made / "b.tif").as_uri()]
    classes = item.assets["landcover_tif"].extra_fields["classification:classes"]
    assert [(one["value"], one["name"]) for one in classes] == [
        (4, "water"),
        (0, "land"),
        (17, "road"),
        (255, "nodata"),
    ]
    assert {url.split("/")[3] for url in item.stac_extensions} == {
        "projection",
        "raster",
        "classification",
        "processing",
    }
    left, low, right, high = item.bbox
    assert 55 < left < right < 56
    assert 25 < low < high < 26


def test_a_catalogue_is_replaced_and_anything_else_is_not(made: Path) -> None:
    model = made / "tiny.safetensors"
    tiles = [made / "a.tif", made / "b.tif"]
    mapped(tiles[:1], made / "other", model, stac=made / "catalogue")
    assert set(items(made)) == {"a_landcover"}
    mine = made / "mine"
    mine.mkdir()
    (mine / "collection.json").write_text(json.dumps({"type": "Collection"}))
    with pytest.raises(OutputError, match="something else"):
        mapped(tiles[:1], made / "other", model, stac=mine)
    assert (mine / "collection.json").exists()


def test_without_pystac_the_batch_does_not_begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pystac", None)
    with pytest.raises(OptionError, match="pip install"):
        mapped([tmp_path / "a.tif"], tmp_path / "maps", tmp_path / "m.safetensors", stac=tmp_path / "c")
    assert not (tmp_path / "maps").exists()


def test_what_has_no_place_is_left_out(tmp_path: Path) -> None:
    model = write_model(tmp_path / "tiny.safetensors")
    write_scene(tmp_path / "plain.tif", texture(80, 90), transform=None, crs=None)
    with warnings.catch_warnings():
        mapped(tmp_path / "plain.tif", tmp_path / "maps", model, stac=tmp_path / "catalogue")
    assert not (tmp_path / "catalogue").exists()
    assert stac.taken(str(tmp_path / "plain.tif")) is None
