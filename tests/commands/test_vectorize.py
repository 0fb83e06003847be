from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pytest

from glnet_geo.commands import run
from tests.maps import write_map
from tests.rasters import write_plain


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    ids = np.zeros((30, 40), np.uint8)
    ids[5:20, 8:30] = 1
    ids[10, 12] = 4
    return write_map(tmp_path / "map.tif", ids)


def test_draws_polygons_and_tells_their_areas(
    tmp_path: Path, classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.gpkg"
    assert run(["vectorize", str(classes), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "Classes of map.tif" in said.out
    assert "bare land" in said.out
    assert "3 polygons in" in said.out
    assert f"written: {out}" in said.out
    assert "100%" in said.err
    assert len(geopandas.read_file(out, layer="landcover")) == 3


def test_every_option_reaches_the_polygons(
    tmp_path: Path, classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [tmp_path / "plan.fgb", tmp_path / "plan.parquet"]
    options = [
        "--min-area",
        "150",
        "--simplify",
        "5",
        "--smooth",
        "--connectivity",
        "8",
        "--crs",
        "EPSG:4326",
    ]
    arguments = [str(classes), *(part for path in out for part in ("--out", str(path))), *options, "--json"]
    assert run(["vectorize", *arguments]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["polygons"] == 2
    assert [one["pixels"] for one in summary["classes"]] == [870, 330, 0]
    for path in out:
        table = geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)
        assert table.crs.to_epsg() == 4326
        assert set(table.geom_type) == {"MultiPolygon"}
        assert sorted(table.class_name) == ["bare land", "water"]


def test_a_class_file_gives_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_plain(tmp_path / "corine.tif", np.array([[311, 112]], dtype=np.int16))
    legend = tmp_path / "corine.json"
    entries = [
        {"id": 311, "name": "forest", "color": "#80ff00"},
        {"id": 112, "name": "town", "color": "#ff0000"},
    ]
    legend.write_text(json.dumps({"classes": entries}))
    assert (
        run(["vectorize", str(path), "--legend", str(legend), "--out", str(tmp_path / "o.gpkg"), "--json"])
        == 0
    )
    assert {one["name"] for one in json.loads(capsys.readouterr().out)["classes"]} == {"forest", "town"}


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".geojson"])
def test_polygons_never_replace_a_file_that_is_there(
    tmp_path: Path, classes: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    """One output that is taken refuses them all."""
    taken, free = tmp_path / f"taken{suffix}", tmp_path / f"free{suffix}"
    taken.write_text("precious")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(["vectorize", str(classes), "--out", str(free), "--out", str(taken)]) == 5
    assert f"taken{suffix} exists: add --overwrite to replace it" in capsys.readouterr().err
    assert taken.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none.tif", "--out", "o.gpkg"], 3, "none.tif does not exist"),
        (["map.tif", "--out", "o.tif"], 5, "o.tif cannot hold polygons"),
        (["map.tif", "--out", "o.shp"], 5, "o.shp cannot hold polygons"),
        (["map.tif", "--out", "none/o.gpkg"], 5, "the folder none does not exist"),
        (["map.tif", "--out", "map.gpkg"], 5, "map.gpkg exists: add --overwrite"),
        (["map.tif", "--out", "o.gpkg", "--band", "2"], 2, "map.tif has no band 2"),
        (["map.tif", "--out", "o.gpkg", "--crs", "EPSG:9"], 2, "EPSG:9 is no CRS"),
        (["map.tif", "--out", "o.geojson", "--crs", "EPSG:3857"], 2, "GeoJSON knows only longitude"),
        (["map.tif", "--out", "o.gpkg", "--legend", "none.json"], 4, "none.json cannot be read"),
        (["map.tif", "--out", "o.gpkg", "--simplify", "-1"], 2, "'--simplify': -1.0 is not in the range"),
        (["map.tif", "--out", "o.gpkg", "--min-area", "-1"], 2, "'--min-area': -1.0 is not in the range"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    tmp_path: Path,
    classes: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.gpkg").write_text("precious")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(["vectorize", *arguments]) == code
    error = capsys.readouterr().err
    assert [line for line in error.splitlines() if line.startswith("Error:")] == [error.splitlines()[-1]]
    assert said in error
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "map.gpkg").read_text() == "precious"
    assert classes.exists()
