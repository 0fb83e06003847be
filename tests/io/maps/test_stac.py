from __future__ import annotations

import json
import math
import os
import re
import shutil
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS

from glnet_geo.errors import CancelledError, OptionError, OutputError
from glnet_geo.io.maps.footprint import footprint
from glnet_geo.io.maps.stac import Maker, MapEntry, write_catalogue
from glnet_geo.io.maps.stac_folder import check_folder, replacing_folder
from glnet_geo.io.scenes.taken import taken
from glnet_geo.replacing import HIDDEN
from tests.batches import mapped
from tests.jobs import Told
from tests.model import tiny
from tests.scenes import UTM, texture, write_model, write_scene

pystac = pytest.importorskip("pystac")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch and its catalogue, only to be read."""
    tmp_path = tmp_path_factory.mktemp("made")
    model = write_model(tmp_path / "tiny.safetensors", credit="the city", license="MIT")
    for number, name in enumerate("ab"):
        place = UTM @ UTM.translation(90 * number, 0)
        path = write_scene(tmp_path / f"{name}.tif", texture(80, 90, seed=number), transform=place)
    with rasterio.open(path, "r+") as raster:
        raster.update_tags(TIFFTAG_DATETIME="2023:05:17 10:20:30")
    with rasterio.open(tmp_path / "a.tif", "r+") as raster:
        raster.update_tags(ns="IMAGERY", ACQUISITIONDATETIME="2023-05-16 10:20:30")
        raster.update_tags(TIFFTAG_DATETIME="2024:01:01 00:00:00")
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


def test_the_date_of_a_map_is_that_of_its_imagery(made: Path) -> None:
    found = items(made)
    assert found["a_landcover"].datetime == datetime(2023, 5, 16, 10, 20, 30, tzinfo=timezone.utc)
    whole = found["mosaic-all.tif"]
    assert whole.datetime is None
    assert whole.properties["start_datetime"] == "2023-05-16T10:20:30Z"
    assert whole.properties["end_datetime"] == "2023-05-17T10:20:30Z"
    extent = pystac.Collection.from_file(str(made / "catalogue" / "collection.json")).extent.temporal
    assert [moment.day for moment in extent.intervals[0]] == [16, 17]
    for item in found.values():
        created = datetime.fromisoformat(item.properties["created"].replace("Z", "+00:00"))
        assert created.timestamp() > (made / "b.tif").stat().st_mtime - 1


def test_the_date_of_a_stac_item_goes_before_that_of_its_file(made: Path, tmp_path: Path) -> None:
    source = {
        "type": "Feature",
        "id": "b",
        "geometry": None,
        "properties": {"datetime": "2022-02-03T00:00:00Z"},
        "assets": {"visual": {"href": str(made / "b.tif"), "type": "image/tiff"}},
    }
    plain = source | {"id": "c", "properties": {}, "assets": {"visual": {"href": str(tmp_path / "c.tif")}}}
    write_scene(tmp_path / "c.tif", texture(80, 90))
    collection = {"type": "FeatureCollection", "features": [source, plain]}
    (tmp_path / "items.json").write_text(json.dumps(collection))
    catalogue = tmp_path / "catalogue"
    mapped(tmp_path / "items.json", tmp_path / "maps", made / "tiny.safetensors", stac=catalogue)
    found = items(tmp_path)
    assert found["b_landcover"].datetime == datetime(2022, 2, 3, tzinfo=timezone.utc)
    # Nothing tells when the other was taken.
    created = datetime.fromisoformat(found["c_landcover"].properties["created"].replace("Z", "+00:00"))
    assert found["c_landcover"].datetime.replace(microsecond=0) == created


def test_what_is_written_fits_the_schemas_of_stac(made: Path) -> None:
    pytest.importorskip("jsonschema")
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    # The schemas of the core are part of pystac: nothing is fetched.
    validator = JsonSchemaSTACValidator()
    kinds = []
    for path in (made / "catalogue").rglob("*.json"):
        written = json.loads(path.read_text())
        kind = (
            pystac.STACObjectType.ITEM if written["type"] == "Feature" else pystac.STACObjectType.COLLECTION
        )
        assert validator.validate_core(written, kind, written["stac_version"])
        kinds.append(kind)
    assert len(kinds) == 5
    del written["links"]
    with pytest.raises(pystac.STACValidationError):
        validator.validate_core(written, kind, written["stac_version"])


FIELDS = {
    "projection/v2.0.0": (
        "proj",
        {"code", "wkt2", "projjson", "geometry", "bbox", "centroid", "shape", "transform"},
    ),
    "raster/v2.0.0": (
        "raster",
        {"sampling", "bits_per_sample", "spatial_resolution", "scale", "offset", "histogram"},
    ),
    "classification/v2.0.0": ("classification", {"classes", "bitfields"}),
    "processing/v1.2.0": (
        "processing",
        {"expression", "lineage", "level", "facility", "version", "datetime", "software"},
    ),
}
"""Prefix and fields of the extensions, by their documents; their schemas are nowhere but on the web."""


def test_extensions_are_named_where_they_are_used_and_have_these_fields(made: Path) -> None:
    for item in items(made).values():
        used = [*item.properties, *(name for asset in item.assets.values() for name in asset.extra_fields)]
        for extension, (prefix, fields) in FIELDS.items():
            url = f"https://stac-extensions.github.io/{extension}/schema.json"
            found = {name.removeprefix(f"{prefix}:") for name in used if name.startswith(f"{prefix}:")}
            assert found <= fields
            assert (url in item.stac_extensions) == bool(found)
        assert len(item.stac_extensions) == (2 if item.id == "mosaic-all.gpkg" else 4)


def test_fields_of_extensions_hold_what_they_should(made: Path) -> None:
    item = items(made)["a_landcover"]
    properties, fields = item.properties, item.assets["landcover_tif"].extra_fields
    assert re.fullmatch(r"[A-Z]+:\w+", properties["proj:code"])
    assert [len(properties[f"proj:{name}"]) for name in ("shape", "transform", "bbox")] == [2, 6, 4]
    assert isinstance(properties["processing:lineage"], str)
    assert re.fullmatch(r"L[0-4]", properties["processing:level"])
    assert all(isinstance(version, str) for version in properties["processing:software"].values())
    assert fields["raster:sampling"] in {"area", "point"}
    # The grid of UTM is not quite that of the ground.
    assert fields["raster:spatial_resolution"] == pytest.approx(0.5, rel=1e-3)
    assert (fields["data_type"], fields["nodata"]) == ("uint8", 255)
    classes = fields["classification:classes"]
    assert len({one["value"] for one in classes}) == len({one["name"] for one in classes}) == len(classes)
    for one in classes:
        assert isinstance(one["value"], int)
        assert re.fullmatch(r"[0-9A-Za-z_-]+", one["name"])
        assert isinstance(one["description"], str)
        assert one.get("nodata") or re.fullmatch(r"[0-9A-F]{6}", one["color_hint"])
    assert items(made)["a_landcover"].assets["confidence"].extra_fields["unit"] == "%"


def test_a_map_in_degrees_that_is_turned_is_told_in_metres_with_all_its_corners(tmp_path: Path) -> None:
    network = tiny.network()
    now = datetime(2024, 5, 6, tzinfo=timezone.utc)
    transform = Affine.translation(10, 0) @ Affine.rotation(45) @ Affine.scale(1e-5)
    crs = CRS.from_epsg(4326)
    place = footprint(transform, crs, 100, 100)
    assert place is not None
    entry = MapEntry(
        name="turned",
        files=(tmp_path / "turned.tif",),
        sources=("turned.tif",),
        height=100,
        width=100,
        transform=transform,
        crs=crs,
        footprint=place,
        taken=(),
        made=now,
    )
    maker = Maker(
        version="1", model="tiny", sha256="0", credit="", license="MIT", legend=tiny.card(network).legend
    )
    write_catalogue(tmp_path / "catalogue", [entry], maker)
    item = items(tmp_path)["turned"]
    half = 100e-5 * math.sqrt(0.5)
    assert item.properties["proj:bbox"] == pytest.approx([10 - half, 0, 10 + half, 2 * half], abs=1e-9)
    assert item.bbox == pytest.approx(item.properties["proj:bbox"], abs=1e-9)
    resolution = item.assets["landcover_tif"].extra_fields["raster:spatial_resolution"]
    assert resolution == pytest.approx(1.11, abs=0.01)


def test_a_catalogue_is_replaced_and_anything_else_is_not(tmp_path: Path, made: Path) -> None:
    model, tile = made / "tiny.safetensors", made / "a.tif"
    shutil.copytree(made / "catalogue", tmp_path / "catalogue")
    mapped(tile, tmp_path / "other", model, stac=tmp_path / "catalogue")
    assert set(items(tmp_path)) == {"a_landcover"}
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "collection.json").write_text(json.dumps({"type": "Collection"}))
    with pytest.raises(OutputError, match="something else"):
        mapped(tile, tmp_path / "other", model, stac=mine)
    assert (mine / "collection.json").exists()


@pytest.mark.parametrize(
    "name", ["notes.txt", "a_landcover/notes.txt", "a_landcover/b.json", "tiles/x/a.tif"]
)
def test_a_catalogue_among_which_a_person_has_put_something_is_not_replaced(
    tmp_path: Path, made: Path, name: str
) -> None:
    shutil.copytree(made / "catalogue", tmp_path / "catalogue")
    (tmp_path / "catalogue" / ".DS_Store").touch()
    check_folder(tmp_path / "catalogue")
    mine = tmp_path / "catalogue" / name
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(OutputError, match="something else than a catalogue"):
        check_folder(tmp_path / "catalogue")
    assert mine.read_text() == "mine"


def test_a_catalogue_that_is_stopped_leaves_the_old_one_and_nothing_half_made(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tile = made / "tiny.safetensors", made / "a.tif"
    shutil.copytree(made / "catalogue", tmp_path / "catalogue")
    half: list[str] = []

    def stopped(*_given: object, dest_href: str, **_more: object) -> None:
        Path(dest_href).mkdir()
        half.append(Path(dest_href).name)
        raise KeyboardInterrupt

    monkeypatch.setattr(pystac.Collection, "save", stopped)
    with pytest.raises((KeyboardInterrupt, CancelledError)):
        mapped(tile, tmp_path / "other", model, stac=tmp_path / "catalogue")
    # Whoever kills the process finds it by that name.
    assert [name.startswith(HIDDEN) for name in half] == [True]
    assert {path.name for path in tmp_path.iterdir()} == {"catalogue", "other"}
    assert len(items(tmp_path)) == 4


def test_a_catalogue_that_cannot_be_moved_to_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "catalogue"
    place.mkdir()
    (place / "collection.json").write_text("old")
    move = Path.rename

    def stuck(source: Path, target: Path) -> Path:
        if (source / "collection.json").read_text() == "new":
            raise PermissionError(13, "Permission denied")
        return move(source, target)

    monkeypatch.setattr(Path, "rename", stuck)
    with pytest.raises(OutputError, match=r"could not be written to .*catalogue \(Permission denied\)"):
        _write_collection(place, "new")
    assert (place / "collection.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["catalogue"]


def _write_collection(place: Path, text: str) -> None:
    with replacing_folder(place) as made:
        made.mkdir()
        (made / "collection.json").write_text(text)


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
    assert taken(str(tmp_path / "plain.tif")) == ()


def test_a_map_that_lies_nowhere_on_earth_is_left_out(tmp_path: Path, made: Path) -> None:
    here = CRS.from_wkt('LOCAL_CS["here",UNIT["metre",1]]')
    local = write_scene(tmp_path / "local.tif", texture(80, 90), crs=here)
    told = Told()
    catalogue = tmp_path / "catalogue"
    mapped(
        [local, made / "a.tif"], tmp_path / "maps", made / "tiny.safetensors", stac=catalogue, progress=told
    )
    assert set(items(tmp_path)) == {"a_landcover"}
    assert "not in the catalogue: 1 map without a place on the ground" in told.told


def test_maps_have_names_of_their_own_wherever_they_lie(tmp_path: Path, made: Path) -> None:
    for name in ("a-b/c", "a/b-c"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(made / "a.tif", tmp_path / f"{name}.tif")
    maps, catalogue = tmp_path / "maps", tmp_path / "catalogue"
    maps.mkdir()
    (tmp_path / "far").mkdir()
    (maps / "a").symlink_to(tmp_path / "far", target_is_directory=True)
    (maps / "a-b").symlink_to(tmp_path / "far", target_is_directory=True)
    tiles = [tmp_path / "a-b", tmp_path / "a", made / "b.tif"]
    name = "{parent}/{stem}{suffix}"
    mapped(tiles, maps, made / "tiny.safetensors", name=name, seamless=False, stac=catalogue)
    assert set(items(tmp_path)) == {"c", "b-c", f"{made.name}-b"}
    for link in ("a", "a-b"):
        (maps / link).unlink()
    mapped(tiles, maps, made / "tiny.safetensors", name=name, seamless=False, stac=catalogue)
    assert set(items(tmp_path)) == {"a-b-c", "a-b-c-2", f"{made.name}-b"}
    assert len({path.read_text() for path in catalogue.rglob("a-b-c*.json")}) == 2


def test_a_mosaic_is_not_derived_from_tiles_that_failed(tmp_path: Path, made: Path) -> None:
    tiles = [tmp_path / "a.tif", made / "b.tif"]
    shutil.copy(made / "a.tif", tiles[0])
    os.truncate(tiles[0], tiles[0].stat().st_size // 2)
    more: dict[str, Any] = {"mosaics": (tmp_path / "all.tif",), "stac": tmp_path / "catalogue", "retries": 0}
    report = mapped(tiles, tmp_path / "maps", made / "tiny.safetensors", **more)
    assert [Path(tile.tile).name for tile in report.failed] == ["a.tif"]
    mosaic = items(tmp_path)["mosaic-all"]
    assert [link.target for link in mosaic.links if link.rel == "derived_from"] == [tiles[1].as_uri()]
    assert mosaic.datetime == datetime(2023, 5, 17, 10, 20, 30, tzinfo=timezone.utc)
