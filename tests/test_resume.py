"""A job that was stopped or killed goes on, and makes the very same files."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest

import glnet_geo
from glnet_geo import Options
from glnet_geo.core.progress import Silence
from glnet_geo.core.strip import Strip
from glnet_geo.errors import CancelledError, OptionError, OutputError, SceneError
from glnet_geo.io.maps.raster import ClassRaster
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.job import scene_job
from glnet_geo.plan import planned
from glnet_geo.replacing import HIDDEN
from glnet_geo.report import Summary
from tests.jobs import Impatient, Told, kills_at_random
from tests.scenes import texture, write_model, write_scene


def outputs(folder: Path) -> list[Path]:
    return [folder / "map.tif", folder / "map.gpkg", folder / "sure.tif"]


def run(scene: Path, folder: Path, model: Path, progress: Silence | None = None, **options: Any) -> Summary:
    how = {name: options.pop(name) for name in {"resume", "overwrite"} & options.keys()}
    *maps, sure = outputs(folder)
    return glnet_geo.classify(
        scene,
        maps,
        confidence=sure,
        options=Options(model=model, precision="fp32", **options),
        progress=progress,
        **how,
    )


def assert_same(folder: Path, expected: Path) -> None:
    for name in ("map.tif", "sure.tif"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()
    found, wanted = (
        geopandas.read_file(place / "map.gpkg", layer="landcover") for place in (folder, expected)
    )
    assert found.equals(wanted)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, scene: Path, model: Path) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    run(scene, folder, model)
    return folder


def test_a_job_leaves_no_journal(unbroken: Path) -> None:
    assert not list(unbroken.glob("*.unfinished"))
    assert not list(unbroken.glob(".*"))


@pytest.mark.parametrize("error", [CancelledError, KeyboardInterrupt])
@pytest.mark.parametrize("steps", [0, 1, 10, 20, 50, 80])
def test_a_stopped_job_leaves_no_output_and_goes_on(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path, error: type[BaseException], steps: int
) -> None:
    with pytest.raises(CancelledError, match="nothing was written") as stopped:
        run(scene, tmp_path, model, Impatient(steps, error))
    kept = Path(journal_folder(tmp_path / "map.tif"))
    assert list(tmp_path.iterdir()) == ([kept] if kept.exists() else [])
    assert kept.exists() == ("run the same command again" in str(stopped.value))
    assert "(0%)" not in str(stopped.value)
    goes_on = kept.exists()
    again = Impatient()
    run(scene, tmp_path, model, again)
    assert goes_on == any("going on from" in line for line in again.told)
    assert_same(tmp_path, unbroken)
    assert (
        sorted(tmp_path.iterdir()) == sorted(unbroken.iterdir(), key=lambda path: path.name)
        or not kept.exists()
    )


@pytest.mark.parametrize(("rows", "share"), [(1, "less than 1%"), (199, "99%"), (200, "100%")])
def test_the_first_row_is_more_than_nothing_and_the_last_but_one_less_than_all(
    tmp_path: Path, rows: int, share: str
) -> None:
    scene = write_scene(tmp_path / "scene.tif", texture(200, 8), nodata=0)
    options = Options(model=write_model(tmp_path / "tiny.safetensors"))
    with planned(scene, options) as plan:
        job = scene_job(plan, options, confidence=False)
    with Journal(journal_folder(tmp_path / "map.tif"), job) as journal:
        journal.add_strip(Strip(row=0, classes=np.zeros((rows, 8), np.uint8)))
    told = Told()
    glnet_geo.classify(scene, tmp_path / "map.tif", options=options, progress=told)
    assert f"going on from {share}, which an earlier run has finished" in told.told


def test_what_is_finished_is_not_made_again(tmp_path: Path, scene: Path, model: Path) -> None:
    whole = Impatient()
    (tmp_path / "whole").mkdir()
    run(scene, tmp_path / "whole", model, whole)
    first, second = Impatient(whole.steps * 2 // 3), Impatient()
    with pytest.raises(CancelledError):
        run(scene, tmp_path, model, first)
    run(scene, tmp_path, model, second)
    assert any("going on from" in line for line in second.told)


def test_only_what_a_run_has_computed_counts_as_its_pace(tmp_path: Path, scene: Path, model: Path) -> None:
    whole = Told()
    (tmp_path / "whole").mkdir()
    summary = run(scene, tmp_path / "whole", model, whole)
    assert summary.megapixels_computed == summary.megapixels
    for steps in (whole.steps // 3, whole.steps * 3 // 4):
        again, folder = Told(), tmp_path / str(steps)
        folder.mkdir()
        with pytest.raises(CancelledError):
            run(scene, folder, model, Impatient(steps))
        summary = run(scene, folder, model, again)
        # Frames reach over the rows that are finished.
        assert 0 < summary.megapixels_computed / summary.megapixels <= again.steps / whole.steps < 1


def test_a_job_whose_output_was_taken_meanwhile_goes_on_where_it_may_replace_it(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path
) -> None:
    class Meanwhile(Impatient):
        """Another job puts its file there."""

        def begin(self, what: str, total: int) -> None:
            if what == "writing":
                (tmp_path / "map.gpkg").write_text("theirs")

    with pytest.raises(OutputError, match=r"map\.gpkg has appeared .* is kept in .*map\.tif\.unfinished$"):
        run(scene, tmp_path, model, Meanwhile())
    assert (tmp_path / "map.gpkg").read_text() == "theirs"
    assert not (tmp_path / "map.tif").exists()
    again = Impatient()
    run(scene, tmp_path, model, again, overwrite=True)
    assert any("going on from 100%" in line for line in again.told)
    assert_same(tmp_path, unbroken)
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_job_stopped_many_times_ends_the_same(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path
) -> None:
    stops = 0
    for _ in range(100):
        try:
            run(scene, tmp_path, model, Impatient(25))
        except CancelledError:
            stops += 1
            continue
        break
    assert stops > 1
    assert_same(tmp_path, unbroken)


def test_another_option_starts_afresh_and_says_so(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path
) -> None:
    with pytest.raises(CancelledError):
        run(scene, tmp_path, model, Impatient(60), value_range=(0, 128))
    again = Impatient()
    run(scene, tmp_path, model, again)
    assert any("starting afresh" in line and "value range" in line for line in again.told)
    assert_same(tmp_path, unbroken)


def test_a_changed_scene_starts_afresh(tmp_path: Path, model: Path) -> None:
    path = write_scene(tmp_path / "scene.tif", texture(533, 300, seed=1))
    with pytest.raises(CancelledError):
        run(path, tmp_path, model, Impatient(40))
    write_scene(path, texture(533, 300, seed=2))
    again = Impatient()
    run(path, tmp_path, model, again)
    assert any("starting afresh" in line and "scene" in line for line in again.told)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    run(path, fresh, model)
    assert_same(tmp_path, fresh)


def test_without_resume_nothing_is_kept(tmp_path: Path, scene: Path, model: Path) -> None:
    with pytest.raises(CancelledError, match=r"nothing was written$"):
        run(scene, tmp_path, model, Impatient(60), resume=False)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_fails_costs_only_itself(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: ClassRaster) -> None:
        raise OutputError("map.tif could not be written (no space): free some")

    with monkeypatch.context() as patched:
        patched.setattr(ClassRaster, "finish", full)
        with pytest.raises(OutputError):
            run(scene, tmp_path, model)
    again = Impatient()
    run(scene, tmp_path, model, again)
    assert "going on from 100%, which an earlier run has finished" in again.told
    assert_same(tmp_path, unbroken)


def test_a_kill_finds_either_nothing_hidden_or_a_note_of_it(
    tmp_path: Path, scene: Path, model: Path, unbroken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(journal: Journal) -> None:
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(HIDDEN)]
        remove(journal)

    remove = Journal.remove
    monkeypatch.setattr(Journal, "remove", removed)
    run(scene, tmp_path, model)
    assert_same(tmp_path, unbroken)


def test_a_map_that_is_refused_leaves_nothing(tmp_path: Path, model: Path) -> None:
    scene = write_scene(tmp_path / "scene.tif", texture(90, 90) * 0, nodata=0)
    with pytest.raises(SceneError):
        run(scene, tmp_path, model)
    assert list(tmp_path.iterdir()) == [scene]


def test_the_published_way_keeps_nothing_anywhere(tmp_path: Path, scene: Path, model: Path) -> None:
    with pytest.raises(OptionError, match="leave out --work-dir"):
        glnet_geo.classify(
            scene, tmp_path / "map.tif", options=Options(model=model, exact=True), work=tmp_path / "work"
        )


@pytest.mark.slow
def test_killed_at_random_moments(tmp_path: Path, scene: Path, model: Path, unbroken: Path) -> None:
    *maps, sure = outputs(tmp_path)
    command = [
        sys.executable,
        "-m",
        "glnet_geo",
        "classify",
        str(scene),
        "--model",
        str(model),
        "--precision",
        "fp32",
    ]
    command += [
        *(part for path in maps for part in ("--out", str(path))),
        "--confidence",
        str(sure),
        "--quiet",
        "--overwrite",
    ]
    start = time.monotonic()
    subprocess.run(command, check=True)
    whole = time.monotonic() - start
    for path in [*outputs(tmp_path), *tmp_path.iterdir()]:
        path.unlink(missing_ok=True)

    def check() -> None:
        # A kill may come just after the outputs are in place: then they are whole.
        for raster in ("map.tif", "sure.tif"):
            if (tmp_path / raster).exists():
                assert (tmp_path / raster).read_bytes() == (unbroken / raster).read_bytes()

    kills_at_random(
        command,
        maps[0].with_name(f"{maps[0].name}.unfinished"),
        seed=7,
        least=0.4,
        seconds=whole,
        check=check,
    )
    assert_same(tmp_path, unbroken)
    assert not [
        path for path in tmp_path.iterdir() if path.name.startswith(".") or path.suffix == ".unfinished"
    ]
