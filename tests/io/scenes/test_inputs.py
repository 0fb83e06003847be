from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from glnet_geo.errors import DoubtfulInputWarning, OptionError, SceneError
from glnet_geo.io.files.identity import identity
from glnet_geo.io.scenes.inputs import named_tiles
from glnet_geo.io.scenes.source_files import raster_identity
from tests.scenes import UTM, texture, write_scene


@pytest.fixture
def tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two tiles in a folder, beside what is none."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    (folder / "notes.md").write_text("no tile")
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate("ab"):
        place = UTM @ UTM.translation(40 * number, 0)
        write_scene(folder / f"{name}.tif", texture(30, 40), transform=place)
    return [folder / "a.tif", folder / "b.tif"]


def found(*inputs: Any, asset: str | None = None) -> list[Path]:
    return [Path(path).resolve() for path in named_tiles(inputs, asset=asset).paths]


def test_files_folders_and_patterns(tiles: list[Path]) -> None:
    assert found(*tiles) == tiles
    assert found("tiles") == tiles
    assert found("tiles/*.tif") == tiles
    assert found("**/b.*") == tiles[1:]
    assert found(tiles[1], "tiles") == tiles[::-1]


def test_a_file_under_several_names_is_one_tile(tiles: list[Path], tmp_path: Path) -> None:
    (tmp_path / "link.tif").symlink_to(tiles[0])
    (tmp_path / "other").symlink_to(tiles[0].parent, target_is_directory=True)
    given = named_tiles(["tiles/b.tif", "tiles/../tiles/b.tif", "link.tif", "other"])
    assert given.paths == [str(tiles[1]), str(tmp_path / "link.tif")]
    (said,) = given.notes
    assert "other names of files that are named before" in said
    assert "tiles/../tiles/b.tif" in said
    assert not named_tiles(tiles).notes


def test_of_a_folder_only_files_that_are_shown_are_tiles(tiles: list[Path]) -> None:
    # As other systems leave them behind.
    Path("tiles/._a.tif").write_bytes(b"\x00\x05\x16\x07")
    Path("tiles/parts.tif").mkdir()
    assert found("tiles") == tiles
    with pytest.raises(SceneError, match="cannot be told from the current folder"):
        found("")


def test_the_address_of_a_file_is_its_path(tiles: list[Path]) -> None:
    assert found(tiles[0].as_uri(), tiles[0]) == tiles[:1]
    assert found(tiles[0].parent.as_uri()) == tiles


def test_addresses_and_what_a_list_names_are_tiles_though_they_may_be_missing(tiles: list[Path]) -> None:
    given = ["https://example.org/a.tif?key=1", "/vsis3/bucket/b.tif", "NETCDF:a.nc:x"]
    Path("tiles/list.txt").write_text("missing.tif\nNETCDF:b.nc:x\n")
    listed = [str(Path("tiles/missing.tif").absolute()), "NETCDF:b.nc:x"]
    assert named_tiles([*given, "tiles/list.txt"]).paths == [*given, *listed]


@pytest.mark.parametrize(
    "given", ["missing.tif", "nofolder", "index.gpkg", "list.txt", "items.json", "a/b.vrt"]
)
def test_an_input_that_is_not_there_is_refused(tiles: list[Path], given: str) -> None:
    with pytest.raises(SceneError, match=f"{given} does not exist: check the path"):
        found(tiles[0], given)


def test_a_list_is_read_from_its_folder_or_the_current_one(tiles: list[Path], tmp_path: Path) -> None:
    (tmp_path / "tiles" / "list.txt").write_text('# remark\n\na.tif\n"tiles/b.tif"\nhttps://x.org/c.tif\n')
    assert [Path(path).name for path in named_tiles(["tiles/list.txt"]).paths] == ["a.tif", "b.tif", "c.tif"]
    assert found("tiles/list.txt")[:2] == tiles


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_in_another_encoding_is_told(tiles: list[Path], encoding: str) -> None:
    path = tiles[0].with_name("list.txt")
    path.write_text("a.tif\nb.tif\n", encoding=encoding)
    with pytest.raises(SceneError, match=r"list\.txt cannot be read as a list of tiles \(.*UTF-8"):
        found(path)


def test_a_tile_index_names_its_files(tiles: list[Path], tmp_path: Path) -> None:
    boxes = [shapely.box(0, 0, 1, 1)] * 2
    table = geopandas.GeoDataFrame({"location": ["a.tif", str(tiles[1])]}, geometry=boxes, crs="EPSG:32640")
    table.to_file(tmp_path / "tiles" / "index.gpkg")
    assert found("tiles/index.gpkg") == tiles
    table.drop(columns="location").to_file(tmp_path / "other.gpkg")
    with pytest.raises(SceneError, match="no field 'location'"):
        found("other.gpkg")


def item(name: str, **assets: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "properties": {}, "geometry": None, "assets": assets}


TIFF = "image/tiff; application=geotiff"


