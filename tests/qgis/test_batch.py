"""glnet:batch makes what the command line makes of many tiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

core = pytest.importorskip("qgis.core", reason="QGIS's Python is absent here: run make test-qgis")

from tests.qgis.conftest import command_line  # noqa: E402
from tests.qgis.logs import Log  # noqa: E402


def batch(log: Log | None = None, /, **parameters: Any) -> dict[str, Any]:
    import processing

    made: dict[str, Any] = processing.run("glnet:batch", parameters, feedback=log)
    return made


@pytest.fixture(scope="module")
def tiles(qgis: Any, commands: list[str], scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiles that touch, and one that is none."""
    if "batch" not in commands:
        pytest.skip("this engine has no batch")
    from osgeo import gdal

    folder = tmp_path_factory.mktemp("ti les")
    for name, left in (("west", 0), ("öst", 300)):
        gdal.Translate(str(folder / f"{name}.tif"), str(scene), srcWin=[left, 0, 300, 300])
    return folder


def test_maps_and_mosaics_are_those_of_the_command_line(engine: str, tiles: Path, tmp_path: Path) -> None:
    (tmp_path / "cli").mkdir()
    mosaic = ["--mosaic", str(tmp_path / "cli" / "all.tif"), "--confidence"]
    command_line(engine, "batch", str(tiles), "--out-dir", str(tmp_path / "cli"), *mosaic)
    log = Log()
    made = batch(
        log,
        FOLDER=str(tiles),
        OUTPUT=str(tmp_path / "maps"),
        CONFIDENCE=True,
        MOSAIC=str(tmp_path / "all.tif"),
        MOSAIC_POLYGONS=str(tmp_path / "all.gpkg"),
    )
    assert (made["DONE"], made["SKIPPED"], made["FAILED"]) == (2, 0, 0)
    for name in ("west_landcover.tif", "öst_landcover.tif", "west_landcover_confidence.tif"):
        assert (tmp_path / "maps" / name).read_bytes() == (tmp_path / "cli" / name).read_bytes()
    assert (tmp_path / "all.tif").read_bytes() == (tmp_path / "cli" / "all.tif").read_bytes()
    polygons = core.QgsVectorLayer(made["MOSAIC_POLYGONS"])
    assert polygons.renderer().type() == "categorizedSymbol"
    sure = core.QgsRasterLayer(str(tmp_path / "maps" / "west_landcover_confidence.tif"))
    assert sure.renderer().type() == "singlebandpseudocolor"
    assert log.shares == sorted(log.shares)
    # The same job has nothing to do any more.
    again = batch(FOLDER=str(tiles), OUTPUT=str(tmp_path / "maps"), CONFIDENCE=True)
    assert again["SKIPPED"] == 2


def test_a_job_within_an_area_is_the_same_when_it_is_run_again(
    engine: str, tiles: Path, tmp_path: Path
) -> None:
    """The area is written anew each time, to another temporary file."""
    extent = core.QgsRasterLayer(str(tiles / "west.tif")).extent()
    areas = core.QgsVectorLayer("Polygon?crs=EPSG:32640", "areas", "memory")
    for shift in (0, 400):
        feature = core.QgsFeature()
        rectangle = core.QgsRectangle(extent)
        rectangle.setXMinimum(rectangle.xMinimum() + shift)
        feature.setGeometry(core.QgsGeometry.fromRect(rectangle))
        areas.dataProvider().addFeature(feature)
    extents = [f"{extent.xMinimum()},{extent.center().x()},{extent.yMinimum()},{extent.yMaximum()}"]
    extents.append(f"{extent.xMinimum()},{extent.xMaximum()},{extent.yMinimum()},{extent.center().y()}")
    job = {"INPUT": [str(tiles / "west.tif")], "OUTPUT": str(tmp_path / "maps")}
    assert batch(**job, AOI=f"{extents[0]} [EPSG:32640]")["DONE"] == 1
    assert batch(**job, AOI=f"{extents[0]} [EPSG:32640]")["SKIPPED"] == 1
    with pytest.raises(core.QgsProcessingException, match="were not made by this very job"):
        batch(**job, AOI=f"{extents[1]} [EPSG:32640]")
    job["OUTPUT"] = str(tmp_path / "others")
    assert batch(**job, AOI_LAYER=areas)["DONE"] == 1
    assert batch(**job, AOI_LAYER=areas)["SKIPPED"] == 1


