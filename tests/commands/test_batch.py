from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas
import pytest
import shapely
from affine import Affine

from glnet_geo.commands import run
from tests.scenes import UTM, read, texture, write_scene


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    for number in range(3):
        place = UTM @ Affine.translation(70 * number, 0)
        write_scene(folder / f"t{number}.tif", texture(90, 70, seed=number), transform=place)
    return folder


def test_maps_a_folder_and_tells_what_it_did(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["batch", str(tiles), "--out-dir", str(tmp_path / "maps"), "--model", str(model)]
    assert run([*command, "--mosaic", str(tmp_path / "all.gpkg")]) == 0
    captured = capsys.readouterr()
    assert sorted(path.name for path in (tmp_path / "maps").glob("*.tif")) == [
        f"t{number}_landcover.tif" for number in range(3)
    ]
    assert "3 tiles done, 0 skipped, 0 failed" in captured.out
    assert "Land cover of all tiles" in captured.out
    assert f"written: {tmp_path / 'all.gpkg'}" in captured.out
    assert "mapped as 1 scene" in captured.err
    assert "mapping 3 tiles: 100%" in captured.err
    assert run([*command, "--mosaic", str(tmp_path / "all.gpkg")]) == 0
    told = capsys.readouterr().out
    assert "0 tiles done, 3 skipped, 0 failed; maps of 3 tiles, 0.0 megapixels, are there now" in told
    assert "a second)" not in told


def test_a_report_tells_of_what_is_there_also_when_all_was_skipped(
    tmp_path: Path, tiles: Path, model: Path
) -> None:
    command = ["batch", str(tiles), "--out-dir", str(tmp_path / "maps"), "--model", str(model), "-q"]
    command += ["--confidence", "--mosaic", str(tmp_path / "all.gpkg")]
    report = tmp_path / "maps" / "report.json"
    found = []
    for _ in range(2):
        assert run(command) == 0
        found.append(json.loads(report.read_text()))
    totals = [
        {name: one[name] for name in ("done", "skipped", "mapped", "megapixels_done", "megapixels")}
        for one in found
    ]
    whole = pytest.approx(3 * 0.0063)
    assert totals == [
        {"done": 3, "skipped": 0, "mapped": 3, "megapixels_done": whole, "megapixels": whole},
        {"done": 0, "skipped": 3, "mapped": 3, "megapixels_done": 0, "megapixels": whole},
    ]
    for first, again in zip(*(one["tiles"] for one in found), strict=True):
        maps = tmp_path / "maps" / f"{Path(first['tile']).stem}_landcover"
        assert first["outputs"] == again["outputs"] == [f"{maps}.tif", f"{maps}_confidence.tif"]
        assert first.keys() == {
            "tile",
            "status",
            "reason",
            "outputs",
            "classes",
            "megapixels",
            "megapixels_computed",
            "seconds",
            "megapixels_per_second",
        }
        assert first["classes"] == again["classes"] != []
    assert found[1]["mosaics"][0]["outputs"] == [str(tmp_path / "all.gpkg")]
    assert found[1]["classes"] == found[0]["classes"]


def test_a_failed_tile_has_an_exit_code_of_its_own(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiles / "t1.tif").write_bytes(b"broken")
    command = [
        "batch",
        str(tiles),
        "--out-dir",
        str(tmp_path / "maps"),
        "--model",
        str(model),
        "--retry",
        "0",
    ]
    assert run([*command, "--json", "--progress", "json"]) == 10
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report == json.loads((tmp_path / "maps" / "report.json").read_text())
    assert (report["done"], report["failed"], report["skipped"]) == (2, 1, 0)
    (failed,) = [tile for tile in report["tiles"] if tile["status"] == "failed"]
    assert failed["tile"] == str(tiles / "t1.tif")
    assert "cannot be opened" in failed["reason"]
    done = report["tiles"][0]
    assert done["megapixels"] == pytest.approx(0.0063)
    assert done["megapixels_per_second"] == pytest.approx(done["megapixels"] / done["seconds"], abs=1e-2)
    assert sum(share["pixels"] for share in done["classes"]) == 90 * 70
    lines = captured.err.splitlines()
    assert lines[-1].startswith("Error: 1 of 3 tiles failed")
    events = [json.loads(line) for line in lines[:-1]]
    steps = [event for event in events if event.get("what") == "mapping 2 tiles"]
    assert steps[-1]["done"] == steps[-1]["total"]
    assert all(0 <= event["share"] <= 1 for event in steps)


def test_formats_names_and_confidence(tmp_path: Path, tiles: Path, model: Path) -> None:
    command = ["batch", str(tiles / "t?.tif"), "-d", str(tmp_path / "maps"), "--model", str(model), "-q"]
    assert (
        run([*command, "--format", "tif,gpkg", "--confidence", "--name", "{parent}/{number}-{stem}{suffix}"])
        == 0
    )
    assert sorted(path.name for path in (tmp_path / "maps" / "tiles").iterdir() if path.suffix != ".qml") == [
        name
        for number in range(3)
        for name in (
            f"{number + 1}-t{number}.gpkg",
            f"{number + 1}-t{number}.tif",
            f"{number + 1}-t{number}.tif.aux.xml",
            f"{number + 1}-t{number}_confidence.tif",
        )
    ]


def test_outputs_among_the_inputs_are_no_tiles(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["batch", str(tiles), "--out-dir", str(tiles), "--model", str(model)]
    assert run(command) == 0
    assert run(command) == 0
    captured = capsys.readouterr()
    assert "0 tiles done, 3 skipped, 0 failed" in captured.out
    assert "3 of the inputs are outputs of this batch" in captured.err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--format", "shp"], 2, "shp is no format"),
        (["--format", "none"], 2, "nothing is to be written"),
        (["--name", "{stem}"], 2, "end with {suffix}"),
        (["--name", "map{suffix}"], 2, "must hold {stem}"),
        (["--name", "{tile}{suffix}"], 2, "no name for outputs"),
        (["--name", "../{stem}{suffix}"], 2, "leads out"),
        (["--name", "{stem.__class__}{suffix}"], 2, "no name for outputs"),
        (["--name", "{stem[0]}{suffix}"], 2, "no name for outputs"),
        (["--name", "{stem:{parent}}{suffix}"], 2, "no name for outputs"),
        (["--name", "{}{stem}{suffix}"], 2, "no name for outputs"),
        (["--name", "{stem{suffix}"], 2, "no name for outputs"),
        (["--asset", "visual"], 2, "--asset chooses among the rasters of STAC items"),
        (["--simplify", "3", "--dissolve"], 2, "--simplify, --dissolve would change nothing"),
        (["--worker-threads", "2"], 2, "add --workers"),
        (["--mosaic", "all.shp"], 5, "no known suffix"),
        (["--mosaic", "none/all.tif"], 5, "does not exist"),
        (["--mosaic", "all.tif", "--no-seamless"], 2, "leave out --no-seamless"),
        (["--exact"], 2, "add --no-seamless"),
        (["--exact", "--no-seamless", "--workers", "2"], 2, "leave out --workers and --scheduler"),
        (["--exact", "--scheduler", "tcp://127.0.0.1:9"], 2, "leave out --workers and --scheduler"),
        (["--model", "none"], 4, "no model is called none"),
        (["--format", "tif,gpkg,tif"], 2, "tif is named twice"),
        (["--mosaic", "all.tif", "--mosaic", "all.tif"], 5, "all.tif is named twice"),
        (["--aoi", "none.gpkg"], 6, "none.gpkg does not exist"),
        (["--work-dir", "s3x://a/b"], 2, "s3x://a/b cannot be used"),
        (["--stac", "tiles/t0.tif"], 5, "holds something else"),
        (["--stac", "tiles"], 5, "holds something else"),
        (["--stac", "tiles/t0.tif/catalogue"], 5, "t0.tif is no folder"),
        (["--stac", "maps"], 5, "needs a folder of its own"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path,
    tiles: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("glnet_geo.batching.survey.described", None)
    command = ["batch", str(tiles), "--out-dir", "maps", "--model", str(model), *arguments]
    assert run(command) == code
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == [tiles]


def test_a_tile_whose_map_would_have_too_long_a_name_is_refused(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tile = write_scene(tiles / f"{'t' * 240}.tif", texture(20, 20))
    command = ["batch", str(tile), "--model", str(model), "-q", "--out-dir", str(tmp_path / "maps")]
    assert run(command) == 5
    assert "choose a shorter one" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()
    assert run([*command, "--name", "{number}{suffix}"]) == 0


@pytest.mark.parametrize("given", ["nofolder", "index.gpkg"])
def test_an_input_that_is_not_there_is_no_failed_tile(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    folder = tmp_path / "maps"
    assert run(["batch", str(tiles), str(tmp_path / given), "-d", str(folder), "--model", str(model)]) == 3
    assert f"{given} does not exist: check the path" in capsys.readouterr().err
    assert not folder.exists()


def test_a_doubt_about_all_scenes_is_told_once(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aoi = tmp_path / "aoi.gpkg"
    corners = [UTM @ corner for corner in ((0, 0), (250, 90))]
    shapes = [shapely.box(*corners[0], *corners[1]), shapely.LineString(corners)]
    geopandas.GeoDataFrame(geometry=shapes, crs="EPSG:32640").to_file(aoi)
    command = [
        "batch",
        str(tiles),
        "--model",
        str(model),
        "--out-dir",
        str(tmp_path / "maps"),
        "--no-seamless",
    ]
    assert run([*command, "--aoi", str(aoi)]) == 0
    assert capsys.readouterr().err.count("1 of 2 features of aoi.gpkg") == 1


def test_what_is_refused_once_tiles_are_known_leaves_nothing_too(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiles / "broken.tif").write_bytes(b"broken")
    write_scene(tiles / "other.tif", texture(80, 80), crs="EPSG:32641")
    write_scene(tiles / "wide.tif", texture(80, 80).astype("uint16") * 9, crs="EPSG:32642")
    before = sorted(tmp_path.rglob("*"))
    command = ["batch", str(tiles), "--retry", "0", "--model", str(model)]
    folder = tmp_path / "new" / "maps"
    assert run([*command, "--out-dir", str(folder), "--mosaic", str(tmp_path / "all.gpkg")]) == 2
    assert "--mosaic needs tiles on one pixel grid" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    aoi = tmp_path / "aoi.geojson"
    corners = [[0, 0], [1, 0], [1, 1], [0, 0]]
    aoi.write_text(json.dumps({"type": "Polygon", "coordinates": [corners]}))
    before = sorted(tmp_path.rglob("*"))
    assert run([*command, "--out-dir", str(folder), "--aoi", str(aoi)]) == 6
    assert "holds no valid pixel of any tile" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_two_tiles_of_one_name_are_told_apart(
    tmp_path: Path, tiles: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    place = UTM @ Affine.translation(500, 0)
    write_scene(other / "t0.tif", texture(80, 80), transform=place)
    command = ["batch", str(tiles), str(other), "--out-dir", str(tmp_path / "maps"), "--model", str(model)]
    assert run(command) == 2
    assert "tell them apart with --name" in capsys.readouterr().err
    assert run([*command, "-q", "--name", "{parent}_{stem}{suffix}"]) == 0
    assert read(tmp_path / "maps" / "other_t0.tif").shape == (80, 80)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, None])
def test_a_stop_is_heard_and_told(tmp_path: Path, model: Path, how: signal.Signals | None) -> None:
    folder = tmp_path / "tiles"
    folder.mkdir()
    for number in range(4):
        place = UTM @ Affine.translation(700 * number, 0)
        write_scene(folder / f"t{number}.tif", texture(900, 700, seed=number), transform=place)
    command = [
        sys.executable,
        "-m",
        "glnet_geo",
        "--until-stdin-ends",
        "batch",
        str(folder),
        "-d",
        str(tmp_path / "m"),
    ]
    with subprocess.Popen(
        [*command, "--model", str(model), "--progress", "json", "--format", "tif,gpkg"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as job:
        assert job.stderr is not None
        assert job.stdin is not None
        for line in job.stderr:
            if '"what": "mapping 4 tiles"' in line:
                break
        if how is None:
            job.stdin.close()
        else:
            job.send_signal(how)
        started = time.monotonic()
        rest = job.stderr.read()
        assert job.wait() == 130
        # No deadline on a slow machine, but a stop that waits for the job is none.
        assert time.monotonic() - started < 30
        assert "run the same command again to go on" in rest
    assert not list((tmp_path / "m").glob(".glnet*"))