def test_stac_items_give_their_rasters(tiles: list[Path], tmp_path: Path) -> None:
    items = [
        item(
            "a", image={"href": "./a.tif", "type": TIFF}, thumbnail={"href": "a.png", "roles": ["thumbnail"]}
        ),
        item(
            "b",
            ortho={"href": "./b.tif", "roles": ["data"]},
            info={"href": "b.json", "type": "application/json"},
        ),
    ]
    catalogue = tmp_path / "tiles" / "items.json"
    catalogue.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    assert found(catalogue) == tiles
    catalogue.write_text(json.dumps(items[0]))
    assert found(catalogue) == tiles[:1]
    catalogue.write_text(json.dumps(item("c", image={"href": tiles[1].as_uri(), "type": TIFF})))
    assert found(catalogue) == tiles[1:]


def test_an_asset_is_chosen_where_there_are_several(tiles: list[Path], tmp_path: Path) -> None:
    bands = {key: {"href": f"tiles/{key}.tif", "type": TIFF} for key in "ab"}
    path = tmp_path / "item.geojson"
    path.write_text(json.dumps(item("x", **bands)))
    with pytest.raises(OptionError, match=r"2 rasters \(a, b\).*--asset"):
        found(path)
    assert found(path, asset="b") == tiles[1:]
    with pytest.raises(OptionError, match="no asset c"):
        found(path, asset="c")


def test_what_was_taken_of_several_is_told(tiles: list[Path], tmp_path: Path) -> None:
    bands = {
        key: {"href": f"tiles/{name}.tif", "type": TIFF} for key, name in (("visual", "a"), ("nir", "b"))
    }
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [item("x", **bands)]}))
    assert named_tiles([path]).notes == (
        "asset visual of a STAC item is mapped: --asset takes another (nir)",
    )
    assert named_tiles([path], asset="nir").notes == ()
    del bands["nir"]
    path.write_text(json.dumps(item("x", **bands)))
    assert named_tiles([path]).notes == ()


def test_an_asset_without_items_is_refused(tiles: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "index.geojson"
    path.write_text(json.dumps(item("a") | {"properties": {"location": str(tiles[0])}}))
    for given in ("tiles", path):
        with pytest.raises(OptionError, match="--asset chooses among"):
            found(given, asset="visual")
    assert found(path) == tiles[:1]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"datetime": "2024-01-02T03:04:05.5Z"}, ["2024-01-02T03:04:05.500000+00:00"]),
        ({"datetime": "2024-01-02T03:04:05+02:00"}, ["2024-01-02T01:04:05+00:00"]),
        (
            {
                "datetime": None,
                "start_datetime": "2024-01-02T00:00:00Z",
                "end_datetime": "2024-01-04T00:00:00Z",
            },
            ["2024-01-02T00:00:00+00:00", "2024-01-04T00:00:00+00:00"],
        ),
        ({"datetime": None}, None),
        ({}, None),
    ],
)
def test_items_tell_when_the_imagery_was_taken(
    tiles: list[Path], tmp_path: Path, properties: dict[str, Any], expected: list[str] | None
) -> None:
    path = tmp_path / "item.json"
    path.write_text(
        json.dumps(item("a", image={"href": "tiles/a.tif", "type": TIFF}) | {"properties": properties})
    )
    taken = named_tiles([path]).taken
    assert {path: [moment.isoformat() for moment in moments] for path, moments in taken.items()} == (
        {} if expected is None else {str(tiles[0]): expected}
    )


@pytest.mark.parametrize("text", ["yesterday", 3.5, {}, "0000-00-00"])
def test_a_date_that_cannot_be_read_is_doubtful(tiles: list[Path], tmp_path: Path, text: object) -> None:
    path = tmp_path / "item.json"
    raster = item("a", image={"href": "tiles/a.tif", "type": TIFF})
    path.write_text(json.dumps(raster | {"properties": {"datetime": text}}))
    with pytest.warns(DoubtfulInputWarning, match="item a of item.json has no date that can be read"):
        assert named_tiles([path]).taken == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "FeatureCollection"}'])
def test_what_is_no_catalogue_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(SceneError, match="no STAC item collection"):
        named_tiles([tmp_path / "x.json"])


@pytest.mark.parametrize("kind", ["Collection", "Catalog"])
def test_a_catalogue_that_only_links_to_items_is_told(tmp_path: Path, kind: str) -> None:
    links = [{"rel": "item", "href": "./a/a.json"}]
    (tmp_path / "x.json").write_text(json.dumps({"type": kind, "id": "x", "links": links}))
    with pytest.raises(
        SceneError, match=f"is a STAC {kind.lower()}, whose items are files of their own: name"
    ):
        named_tiles([tmp_path / "x.json"])


@pytest.mark.parametrize("given", ["empty", "none/*.tif", "list.txt"])
def test_an_input_that_names_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.txt").write_text("# nothing\n")
    with pytest.raises(SceneError, match="names no raster"):
        named_tiles([given])


