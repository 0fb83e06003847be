from __future__ import annotations

from pathlib import Path

from glnet_geo.io.work_folder.ledger import Ledger


def test_events_come_back_without_those_that_are_damaged(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.note({"kind": "begun"})
        with (ledger.work / "events.jsonl").open("ab") as lines:
            lines.write(b'[1, 2]\n"text"\n\xff\xfe\x00\n{"kind": "res')
    with Ledger(tmp_path) as ledger:
        ledger.note({"kind": "range"})
        assert [event["kind"] for event in ledger.events()] == ["begun", "range"]


def test_a_ledger_without_notes_leaves_no_folder_that_it_made(tmp_path: Path) -> None:
    with Ledger(tmp_path / "new" / "maps") as ledger:
        assert ledger.work.is_dir()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "maps").mkdir()
    with Ledger(tmp_path / "maps"):
        pass
    assert list((tmp_path / "maps").iterdir()) == []
    with Ledger(tmp_path / "new" / "maps") as ledger:
        ledger.note({"kind": "begun"})
    assert ledger.work.is_dir()


def test_a_report_may_name_files_by_bytes_that_are_no_characters(tmp_path: Path) -> None:
    report = {"tile": "caf\udce9.tif", "reason": "né \\udce9"}
    with Ledger(tmp_path) as ledger:
        ledger.write_report(report)
    assert ledger.earlier() == report
