from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glnet_geo.core.strip import Strip
from glnet_geo.errors import OutputError
from glnet_geo.io.files.identity import identity
from glnet_geo.io.work_folder.journal import Journal, journal_folder
from glnet_geo.replacing import hidden_name

JOB = {"scene": "a.tif", "model": "urban", "options": {"bands": [1, 2, 3]}}


def _strip(row: int, rows: int, *, confidence: bool = False) -> Strip:
    values = np.random.default_rng(row).integers(0, 5, (2, rows, 7)).astype(np.uint8)
    return Strip(row=row, classes=values[0], confidence=values[1] if confidence else None)


def _same(found: Strip, kept: Strip) -> bool:
    return (
        found.row == kept.row
        and np.array_equal(found.classes, kept.classes)
        and (found.confidence is None) == (kept.confidence is None)
        and (kept.confidence is None or np.array_equal(found.confidence, kept.confidence))  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("confidence", [False, True])
def test_rows_come_back_in_order(tmp_path: Path, *, confidence: bool) -> None:
    kept = [
        _strip(0, 3, confidence=confidence),
        _strip(3, 1, confidence=confidence),
        _strip(4, 20, confidence=confidence),
    ]
    with Journal(tmp_path / "j", JOB) as journal:
        assert journal.rows == 0
        for strip in kept:
            journal.add_strip(strip)
    with Journal(tmp_path / "j", JOB) as journal:
        assert journal.rows == 24
        assert journal.other_job == ()
        assert all(_same(found, strip) for found, strip in zip(journal.strips(), kept, strict=True))


def test_logits_come_back_until_they_are_forgotten(tmp_path: Path) -> None:
    logits = np.random.default_rng(0).standard_normal((2, 5, 4)).astype(np.float32)
    with Journal(tmp_path / "j", JOB) as journal:
        journal.frames.put(-256, 0, logits)
        journal.frames.put(1024, 512, logits + 1)
        journal.frames.forget(-256)
    with Journal(tmp_path / "j", JOB) as journal:
        assert journal.frames.get(-256, 0) is None
        np.testing.assert_array_equal(journal.frames.get(1024, 512), logits + 1)


def test_rows_end_before_one_that_is_damaged(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        for row in (0, 2, 4):
            journal.add_strip(_strip(row, 2))
        journal.frames.put(0, 0, np.zeros((1, 2, 2), np.float32))
    for damaged in ("rows_2_2", "frame_0_0"):
        path = tmp_path / "j" / damaged
        path.write_bytes(path.read_bytes()[:-3])
    with Journal(tmp_path / "j", JOB) as journal:
        assert [strip.row for strip in journal.strips()] == [0]
        assert journal.frames.get(0, 0) is None


def test_rows_end_before_a_gap(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        journal.add_strip(_strip(4, 2))
        assert journal.rows == 2
        assert [strip.row for strip in journal.strips()] == [0]


def test_what_was_being_written_at_a_kill_is_swept(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        (tmp_path / "j" / ".glnet-geo-1-abc").write_bytes(b"half")
    with Journal(tmp_path / "j", JOB) as journal:
        assert journal.rows == 2
        assert not list((tmp_path / "j").glob(".*"))


def test_another_job_starts_afresh_and_says_what_differs(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        journal.frames.put(0, 0, np.zeros((1, 2, 2), np.float32))
    with Journal(tmp_path / "j", JOB | {"model": "other"}) as journal:
        assert journal.other_job == ("model",)
        assert journal.rows == 0
        assert journal.frames.get(0, 0) is None


def test_a_damaged_job_starts_afresh(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
    (tmp_path / "j" / "job.json").write_text("{")
    with Journal(tmp_path / "j", JOB) as journal:
        assert journal.rows == 0


def test_nothing_stays_where_nothing_was_kept(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB):
        pass
    assert not (tmp_path / "j").exists()


def test_a_done_job_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        journal.remove()
    assert not (tmp_path / "j").exists()


def test_two_processes_do_not_work_on_one_job(tmp_path: Path) -> None:
    folder = journal_folder(tmp_path / "map.gpkg")
    code = (
        "import sys; from pathlib import Path; from glnet_geo.io.work_folder.journal import Journal\n"
        "with Journal(Path(sys.argv[1]), {}): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(OutputError, match=r"another process is making .* map\.gpkg\.unfinished"),
            Journal(folder, {}),
        ):
            pass
        other.kill()
    with Journal(folder, {}) as journal:
        assert journal.rows == 0


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        monkeypatch.setattr(Path, "write_bytes", full)
        with pytest.raises(OutputError, match=r"No space left on device.*run the same command again"):
            journal.add_strip(_strip(2, 2))
        assert journal.rows == 2
        assert not list((tmp_path / "j").glob(".*"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"a file")
    with pytest.raises(OutputError, match="nothing can be kept"), Journal(tmp_path / "none" / "j", JOB):
        pass


def test_what_a_killed_run_was_making_is_swept(tmp_path: Path) -> None:
    left, mine = tmp_path / hidden_name(), tmp_path / hidden_name()
    for folder in (left, mine):
        folder.mkdir()
        (folder / "half.tif").write_bytes(b"half")
    with Journal(tmp_path / "j", JOB) as journal:
        journal.sweep([left])
        journal.add_strip(_strip(0, 2))
    assert left.exists()
    with Journal(tmp_path / "j", JOB) as journal:
        journal.sweep([mine])
    assert not left.exists()
    assert mine.exists()


@pytest.mark.parametrize("wrap", [str, lambda path: [path], lambda path: [3, path], lambda path: {path: 1}])
def test_a_damaged_note_costs_no_other_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrap: Any
) -> None:
    removed: list[object] = []
    # Nothing is deleted here, whatever a note says: of a mere text the first letter is the root of all folders.
    monkeypatch.setattr("shutil.rmtree", lambda path, **_more: removed.append(path))
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        (tmp_path / "j" / "making.json").write_text(json.dumps(wrap(str(tmp_path / "precious"))))
        journal.sweep([])
    assert removed == []


def test_files_of_others_are_no_parts(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", JOB) as journal:
        journal.add_strip(_strip(0, 2))
        journal.frames.put(-3, 4, np.zeros((1, 2, 2), np.float32))
        for name in ("rows_0_2", "frame_-3_4"):
            for copy in (f"{name} (copy)", f"{name}.part", f"{name}_1"):
                (tmp_path / "j" / copy).write_bytes((tmp_path / "j" / name).read_bytes())
        assert journal.rows == 2
        assert journal.frames.found() == {(-3, 4)}
        journal.forget(0, [(-3, 4)])
        assert journal.rows == 0
        journal.remove()
    assert not (tmp_path / "j").exists()


def test_a_journal_without_a_folder_keeps_nothing() -> None:
    with Journal(None, JOB) as journal:
        journal.sweep([])
        journal.add_strip(_strip(0, 2))
        journal.frames.put(0, 0, np.zeros((1, 2, 2), np.float32))
        journal.frames.forget(0)
        assert (journal.rows, journal.empty, journal.frames.found(), journal.frames.get(0, 0)) == (
            0,
            True,
            set(),
            None,
        )
        assert list(journal.strips()) == []
        journal.remove()


def test_a_file_is_another_after_a_change(tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    path.write_bytes(b"one")
    before = identity(path)
    assert identity(path) == before
    path.write_bytes(b"other")
    assert identity(path) != before


def test_addresses_are_told_apart_by_queries_that_nobody_reads() -> None:
    address = "https://example.com/get"
    assert identity(address) == [address]
    one, other = identity(f"{address}?id=1&key=secret"), identity(f"{address}?id=2&key=secret")
    assert one != other
    assert "secret" not in str(one)


def test_a_frame_that_has_seen_what_is_not_to_be_used_counts_as_missing(tmp_path: Path) -> None:
    logits = np.ones((3, 4, 5), np.float32)
    with Journal(tmp_path / "j", JOB) as before:
        for place in ((0, 0), (0, 8)):
            before.frames.put(*place, logits)
    with Journal(tmp_path / "j", JOB, lacking={(0, 8): "a tile"}) as journal:
        assert not journal.other_job
        np.testing.assert_array_equal(journal.frames.get(0, 0), logits)
        assert journal.frames.get(0, 8) is None
        journal.frames.put(0, 8, 2 * logits)
        np.testing.assert_array_equal(journal.frames.get(0, 8), 2 * logits)
        # A worker that had begun before is late.
        before.frames.put(0, 8, logits)
        assert journal.frames.get(0, 8) is None


def test_beside_its_output_a_journal_is_named_after_it(tmp_path: Path) -> None:
    assert journal_folder(tmp_path / "map.tif") == tmp_path / "map.tif.unfinished"
    assert journal_folder(tmp_path / "map.tif", scene="/scenes/a.tif") == tmp_path / "map.tif.unfinished"


@pytest.mark.parametrize("work", ["work", "s3://bucket/work", "s3://bucket/work/"])
def test_in_a_work_folder_jobs_do_not_meet(work: str) -> None:
    places = {
        str(journal_folder(Path(out), work, scene=scene))
        for out in ("map.tif", "a/map.tif", "b/map.tif", "/a/map.tif", "map.gpkg")
        for scene in (None, "/scenes/a.tif", "/scenes/b.tif", "https://example.com/a.tif")
    }
    assert len(places) == 20
    assert all(place.startswith(f"{work.rstrip('/')}/map.") for place in places)


def test_machines_that_share_a_command_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever folder each is in, as long as the scene and the work folder are the same."""
    found = []
    for name in ("node1", "node2"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found.append(journal_folder(Path("maps/map.tif"), "/shared/work", scene="/shared/scene.tif"))
        found.append(journal_folder(Path("./maps//map.tif"), "/shared/work", scene="/shared/scene.tif"))
    assert len(set(found)) == 1


def test_scenes_of_one_name_in_two_folders_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scene.tif").touch()
        monkeypatch.chdir(tmp_path / name)
        found.append(journal_folder(Path("map.tif"), "/shared/work", scene="scene.tif"))
    assert len(set(found)) == 2