SOURCE = """<SimpleSource><SourceFilename relativeToVRT="1">{name}</SourceFilename><SourceBand>{band}</SourceBand>
<SourceProperties RasterXSize="40" RasterYSize="30" DataType="Byte" BlockXSize="40" BlockYSize="30" />
<SrcRect xOff="0" yOff="0" xSize="{width}" ySize="30" /><DstRect xOff="{left}" yOff="0" xSize="40" ySize="30" />
</SimpleSource>"""
ODD_SOURCE = SOURCE.format(name="a.tif", band=1, width="wide", left=0)


def mosaic(
    path: Path,
    *,
    width: int = 40,
    shift: int = 0,
    nodata: str = "",
    kind: str = "",
    crs: str = "EPSG:32640",
    place: Affine = UTM,
) -> Path:
    """A VRT of both tiles, as gdalbuildvrt writes it."""
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}">{nodata}'
        + "".join(
            SOURCE.format(name=f"{name}.tif", band=(band + shift - 1) % 3 + 1, width=width, left=40 * number)
            for number, name in enumerate("ab")
        )
        + "</VRTRasterBand>"
        for band in (1, 2, 3)
    )
    path.write_text(
        f'<VRTDataset rasterXSize="80" rasterYSize="30"{kind}><SRS>{crs}</SRS><GeoTransform>'
        f"{', '.join(map(str, place.to_gdal()))}</GeoTransform>{bands}</VRTDataset>"
    )
    return path


def test_a_plain_mosaic_gives_its_files(tiles: list[Path], tmp_path: Path) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt")
    assert found(path) == tiles
    with rasterio.open(path) as whole, rasterio.open(tiles[0]) as first:
        np.testing.assert_array_equal(whole.read()[:, :, :40], first.read())


def test_a_plain_mosaic_of_tiles_without_data_at_nan_gives_its_files(
    tiles: list[Path], tmp_path: Path
) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt", nodata="<NoDataValue>nan</NoDataValue>")
    path.write_text(path.read_text().replace('"Byte"', '"Float32"'))
    for tile in tiles:
        with rasterio.open(tile) as raster:
            place = raster.transform
        write_scene(tile, np.ones((3, 30, 40), np.float32), transform=place, nodata=np.nan)
    assert found(path) == tiles


@pytest.mark.parametrize("missing", ["a", "b"])
def test_a_mosaic_of_which_a_file_is_missing_gives_its_files(
    tiles: list[Path], tmp_path: Path, missing: str
) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt")
    (tmp_path / "tiles" / f"{missing}.tif").unlink()
    assert found(path) == tiles


@pytest.mark.parametrize(
    "changed",
    [
        {"width": 20},
        {"shift": 1},
        {"nodata": "<NoDataValue>0</NoDataValue>"},
        {"crs": "EPSG:32639"},
        {"kind": ' subClass="VRTWarpedDataset"'},
        {"place": UTM @ Affine.translation(7, 0)},
        {"place": UTM @ Affine.scale(2)},
    ],
)
def test_a_vrt_that_shows_something_else_is_a_tile_itself(
    tiles: list[Path], tmp_path: Path, changed: dict[str, Any]
) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt", **changed)
    assert found(path) == [path]


def test_a_mosaic_of_addresses_gives_them_as_they_are_written(
    tiles: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt")
    monkeypatch.setattr("glnet_geo.io.scenes.vrt._shows_them_as_they_are", lambda *_: True)
    text = path.read_text().replace('relativeToVRT="1">', 'relativeToVRT="0">/vsicurl/https://host.org/')
    path.write_text(text)
    expected = [f"/vsicurl/https://host.org/{tile.name}" for tile in tiles]
    assert named_tiles([path]).paths == expected


def test_a_vrt_is_another_when_a_file_in_it_is(tiles: list[Path], tmp_path: Path) -> None:
    path = mosaic(tmp_path / "tiles" / "all.vrt", nodata="<NoDataValue>0</NoDataValue>")
    outer = tmp_path / "tiles" / "outer.vrt"
    outer.write_text(path.read_text().replace("b.tif", "all.vrt"))
    seen = [(raster_identity(path), raster_identity(outer))]
    os.utime(tiles[1], ns=(0, 0))
    seen.append((raster_identity(path), raster_identity(outer)))
    tiles[0].unlink()
    seen.append((raster_identity(path), raster_identity(outer)))
    for one in zip(*seen, strict=True):
        assert len(set(one)) == 3
    Path(f"{path}.aux.xml").write_text("<PAMDataset />")
    assert raster_identity(path) == seen[-1][0]
    assert raster_identity(tiles[1]) == tuple(identity(tiles[1]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.vrt", "<VRTDataset"),
        ("x.vrt", f"<VRTDataset><VRTRasterBand>{ODD_SOURCE}</VRTRasterBand></VRTDataset>"),
        ("\udcff.vrt", "<VRTDataset"),
        ("\udcff.vrt", "<VRTDataset/>"),
    ],
)
def test_a_damaged_vrt_is_left_to_whoever_opens_it(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert named_tiles([path]).paths == [str(path)]
    assert raster_identity(path) == tuple(identity(path))