def test_a_tile_that_fails_does_not_stop_the_others(engine: str, tiles: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.tif").write_text("no image")
    log = Log()
    made = batch(
        log, INPUT=[str(tiles / "west.tif")], FOLDER=str(tmp_path / "in"), OUTPUT=str(tmp_path / "maps")
    )
    assert (made["DONE"], made["FAILED"]) == (1, 1)
    assert any("broken.tif" in line for line in log.errors)
    assert (tmp_path / "maps" / "west_landcover.tif").is_file()


def test_options_become_those_of_the_command_line(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    fake = fake_engine(_ANSWER, commands=("batch", "engine"))
    listed = tmp_path / "list.txt"
    listed.write_text(str(scene))
    batch(
        INPUT=[str(scene)],
        LIST=str(listed),
        MODEL="mine.safetensors",
        FORMATS=["gpkg", "fgb"],
        ASSET="visual",
        BANDS="3,2,1",
        NAME="{number}{suffix}",
        RETRY=0,
        STAC=str(tmp_path / "stac"),
        CONFIDENCE=True,
        SEAMLESS=False,
        OVERWRITE=True,
        DEVICE="cpu",
        MIN_AREA=9,
        OUTPUT=str(tmp_path / "maps"),
    )
    options = ["--model", "mine.safetensors", "--asset=visual", "--bands=3,2,1", "--name={number}{suffix}"]
    options += ["--retry=0"]
    options += [f"--stac={tmp_path / 'stac'}", "--device", "cpu", "--min-area", "9", "--confidence"]
    options += ["--no-seamless", "--overwrite", "--out-dir", str(tmp_path / "maps"), "--format", "gpkg,fgb"]
    expected = ["batch", str(scene), str(listed), *options, "--progress", "json", "--json"]
    assert json.loads(Path(f"{fake}.arguments").read_text()) == expected


_ANSWER = 'print(json.dumps({"tiles": [], "classes": [], "done": 0, "skipped": 0, "failed": 0}))'


def test_why_an_image_failed_is_told_as_the_dialog_calls_it(
    fake_engine: Any, scene: Path, tmp_path: Path
) -> None:
    tile = {"tile": "a.tif", "status": "failed", "reason": "name its bands with --bands 1,2,3", "outputs": []}
    answer = {"tiles": [tile], "classes": [], "done": 0, "skipped": 0, "failed": 1}
    fake_engine(f"print(json.dumps({answer!r}))", commands=("batch", "engine"))
    log = Log()
    batch(log, INPUT=[str(scene)], OUTPUT=str(tmp_path / "maps"))
    assert log.errors == ["a.tif: name its bands with “Bands in the model's order” 1,2,3"]


def test_a_job_without_images_is_refused(fake_engine: Any, tmp_path: Path) -> None:
    fake_engine(commands=("batch", "engine"))
    with pytest.raises(core.QgsProcessingException, match="nothing to map"):
        batch(OUTPUT=str(tmp_path))


_UNENDING = """
print(json.dumps({'type': 'progress', 'what': 'x', 'share': 0.5}), file=sys.stderr, flush=True)
time.sleep(60)
"""


_DEAF = (
    """
import pathlib
maker = os.environ['GLNET_GEO_MAKER']
places = {"--out-dir": "west", "--mosaic": "..", "--stac": ".."}
given = dict(part.split("=", 1) if "=" in part else (part, arguments[min(place + 1, len(arguments) - 1)])
             for place, part in enumerate(arguments))
for option, below in places.items():
    folder = pathlib.Path(given[option]).joinpath(below).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'.glnet-geo-{maker}-{option[2:]}').mkdir()
(pathlib.Path(given["--out-dir"]) / f'.glnet-geo-{maker}-report').touch()
(pathlib.Path(given["--out-dir"]) / '.glnet-geo-1-of-another').mkdir()
"""
    + _UNENDING
)


def test_an_engine_that_does_not_listen_leaves_nothing_half_made(
    fake_engine: Any, scene: Path, tmp_path: Path
) -> None:
    """Not in the folder of the maps nor in those that names make there, and not beside mosaic and catalogue."""
    fake_engine(_DEAF, commands=("batch", "engine"))
    # A catalogue of an earlier run is replaced as a whole.
    (tmp_path / "stac" / "catalogue").mkdir(parents=True)
    with pytest.raises(core.QgsProcessingException, match="goes on from it"):
        batch(
            Log(cancel_at=1),
            INPUT=[str(scene)],
            OUTPUT=str(tmp_path / "ma [ps]"),
            NAME="{parent}/{stem}{suffix}",
            MOSAIC=str(tmp_path / "mosaic" / "all.tif"),
            STAC=str(tmp_path / "stac" / "catalogue"),
        )
    left = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob(".glnet-geo-*")]
    assert left == ["ma [ps]/.glnet-geo-1-of-another"]


def test_a_folder_that_is_temporary_is_told(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """It goes with QGIS, and no later job finds it."""
    fake_engine(_UNENDING, commands=("batch", "engine"))
    log = Log(cancel_at=1)
    with pytest.raises(core.QgsProcessingException, match="until QGIS is closed"):
        batch(log, INPUT=[str(scene)], OUTPUT="TEMPORARY_OUTPUT")
    assert any("name a folder" in warning for warning in log.warnings)
    log = Log(cancel_at=1)
    with pytest.raises(core.QgsProcessingException, match="goes on from it"):
        batch(log, INPUT=[str(scene)], OUTPUT=str(tmp_path / "maps"))
    assert log.warnings == []


def test_no_file_of_an_image_where_none_is_wanted(fake_engine: Any, scene: Path, tmp_path: Path) -> None:
    """A mosaic alone; QGIS makes the default of an empty choice."""
    answer = {"tiles": [], "done": 0, "skipped": 0, "failed": 0, "classes": []}
    fake = fake_engine(f"print({json.dumps(json.dumps(answer))})")
    for chosen, passed in (([], "none"), (["gpkg"], "gpkg"), (None, "tif")):
        batch(INPUT=[str(scene)], FORMATS=chosen, OUTPUT=str(tmp_path / "maps"))
        told = json.loads(Path(f"{fake}.arguments").read_text())
        assert told[told.index("--format") + 1] == passed
